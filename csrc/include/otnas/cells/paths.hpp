#pragma once
#include <array>
#include <cstdint>

#include "otnas/cells/cell.hpp"

namespace otnas {

/// Number of paths from each vertex to the output, by dynamic programming: O(vertices^2) although a
/// cell of kMaxVertices can have 2^30 paths. All of them are at vertex 0.
std::array<std::uint64_t, kMaxVertices> paths_to_output(const Cell& cell);

/// Every edge turned round: input and output change places, vertex v becomes size - 1 - v.
Cell reversed(const Cell& cell);

}  // namespace otnas
