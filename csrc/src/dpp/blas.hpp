#pragma once
// Matrix products by the caller's BLAS, which is faster than Eigen compiled for any processor.
#include <Eigen/Core>
#include <algorithm>

#include "dpp/spectrum.hpp"

namespace otnas {

/// Columns of one product. OpenBLAS starts its threads above this many multiplications, and waits
/// for them, which on a busy machine takes longer than the product; below, the result does not
/// depend on how many it has. Larger matrices are left to it whole.
inline Eigen::Index columns_at_once(Eigen::Index m, Eigen::Index k, Eigen::Index n) {
  constexpr Eigen::Index kOneThread = 262144;
  return m * k <= kOneThread / 64 ? std::min(n, kOneThread / std::max<Eigen::Index>(m * k, 1)) : n;
}

/// C = A^T B (m, n) for column-major A (k, m) and B (k, n).
inline Eigen::MatrixXd product(const Lapack* lapack, const Eigen::MatrixXd& A,
                               Eigen::Map<const Eigen::MatrixXd> B) {
  Eigen::MatrixXd C(A.cols(), B.cols());
  if (!lapack) {
    C.noalias() = A.transpose() * B;
    return C;
  }
  char transposed = 'T';
  char plain = 'N';
  int m = static_cast<int>(A.cols());
  int k = static_cast<int>(A.rows());
  double one = 1.0;
  double zero = 0.0;
  const Eigen::Index step = columns_at_once(m, k, B.cols());
  for (Eigen::Index first = 0; first < B.cols(); first += step) {
    int n = static_cast<int>(std::min(step, B.cols() - first));
    // Fortran has no const: dgemm only reads A and B.
    lapack->dgemm(&transposed, &plain, &m, &n, &k, &one, const_cast<double*>(A.data()), &k,
                  const_cast<double*>(B.data()) + first * k, &k, &zero, C.data() + first * m, &m);
  }
  return C;
}

/// gram += A A^T
inline void add_outer(const Lapack* lapack, const Eigen::MatrixXd& A, Eigen::MatrixXd& gram) {
  if (!lapack) {
    gram.noalias() += A * A.transpose();
    return;
  }
  char plain = 'N';
  char transposed = 'T';
  int m = static_cast<int>(A.rows());
  double one = 1.0;
  const Eigen::Index step = columns_at_once(m, m, A.cols());
  for (Eigen::Index first = 0; first < A.cols(); first += step) {
    int k = static_cast<int>(std::min(step, A.cols() - first));
    auto* columns = const_cast<double*>(A.data()) + first * m;
    lapack->dgemm(&plain, &transposed, &m, &m, &k, &one, columns, &m, columns, &m, &one,
                  gram.data(), &m);
  }
}

}  // namespace otnas
