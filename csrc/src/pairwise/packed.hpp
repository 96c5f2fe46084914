#pragma once
// The two sides of a comparison, packed for the inner loops.
#include <algorithm>
#include <cstddef>
#include <vector>

#include "otnas/pairwise/blocks.hpp"
#include "otnas/pairwise/gram.hpp"
#include "pairwise/simd/kernels.hpp"

namespace otnas {

using simd::kTileColumns;

/// The left-hand side: scaled rows, dense and as lists of nonzero coordinates.
class Rows {
 public:
  /// Sparse rows, not scaled; they have no dense form.
  explicit Rows(const SparseBlock& a)
      : dim_(a.dim), values_(a.values, a.values + a.offsets[a.distinct]), offsets_{0} {
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

  Rows(const L1Embedding& a, const double* scale, std::size_t begin, std::size_t end)
      : dim_(end - begin), dense_(a.distinct * dim_), offsets_{0} {
    for (std::size_t i = 0; i < a.distinct; ++i) {
      double sum = 0.0;
      for (std::size_t d = 0; d < dim_; ++d) {
        const double value = a.vectors[i * a.dim + begin + d] * (scale ? scale[begin + d] : 1.0);
        dense_[i * dim_ + d] = value;
        if (value == 0.0) continue;
        values_.push_back(value);
        coordinates_.push_back(d);
        sum += value;
      }
      offsets_.push_back(values_.size());
      sums_.push_back(sum);
    }
  }

  const double* dense(std::size_t i) const { return dense_.data() + i * dim_; }
  simd::SparseRow sparse(std::size_t i) const {
    return {values_.data() + offsets_[i], coordinates_.data() + offsets_[i],
            offsets_[i + 1] - offsets_[i], sums_[i]};
  }
  bool nonnegative() const {
    return std::all_of(values_.begin(), values_.end(), [](double v) { return v > 0.0; });
  }

 private:
  std::size_t dim_;
  std::vector<double> dense_, values_, sums_;
  std::vector<std::size_t> coordinates_, offsets_;
};

/// The right-hand side: scaled rows in tiles of kTileColumns, coordinate by coordinate.
class Tiles {
 public:
  Tiles(const L1Embedding& b, const double* scale, std::size_t begin, std::size_t end)
      : dim_(end - begin),
        count_((b.distinct + kTileColumns - 1) / kTileColumns),
        values_(count_ * kTileColumns * dim_, 0.0),
        sums_(count_ * kTileColumns, 0.0) {
    for (std::size_t j = 0; j < b.distinct; ++j) {
      double* tile = values_.data() + (j / kTileColumns) * kTileColumns * dim_ + j % kTileColumns;
      for (std::size_t d = 0; d < dim_; ++d) {
        const double value = b.vectors[j * b.dim + begin + d] * (scale ? scale[begin + d] : 1.0);
        tile[d * kTileColumns] = value;
        sums_[j] += value;
      }
    }
  }

  std::size_t count() const { return count_; }
  std::size_t padded_columns() const { return count_ * kTileColumns; }
  const double* tile(std::size_t t) const { return values_.data() + t * kTileColumns * dim_; }
  std::size_t bytes() const { return (values_.size() + sums_.size()) * sizeof(double); }
  const double* sums(std::size_t t) const { return sums_.data() + t * kTileColumns; }
  bool nonnegative() const {
    return std::all_of(values_.begin(), values_.end(), [](double v) { return v >= 0.0; });
  }

 private:
  std::size_t dim_, count_;
  std::vector<double> values_, sums_;
};

}  // namespace otnas
