#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <stdexcept>

#include "dpp_reference.hpp"
#include "otnas/elementary_symmetric.hpp"

using otnas::EigenvectorSelection;
using otnas::log_elementary_symmetric;
using otnas::Uniform;

TEST_CASE("log e_k agrees with the definition") {
  const std::vector<double> values{5.0, 2.5, 1.0, 0.3, 1e-3, 0.0};
  const auto logs = log_elementary_symmetric(values, values.size());
  REQUIRE(logs.size() == 7);
  for (std::size_t k = 0; k < 6; ++k) {
    CHECK(std::exp(logs[k]) ==
          doctest::Approx(otnas::reference::elementary_symmetric(values, k)).epsilon(1e-14));
  }
  CHECK(logs[6] == -std::numeric_limits<double>::infinity());
}

TEST_CASE("log e_k survives extreme values") {
  const auto logs = log_elementary_symmetric({1e300, 1e300, 1e300, 1e-300}, 4);
  CHECK(logs[3] == doctest::Approx(900 * std::log(10.0)).epsilon(1e-14));
  CHECK(logs[4] == doctest::Approx(600 * std::log(10.0)).epsilon(1e-14));
  CHECK_THROWS_AS(log_elementary_symmetric({-1.0}, 1), std::invalid_argument);
  CHECK_THROWS_AS(log_elementary_symmetric({std::nan("")}, 1), std::invalid_argument);
}

TEST_CASE("the tilted normaliser equals the recursion") {
  std::vector<double> values(300);
  for (std::size_t m = 0; m < values.size(); ++m) {
    values[m] = std::pow(10.0, 6.0 - 12.0 * static_cast<double>(m) / 299.0);
  }
  const auto logs = log_elementary_symmetric(values, 300);
  for (const std::size_t k : {1u, 2u, 17u, 100u, 250u, 299u, 300u}) {
    const EigenvectorSelection selection(values, k);
    CHECK(selection.log_normaliser() == doctest::Approx(logs[k]).epsilon(1e-12));
    const auto probabilities = selection.inclusion_probabilities();
    const double sum = std::accumulate(probabilities.begin(), probabilities.end(), 0.0);
    CHECK(sum == doctest::Approx(static_cast<double>(k)).epsilon(1e-11));
  }
}

TEST_CASE("5000 eigenvalues over 12 orders of magnitude, k = 200") {
  std::vector<double> values(5000);
  for (std::size_t m = 0; m < values.size(); ++m) {
    values[m] = std::pow(10.0, 6.0 - 12.0 * static_cast<double>(m) / 4999.0);
  }
  const EigenvectorSelection selection(values, 200);
  const double expected = log_elementary_symmetric(values, 200)[200];
  CHECK(std::abs(selection.log_normaliser() - expected) < 1e-9);
  const auto probabilities = selection.inclusion_probabilities();
  CHECK(std::accumulate(probabilities.begin(), probabilities.end(), 0.0) ==
        doctest::Approx(200.0).epsilon(1e-11));
  // P(m in M) = λ_m e_{k-1}(λ without λ_m) / e_k, also where it is tiny
  for (const std::size_t m : {std::size_t{0}, std::size_t{2500}, std::size_t{4999}}) {
    auto others = values;
    others.erase(others.begin() + static_cast<std::ptrdiff_t>(m));
    const double exact =
        std::log(values[m]) + log_elementary_symmetric(others, 199)[199] - expected;
    CHECK(std::abs(std::log(probabilities[m]) - exact) < 1e-10);
  }
  Uniform uniform(1);
  CHECK(selection.draw(uniform).size() == 200);
}

TEST_CASE("index sets are drawn in proportion to the product of their eigenvalues") {
  const std::vector<double> values{4.0, 2.0, 1.0, 0.5, 0.25};
  for (const std::size_t k : {1u, 2u, 4u, 5u}) {
    const EigenvectorSelection selection(values, k);
    std::map<std::vector<std::size_t>, int> counts;
    Uniform uniform(7);
    constexpr int kDraws = 100000;
    for (int draw = 0; draw < kDraws; ++draw) ++counts[selection.draw(uniform)];
    const double normaliser = otnas::reference::elementary_symmetric(values, k);
    for (const auto& subset : otnas::reference::subsets(values.size(), k)) {
      double probability = 1.0 / normaliser;
      std::vector<std::size_t> key;
      for (const auto i : subset) {
        key.push_back(static_cast<std::size_t>(i));
        probability *= values[key.back()];
      }
      const double spread = std::sqrt(kDraws * probability * (1.0 - probability));
      CHECK(std::abs(counts[key] - kDraws * probability) <= 4.5 * spread + 1e-9);
    }
  }
}

TEST_CASE("inclusion probabilities agree with enumeration, small ones relatively") {
  const std::vector<double> values{1e10, 3.0, 2.0, 1e-6};
  const auto probabilities = EigenvectorSelection(values, 2).inclusion_probabilities();
  const double normaliser = otnas::reference::elementary_symmetric(values, 2);
  for (std::size_t m = 0; m < values.size(); ++m) {
    double others = 0.0;
    for (std::size_t i = 0; i < values.size(); ++i) others += i == m ? 0.0 : values[i];
    CHECK(probabilities[m] == doctest::Approx(values[m] * others / normaliser).epsilon(1e-12));
  }
}

TEST_CASE("k outside 1..r is refused") {
  CHECK_THROWS_AS(EigenvectorSelection({1.0, 0.5}, 0), std::invalid_argument);
  CHECK_THROWS_AS(EigenvectorSelection({1.0, 0.5}, 3), std::invalid_argument);
}
