#pragma once
// The eigenvectors of an L-ensemble as the samplers read them: row by row, and by columns' weights.
//
// Notation
//   V   (n, r), orthonormal columns
//   B   (n, r'), the factor of L = B B^T; then V = B T with T (r', r), and V is not stored
//
// A proposal of the elementary DPP is an item i with probability |v_i|^2 / k over the k columns
// chosen: column c, each alike, then item i with probability V_ic^2. For many items the second step
// looks up running sums of V_ic^2 over runs of kRun items and walks through one run, so that it
// costs O(log n) and not O(n).
#include <Eigen/Core>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "otnas/dpp/dpp.hpp"
#include "otnas/dpp/uniform.hpp"

namespace otnas {

/// Immutable once built: one object may serve many threads.
class Basis {
 public:
  /// From here on running sums are kept; below, a pass over all items is as fast.
  static constexpr std::size_t kMany = LEnsemble::kManyItems;

  /// V itself.
  explicit Basis(Eigen::MatrixXd V);

  /// V = B T up to the last rounding: T is improved until the columns are orthonormal. `scale` is
  /// what B is multiplied by. Two to four passes over B, and memory O(nr / kRun).
  /// @throws NumericalError if the columns are numerically dependent.
  Basis(FactorView factor, double scale, Eigen::MatrixXd T, const Lapack* lapack,
        const CancelCheck& cancelled);

  std::size_t rows() const noexcept { return rows_; }
  std::size_t columns() const noexcept { return columns_; }

  /// Whether propose() may be called: n >= kMany.
  bool has_sums() const noexcept { return !sums_.empty(); }

  /// V_ic^2 of all items, added up over `columns`, (n,). O(nk).
  Eigen::VectorXd leverage(const std::vector<std::size_t>& columns) const;

  /// Entries `columns` of row `item`.
  void row(std::size_t item, const std::vector<std::size_t>& columns, Eigen::VectorXd& out) const;

  /// An item with probability V_ic^2, or rows() if rounding led past the end.
  std::size_t propose(std::size_t column, Uniform& uniform) const;

  /// sum_m weights[m] V_im^2, (n,).
  std::vector<double> weighted_squares(const std::vector<double>& weights,
                                       const CancelCheck& cancelled) const;

  /// Rows `items` of V, row-major, (items, r).
  std::vector<double> rows_of(const std::vector<std::size_t>& items) const;

 private:
  static constexpr std::size_t kRun = 64;

  /// Columns of V^T for items first .. first+count-1, (r, count).
  Eigen::MatrixXd transposed(std::size_t first, std::size_t count) const;
  double entry(std::size_t item, std::size_t column) const;
  std::size_t runs() const noexcept { return (rows_ + kRun - 1) / kRun; }
  template <class Visit>
  void for_blocks(const CancelCheck& cancelled, Visit visit) const;

  std::size_t rows_ = 0;
  std::size_t columns_ = 0;
  Eigen::MatrixXd V_;  // empty if B is there
  FactorView factor_{};
  Eigen::MatrixXd T_;  // times the scale of B
  const Lapack* lapack_ = nullptr;
  std::vector<double> sums_;  // sums_[c * runs + j]: V_ic^2 of runs 0..j; empty for few items
};

/// One draw of the elementary DPP whose marginal kernel is the projection on columns `columns` of
/// `basis` (n, r), which must be orthonormal. Returns as many indices, ascending.
///
/// Exact rejection sampling, see elementary_dpp.cpp. Expected time O(nk + k^3 log k) for k columns,
/// against O(nk^2) for the textbook loop; O(k log k (log n + k^2)) from Basis::kMany items on.
/// @throws NumericalError if the columns turn out to be dependent.
std::vector<std::int64_t> sample_elementary_dpp(const Basis& basis,
                                                const std::vector<std::size_t>& columns,
                                                Uniform& uniform);

}  // namespace otnas
