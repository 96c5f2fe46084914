#include "otnas/cells/cell.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>

#include "support/index.hpp"

namespace otnas {
namespace {

/// Kahn's algorithm, smallest vertex first; input stays first and output last.
std::vector<int> topological_order(const std::uint8_t* adjacency, int size) {
  std::vector<int> indegree(ix(size), 0);
  for (int u = 0; u < size; ++u)
    for (int v = 0; v < size; ++v) indegree[ix(v)] += adjacency[u * size + v] != 0;
  std::vector<int> order;
  std::vector<char> done(ix(size), 0);
  for (int step = 0; step < size; ++step) {
    int next = -1;
    for (int v = 0; v < size && next < 0; ++v) {
      const bool hold_output = v == size - 1 && step != size - 1;
      if (!done[ix(v)] && indegree[ix(v)] == 0 && !hold_output) next = v;
    }
    if (next < 0) throw std::invalid_argument("the graph has a cycle");
    done[ix(next)] = 1;
    order.push_back(next);
    for (int v = 0; v < size; ++v) indegree[ix(v)] -= adjacency[next * size + v] != 0;
  }
  return order;
}

}  // namespace

bool operator==(const Cell& a, const Cell& b) {
  return a.size == b.size && std::equal(a.ops.begin(), a.ops.begin() + a.size, b.ops.begin()) &&
         std::equal(a.successors.begin(), a.successors.begin() + a.size, b.successors.begin());
}

Cell CellArray::operator[](std::size_t i) const {
  const auto begin = static_cast<std::ptrdiff_t>(offsets[i]);
  const auto end = static_cast<std::ptrdiff_t>(offsets[i + 1]);
  Cell cell;
  cell.size = static_cast<int>(end - begin);
  std::copy(successors.begin() + begin, successors.begin() + end, cell.successors.begin());
  std::copy(ops.begin() + begin, ops.begin() + end, cell.ops.begin());
  return cell;
}

void CellArray::push_back(const Cell& cell) {
  successors.insert(successors.end(), cell.successors.begin(), cell.successors.begin() + cell.size);
  ops.insert(ops.end(), cell.ops.begin(), cell.ops.begin() + cell.size);
  offsets.push_back(static_cast<std::int64_t>(ops.size()));
}

Cell cell_from_adjacency(const std::uint8_t* adjacency, int size, const OpCode* ops) {
  if (size < 2 || size > kMaxVertices)
    throw std::invalid_argument("a cell has 2 to " + std::to_string(kMaxVertices) +
                                " vertices, got " + std::to_string(size));
  const int last = size - 1;
  bool sorted = true;
  for (int u = 0; u < size; ++u) {
    for (int v = 0; v < size; ++v) {
      if (!adjacency[u * size + v]) continue;
      if (u == v) throw std::invalid_argument("vertex " + std::to_string(u) + " has a self-loop");
      if (v == 0) throw std::invalid_argument("an edge leads into the input (vertex 0)");
      if (u == last) throw std::invalid_argument("an edge leaves the output (the last vertex)");
      sorted = sorted && u < v;
    }
  }
  std::vector<int> order(ix(size));
  for (int v = 0; v < size; ++v) order[ix(v)] = v;
  if (!sorted) order = topological_order(adjacency, size);

  Cell cell;
  cell.size = size;
  for (int u = 0; u < size; ++u) {
    cell.ops[ix(u)] = ops[order[ix(u)]];
    for (int v = 0; v < size; ++v)
      if (adjacency[order[ix(u)] * size + order[ix(v)]]) cell.add_edge(u, v);
  }
  return cell;
}

Cell prune(const Cell& cell) {
  const int last = cell.size - 1;
  VertexMask present = 0;
  for (int v = 0; v < cell.size; ++v)
    if (!is_absent(cell.ops[ix(v)])) present |= VertexMask{1} << v;

  VertexMask from_input = 1u;
  for (int v = 0; v < cell.size; ++v)
    if ((from_input >> v) & 1u) from_input |= cell.successors[ix(v)] & present;
  VertexMask to_output = VertexMask{1} << last;
  for (int v = last; v >= 0; --v)
    if (((present >> v) & 1u) && (cell.successors[ix(v)] & to_output))
      to_output |= VertexMask{1} << v;

  Cell pruned;
  VertexMask kept = from_input & to_output;
  const bool connected = kept & 1u;
  if (!connected) kept = 1u | (VertexMask{1} << last);
  std::array<int, kMaxVertices> renumbered{};
  for (int v = 0; v < cell.size; ++v) {
    if (!((kept >> v) & 1u)) continue;
    renumbered[ix(v)] = pruned.size;
    pruned.ops[ix(pruned.size)] = cell.ops[ix(v)];
    ++pruned.size;
  }
  if (!connected) return pruned;
  for (int u = 0; u < cell.size; ++u) {
    if (!((kept >> u) & 1u)) continue;
    for (int v = u + 1; v < cell.size; ++v)
      if (((kept >> v) & 1u) && cell.has_edge(u, v))
        pruned.add_edge(renumbered[ix(u)], renumbered[ix(v)]);
  }
  return pruned;
}

}  // namespace otnas
