#include "otnas/dpp/markov_chain.hpp"

#include <algorithm>
#include <cmath>

#include "otnas/dpp/dpp.hpp"

namespace otnas {

void metropolis_step(const Eigen::MatrixXd& L, const MetropolisStep& step, ChainState& state) {
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
  const auto k = static_cast<Eigen::Index>(next.size());
  Eigen::MatrixXd block(k, k);
  for (Eigen::Index i = 0; i < k; ++i) {
    for (Eigen::Index j = 0; j < k; ++j) {
      block(i, j) = L(next[static_cast<std::size_t>(i)], next[static_cast<std::size_t>(j)]);
    }
  }
  const double log_determinant = log_determinant_psd(block);
  if (!(step.log_uniform < log_determinant - state.log_determinant)) return;
  state.members = std::move(next);
  state.log_determinant = log_determinant;
  ++state.accepted;
}

}  // namespace otnas
