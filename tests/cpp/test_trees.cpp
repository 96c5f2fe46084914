#include <doctest/doctest.h>

#include <cmath>
#include <numeric>
#include <random>
#include <stdexcept>

#include "otnas/pairwise/embedding.hpp"
#include "otnas/trees/ngram_tree.hpp"
#include "otnas/trees/tree_metric.hpp"

using namespace otnas;

TEST_CASE("every leaf of the n-gram tree has the same depth below its own tree's root") {
  const Taxonomy taxonomy({"c3", "c1", "c5", "pool", "skip"}, {0, 0, 0, 1, 2}, 0.3, {});
  const auto depth = [](const TreeMetric& tree, int leaf) {
    double total = 0.0;
    for (int v = leaf; tree.parents()[static_cast<std::size_t>(v)] >= 0;
         v = tree.parents()[static_cast<std::size_t>(v)])
      total += tree.weights()[static_cast<std::size_t>(v)];
    return total;
  };
  const NGramTree one(taxonomy, 1);
  const NGramTree two(taxonomy, 2);
  for (OpCode a = 0; a < 5; ++a) {
    CHECK(depth(one.tree(), one.operation_leaf(a)) == doctest::Approx(1.0));
    CHECK(depth(two.tree(), two.operation_leaf(a)) == doctest::Approx(2.0));
    for (OpCode b = 0; b < 5; ++b)
      CHECK(depth(two.tree(), two.pair_leaf(a, b)) == doctest::Approx(2.0));
  }
  CHECK_THROWS_AS(NGramTree(taxonomy, 3), std::invalid_argument);
}

TEST_CASE("subtree masses on a path of three nodes") {
  const TreeMetric tree({1, -1, 0}, {2.0, 0.0, 3.0});  // 2 -3- 0 -2- 1 (root)
  const double mu[] = {0.25, 0.25, 0.5};
  double phi[3];
  tree.embed(mu, 1, phi);
  CHECK(phi[0] == 2.0 * 0.75);
  CHECK(phi[1] == 0.0);
  CHECK(phi[2] == 3.0 * 0.5);
}

TEST_CASE("the grid of fractions covers the unit interval and finds every fraction") {
  for (int layers = 2; layers <= kMaxVertices; ++layers) {
    const FractionGrid grid(layers);
    CHECK(std::accumulate(grid.lengths.begin(), grid.lengths.end(), 0.0) == doctest::Approx(1.0));
    for (int n = 1; n <= layers; ++n)
      for (int i = 0; i < n; ++i)
        CHECK(grid.points[grid.at(i, n)] == doctest::Approx(static_cast<double>(i) / n));
  }
}
