#include <doctest/doctest.h>

#include <stdexcept>

#include "dpp/spectrum.hpp"
#include "otnas/support/errors.hpp"
#include "random_matrix.hpp"

using Eigen::MatrixXd;
using otnas::NumericalError;
using otnas::Spectrum;

TEST_CASE("basis and eigenvalues rebuild the matrix") {
  const MatrixXd B = otnas::testing::random_matrix(12, 5, 1);
  const MatrixXd A = B * B.transpose();
  Spectrum spectrum(A, 12, nullptr);
  REQUIRE(spectrum.rank() == 5);
  const MatrixXd V = spectrum.basis();
  const auto values =
      Eigen::Map<const Eigen::VectorXd>(spectrum.eigenvalues().data(), Eigen::Index{5});
  CHECK((V * values.asDiagonal() * V.transpose() - A).norm() < 1e-13 * A.norm());
  CHECK((V.transpose() * V - MatrixXd::Identity(5, 5)).norm() < 1e-13);
  for (std::size_t m = 1; m < 5; ++m) {
    CHECK(spectrum.eigenvalues()[m - 1] >= spectrum.eigenvalues()[m]);
  }
}

TEST_CASE("no rank, full rank, one row") {
  CHECK(Spectrum(MatrixXd::Zero(3, 3), 3, nullptr).rank() == 0);
  CHECK(Spectrum(MatrixXd::Identity(3, 3), 3, nullptr).rank() == 3);
  CHECK(Spectrum(MatrixXd::Constant(1, 1, 2.0), 1, nullptr).eigenvalues()[0] == 2.0);
}

TEST_CASE("what rounding may do to a covariance passes, an indefinite matrix does not") {
  Eigen::Vector4d diagonal(1.0, 0.5, 1e-10, -1e-9);
  Spectrum noisy(MatrixXd(diagonal.asDiagonal()), 4, nullptr);
  CHECK(noisy.rank() == 2);  // 1e-10 is no more than rounding of size 1e-9
  diagonal[3] = -1e-6;
  CHECK_THROWS_AS(Spectrum(MatrixXd(diagonal.asDiagonal()), 4, nullptr), NumericalError);
  CHECK_THROWS_AS(Spectrum(-MatrixXd::Identity(2, 2), 2, nullptr), NumericalError);
  CHECK_THROWS_AS(Spectrum(MatrixXd(0, 0), 0, nullptr), std::invalid_argument);
}

TEST_CASE("orthonormalise keeps the leading spans") {
  MatrixXd V = MatrixXd::Identity(6, 3) + 1e-4 * otnas::testing::random_matrix(6, 3, 2);
  const MatrixXd before = V;
  otnas::orthonormalise(V);
  CHECK((V.transpose() * V - MatrixXd::Identity(3, 3)).norm() < 1e-14);
  const MatrixXd R = V.transpose() * before;  // upper triangular
  CHECK(R.triangularView<Eigen::StrictlyLower>().toDenseMatrix().norm() < 1e-14);
  V.col(2) = V.col(1);
  CHECK_THROWS_AS(otnas::orthonormalise(V), NumericalError);
}

TEST_CASE("a cancelled decomposition says so") {
  CHECK_THROWS_AS(Spectrum(MatrixXd::Identity(3, 3), 3, nullptr, [] { return true; }),
                  otnas::Cancelled);
}
