#pragma once
// Householder tridiagonal form kept between the questions "which eigenvalues" and "which vectors".
#include <Eigen/Core>
#include <cstddef>
#include <optional>
#include <vector>

#include "dpp/spectrum.hpp"

namespace otnas {

class TridiagonalForm {
 public:
  TridiagonalForm(Eigen::MatrixXd matrix, const Lapack& lapack, const CancelCheck& cancelled);

  std::size_t size() const noexcept { return diagonal_.size(); }

  /// All n eigenvalues, descending; ties in the order of their blocks.
  std::vector<double> eigenvalues() const;

  /// See Spectrum::eigenvectors.
  std::optional<Eigen::MatrixXd> eigenvectors(const std::vector<std::size_t>& chosen) const;

  /// Eigenvectors of the `count` largest eigenvalues, (n, count).
  Eigen::MatrixXd leading_eigenvectors(std::size_t count, const CancelCheck& cancelled) const;

 private:
  std::size_t block_of(std::size_t position) const;
  bool in_cluster(std::size_t position) const;
  bool invert_block(std::size_t block, const std::vector<std::size_t>& columns,
                    const std::vector<std::size_t>& chosen, Eigen::MatrixXd& vectors) const;
  void apply_reflectors(Eigen::MatrixXd& vectors) const;

  Lapack lapack_;
  Eigen::MatrixXd reflectors_;        // as left by dsytrd, lower triangle
  std::vector<double> tau_;           // (max(1, n-1),)
  std::vector<double> diagonal_;      // (n,)
  std::vector<double> offdiagonal_;   // (max(1, n-1),), exactly 0 between blocks
  double norm_ = 0.0;                 // infinity norm of T
  std::vector<std::size_t> begin_;    // block b is rows begin_[b] .. begin_[b+1]-1
  std::vector<double> block_values_;  // (n,), ascending inside every block
  std::vector<std::size_t> order_;    // order_[m]: position of λ_m in block_values_
};

}  // namespace otnas
