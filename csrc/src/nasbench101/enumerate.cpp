#include "otnas/nasbench101/enumerate.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/index.hpp"

namespace otnas {
namespace {

using Graph = std::uint32_t;  // bit edge_bit(u, v): an edge from u to v

constexpr int kMaxBits = kMaxEnumeratedVertices * (kMaxEnumeratedVertices - 1) / 2;
constexpr Graph kGraphsPerTask = 1u << 11;

constexpr int edge_bit(int from, int to) { return from + to * (to - 1) / 2; }

using Vertices = std::array<int, kMaxEnumeratedVertices>;

/// A renumbering of the interior vertices, and where it takes each edge.
struct Renumbering {
  Vertices vertex{};
  std::array<Graph, kMaxBits> edge{};  // 0: the edge would lead backwards
};

/// All of them but the identity.
std::vector<Renumbering> renumberings(int size) {
  std::vector<Renumbering> all;
  Vertices vertex{};
  std::iota(vertex.begin(), vertex.begin() + size, 0);
  while (std::next_permutation(vertex.begin() + 1, vertex.begin() + std::max(1, size - 1))) {
    Renumbering next;
    next.vertex = vertex;
    for (int v = 1; v < size; ++v)
      for (int u = 0; u < v; ++u)
        if (vertex[ix(u)] < vertex[ix(v)])
          next.edge[ix(edge_bit(u, v))] = Graph{1} << edge_bit(vertex[ix(u)], vertex[ix(v)]);
    all.push_back(next);
  }
  return all;
}

/// The cells with one number of vertices.
class Enumerator {
 public:
  Enumerator(int size, const CellLimits& limits)
      : size_(size), limits_(limits), renumberings_(renumberings(size)) {
    for (int v = 1; v < size; ++v)
      for (int u = 0; u < v; ++u) {
        const Graph edge = Graph{1} << edge_bit(u, v);
        out_edges_[ix(u)] |= edge;
        in_edges_[ix(v)] |= edge;
      }
  }

  Graph graph_count() const { return Graph{1} << edge_bit(0, size_); }

  /// Appends the cells whose graph is `graph`: none unless it is its class's representative.
  void append(Graph graph, CellArray& cells) const {
    if (!within_limits(graph)) return;
    std::vector<const Renumbering*> automorphisms;
    if (!is_least(graph, automorphisms)) return;
    Cell cell;
    cell.size = size_;
    for (int v = 1; v < size_; ++v)
      for (int u = 0; u < v; ++u)
        if ((graph >> edge_bit(u, v)) & 1u) cell.add_edge(u, v);
    cell.ops.fill(0);
    cell.ops[0] = kInput;
    cell.ops[ix(size_ - 1)] = kOutput;
    do {
      if (is_first_labelling(cell, automorphisms)) cells.push_back(cell);
    } while (next_labelling(cell));
  }

 private:
  bool within_limits(Graph graph) const {
    int edges = 0;
    for (Graph left = graph; left; left &= left - 1) ++edges;
    if (edges > limits_.max_edges) return false;
    // Edges lead upwards, so a vertex with edges on both sides is on an input-to-output path.
    for (int v = 0; v + 1 < size_; ++v)
      if (!(graph & out_edges_[ix(v)]) || !(graph & in_edges_[ix(v + 1)])) return false;
    return true;
  }

  /// False if a renumbering leads to a smaller integer; collects those that lead to the same.
  bool is_least(Graph graph, std::vector<const Renumbering*>& automorphisms) const {
    for (const auto& renumbering : renumberings_) {
      Graph image = 0;
      bool forwards = true;
      for (int bit = 0; forwards && graph >> bit; ++bit) {
        if (!((graph >> bit) & 1u)) continue;
        image |= renumbering.edge[ix(bit)];
        forwards = renumbering.edge[ix(bit)] != 0;
      }
      if (!forwards) continue;
      if (image < graph) return false;
      if (image == graph) automorphisms.push_back(&renumbering);
    }
    return true;
  }

  bool is_first_labelling(const Cell& cell,
                          const std::vector<const Renumbering*>& automorphisms) const {
    for (const auto* automorphism : automorphisms) {
      std::array<OpCode, kMaxEnumeratedVertices> image{};
      for (int v = 0; v < size_; ++v) image[ix(automorphism->vertex[ix(v)])] = cell.ops[ix(v)];
      if (std::lexicographical_compare(image.begin(), image.begin() + size_, cell.ops.begin(),
                                       cell.ops.begin() + size_))
        return false;
    }
    return true;
  }

  /// The next operations in lexicographic order; false after the last.
  bool next_labelling(Cell& cell) const {
    for (int v = size_ - 2; v >= 1; --v) {
      if (cell.ops[ix(v)] + 1 < limits_.operations) {
        ++cell.ops[ix(v)];
        return true;
      }
      cell.ops[ix(v)] = 0;
    }
    return false;
  }

  int size_;
  CellLimits limits_;
  std::vector<Renumbering> renumberings_;
  std::array<Graph, kMaxEnumeratedVertices> out_edges_{};
  std::array<Graph, kMaxEnumeratedVertices> in_edges_{};
};

void append(const CellArray& part, CellArray& all) {
  const auto first = all.offsets.back();
  for (std::size_t i = 1; i < part.offsets.size(); ++i)
    all.offsets.push_back(first + part.offsets[i]);
  all.successors.insert(all.successors.end(), part.successors.begin(), part.successors.end());
  all.ops.insert(all.ops.end(), part.ops.begin(), part.ops.end());
}

void check(const CellLimits& limits) {
  const auto refuse = [](const char* name, const std::string& expected, int got) {
    throw std::invalid_argument(std::string(name) + " must be " + expected + ", got " +
                                std::to_string(got));
  };
  if (limits.max_vertices < 2 || limits.max_vertices > kMaxEnumeratedVertices)
    refuse("max_vertices", "2 to " + std::to_string(kMaxEnumeratedVertices), limits.max_vertices);
  if (limits.max_edges < 1) refuse("max_edges", "at least 1", limits.max_edges);
  if (limits.operations < 1 || limits.operations > kFirstAbsent)
    refuse("operations", "1 to " + std::to_string(kFirstAbsent), limits.operations);
}

}  // namespace

CellArray enumerate_cells(const CellLimits& limits, std::size_t max_cells, unsigned threads,
                          const CancelCheck& cancelled) {
  check(limits);
  CellArray all;
  std::atomic<std::size_t> found{0};
  for (int size = 2; size <= limits.max_vertices; ++size) {
    const Enumerator enumerator(size, limits);
    const Graph graphs = enumerator.graph_count();
    std::vector<CellArray> parts((graphs + kGraphsPerTask - 1) / kGraphsPerTask);
    parallel_for(
        parts.size(), threads,
        [&](std::size_t task) {
          const auto begin = static_cast<Graph>(task) * kGraphsPerTask;
          const auto end = std::min(graphs, begin + kGraphsPerTask);
          std::size_t counted = 0;
          for (Graph graph = begin; graph < end; ++graph) {
            enumerator.append(graph, parts[task]);
            // Counted at every graph, so that too many cells are noticed before memory runs out.
            const std::size_t fresh = parts[task].size() - counted;
            counted = parts[task].size();
            if (fresh && (found += fresh) > max_cells)
              throw std::length_error("the space has more than " + std::to_string(max_cells) +
                                      " cells");
          }
        },
        cancelled);
    for (const auto& part : parts) append(part, all);
  }
  return all;
}

}  // namespace otnas
