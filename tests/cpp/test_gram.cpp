#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <numeric>
#include <random>
#include <vector>

#include "otnas/pairwise/gram.hpp"
#include "pairwise.hpp"
#include "pairwise/simd/kernels.hpp"

using namespace otnas;

namespace {

struct Data {
  std::vector<double> vectors;
  std::vector<std::int64_t> index;
  std::size_t distinct, dim;

  Data(std::mt19937& rng, std::size_t distinct_, std::size_t rows, std::size_t dim_, double low)
      : index(rows), distinct(distinct_), dim(dim_) {
    std::uniform_real_distribution<double> uniform(low, 1.0);
    for (std::size_t i = 0; i < distinct * dim; ++i)
      vectors.push_back(rng() % 3 ? uniform(rng) : 0.0);
    for (auto& i : index) i = static_cast<std::int64_t>(rng() % distinct);
  }
  L1Embedding view() const { return {vectors.data(), distinct, dim, index.data(), index.size()}; }
};

}  // namespace

TEST_CASE("Gram matrices agree with the obvious computation") {
  std::mt19937 rng(4);
  for (const double low : {0.0, -1.0}) {
    for (const std::size_t rows : {1u, 8u, 31u, 33u, 100u}) {
      const Data a(rng, 1 + rows / 2, rows, 13, low);
      const Data b(rng, 40, 45, 13, low);
      std::vector<double> scale(13);
      for (auto& s : scale) s = 0.1 + static_cast<double>(rng() % 100) / 50.0;
      std::vector<double> gram(rows * 45, -1.0);
      laplace_gram(a.view(), b.view(), scale.data(), 1.5, MatrixOut<double>{gram.data(), 45}, 3);
      const auto expected = reference::laplace_gram(a.view(), b.view(), scale.data(), 1.5);
      for (std::size_t i = 0; i < gram.size(); ++i)
        CHECK(gram[i] == doctest::Approx(expected[i]).epsilon(1e-13));
    }
  }
}

TEST_CASE("a symmetric matrix without repeats is filled once and symmetric to the last bit") {
  std::mt19937 rng(5);
  for (const std::size_t n : {1u, 7u, 8u, 9u, 32u, 40u, 77u}) {
    Data a(rng, n, n, 6, 0.0);
    std::iota(a.index.begin(), a.index.end(), 0);
    const std::vector<double> scale(6, 1.0);
    std::vector<double> gram(n * n, -1.0);
    laplace_gram(a.view(), a.view(), scale.data(), 1.0, MatrixOut<double>{gram.data(), n}, 2);
    const auto expected = reference::laplace_gram(a.view(), a.view(), scale.data(), 1.0);
    for (std::size_t i = 0; i < n; ++i) {
      CHECK(gram[i * n + i] == 1.0);
      for (std::size_t j = 0; j < n; ++j) {
        CHECK(gram[i * n + j] == gram[j * n + i]);
        CHECK(gram[i * n + j] == doctest::Approx(expected[i * n + j]).epsilon(1e-13));
      }
    }
  }
}

TEST_CASE("all instruction sets give the same bits") {
  std::mt19937 rng(6);
  std::uniform_real_distribution<double> uniform(0.0, 2.0);
  constexpr std::size_t kDim = 21;
  std::vector<double> tile(kDim * simd::kTileColumns);
  std::vector<double> row(kDim);
  const std::vector<double> ones(kDim, 1.0);
  std::vector<double> sums(simd::kTileColumns, 0.0);
  std::vector<std::size_t> coordinates(kDim);
  std::iota(coordinates.begin(), coordinates.end(), 0);
  for (auto& x : tile) x = uniform(rng);
  double row_sum = 0.0;
  for (auto& x : row) row_sum += x = uniform(rng);
  for (std::size_t j = 0; j < simd::kTileColumns; ++j)
    for (std::size_t d = 0; d < kDim; ++d) sums[j] += tile[d * simd::kTileColumns + j];

  std::vector<std::vector<double>> results;
  for (auto kernels = simd::all_kernels(); *kernels; ++kernels) {
    std::vector<double> out(2 * simd::kTileColumns);
    double* second = out.data() + simd::kTileColumns;
    (*kernels)->nonnegative_distances({row.data(), coordinates.data(), kDim, row_sum}, tile.data(),
                                      sums.data(), out.data());
    (*kernels)->signed_distances(row.data(), ones.data(), kDim, tile.data(), second);
    for (std::size_t j = 0; j < simd::kTileColumns; ++j)
      CHECK(out[j] == doctest::Approx(second[j]).epsilon(1e-13));
    (*kernels)->laplace(1.25, out.data());
    results.push_back(out);
  }
  REQUIRE(!results.empty());
  for (const auto& result : results)
    CHECK(std::memcmp(result.data(), results[0].data(), result.size() * sizeof(double)) == 0);
}

TEST_CASE("the vectorised exponential is within 2 ulp, 1 at 0 and 0 far out") {
  for (auto kernels = simd::all_kernels(); *kernels; ++kernels) {
    std::mt19937 rng(7);
    std::uniform_real_distribution<double> exponent(-12.0, 2.84);  // up to 10^2.84 = 692
    for (int trial = 0; trial < 3000; ++trial) {
      double x[simd::kTileColumns];
      double y[simd::kTileColumns];
      for (std::size_t j = 0; j < simd::kTileColumns; ++j)
        y[j] = x[j] = std::pow(10.0, exponent(rng));
      x[0] = y[0] = 0.0;
      x[1] = y[1] = 1e300;
      (*kernels)->laplace(1.0, y);
      CHECK(y[0] == 1.0);
      CHECK(y[1] == 0.0);
      double worst = 0.0;
      for (std::size_t j = 2; j < simd::kTileColumns; ++j) {
        const double exact = std::exp(-x[j]);
        worst = std::max(worst, std::abs(y[j] - exact) / (std::nextafter(exact, 1.0) - exact));
      }
      CHECK(worst <= 2.0);
    }
  }
}
