#pragma once
#include <cstddef>

#include "otnas/cells/cell.hpp"
#include "otnas/support/parallel.hpp"

namespace otnas {

constexpr int kMaxEnumeratedVertices = 7;

/// Limits of a space of cells.
struct CellLimits {
  int max_vertices;  ///< input and output included
  int max_edges;
  int operations;  ///< codes 0 .. operations - 1
};

/// Every cell up to isomorphism in which each vertex lies on an input-to-output path.
///
/// With edge (u, v) as bit u + v (v - 1) / 2 of an integer, the representative of a class has the
/// smallest integer and, among the renumberings with that integer, the first operations in
/// lexicographic order. Cells come by number of vertices, then integer, then operations: the order
/// in which NAS-Bench-101 first met them (Ying et al. 2019, Section 2), so these are its
/// representatives too.
///
/// O(2^E v! E) for E = v (v - 1) / 2 edges, v = max_vertices; 2 million graphs for 7 vertices. The
/// result does not depend on `threads`. Throws std::invalid_argument for limits that allow nothing
/// or more than kMaxEnumeratedVertices, std::length_error for more than `max_cells` cells.
CellArray enumerate_cells(const CellLimits& limits, std::size_t max_cells, unsigned threads,
                          const CancelCheck& cancelled = {});

}  // namespace otnas
