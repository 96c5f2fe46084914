#include <cmath>
#include <limits>

#include "c_call.hpp"
#include "otnas/pairwise/gram.hpp"

namespace otnas::bindings::c {
namespace {

/// The same rows with an index, which `own` holds if the caller has none.
L1Embedding checked_rows(const Rows* rows, std::vector<std::int64_t>& own) {
  require(rows != nullptr, "a, b: expected rows, got a null pointer");
  require_numbers(rows->vectors, rows->distinct * rows->dim, kLargest,
                  "a, b: expected coordinates of magnitude at most 1e300, got others");
  const std::int64_t* index = rows->index;
  if (index == nullptr) {
    require(rows->count == rows->distinct, "a, b: expected as many rows as vectors, or an index");
    for (std::size_t i = 0; i < rows->count; ++i) own.push_back(static_cast<std::int64_t>(i));
    index = own.data();
  }
  for (std::size_t i = 0; i < rows->count; ++i) {
    require(index[i] >= 0 && static_cast<std::size_t>(index[i]) < rows->distinct,
            "index: expected numbers of vectors, got others");
  }
  return {rows->vectors, rows->distinct, rows->dim, index, rows->count};
}

/// Two sides that can be compared, and where the result goes.
struct Comparison {
  Comparison(const Rows* left, const Rows* right, double* out, std::size_t out_stride)
      : a(checked_rows(left, a_index)), b(checked_rows(right, b_index)), target{out, out_stride} {
    require(a.dim == b.dim, "a, b: expected vectors of equally many coordinates, got others");
    require(out != nullptr || a.rows * b.rows == 0, "out: expected an array, got a null pointer");
    require(out_stride >= b.rows || a.rows < 2,
            "out_stride: expected at least the number of columns, got less");
  }

  std::vector<std::int64_t> a_index, b_index;
  L1Embedding a, b;
  MatrixOut<double> target;
};

int distances(const Rows* a, const Rows* b, std::size_t begin, std::size_t end, double* out,
              std::size_t out_stride, int threads) {
  return guarded([&] {
    const unsigned workers = checked_threads(threads);
    const Comparison two(a, b, out, out_stride);
    require(begin <= end && end <= two.a.dim,
            "begin, end: expected a range of coordinates, got another");
    l1_distances(two.a, two.b, begin, end, two.target, workers);
  });
}

int gram(const Rows* a, const Rows* b, const double* scale, double variance, double* out,
         std::size_t out_stride, int threads) {
  return guarded([&] {
    const unsigned workers = checked_threads(threads);
    const Comparison two(a, b, out, out_stride);
    const char* message = "scale: expected finite numbers of at least 0, one a coordinate";
    require_numbers(scale, two.a.dim, std::numeric_limits<double>::max(), message);
    for (std::size_t d = 0; d < two.a.dim; ++d) require(scale[d] >= 0.0, message);
    require(std::isnormal(variance) && variance > 0.0,
            "variance: expected a positive finite number");
    laplace_gram(two.a, two.b, scale, variance, two.target, workers);
  });
}

}  // namespace

void fill_pairwise(Functions& table) {
  table.l1_distances = distances;
  table.laplace_gram = gram;
}

}  // namespace otnas::bindings::c
