#pragma once
// The two sides of a comparison, packed for the inner loops.
//
// Sums of coordinates that are not negative, s x and s y of a pair and 2 s min(x, y), differ by its
// distance. With d coordinates, rounding leaves an error of at most (2 d + 3) 2^-53 of the two sums
// together, so that a distance of at least kCancellation = 2^-8 of them is exact to a relative
// (2 d + 3) 2^-45. A smaller one, and one of a vector with a negative coordinate or a sum too
// large, is computed as sum s |x - y| instead, exact to (d + 2) 2^-53. Which way a pair goes
// depends on the pair only.
#include <algorithm>
#include <cstddef>
#include <vector>

#include "otnas/pairwise/blocks.hpp"
#include "otnas/pairwise/gram.hpp"
#include "pairwise/simd/kernels.hpp"

namespace otnas {

using simd::kTileColumns;

/// Vectors of a larger sum, or with a negative coordinate, are compared coordinate by coordinate.
constexpr double kLargestSum = 1e300;

/// The left-hand side: rows, and lists of their nonzero coordinates, scaled.
class Rows {
 public:
  /// Sparse rows, not scaled; they have no dense form.
  explicit Rows(const SparseBlock& a)
      : values_(a.values, a.values + a.offsets[a.distinct]), offsets_{0} {
    // A coordinate below 0 becomes larger than any dimension: nothing on the right has it.
    for (std::size_t i = 0; i < values_.size(); ++i)
      coordinates_.push_back(static_cast<std::size_t>(a.coordinates[i]));
    for (std::size_t i = 0; i < a.distinct; ++i) {
      offsets_.push_back(static_cast<std::size_t>(a.offsets[i + 1]));
      double sum = 0.0;
      for (std::size_t k = offsets_[i]; k < offsets_[i + 1]; ++k) sum += values_[k];
      sums_.push_back(sum);
    }
  }

  /// Keeps a pointer to the rows.
  Rows(const L1Embedding& a, const double* scale, std::size_t begin, std::size_t end)
      : dense_(a.vectors + begin), stride_(a.dim), offsets_{0} {
    for (std::size_t i = 0; i < a.distinct; ++i) {
      double sum = 0.0;
      bool nonnegative = true;
      for (std::size_t d = 0; d < end - begin; ++d) {
        const double value = dense(i)[d] * (scale ? scale[begin + d] : 1.0);
        nonnegative = nonnegative && value >= 0.0;
        if (value == 0.0) continue;
        values_.push_back(value);
        coordinates_.push_back(d);
        sum += value;
      }
      offsets_.push_back(values_.size());
      sums_.push_back(sum);
      fast_.push_back(nonnegative && sum <= kLargestSum);
    }
  }

  const double* dense(std::size_t i) const { return dense_ + i * stride_; }
  simd::SparseRow sparse(std::size_t i) const {
    return {values_.data() + offsets_[i], coordinates_.data() + offsets_[i],
            offsets_[i + 1] - offsets_[i], sums_[i]};
  }
  bool fast(std::size_t i) const { return fast_[i]; }

 private:
  const double* dense_ = nullptr;
  std::size_t stride_ = 0;
  std::vector<double> values_, sums_;
  std::vector<std::size_t> coordinates_, offsets_;
  std::vector<bool> fast_;
};

/// The right-hand side: rows in tiles of kTileColumns, coordinate by coordinate.
class Tiles {
 public:
  Tiles(const L1Embedding& b, const double* scale, std::size_t begin, std::size_t end)
      : dim_(end - begin),
        count_((b.distinct + kTileColumns - 1) / kTileColumns),
        scale_(dim_, 1.0),
        values_(count_ * kTileColumns * dim_, 0.0),
        sums_(count_ * kTileColumns, 0.0),
        direct_(count_, 0u) {
    if (scale) {
      std::copy(scale + begin, scale + end, scale_.begin());
      scaled_ = values_;
    }
    for (std::size_t j = 0; j < b.distinct; ++j) {
      const std::size_t at = (j / kTileColumns) * kTileColumns * dim_ + j % kTileColumns;
      bool nonnegative = true;
      for (std::size_t d = 0; d < dim_; ++d) {
        const double value = b.vectors[j * b.dim + begin + d];
        const double scaled = value * scale_[d];
        values_[at + d * kTileColumns] = value;
        if (scale) scaled_[at + d * kTileColumns] = scaled;
        nonnegative = nonnegative && scaled >= 0.0;
        sums_[j] += scaled;
      }
      if (!(nonnegative && sums_[j] <= kLargestSum))
        direct_[j / kTileColumns] |= 1u << (j % kTileColumns);
    }
  }

  std::size_t count() const { return count_; }
  std::size_t bytes() const {
    return (values_.size() + scaled_.size() + scale_.size() + sums_.size()) * sizeof(double) +
           direct_.size() * sizeof(unsigned);
  }

  /// distances (kTileColumns,): row u against the columns of tile t.
  void distances(const simd::Kernels& kernels, const Rows& rows, std::size_t u, std::size_t t,
                 double* distances) const {
    const std::size_t tile = t * kTileColumns * dim_;
    unsigned direct = ~0u;
    if (rows.fast(u)) {
      const auto& scaled = scaled_.empty() ? values_ : scaled_;
      direct =
          direct_[t] | kernels.nonnegative_distances(rows.sparse(u), scaled.data() + tile,
                                                     sums_.data() + t * kTileColumns, distances);
      if (direct == 0) return;
    }
    double exact[kTileColumns];
    kernels.signed_distances(rows.dense(u), scale_.data(), dim_, values_.data() + tile, exact);
    for (std::size_t j = 0; j < kTileColumns; ++j)
      if ((direct >> j) & 1u) distances[j] = exact[j];
  }

 private:
  static_assert(kTileColumns == 32, "a column is a bit of an unsigned");

  std::size_t dim_, count_;
  std::vector<double> scale_, values_, scaled_, sums_;
  std::vector<unsigned> direct_;  // columns that the fast path is not for
};

}  // namespace otnas
