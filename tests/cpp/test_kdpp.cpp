#include <doctest/doctest.h>

#include <Eigen/QR>
#include <cmath>
#include <numeric>
#include <stdexcept>

#include "dpp/basis.hpp"
#include "dpp_reference.hpp"
#include "otnas/dpp/dpp.hpp"
#include "otnas/support/errors.hpp"
#include "random_matrix.hpp"

using Eigen::MatrixXd;
using otnas::LEnsemble;
using otnas::Uniform;
using otnas::reference::Subset;

namespace {

LEnsemble primal_form(const MatrixXd& L, const otnas::CancelCheck& cancelled = {}) {
  return LEnsemble(L.data(), static_cast<std::size_t>(L.rows()), nullptr, cancelled);
}

LEnsemble dual_form(const MatrixXd& B) {
  const MatrixXd by_rows = B.transpose();
  return LEnsemble(
      {by_rows.data(), static_cast<std::size_t>(B.rows()), static_cast<std::size_t>(B.cols())},
      nullptr);
}

std::vector<std::uint64_t> seeds(std::size_t count) {
  std::vector<std::uint64_t> list(count);
  std::iota(list.begin(), list.end(), std::uint64_t{1000});
  return list;
}

/// Every frequency within 4.5 standard deviations of its probability.
void check_law(const std::map<Subset, double>& law, std::map<Subset, int>& counts, int draws) {
  for (const auto& [subset, probability] : law) {
    const double spread = std::sqrt(draws * probability * (1.0 - probability));
    CHECK(std::abs(counts[subset] - draws * probability) <= 4.5 * spread + 1e-6);
  }
}

std::map<Subset, int> count(const std::vector<std::int64_t>& draws, std::size_t k) {
  std::map<Subset, int> counts;
  const auto step = static_cast<std::ptrdiff_t>(k);
  for (auto draw = draws.begin(); draw != draws.end(); draw += step) {
    ++counts[Subset(draw, draw + step)];
  }
  return counts;
}

}  // namespace

TEST_CASE("elementary DPP by rejection follows the determinants") {
  MatrixXd V = otnas::testing::random_matrix(6, 3, 5).householderQr().householderQ() *
               MatrixXd::Identity(6, 3);
  const auto law = otnas::reference::kdpp_law(V * V.transpose(), 3);
  std::map<Subset, int> counts;
  Uniform uniform(11);
  for (int draw = 0; draw < 50000; ++draw) {
    ++counts[otnas::sample_elementary_dpp(otnas::Basis(V), {0, 1, 2}, uniform)];
  }
  check_law(law, counts, 50000);
}

TEST_CASE("dependent columns end in an error, not in a stall") {
  const MatrixXd twice = MatrixXd::Constant(4, 2, 0.5);
  Uniform uniform(1);
  CHECK_THROWS_AS(otnas::sample_elementary_dpp(otnas::Basis(twice), {0, 1}, uniform),
                  otnas::NumericalError);
  CHECK(otnas::sample_elementary_dpp(otnas::Basis(twice), {}, uniform).empty());
}

TEST_CASE("k-DPP draws follow the determinants, primal and dual") {
  const MatrixXd B = otnas::testing::random_matrix(6, 4, 6);
  const MatrixXd L = B * B.transpose();
  for (const std::size_t k : {1u, 2u, 4u}) {
    const auto law = otnas::reference::kdpp_law(L, k);
    LEnsemble primal = primal_form(L);
    LEnsemble dual = dual_form(B);
    REQUIRE(primal.rank() == 4);
    REQUIRE(dual.rank() == 4);
    for (LEnsemble* ensemble : {&primal, &dual}) {
      auto counts = count(ensemble->sample(k, seeds(50000), 2), k);
      check_law(law, counts, 50000);
      const auto marginals = ensemble->marginals(k);
      for (std::int64_t i = 0; i < 6; ++i) {
        double expected = 0.0;
        for (const auto& [subset, probability] : law) {
          for (const auto item : subset) expected += item == i ? probability : 0.0;
        }
        CHECK(marginals[static_cast<std::size_t>(i)] == doctest::Approx(expected).epsilon(1e-10));
      }
    }
    CHECK(primal.log_normaliser(k) == doctest::Approx(dual.log_normaliser(k)).epsilon(1e-12));
  }
}

TEST_CASE("DPP draws of any size follow det(L_S) / det(I + L)") {
  const MatrixXd B = otnas::testing::random_matrix(4, 3, 8);
  const MatrixXd L = 2.0 * B * B.transpose();
  const double normaliser = (L + MatrixXd::Identity(4, 4)).determinant();
  std::map<Subset, double> law;
  for (std::size_t k = 0; k <= 4; ++k) {
    for (const auto& subset : otnas::reference::subsets(4, k)) {
      law[subset] = std::fmax(0.0, otnas::reference::determinant(L, subset)) / normaliser;
    }
  }
  std::map<Subset, int> counts;
  LEnsemble ensemble = primal_form(L);
  std::vector<double> take;
  for (const double value : ensemble.eigenvalues()) take.push_back(value / (1.0 + value));
  for (auto& draw : ensemble.sample_any_size(take, seeds(50000), 2)) ++counts[draw];
  check_law(law, counts, 50000);
}

TEST_CASE("draws do not depend on the number of threads or on the scale of L") {
  const MatrixXd B = otnas::testing::random_matrix(40, 40, 9);
  const MatrixXd L = B * B.transpose();
  LEnsemble ensemble = primal_form(L);
  const auto expected = ensemble.sample(7, seeds(33), 1);
  CHECK(ensemble.sample(7, seeds(33), 2) == expected);
  CHECK(ensemble.sample(7, seeds(33), 7) == expected);
  LEnsemble scaled = primal_form(std::ldexp(1.0, 900) * L);
  CHECK(scaled.sample(7, seeds(33), 2) == expected);
}

TEST_CASE("rank, range and cancellation") {
  LEnsemble ensemble = primal_form(MatrixXd::Ones(3, 3));
  CHECK(ensemble.rank() == 1);
  CHECK_THROWS_AS(ensemble.sample(2, seeds(1), 1), otnas::NumericalError);
  CHECK_THROWS_AS(ensemble.sample(4, seeds(1), 1), std::invalid_argument);
  CHECK_THROWS_AS(ensemble.marginals(0), std::invalid_argument);
  CHECK(ensemble.sample(1, {}, 1).empty());
  CHECK_THROWS_AS(dual_form(MatrixXd(3, 0)), std::invalid_argument);
  CHECK_THROWS_AS(primal_form(MatrixXd::Identity(3, 3), [] { return true; }), otnas::Cancelled);
}
