#include <algorithm>
#include <cmath>
#include <limits>

#include "c_call.hpp"

namespace otnas::bindings::c {
namespace {

constexpr double kMax = std::numeric_limits<double>::max();

int tree_new(const int* parents, const double* weights, std::size_t nodes, TreeMetric** tree) {
  return guarded([&] {
    require(parents && weights && tree, "parents, weights, tree: expected three, got null");
    require(nodes <= std::numeric_limits<int>::max(), "nodes: expected at most 2^31 - 1");
    *tree = new TreeMetric({parents, parents + nodes}, {weights, weights + nodes});
  });
}

void tree_free(TreeMetric* tree) { delete tree; }

int tree_embed(const TreeMetric* tree, const double* measures, std::size_t count, double* out) {
  return guarded([&] {
    require(tree && (out || count == 0), "tree, out: expected both, got a null pointer");
    require_numbers(measures, count * tree->size(), kMax, "measures: expected finite numbers");
    tree->embed(measures, count, out);
  });
}

/// Sum of masses that are not negative.
double total_mass(const double* measure, std::size_t nodes) {
  double total = 0.0;
  for (std::size_t v = 0; v < nodes; ++v) {
    require(measure[v] >= 0.0, "mu, nu: expected masses of at least 0");
    total += measure[v];
  }
  require(std::isfinite(total), "mu, nu: expected a finite total mass");
  return total;
}

int tree_wasserstein(const TreeMetric* tree, const double* mu, const double* nu, std::size_t count,
                     double* out) {
  return guarded([&] {
    require(tree && ((mu && nu && out) || count == 0),
            "tree, mu, nu, out: expected all, got a null pointer");
    // Masses are summed in floating point by the caller: totals may differ in the last bits.
    constexpr double kMassTolerance = 1e-9;
    const std::size_t nodes = tree->size();
    std::vector<double> difference(nodes);
    std::vector<double> phi(nodes);
    for (std::size_t row = 0; row < count; ++row, mu += nodes, nu += nodes) {
      const double left = total_mass(mu, nodes);
      const double right = total_mass(nu, nodes);
      require(std::abs(left - right) <= kMassTolerance * std::max(left, right),
              "mu, nu: expected equal total masses");
      for (std::size_t v = 0; v < nodes; ++v) difference[v] = mu[v] - nu[v];
      tree->embed(difference.data(), 1, phi.data());
      double distance = 0.0;
      for (const double coordinate : phi) distance += std::abs(coordinate);
      out[row] = distance;
    }
  });
}

}  // namespace

void fill_trees(Functions& table) {
  table.tree_new = tree_new;
  table.tree_free = tree_free;
  table.tree_embed = tree_embed;
  table.tree_wasserstein = tree_wasserstein;
}

}  // namespace otnas::bindings::c
