#pragma once
// Eigenvalues and, on demand, eigenvectors of a symmetric positive semi-definite matrix.
//
// Notation
//   A = Q T Q^T   n x n, T tridiagonal (dsytrd); T falls into unreduced blocks
//   λ_0 >= ... >= λ_{r-1} > 0, r = numerical rank
//   V             (n, r), orthonormal columns, A V = V diag(λ)
//
// A k-DPP draw needs every eigenvalue but only k eigenvectors, so the first draw stops at T, its
// eigenvalues and k inverse iterations; the full basis is built from the kept T when it pays.
#include <Eigen/Core>
#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

#include "otnas/dpp/lapack.hpp"
#include "otnas/support/parallel.hpp"

namespace otnas {

/// Row-major numbers of the caller's, as Eigen reads them.
using RowMajorMap =
    Eigen::Map<const Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>>;

class TridiagonalForm;

/// Not safe to use from several threads at once, except through the const members.
class Spectrum {
 public:
  /// Most negative eigenvalue, relative to the largest, that still passes for rounding. Wide,
  /// because a posterior covariance K** - K*^T K^-1 K* carries rounding of the size of the prior.
  static constexpr double kIndefinite = 1e-8;

  /// Decomposes `matrix` (n, n), symmetric and finite; only one triangle is read.
  ///
  /// Counted as zero: eigenvalues up to max(dimension * eps * λ_max, -λ_min), since a positive
  /// eigenvalue no larger than the most negative one is rounding too. `dimension` is n or more.
  ///
  /// @param lapack nullptr: Eigen's solver, with the full basis at once.
  /// @throws NumericalError if λ_min < -kIndefinite * λ_max, or if the solver fails.
  Spectrum(Eigen::MatrixXd matrix, std::size_t dimension, const Lapack* lapack,
           const CancelCheck& cancelled = {});
  ~Spectrum();
  Spectrum(Spectrum&&) noexcept;
  Spectrum& operator=(Spectrum&&) noexcept;

  /// The eigenvalues that count as positive, descending, (r,).
  const std::vector<double>& eigenvalues() const noexcept { return eigenvalues_; }
  std::size_t rank() const noexcept { return eigenvalues_.size(); }

  /// Columns `chosen` (ascending) of V, (n, k), or nothing if that would not be cheaper or not be
  /// sound, in which case basis() must be used.
  ///
  /// Not sound: a chosen eigenvalue in a tight cluster. Inverse iteration then returns *some*
  /// vectors of the cluster's eigenspace that depend on how many are asked for: the same ones for
  /// every choice of that many, whereas the draw must be from one fixed basis.
  std::optional<Eigen::MatrixXd> eigenvectors(const std::vector<std::size_t>& chosen) const;

  /// V, (n, r); computed on the first call, after which the tridiagonal form is dropped.
  const Eigen::MatrixXd& basis(const CancelCheck& cancelled = {});

 private:
  std::vector<double> eigenvalues_;
  std::unique_ptr<TridiagonalForm> tridiagonal_;  // null once basis_ is there
  Eigen::MatrixXd basis_;
};

/// Makes the columns of V (n, k), already orthonormal up to about 1e-5, orthonormal to rounding,
/// by Cholesky QR: column j changes only by multiples of columns 0..j.
/// @throws NumericalError if the columns are numerically dependent.
void orthonormalise(Eigen::MatrixXd& V);

}  // namespace otnas
