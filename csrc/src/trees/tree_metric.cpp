#include "otnas/trees/tree_metric.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

namespace otnas {

TreeMetric::TreeMetric(std::vector<int> parents, std::vector<double> weights)
    : parents_(std::move(parents)), weights_(std::move(weights)) {
  const auto nodes = static_cast<int>(parents_.size());
  if (nodes == 0) throw std::invalid_argument("parents is empty: a tree has at least a root");
  if (weights_.size() != parents_.size())
    throw std::invalid_argument("weights must have one entry for each of the " +
                                std::to_string(nodes) + " parents, got " +
                                std::to_string(weights_.size()));
  std::vector<std::vector<int>> children(parents_.size());
  int root = -1;
  for (int v = 0; v < nodes; ++v) {
    const int parent = parents_[static_cast<std::size_t>(v)];
    if (parent < -1 || parent >= nodes)
      throw std::invalid_argument("parents[" + std::to_string(v) + "] = " + std::to_string(parent) +
                                  " is neither a node nor -1 (the root)");
    if (parent >= 0) {
      children[static_cast<std::size_t>(parent)].push_back(v);
      const double weight = weights_[static_cast<std::size_t>(v)];
      if (!(weight >= 0.0) || !std::isfinite(weight))
        throw std::invalid_argument("weights[" + std::to_string(v) +
                                    "] must be finite and not negative, got " +
                                    std::to_string(weight));
    } else if (root >= 0) {
      throw std::invalid_argument("parents has two roots (-1): nodes " + std::to_string(root) +
                                  " and " + std::to_string(v));
    } else {
      root = v;
    }
  }
  if (root < 0) throw std::invalid_argument("parents has no root: exactly one entry must be -1");
  order_.reserve(parents_.size());
  order_.push_back(root);
  for (std::size_t i = 0; i < order_.size(); ++i)
    for (const int child : children[static_cast<std::size_t>(order_[i])]) order_.push_back(child);
  if (order_.size() != parents_.size())
    throw std::invalid_argument("parents has a cycle: not every node descends from the root");
}

void TreeMetric::embed(const double* mu, std::size_t count, double* phi) const {
  const std::size_t nodes = size();
  for (std::size_t row = 0; row < count; ++row, mu += nodes, phi += nodes) {
    std::copy(mu, mu + nodes, phi);
    for (auto it = order_.rbegin(); it != order_.rend(); ++it) {
      const auto v = static_cast<std::size_t>(*it);
      const int parent = parents_[v];
      if (parent < 0) {
        phi[v] = 0.0;
      } else {
        phi[static_cast<std::size_t>(parent)] += phi[v];
        phi[v] *= weights_[v];
      }
    }
  }
}

}  // namespace otnas
