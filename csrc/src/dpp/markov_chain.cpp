#include "otnas/dpp/markov_chain.hpp"

#include <algorithm>
#include <cmath>

#include "otnas/dpp/dpp.hpp"

namespace otnas {

void metropolis_step(const double* L, std::size_t m, const MetropolisStep& step,
                     ChainState& state) {
  const auto candidate = static_cast<std::int64_t>(step.candidate);
  std::vector<std::int64_t> next = state.members;
  const auto found = std::find(next.begin(), next.end(), candidate);
  if (!step.exchange) {
    if (found == next.end()) {
      next.push_back(candidate);
    } else {
      next.erase(found);
    }
  } else {
    if (next.empty() || found != next.end()) return;
    const auto size = static_cast<double>(next.size());
    next[static_cast<std::size_t>(step.pick * size)] = candidate;
  }
  std::vector<double> block;
  block.reserve(next.size() * next.size());
  for (const std::int64_t i : next) {
    for (const std::int64_t j : next) {
      block.push_back(L[static_cast<std::size_t>(i) * m + static_cast<std::size_t>(j)]);
    }
  }
  const double log_determinant = log_determinant_psd(block.data(), next.size());
  if (!(step.log_uniform < log_determinant - state.log_determinant)) return;
  state.members = std::move(next);
  state.log_determinant = log_determinant;
  ++state.accepted;
}

}  // namespace otnas
