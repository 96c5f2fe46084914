#pragma once
// Elementary symmetric polynomials and the choice of k eigenvectors in a k-DPP.
//
// Notation
//   λ_0 >= λ_1 >= ... >= λ_{r-1} > 0   the positive eigenvalues of L, r = rank(L)
//   e_k(λ)     sum over all k-subsets M of the product of λ_m, m in M
//   θ          tilt: item m is taken with probability p_m = θ λ_m / (1 + θ λ_m), independently
//   N          number of items taken; N is Poisson-binomial
//   T_m(l)     P(items m..r-1 contribute exactly l)
//
// Phase 1 of Kulesza & Taskar (2012), Determinantal point processes for machine learning, Alg. 8,
// takes M with P(M) = (product of λ_m, m in M) / e_k. Their recursion on e_k overflows and spans
// hundreds of orders of magnitude. Instead: for every θ > 0
//
//     P(M | N = k) = product p_m / (1 - p_m) / normaliser = θ^k product λ_m / normaliser,
//
// which is the same law whatever θ is, and
//
//     e_k(λ) = P(N = k) * product (1 + θ λ_m) / θ^k.
//
// With θ such that sum p_m = k, the mode of N is k (Darroch, 1964), so P(N = k) >= 1 / (r + 1);
// the table T holds probabilities built by sums and products of non-negative numbers only: it can
// neither overflow nor cancel, and what underflows belongs to states reached with probability
// below 1e-300.
#include <cstddef>
#include <vector>

#include "otnas/dpp/uniform.hpp"

namespace otnas {

/// log e_0, ..., log e_k of `values` (all >= 0 and finite), -inf where e_l = 0. O(nk) time, O(k)
/// memory. Every e_l is kept as mantissa and exponent: relative error below 2n rounding units.
std::vector<double> log_elementary_symmetric(const std::vector<double>& values, std::size_t k);

/// The law of the index set M of k-DPP phase 1, prepared for many draws. Immutable: one object may
/// serve many threads. O(rk) time and memory to build.
class EigenvectorSelection {
 public:
  /// eigenvalues: positive, descending, (r,); 1 <= k <= r (std::invalid_argument otherwise).
  EigenvectorSelection(const std::vector<double>& eigenvalues, std::size_t k);

  /// log e_k(λ), the log of the k-DPP's normaliser.
  double log_normaliser() const noexcept { return log_normaliser_; }

  /// k indices, ascending. Scans from the largest eigenvalue down and stops once k are taken.
  std::vector<std::size_t> draw(Uniform& uniform) const;

  /// P(m in M) for every m, (r,), each to high relative accuracy; the sum is k. O(rk).
  std::vector<double> inclusion_probabilities() const;

 private:
  std::size_t k_;
  std::vector<double> take_;  // p_m, (r,)
  std::vector<double> skip_;  // 1 - p_m = 1 / (1 + θ λ_m), without cancellation, (r,)
  // ratio_[m * k + l - 1] = P(take m | items m.. contribute l), (r, k); empty if k = r.
  std::vector<double> ratio_;
  double log_normaliser_ = 0.0;
};

}  // namespace otnas
