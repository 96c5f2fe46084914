#include <algorithm>
#include <cmath>
#include <memory>

#include "c_call.hpp"
#include "scipy_lapack.hpp"

namespace otnas::bindings::c {

/// An ensemble, and the factor that it may read for as long as it lives.
struct KDPP {
  std::vector<double> factor;
  std::unique_ptr<LEnsemble> ensemble;
};

namespace {

/// A copy of L, exactly symmetric: an asymmetry of up to 1e-8 times the largest entry is averaged
/// away.
std::vector<double> symmetric(const double* L, std::size_t n) {
  require(L != nullptr && n > 0, "L: expected an (n, n) array, got nothing");
  require_numbers(L, n * n, kLargest, "L: expected numbers of magnitude at most 1e300");
  std::vector<double> copy(L, L + n * n);
  double largest = 0.0;
  double asymmetry = 0.0;
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j <= i; ++j) {
      double& below = copy[i * n + j];
      double& above = copy[j * n + i];
      largest = std::max({largest, std::abs(below), std::abs(above)});
      asymmetry = std::max(asymmetry, std::abs(below - above));
      if (below != above) below = above = 0.5 * (below + above);
    }
  }
  require(asymmetry <= 1e-8 * largest, "L: expected a symmetric matrix, got another");
  return copy;
}

int kdpp_new(const double* L, std::size_t n, KDPP** kdpp) {
  return guarded([&] {
    require(kdpp != nullptr, "kdpp: expected where to write it, got a null pointer");
    const std::vector<double> kernel = symmetric(L, n);
    auto result = std::make_unique<KDPP>();
    // Fetched when the table was: this only reads it.
    result->ensemble = std::make_unique<LEnsemble>(kernel.data(), n, scipy_lapack());
    *kdpp = result.release();
  });
}

int kdpp_from_factor(const double* B, std::size_t n, std::size_t r, KDPP** kdpp) {
  return guarded([&] {
    require(kdpp != nullptr, "kdpp: expected where to write it, got a null pointer");
    require(B != nullptr && n > 0 && r > 0, "B: expected an (n, r) array, got nothing");
    require_numbers(B, n * r, kLargest, "B: expected numbers of magnitude at most 1e300");
    auto result = std::make_unique<KDPP>();
    result->factor.assign(B, B + n * r);
    result->ensemble =
        std::make_unique<LEnsemble>(FactorView{result->factor.data(), n, r}, scipy_lapack());
    *kdpp = result.release();
  });
}

void kdpp_free(KDPP* kdpp) { delete kdpp; }

std::size_t kdpp_rank(const KDPP* kdpp) { return kdpp ? kdpp->ensemble->rank() : 0; }

int kdpp_sample(KDPP* kdpp, std::size_t k, const std::uint64_t* seeds, std::size_t draws,
                std::int64_t* out, int threads) {
  return guarded([&] {
    const unsigned workers = checked_threads(threads);
    require(kdpp && ((seeds && out) || draws == 0), "kdpp, seeds, out: expected all, got null");
    const auto items = kdpp->ensemble->sample(k, {seeds, seeds + draws}, workers);
    std::copy(items.begin(), items.end(), out);
  });
}

int map_set(const double* L, std::size_t n, std::size_t k, std::int64_t* out) {
  return guarded([&] {
    require(out != nullptr, "out: expected an array, got a null pointer");
    const auto items = greedy_map(symmetric(L, n).data(), n, k);
    std::copy(items.begin(), items.end(), out);
  });
}

}  // namespace

void fill_dpp(Functions& table) {
  table.kdpp_new = kdpp_new;
  table.kdpp_from_factor = kdpp_from_factor;
  table.kdpp_free = kdpp_free;
  table.kdpp_rank = kdpp_rank;
  table.kdpp_sample = kdpp_sample;
  table.greedy_map = map_set;
}

}  // namespace otnas::bindings::c
