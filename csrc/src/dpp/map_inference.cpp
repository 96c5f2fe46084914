#include <algorithm>
#include <cmath>
#include <limits>
#include <sstream>
#include <stdexcept>

#include "dpp/spectrum.hpp"
#include "otnas/dpp/dpp.hpp"
#include "support/cancel.hpp"

namespace otnas {

std::vector<std::int64_t> greedy_map(const double* L, std::size_t n, std::size_t k,
                                     const CancelCheck& cancelled) {
  if (k < 1 || k > n) throw std::invalid_argument("k must be between 1 and n");
  // Chen et al. (2018), Alg. 1. d2[i] = det(L_{S+i}) / det(L_S), the pivot item i would have next;
  // row t of c holds the t-th column of the Cholesky factor that spans all items.
  const auto length = static_cast<Eigen::Index>(n);
  Eigen::VectorXd d2 = Eigen::Map<const Eigen::VectorXd, 0, Eigen::InnerStride<>>(
      L, length, Eigen::InnerStride<>(length + 1));
  const double largest = d2.maxCoeff();
  const double zero = static_cast<double>(n) * std::numeric_limits<double>::epsilon() * largest;
  Eigen::MatrixXd c(length, static_cast<Eigen::Index>(k));
  std::vector<std::int64_t> chosen;
  chosen.reserve(k);
  for (std::size_t t = 0; t < k; ++t) {
    throw_if_cancelled(cancelled);
    if (d2.minCoeff() < -Spectrum::kIndefinite * std::max(largest, 0.0) ||
        (t == 0 && d2.minCoeff() < 0.0)) {
      throw NumericalError("the matrix must be positive semi-definite; it is indefinite");
    }
    Eigen::Index j = 0;
    const double pivot = d2.maxCoeff(&j);
    if (!(pivot > zero)) {
      std::ostringstream message;
      message << "rank too small: a set of k = " << k << " items with positive determinant was "
              << "asked for, but after " << t << " items nothing independent is left";
      throw NumericalError(message.str());
    }
    chosen.push_back(j);
    const auto before = c.leftCols(static_cast<Eigen::Index>(t));
    auto e = c.col(static_cast<Eigen::Index>(t));
    e = Eigen::Map<const Eigen::VectorXd>(L + static_cast<std::size_t>(j) * n, length);
    if (t > 0) e.noalias() -= before * before.row(j).transpose();
    e /= std::sqrt(pivot);
    d2 -= e.cwiseAbs2();
    // Items already chosen have pivot zero; rounding must not bring one back.
    for (const std::int64_t item : chosen) d2[item] = 0.0;
  }
  return chosen;
}

double log_determinant_psd(const double* entries, std::size_t size) {
  // Cholesky by hand: Eigen's reports failure but not that a pivot is merely rounding.
  const auto k = static_cast<Eigen::Index>(size);
  const RowMajorMap A(entries, k, k);
  const double rounding = static_cast<double>(k) * std::numeric_limits<double>::epsilon();
  Eigen::MatrixXd R = Eigen::MatrixXd::Zero(k, k);  // A = R^T R
  double sum = 0.0;
  for (Eigen::Index j = 0; j < k; ++j) {
    const double pivot = A(j, j) - R.col(j).head(j).squaredNorm();
    if (!(pivot > rounding * A(j, j))) return -std::numeric_limits<double>::infinity();
    R(j, j) = std::sqrt(pivot);
    for (Eigen::Index i = j + 1; i < k; ++i) {
      R(j, i) = (A(j, i) - R.col(j).head(j).dot(R.col(i).head(j))) / R(j, j);
    }
    sum += std::log(pivot);
  }
  return sum;
}

}  // namespace otnas
