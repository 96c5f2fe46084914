#include "otnas/check_cells.hpp"

namespace otnas {

const char* problem_of_cells(const std::int64_t* offsets, std::size_t offset_count,
                             const VertexMask* successors, const OpCode* ops, std::size_t vertices,
                             const std::array<bool, 256>& known) noexcept {
  if (offset_count == 0 || offsets[0] != 0 ||
      offsets[offset_count - 1] != static_cast<std::int64_t>(vertices))
    return "cell boundaries that do not fit the vertices";
  for (std::size_t i = 1; i < offset_count; ++i) {
    const std::int64_t begin = offsets[i - 1];
    const std::int64_t end = offsets[i];
    // Boundaries only grow, so those before a decrease or the last one lie within the vertices:
    // comparing with the number of vertices keeps this loop inside the arrays in any case.
    if (end < begin + 2 || end > begin + kMaxVertices || end > static_cast<std::int64_t>(vertices))
      return "cells of impossible sizes";
    const std::uint64_t inside = (std::uint64_t{1} << (end - begin)) - 1;
    for (std::int64_t vertex = begin; vertex < end; ++vertex) {
      const auto at = static_cast<std::size_t>(vertex);
      const std::uint64_t up_to_itself = (std::uint64_t{2} << (vertex - begin)) - 1;
      if ((successors[at] & ~(inside & ~up_to_itself)) != 0)
        return "edges that lead backwards or to vertices that do not exist";
      if (!known[ops[at]]) return "unknown operation codes";
    }
  }
  return nullptr;
}

}  // namespace otnas
