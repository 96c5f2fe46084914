#include "otnas/cells/canonical.hpp"

#include <algorithm>
#include <array>
#include <numeric>
#include <optional>
#include <vector>

#include "support/index.hpp"

namespace otnas {
namespace {

using Colours = std::array<int, kMaxVertices>;    // vertex -> colour, colours are 0, 1, 2, ...
using Numbering = std::array<int, kMaxVertices>;  // vertex -> canonical number

class Search {
 public:
  explicit Search(const Cell& cell) : cell_(cell) {
    for (int u = 0; u < cell.size; ++u)
      for (int v = u + 1; v < cell.size; ++v)
        if (cell.has_edge(u, v)) predecessors_[ix(v)] |= VertexMask{1} << u;
  }

  Cell run() {
    Colours colours{};
    // Depth (longest path from the input) first, so that canonical numbers are topological.
    std::vector<std::pair<int, int>> keys(ix(cell_.size));
    for (int v = 0; v < cell_.size; ++v) {
      int depth = 0;
      for (int u = 0; u < v; ++u)
        if (cell_.has_edge(u, v)) depth = std::max(depth, keys[ix(u)].first + 1);
      // Unpruned cells may have further vertices without predecessors: input still comes first.
      const bool is_input = cell_.ops[ix(v)] == kInput;
      const bool is_output = cell_.ops[ix(v)] == kOutput;
      keys[ix(v)] = {is_input ? -1 : is_output ? kMaxVertices : depth, cell_.ops[ix(v)]};
    }
    relabel(keys, colours);
    refine(colours);
    descend(colours);
    return *best_;
  }

 private:
  template <class Key>
  int relabel(const std::vector<Key>& keys, Colours& colours) const {
    std::vector<Key> sorted(keys);
    std::sort(sorted.begin(), sorted.end());
    sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
    for (int v = 0; v < cell_.size; ++v)
      colours[ix(v)] = static_cast<int>(
          std::lower_bound(sorted.begin(), sorted.end(), keys[ix(v)]) - sorted.begin());
    return static_cast<int>(sorted.size());
  }

  void refine(Colours& colours) const {
    int count = 1 + *std::max_element(colours.begin(), colours.begin() + cell_.size);
    for (;;) {
      std::vector<std::vector<int>> keys(ix(cell_.size));
      for (int v = 0; v < cell_.size; ++v) {
        auto& key = keys[ix(v)];
        key.push_back(colours[ix(v)]);
        for (const VertexMask side : {predecessors_[ix(v)], cell_.successors[ix(v)]}) {
          const auto begin = key.size();
          for (int u = 0; u < cell_.size; ++u)
            if ((side >> u) & 1u) key.push_back(colours[ix(u)]);
          std::sort(key.begin() + static_cast<std::ptrdiff_t>(begin), key.end());
          key.push_back(-1);
        }
      }
      const int refined = relabel(keys, colours);
      if (refined == count) return;
      count = refined;
    }
  }

  /// Visits the leaves below this node. Returns the depth to go back to: less than this node's own
  /// depth when an automorphism has shown that a whole branch above repeats the best one.
  int descend(const Colours& colours) {
    const auto depth = static_cast<int>(path_.size());
    const int target = first_shared_colour(colours);
    if (target < 0) return visit_leaf(colours);
    std::vector<int> tried;
    for (int v = 0; v < cell_.size; ++v) {
      if (colours[ix(v)] != target || equivalent_to_tried(v, tried)) continue;
      tried.push_back(v);
      Colours next = colours;
      // v alone keeps the colour; the others of its class and all later classes move up by one.
      for (int u = 0; u < cell_.size; ++u)
        if (u != v && next[ix(u)] >= target) ++next[ix(u)];
      path_.push_back(v);
      refine(next);
      const int back_to = descend(next);
      path_.pop_back();
      if (back_to < depth) return back_to;
    }
    return depth;
  }

  int first_shared_colour(const Colours& colours) const {
    std::array<int, kMaxVertices> members{};
    for (int v = 0; v < cell_.size; ++v) ++members[ix(colours[ix(v)])];
    for (int c = 0; c < cell_.size; ++c)
      if (members[ix(c)] > 1) return c;
    return -1;
  }

  /// True if automorphisms that fix the path so far map v onto a vertex already tried here.
  bool equivalent_to_tried(int v, const std::vector<int>& tried) const {
    if (tried.empty()) return false;
    std::array<int, kMaxVertices> orbit;
    std::iota(orbit.begin(), orbit.end(), 0);
    for (const auto& automorphism : automorphisms_) {
      const bool fixes_path =
          std::all_of(path_.begin(), path_.end(), [&](int u) { return automorphism[ix(u)] == u; });
      if (!fixes_path) continue;
      for (int u = 0; u < cell_.size; ++u) {
        const int a = orbit[ix(u)];
        const int b = orbit[ix(automorphism[ix(u)])];
        if (a != b)
          std::replace(orbit.begin(), orbit.begin() + cell_.size, std::max(a, b), std::min(a, b));
      }
    }
    return std::any_of(tried.begin(), tried.end(),
                       [&](int u) { return orbit[ix(u)] == orbit[ix(v)]; });
  }

  int visit_leaf(const Numbering& numbering) {
    Cell leaf;
    leaf.size = cell_.size;
    for (int u = 0; u < cell_.size; ++u) {
      leaf.ops[ix(numbering[ix(u)])] = cell_.ops[ix(u)];
      for (int v = u + 1; v < cell_.size; ++v)
        if (cell_.has_edge(u, v)) leaf.add_edge(numbering[ix(u)], numbering[ix(v)]);
    }
    if (!best_ || leaf.successors < best_->successors ||
        (leaf.successors == best_->successors && leaf.ops < best_->ops)) {
      best_ = leaf;
      best_numbering_ = numbering;
      best_path_ = path_;
    } else if (leaf == *best_) {
      Numbering inverse{};
      for (int v = 0; v < cell_.size; ++v) inverse[ix(best_numbering_[ix(v)])] = v;
      Numbering automorphism{};
      for (int v = 0; v < cell_.size; ++v) automorphism[ix(v)] = inverse[ix(numbering[ix(v)])];
      automorphisms_.push_back(automorphism);
      const auto end =
          std::mismatch(path_.begin(), path_.end(), best_path_.begin(), best_path_.end());
      return static_cast<int>(end.first - path_.begin());
    }
    return static_cast<int>(path_.size());
  }

  const Cell& cell_;
  std::array<VertexMask, kMaxVertices> predecessors_{};
  std::vector<int> path_;       // vertices individualised on the way to the current node
  std::vector<int> best_path_;  // ... and on the way to best_
  std::optional<Cell> best_;
  Numbering best_numbering_{};
  std::vector<Numbering> automorphisms_;
};

}  // namespace

Cell canonical_form(const Cell& cell) { return Search(cell).run(); }

}  // namespace otnas
