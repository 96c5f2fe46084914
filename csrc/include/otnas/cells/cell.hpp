#pragma once
#include <array>
#include <cstdint>
#include <vector>

// A cell is a directed acyclic graph: vertex 0 is the input, the last vertex the output, every
// vertex between carries one operation. Vertices are kept in topological order, so an edge always
// leads from a smaller to a larger number.

namespace otnas {

using VertexMask = std::uint32_t;  ///< bit v stands for vertex v
using OpCode = std::uint8_t;       ///< index into Taxonomy::names, or one of the codes below

constexpr int kMaxVertices = 32;
constexpr OpCode kFirstAbsent = 128;  ///< codes [128, 254): operations that mean "no vertex here"
constexpr OpCode kInput = 254;
constexpr OpCode kOutput = 255;

constexpr bool is_absent(OpCode op) { return op >= kFirstAbsent && op < kInput; }

/// One cell by value; no heap.
struct Cell {
  int size = 0;
  std::array<VertexMask, kMaxVertices> successors{};
  std::array<OpCode, kMaxVertices> ops{};

  bool has_edge(int from, int to) const {
    return (successors[static_cast<std::size_t>(from)] >> to) & 1u;
  }
  void add_edge(int from, int to) {
    successors[static_cast<std::size_t>(from)] |= VertexMask{1} << to;
  }
};

bool operator==(const Cell& a, const Cell& b);

/// Many cells, packed: cell i owns the vertices [offsets[i], offsets[i + 1]).
class CellArray {
 public:
  CellArray() : offsets{0} {}

  std::size_t size() const { return offsets.size() - 1; }
  Cell operator[](std::size_t i) const;
  void push_back(const Cell& cell);

  std::vector<std::int64_t> offsets;
  std::vector<VertexMask> successors;
  std::vector<OpCode> ops;
};

/// The cell of a size x size adjacency matrix (row-major, nonzero: edge from row to column) whose
/// vertices may come in any order as long as input is first and output last. An upper triangular
/// matrix keeps its order; any other is sorted topologically.
///
/// Throws std::invalid_argument for a size outside [2, 32], a cycle, an edge into the input or out
/// of the output.
Cell cell_from_adjacency(const std::uint8_t* adjacency, int size, const OpCode* ops);

/// Keeps the vertices on input-to-output paths, after deleting those with absent operations.
/// Without any such path: input and output, no edge.
Cell prune(const Cell& cell);

}  // namespace otnas
