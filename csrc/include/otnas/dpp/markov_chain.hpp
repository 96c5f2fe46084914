#pragma once
// Metropolis steps whose stationary law is P(S) proportional to det(L_S).
//
// Notation
//   S   the state, a set of items; j   the candidate of a step, uniform over all n items
//
// exchange   s uniform in S, S - s + j; nothing if S is empty or holds j: keeps |S|, for k-DPPs
// toggle     S - j if S holds j, else S + j: for DPPs
//
// Both proposals are symmetric, so a step is accepted with probability min(1, det L_S' / det L_S).
// Sources: Anari, Oveis Gharan & Rezaei (2016), Monte Carlo Markov chain algorithms for sampling
// strongly Rayleigh distributions and determinantal point processes; Li, Jegelka & Sra (2016), Fast
// mixing Markov chains for strongly Rayleigh measures, DPPs, and constrained sampling.
#include <cstddef>
#include <cstdint>
#include <vector>

namespace otnas {

/// The random numbers of one step, drawn by the caller.
struct MetropolisStep {
  std::size_t candidate;  // j
  bool exchange;          // else toggle
  double pick;            // in [0, 1): which s
  double log_uniform;     // log of the number that decides on acceptance, <= 0
};

/// A set and log det of its block, which the steps change.
struct ChainState {
  std::vector<std::int64_t> members;
  double log_determinant;
  std::size_t accepted = 0;
};

/// Takes the step from `state`. Items index `L` (m, m), row-major, which need only hold those that
/// can occur. O(|S|^3 / 3).
void metropolis_step(const double* L, std::size_t m, const MetropolisStep& step, ChainState& state);

}  // namespace otnas
