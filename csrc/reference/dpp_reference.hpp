#pragma once
// Slow, obvious versions for the tests: determinants of all subsets.
#include <Eigen/Core>
#include <Eigen/LU>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

namespace otnas::reference {

using Subset = std::vector<std::int64_t>;

/// All k-subsets of 0..n-1, each ascending, in lexicographic order.
inline std::vector<Subset> subsets(std::size_t n, std::size_t k) {
  std::vector<Subset> all;
  for (std::uint64_t mask = 0; mask < (std::uint64_t{1} << n); ++mask) {
    Subset subset;
    for (std::size_t i = 0; i < n; ++i) {
      if (mask >> i & 1u) subset.push_back(static_cast<std::int64_t>(i));
    }
    if (subset.size() == k) all.push_back(subset);
  }
  return all;
}

inline double determinant(const Eigen::MatrixXd& L, const Subset& subset) {
  const auto k = static_cast<Eigen::Index>(subset.size());
  if (k == 0) return 1.0;
  Eigen::MatrixXd block(k, k);
  for (Eigen::Index i = 0; i < k; ++i) {
    for (Eigen::Index j = 0; j < k; ++j) {
      block(i, j) = L(subset[static_cast<std::size_t>(i)], subset[static_cast<std::size_t>(j)]);
    }
  }
  return block.determinant();
}

/// P(S) = det(L_S) / sum of det(L_S') over all k-subsets S'.
inline std::map<Subset, double> kdpp_law(const Eigen::MatrixXd& L, std::size_t k) {
  std::map<Subset, double> law;
  double sum = 0.0;
  for (const Subset& subset : subsets(static_cast<std::size_t>(L.rows()), k)) {
    const double weight = std::fmax(0.0, determinant(L, subset));
    law[subset] = weight;
    sum += weight;
  }
  for (auto& [subset, probability] : law) probability /= sum;
  return law;
}

/// e_k by its definition.
inline double elementary_symmetric(const std::vector<double>& values, std::size_t k) {
  double sum = 0.0;
  for (const Subset& subset : subsets(values.size(), k)) {
    double product = 1.0;
    for (const std::int64_t i : subset) product *= values[static_cast<std::size_t>(i)];
    sum += product;
  }
  return sum;
}

}  // namespace otnas::reference
