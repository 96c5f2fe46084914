#pragma once
#include <array>
#include <cstddef>
#include <cstdint>

#include "otnas/cells/cell.hpp"

namespace otnas {

/// What is wrong with packed cells that come from outside, such as from a file; null if nothing.
///
/// Everything else in the core takes for granted that the cells' boundaries fit the vertices, that
/// cells have 2 to kMaxVertices vertices, the first and only the first the input, the last and only
/// the last the output, that edges lead to later vertices of the same cell, and
/// that the taxonomy knows the operations (`known`). One pass over the arrays.
const char* problem_of_cells(const std::int64_t* offsets, std::size_t offset_count,
                             const VertexMask* successors, const OpCode* ops, std::size_t vertices,
                             const std::array<bool, 256>& known) noexcept;

}  // namespace otnas
