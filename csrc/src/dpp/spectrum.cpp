#include "dpp/spectrum.hpp"

#include <Eigen/Cholesky>
#include <Eigen/Eigenvalues>
#include <algorithm>
#include <limits>
#include <sstream>
#include <stdexcept>

#include "dpp/tridiagonal.hpp"
#include "support/cancel.hpp"

namespace otnas {
namespace {

using Eigen::Index;

// Up to here a full decomposition costs microseconds.
constexpr std::size_t kAlwaysFull = 64;
// Inverse iteration with its orthogonalisation loses to divide and conquer beyond n / 8 vectors.
constexpr std::size_t kFewVectors = 8;
// dstedc's workspace of n^2 must be counted by a 32-bit integer.
constexpr Index kLargestLapack = 46000;

std::size_t count_positive(const std::vector<double>& descending, std::size_t dimension) {
  if (descending.empty() || !(descending.front() > 0.0)) {
    if (!descending.empty() && descending.back() < 0.0) {
      throw NumericalError("the matrix must be positive semi-definite; it is negative");
    }
    return 0;
  }
  const double most = descending.front();
  const double least = descending.back();
  if (least < -Spectrum::kIndefinite * most) {
    std::ostringstream message;
    message << "the matrix must be positive semi-definite; it is indefinite: its smallest "
            << "eigenvalue is " << least / most << " times its largest";
    throw NumericalError(message.str());
  }
  const double rounding =
      static_cast<double>(dimension) * std::numeric_limits<double>::epsilon() * most;
  const double zero = std::max(rounding, -least);
  const auto end = std::find_if(descending.begin(), descending.end(),
                                [zero](double value) { return !(value > zero); });
  return static_cast<std::size_t>(end - descending.begin());
}

}  // namespace

Spectrum::Spectrum(Eigen::MatrixXd matrix, std::size_t dimension, const Lapack* lapack,
                   const CancelCheck& cancelled) {
  if (matrix.rows() < 1 || matrix.rows() != matrix.cols()) {
    throw std::invalid_argument("the matrix must be square and not empty");
  }
  if (lapack && matrix.rows() <= kLargestLapack) {
    tridiagonal_ = std::make_unique<TridiagonalForm>(std::move(matrix), *lapack, cancelled);
    eigenvalues_ = tridiagonal_->eigenvalues();
    eigenvalues_.resize(count_positive(eigenvalues_, dimension));
    return;
  }
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(matrix);
  if (solver.info() != Eigen::Success) throw NumericalError("eigenvalue computation failed");
  throw_if_cancelled(cancelled);
  eigenvalues_.assign(solver.eigenvalues().data(),
                      solver.eigenvalues().data() + solver.eigenvalues().size());
  std::reverse(eigenvalues_.begin(), eigenvalues_.end());
  eigenvalues_.resize(count_positive(eigenvalues_, dimension));
  basis_ = solver.eigenvectors().rightCols(static_cast<Index>(rank())).rowwise().reverse();
}

Spectrum::~Spectrum() = default;
Spectrum::Spectrum(Spectrum&&) noexcept = default;
Spectrum& Spectrum::operator=(Spectrum&&) noexcept = default;

std::optional<Eigen::MatrixXd> Spectrum::eigenvectors(
    const std::vector<std::size_t>& chosen) const {
  if (!tridiagonal_) return std::nullopt;
  const std::size_t n = tridiagonal_->size();
  if (n <= kAlwaysFull || chosen.size() > n / kFewVectors) return std::nullopt;
  return tridiagonal_->eigenvectors(chosen);
}

const Eigen::MatrixXd& Spectrum::basis(const CancelCheck& cancelled) {
  if (tridiagonal_) {
    basis_ = tridiagonal_->leading_eigenvectors(rank(), cancelled);
    tridiagonal_.reset();
  }
  return basis_;
}

void orthonormalise(Eigen::MatrixXd& V) {
  if (V.cols() == 0) return;
  // V = Q R with R from V^T V = R^T R; the error is the square of the departure from orthonormal
  // times the rounding, so a second round is rarely needed and a third never.
  for (int round = 0; round < 3; ++round) {
    Eigen::MatrixXd gram = V.transpose() * V;
    const double departure =
        (gram - Eigen::MatrixXd::Identity(gram.rows(), gram.cols())).cwiseAbs().maxCoeff();
    if (departure < 1e-14) return;
    const Eigen::LLT<Eigen::MatrixXd> cholesky(gram);
    if (cholesky.info() != Eigen::Success || !(departure < 0.5)) {
      throw NumericalError("eigenvectors are not linearly independent");
    }
    cholesky.matrixU().solveInPlace<Eigen::OnTheRight>(V);
  }
}

}  // namespace otnas
