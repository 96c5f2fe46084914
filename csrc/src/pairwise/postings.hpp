#pragma once
#include <algorithm>
#include <cstdint>
#include <vector>

#include "otnas/pairwise/blocks.hpp"
#include "pairwise/simd/kernels.hpp"

namespace otnas {

/// Sparse columns, coordinate by coordinate: where it is not zero, and its value there.
class Postings {
 public:
  explicit Postings(const SparseBlock& b)
      : starts_(b.dim + 1, 0),
        columns_(static_cast<std::size_t>(b.offsets[b.distinct])),
        values_(columns_.size()),
        sums_(b.distinct, 0.0) {
    for (std::size_t i = 0; i < columns_.size(); ++i) ++starts_[coordinate(b, i) + 1];
    for (std::size_t d = 0; d < b.dim; ++d) starts_[d + 1] += starts_[d];
    std::vector<std::size_t> next(starts_.begin(), starts_.end() - 1);
    for (std::size_t j = 0; j < b.distinct; ++j) {
      for (auto i = static_cast<std::size_t>(b.offsets[j]);
           i < static_cast<std::size_t>(b.offsets[j + 1]); ++i) {
        const std::size_t place = next[coordinate(b, i)]++;
        columns_[place] = static_cast<std::uint32_t>(j);
        values_[place] = b.values[i];
        sums_[j] += b.values[i];
      }
    }
  }

  std::size_t distinct() const { return sums_.size(); }
  std::size_t bytes() const {
    return starts_.size() * sizeof(std::size_t) + columns_.size() * sizeof(std::uint32_t) +
           (values_.size() + sums_.size()) * sizeof(double);
  }

  /// out (distinct,): row against every column.
  void distances(const simd::SparseRow& row, double* out) const {
    const std::size_t dim = starts_.size() - 1;
    std::fill(out, out + distinct(), 0.0);
    for (std::size_t k = 0; k < row.count; ++k) {
      if (row.coordinates[k] >= dim) continue;  // a coordinate that no column has
      const double value = row.values[k];
      const std::size_t end = starts_[row.coordinates[k] + 1];
      for (std::size_t p = starts_[row.coordinates[k]]; p < end; ++p)
        out[columns_[p]] += std::min(value, values_[p]);
    }
    for (std::size_t j = 0; j < distinct(); ++j)
      out[j] = std::max(0.0, (row.sum + sums_[j]) - (out[j] + out[j]));
  }

 private:
  static std::size_t coordinate(const SparseBlock& b, std::size_t i) {
    return static_cast<std::size_t>(b.coordinates[i]);
  }

  std::vector<std::size_t> starts_;     // (dim + 1,)
  std::vector<std::uint32_t> columns_;  // (nonzeros,), ascending within a coordinate
  std::vector<double> values_, sums_;
};

}  // namespace otnas
