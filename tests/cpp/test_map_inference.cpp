#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <stdexcept>

#include "dpp_reference.hpp"
#include "otnas/dpp/dpp.hpp"
#include "otnas/support/errors.hpp"
#include "random_matrix.hpp"

using Eigen::MatrixXd;

namespace {

double log_determinant(const MatrixXd& A) {
  return otnas::log_determinant_psd(A.data(), static_cast<std::size_t>(A.rows()));
}

}  // namespace

TEST_CASE("greedy MAP takes the largest determinant at every step") {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const MatrixXd B = otnas::testing::random_matrix(9, 9, seed);
    const MatrixXd L = B * B.transpose();
    const auto found = otnas::greedy_map(L.data(), 9, 6);
    otnas::reference::Subset chosen;
    for (const auto item : found) {
      double best = -1.0;
      std::int64_t best_item = -1;
      for (std::int64_t i = 0; i < 9; ++i) {
        auto with = chosen;
        with.push_back(i);
        const double determinant = otnas::reference::determinant(L, with);
        if (determinant > best) {
          best = determinant;
          best_item = i;
        }
      }
      CHECK(item == best_item);
      chosen.push_back(item);
    }
  }
}

TEST_CASE("greedy MAP: ties, rank, indefinite input") {
  const MatrixXd identity = MatrixXd::Identity(4, 4);
  CHECK(otnas::greedy_map(identity.data(), 4, 3) == otnas::reference::Subset{0, 1, 2});
  const MatrixXd ones = MatrixXd::Ones(4, 4);
  CHECK(otnas::greedy_map(ones.data(), 4, 1).size() == 1);
  CHECK_THROWS_AS(otnas::greedy_map(ones.data(), 4, 2), otnas::NumericalError);
  MatrixXd indefinite = identity;
  indefinite(0, 1) = indefinite(1, 0) = 2.0;
  CHECK_THROWS_AS(otnas::greedy_map(indefinite.data(), 4, 4), otnas::NumericalError);
  CHECK_THROWS_AS(otnas::greedy_map(identity.data(), 4, 5), std::invalid_argument);
  CHECK_THROWS_AS(otnas::greedy_map(identity.data(), 4, 2, [] { return true; }), otnas::Cancelled);
}

TEST_CASE("log determinant") {
  const MatrixXd B = otnas::testing::random_matrix(5, 5, 3);
  const MatrixXd A = B * B.transpose();
  CHECK(log_determinant(A) == doctest::Approx(std::log(A.determinant())));
  CHECK(log_determinant(MatrixXd::Ones(2, 2)) == -std::numeric_limits<double>::infinity());
  CHECK(log_determinant(MatrixXd::Zero(1, 1)) == -std::numeric_limits<double>::infinity());
  // 1e-400 does not fit in a double; its logarithm does
  CHECK(log_determinant(1e-200 * MatrixXd::Identity(2, 2)) ==
        doctest::Approx(-400 * std::log(10.0)));
}
