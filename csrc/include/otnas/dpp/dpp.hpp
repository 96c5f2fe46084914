#pragma once
// Determinantal point processes on n items: exact draws, marginals, greedy MAP.
//
// Notation
//   L        (n, n), symmetric positive semi-definite; or L = B B^T with B (n, r), the dual form
//   L_S      rows and columns S of L
//   k-DPP    P(S) = det(L_S) / e_k(λ), |S| = k;   DPP: P(S) = det(L_S) / det(I + L)
//   V        (n, r), orthonormal eigenvectors of L for λ_0 >= ... >= λ_{r-1} > 0
//
// Sources: Kulesza & Taskar (2012), Determinantal point processes for machine learning, Alg. 1
// (DPP), Alg. 8 (k-DPP), section 3.3 (dual form); Chen, Zhang & Zhou (2018), Fast greedy MAP
// inference for determinantal point process to improve recommendation diversity, Alg. 1.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "otnas/dpp/elementary_symmetric.hpp"
#include "otnas/dpp/lapack.hpp"
#include "otnas/dpp/uniform.hpp"
#include "otnas/support/parallel.hpp"

namespace otnas {

/// Greedy maximisation of det(L_S), |S| = k, by incremental Cholesky factors: O(nk^2) time, O(nk)
/// memory. `L` points to an (n, n) array. The items in the order chosen, the lowest index on ties,
/// so the first j of them are the answer for j.
/// @throws NumericalError if rank(L) < k or if a negative pivot shows that L is indefinite.
std::vector<std::int64_t> greedy_map(const double* L, std::size_t n, std::size_t k,
                                     const CancelCheck& cancelled = {});

/// log det A of a positive semi-definite A (k, k), row-major, -inf if A is singular to rounding.
/// O(k^3).
double log_determinant_psd(const double* A, std::size_t k);

/// A row-major factor B (rows, columns) of L = B B^T.
struct FactorView {
  const double* data;
  std::size_t rows;
  std::size_t columns;
};

class Basis;
class Spectrum;

/// An L-ensemble, decomposed once, that answers questions about its DPP and k-DPPs.
///
/// The first draw computes k eigenvectors where that is cheaper; anything later uses the full
/// basis, which is then kept. May be used from several threads at once.
class LEnsemble {
 public:
  /// From this many items on, a factor with fewer columns than rows is not copied: somebody else
  /// keeps it alive and leaves it unchanged.
  static constexpr std::size_t kManyItems = 4096;

  /// Copies L (n, n), symmetric and finite, n >= 1. O(n^3).
  /// @param lapack nullptr: the built-in solver, which is slower.
  /// @throws NumericalError if L is indefinite: an eigenvalue below -1e-8 times the largest.
  LEnsemble(const double* L, std::size_t n, const Lapack* lapack,
            const CancelCheck& cancelled = {});

  /// L = B B^T. O(n r^2 + r^3) if r < n: the eigenvalues are those of B^T B, and its eigenvectors w
  /// give V = B w / sqrt(λ). From kManyItems on V is not stored.
  LEnsemble(FactorView factor, const Lapack* lapack, const CancelCheck& cancelled = {});
  ~LEnsemble();

  std::size_t size() const noexcept { return size_; }
  std::size_t rank() const noexcept { return eigenvalues_.size(); }

  /// Positive eigenvalues of L, descending, (rank,).
  const std::vector<double>& eigenvalues() const noexcept { return eigenvalues_; }

  /// Whether the full eigenvector basis has been computed.
  bool has_basis() const;

  /// One k-DPP draw for every seed: (seeds, k), every row ascending. Independent of `threads`.
  /// @throws NumericalError if k > rank.
  std::vector<std::int64_t> sample(std::size_t k, const std::vector<std::uint64_t>& seeds,
                                   unsigned threads, const CancelCheck& cancelled = {});

  /// One draw of any size for every seed, from the DPP that takes eigenvector m with probability
  /// take[m], (rank,); every row ascending. The DPP of L has take = λ / (1 + λ).
  std::vector<std::vector<std::int64_t>> sample_any_size(const std::vector<double>& take,
                                                         const std::vector<std::uint64_t>& seeds,
                                                         unsigned threads,
                                                         const CancelCheck& cancelled = {});

  /// P(i in S) under the k-DPP, (n,); the sum is k. O(n rank + k rank) after the basis.
  std::vector<double> marginals(std::size_t k, const CancelCheck& cancelled = {});

  /// sum_m weights[m] V_im^2, (n,), for weights (rank,).
  std::vector<double> weighted_squares(const std::vector<double>& weights,
                                       const CancelCheck& cancelled = {});

  /// Rows `items` of V, row-major, (items, rank).
  std::vector<double> basis_rows(const std::vector<std::size_t>& items,
                                 const CancelCheck& cancelled = {});

  /// log e_k(λ).
  double log_normaliser(std::size_t k);

 private:
  std::shared_ptr<const EigenvectorSelection> selection(std::size_t k);
  std::shared_ptr<const Basis> full_basis(const CancelCheck& cancelled);
  std::shared_ptr<const Basis> basis_unless_first(std::size_t draws, const CancelCheck& cancelled);
  std::vector<std::int64_t> draw_first(const std::vector<std::size_t>& chosen, Uniform& uniform,
                                       const CancelCheck& cancelled);
  void decompose(FactorView factor, const CancelCheck& cancelled);
  void decompose_in_place(FactorView factor, const CancelCheck& cancelled);

  std::size_t size_ = 0;
  struct DualForm;
  std::unique_ptr<const DualForm> dual_;  // of a copied factor with fewer columns than rows
  FactorView view_{};                     // B where it is not copied
  double view_scale_ = 1.0;
  const Lapack* lapack_ = nullptr;
  std::unique_ptr<Spectrum> spectrum_;
  std::vector<double> eigenvalues_;

  mutable std::mutex mutex_;  // guards all below and the non-const use of spectrum_
  bool drawn_ = false;
  std::shared_ptr<const Basis> basis_;
  std::size_t selection_k_ = 0;
  std::shared_ptr<const EigenvectorSelection> selection_;
};

}  // namespace otnas
