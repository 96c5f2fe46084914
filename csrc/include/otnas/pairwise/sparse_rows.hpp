#pragma once
#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

namespace otnas {

/// Rows by their nonzero coordinates: row i owns [offsets[i], offsets[i + 1]).
struct SparseRows {
  std::vector<std::int64_t> offsets{0};
  std::vector<std::int32_t> coordinates;  // increasing within a row
  std::vector<double> values;

  std::size_t size() const { return offsets.size() - 1; }
};

/// Collects rows and keeps equal ones (to the last bit) once, in order of first appearance.
class DistinctSparseRows {
 public:
  /// Number of the row among the distinct ones.
  std::int64_t add(const std::int32_t* coordinates, const double* values, std::size_t count);

  const SparseRows& rows() const { return rows_; }
  SparseRows take() { return std::move(rows_); }

 private:
  bool equals(std::size_t row, const std::int32_t* coordinates, const double* values,
              std::size_t count) const;

  SparseRows rows_;
  std::unordered_multimap<std::size_t, std::int64_t> by_hash_;
};

}  // namespace otnas
