#pragma once
#include <vector>

#include "otnas/cells/taxonomy.hpp"
#include "otnas/trees/tree_metric.hpp"

namespace otnas {

/// The tree on which the operation measure of a cell lives (Nguyen et al. 2021, Section 3.1).
///
/// 1-gram: root -(1 - alpha)- family -(alpha)- operation.
/// 2-gram: the 1-gram tree and the tree of ordered pairs hang from a new root by edges of weight 1;
/// pairs: unordered pair of families -(1 - alpha)- kind -alpha (1 - alpha)- pair -alpha^2-. Kinds
/// are "the same operation twice" and "two different ones" within a family, and the two orders
/// within a mixed pair of families. A level that would group a single thing is merged into the
/// edge below it, so every leaf has depth 1 below its own tree's root.
class NGramTree {
 public:
  /// ngram is 1 or 2; std::invalid_argument otherwise.
  NGramTree(const Taxonomy& taxonomy, int ngram);

  const TreeMetric& tree() const { return tree_; }
  int ngram() const { return ngram_; }
  int operation_leaf(OpCode op) const { return operation_leaves_[op]; }
  int pair_leaf(OpCode first, OpCode second) const {
    return pair_leaves_[static_cast<std::size_t>(first) * operation_leaves_.size() + second];
  }

 private:
  struct Parts;
  explicit NGramTree(Parts parts);
  static Parts build(const Taxonomy& taxonomy, int ngram);

  int ngram_;
  TreeMetric tree_;
  std::vector<int> operation_leaves_;  // (operations,)
  std::vector<int> pair_leaves_;       // (operations * operations,), empty for ngram = 1
};

}  // namespace otnas
