// Distances and Gram matrices of any finite numbers, against the obvious sums in long double.
#include <algorithm>
#include <cmath>
#include <vector>

#include "input.hpp"
#include "otnas/pairwise/embedding.hpp"
#include "otnas/pairwise/gram.hpp"
#include "otnas/pairwise/prepared.hpp"

using namespace otnas;
using fuzz::Input;
using fuzz::require;

namespace {

double number(Input& input) {
  switch (input.below(6)) {
    case 0:
      return 0.0;
    case 1:
      return static_cast<double>(input.below(8));
    case 2:
      return 1.0 + static_cast<double>(input.below(100)) * 1e-13;
    case 3:
      return 1e16 + 2.0 * static_cast<double>(input.below(100));
    default: {
      const double value = input.take<double>();
      return std::isfinite(value) ? std::clamp(value, -1e300, 1e300) : 1.0;
    }
  }
}

long double distance(const double* x, const double* y, const double* scale, std::size_t dim) {
  long double total = 0.0L;
  for (std::size_t d = 0; d < dim; ++d)
    total += scale[d] * std::fabs(static_cast<long double>(x[d]) - y[d]);
  return total;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  // Now and then more than one tile of columns.
  const std::size_t rows = 1 + input.below(input.below(16) ? 6 : 40);
  const std::size_t dim = 1 + input.below(6);
  std::vector<double> values;
  while (values.size() < rows * dim && input.left()) values.push_back(number(input));
  values.resize(rows * dim, 0.0);
  const DistinctRows distinct = distinct_rows(values.data(), rows, dim);
  const L1Embedding all{distinct.vectors.data(), distinct.count, dim, distinct.index.data(), rows};

  std::vector<double> scale(dim, 1.0);
  double lengthscale = std::fabs(number(input));
  if (!(lengthscale >= 2.3e-308)) lengthscale = 1.0;
  std::fill(scale.begin(), scale.end(), 1.0 / lengthscale);

  std::vector<double> distances(rows * rows), gram(rows * rows), again(rows * rows);
  const std::vector<double> ones(dim, 1.0);
  l1_distances(all, all, 0, dim, MatrixOut<double>{distances.data(), rows}, 1);
  laplace_gram(all, all, scale.data(), 2.0, MatrixOut<double>{gram.data(), rows}, 1);
  const std::vector<L1Block> blocks{DenseBlock{all, 0, dim}};
  const PreparedColumns prepared(blocks);
  prepared.distances(blocks, std::vector<MatrixOut<double>>{{again.data(), rows}}, 1);
  require(distances == again, "prepared columns give the same distances");

  const double bound = static_cast<double>(2 * dim + 3) * 0x1p-45;
  for (std::size_t i = 0; i < rows; ++i)
    for (std::size_t j = 0; j < rows; ++j) {
      const double* x = values.data() + i * dim;
      const double* y = values.data() + j * dim;
      const double got = distances[i * rows + j];
      const long double exact = distance(x, y, ones.data(), dim);
      require(std::fabs(got - exact) <= bound * exact + 1e-320L, "distances are exact");
      require(got == distances[j * rows + i], "distances are symmetric");
      const long double exponent = distance(x, y, scale.data(), dim);
      const double k = gram[i * rows + j];
      require(k >= 0.0 && k <= 2.0, "the kernel lies within [0, variance]");
      if (exponent < 700.0L) {
        const long double error = std::fabs(k - 2.0L * std::exp(-exponent));
        require(error <= k * (bound * exponent + 1e-14L), "the kernel is exact");
      } else if (exponent > 710.0L) {
        require(k == 0.0, "far away is 0");
      }
    }
  // A block equals the same block of the whole, whoever else is there.
  const std::size_t part = 1 + input.below(rows);
  std::vector<double> some(part * part);
  const DistinctRows few = distinct_rows(values.data(), part, dim);
  const L1Embedding first{few.vectors.data(), few.count, dim, few.index.data(), part};
  laplace_gram(first, first, scale.data(), 2.0, MatrixOut<double>{some.data(), part}, 1);
  for (std::size_t i = 0; i < part; ++i)
    for (std::size_t j = 0; j < part; ++j)
      require(some[i * part + j] == gram[i * rows + j], "unrelated rows change nothing");
  return 0;
}
