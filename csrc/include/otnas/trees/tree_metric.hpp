#pragma once
#include <cstddef>
#include <vector>

// Notation
//   parents   (nodes,)  parent of each node; the root's is -1
//   weights   (nodes,)  w_v >= 0, length of the edge from v to its parent; the root's is not used
//   mu        (nodes,)  a measure: mass on each node
//   phi       (nodes,)  phi_v(mu) = w_v * mu(subtree of v), 0 at the root
//
// Tree-Wasserstein distance (Nguyen et al. 2021, Eq. 1; Evans & Matsen 2012):
//   W(mu, nu) = sum_v w_v |mu(subtree of v) - nu(subtree of v)| = ||phi(mu) - phi(nu)||_1

namespace otnas {

class TreeMetric {
 public:
  /// Throws std::invalid_argument unless parents describe one tree and weights are finite and >= 0.
  TreeMetric(std::vector<int> parents, std::vector<double> weights);

  std::size_t size() const { return parents_.size(); }
  const std::vector<int>& parents() const { return parents_; }
  const std::vector<double>& weights() const { return weights_; }
  int root() const { return order_.front(); }

  /// phi of `count` measures, row by row: mu (count, nodes) -> phi (count, nodes). O(count *
  /// nodes).
  void embed(const double* mu, std::size_t count, double* phi) const;

 private:
  std::vector<int> parents_;
  std::vector<double> weights_;
  std::vector<int> order_;  // every parent before its children
};

}  // namespace otnas
