#include "otnas/trees/ngram_tree.hpp"

#include <algorithm>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>

namespace otnas {
namespace {

/// A leaf is addressed by its group at every level, outermost first; the last entry is its own.
using Path = std::vector<int>;

class TreeBuilder {
 public:
  int add(int parent, double weight) {
    parents.push_back(parent);
    weights.push_back(weight);
    return static_cast<int>(parents.size()) - 1;
  }

  /// Hangs leaves below `parent`, level l by edges of `level_weights[l]`; a level that groups a
  /// single leaf is merged with those below. Returns the node of each path, in the paths' order.
  std::vector<int> hang(int parent, const std::vector<Path>& paths,
                        const std::vector<double>& level_weights) {
    std::vector<int> leaves(paths.size());
    std::vector<std::size_t> all(paths.size());
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
    hang_level(parent, paths, level_weights, 0, all, 0.0, leaves);
    return leaves;
  }

  std::vector<int> parents;
  std::vector<double> weights;

 private:
  void hang_level(int parent, const std::vector<Path>& paths,
                  const std::vector<double>& level_weights, std::size_t level,
                  const std::vector<std::size_t>& members, double carried,
                  std::vector<int>& leaves) {
    std::map<int, std::vector<std::size_t>> groups;
    for (const auto i : members) groups[paths[i][level]].push_back(i);
    // A node with one child only would be a bend in an edge: carry its weight on downwards.
    // (At level 0 the groups hang from the tree's own root, which is no such bend.)
    for (const auto& [key, group] : groups) {
      double weight = carried + level_weights[level];
      if (level + 1 == level_weights.size()) {
        leaves[group.front()] = add(parent, weight);
        continue;
      }
      if (subgroups(paths, level + 1, group) == 1) {
        hang_level(parent, paths, level_weights, level + 1, group, weight, leaves);
      } else {
        hang_level(add(parent, weight), paths, level_weights, level + 1, group, 0.0, leaves);
      }
    }
  }

  static std::size_t subgroups(const std::vector<Path>& paths, std::size_t level,
                               const std::vector<std::size_t>& members) {
    std::map<int, int> seen;
    for (const auto i : members) seen[paths[i][level]] = 1;
    return seen.size();
  }
};

}  // namespace

struct NGramTree::Parts {
  int ngram;
  TreeMetric tree;
  std::vector<int> operation_leaves;
  std::vector<int> pair_leaves;
};

NGramTree::Parts NGramTree::build(const Taxonomy& taxonomy, int ngram) {
  if (ngram != 1 && ngram != 2)
    throw std::invalid_argument("ngram must be 1 or 2, got " + std::to_string(ngram));
  const double alpha = taxonomy.alpha();
  const int ops = taxonomy.size();
  TreeBuilder builder;
  const int root = builder.add(-1, 0.0);

  std::vector<Path> singles;
  for (int op = 0; op < ops; ++op) singles.push_back({taxonomy.family(op), op});
  const int singles_root = ngram == 1 ? root : builder.add(root, 1.0);
  auto operation_leaves = builder.hang(singles_root, singles, {1.0 - alpha, alpha});

  std::vector<int> pair_leaves;
  if (ngram == 2) {
    std::vector<Path> pairs;
    for (int a = 0; a < ops; ++a) {
      for (int b = 0; b < ops; ++b) {
        const int fa = taxonomy.family(a);
        const int fb = taxonomy.family(b);
        const int families = std::min(fa, fb) * taxonomy.family_count() + std::max(fa, fb);
        const int kind = fa == fb ? a != b : fa > fb;
        pairs.push_back({families, kind, a * ops + b});
      }
    }
    pair_leaves = builder.hang(builder.add(root, 1.0), pairs,
                               {1.0 - alpha, alpha * (1.0 - alpha), alpha * alpha});
  }
  return {ngram, TreeMetric(std::move(builder.parents), std::move(builder.weights)),
          std::move(operation_leaves), std::move(pair_leaves)};
}

NGramTree::NGramTree(Parts parts)
    : ngram_(parts.ngram),
      tree_(std::move(parts.tree)),
      operation_leaves_(std::move(parts.operation_leaves)),
      pair_leaves_(std::move(parts.pair_leaves)) {}

NGramTree::NGramTree(const Taxonomy& taxonomy, int ngram) : NGramTree(build(taxonomy, ngram)) {}

}  // namespace otnas
