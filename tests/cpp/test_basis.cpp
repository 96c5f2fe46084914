#include <doctest/doctest.h>

#include <Eigen/QR>
#include <cmath>

#include "dpp/basis.hpp"
#include "otnas/dpp/markov_chain.hpp"
#include "random_matrix.hpp"

using Eigen::Index;
using Eigen::MatrixXd;
using otnas::Basis;

TEST_CASE("a basis by factor has orthonormal columns and the rows of B T") {
  const std::size_t n = Basis::kMany + 37;
  const MatrixXd B = otnas::testing::random_matrix(static_cast<Index>(n), 5, 3);
  const Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor> rows = B;
  // Far from orthonormal: the basis must improve it.
  const Basis factored({rows.data(), n, 5}, 1.0, MatrixXd::Identity(5, 5), nullptr, {});
  REQUIRE(factored.has_sums());
  const std::vector<std::size_t> columns{0, 1, 2, 3, 4};
  MatrixXd V(static_cast<Index>(n), 5);
  Eigen::VectorXd row(5);
  for (std::size_t i = 0; i < n; ++i) {
    factored.row(i, columns, row);
    V.row(static_cast<Index>(i)) = row;
  }
  CHECK((V.transpose() * V - MatrixXd::Identity(5, 5)).cwiseAbs().maxCoeff() < 1e-11);
  const Basis stored(V);
  // The same uniform numbers propose the same items, or neighbours where rounding decides.
  otnas::Uniform one(5);
  otnas::Uniform two(5);
  int different = 0;
  for (int draw = 0; draw < 2000; ++draw) {
    different += factored.propose(2, one) != stored.propose(2, two);
  }
  CHECK(different <= 2);
}

TEST_CASE("a Metropolis step changes the determinant it reports") {
  const MatrixXd B = otnas::testing::random_matrix(6, 6, 4);
  const MatrixXd L = B * B.transpose();
  otnas::ChainState state{{0, 3}, std::log(L(0, 0) * L(3, 3) - L(0, 3) * L(0, 3))};
  otnas::metropolis_step(L.data(), 6, {3, true, 0.0, -1e9}, state);
  CHECK(state.members == std::vector<std::int64_t>{0, 3});  // has the candidate already
  otnas::metropolis_step(L.data(), 6, {5, true, 0.0, -1e9}, state);
  CHECK(state.members == std::vector<std::int64_t>{5, 3});
  CHECK(state.log_determinant == doctest::Approx(std::log(L(5, 5) * L(3, 3) - L(5, 3) * L(5, 3))));
  otnas::metropolis_step(L.data(), 6, {5, false, 0.0, -1e9}, state);
  CHECK(state.members == std::vector<std::int64_t>{3});
  CHECK(state.accepted == 2);
}
