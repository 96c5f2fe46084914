#include "otnas/cells/check_cells.hpp"

namespace otnas {

const char* problem_of_cells(const std::int64_t* offsets, std::size_t offset_count,
                             const VertexMask* successors, const OpCode* ops, std::size_t vertices,
                             const std::array<bool, 256>& known) noexcept {
  if (offset_count == 0 || offsets[0] != 0 ||
      offsets[offset_count - 1] != static_cast<std::int64_t>(vertices))
    return "offsets: expected boundaries that fit the vertices, got others";
  for (std::size_t i = 1; i < offset_count; ++i) {
    const std::int64_t begin = offsets[i - 1];
    const std::int64_t end = offsets[i];
    // Boundaries only grow, so those before a decrease or the last one lie within the vertices:
    // comparing with the number of vertices keeps this loop inside the arrays in any case.
    if (end < begin + 2 || end > begin + kMaxVertices || end > static_cast<std::int64_t>(vertices))
      return "offsets: expected cells of 2 to 32 vertices, got other sizes";
    const std::uint64_t inside = (std::uint64_t{1} << (end - begin)) - 1;
    for (std::int64_t vertex = begin; vertex < end; ++vertex) {
      const auto at = static_cast<std::size_t>(vertex);
      const std::uint64_t up_to_itself = (std::uint64_t{2} << (vertex - begin)) - 1;
      if ((successors[at] & ~(inside & ~up_to_itself)) != 0)
        return "successors: expected edges to later vertices of the same cell, got others";
      if (!known[ops[at]]) return "codes: expected those of the taxonomy, got others";
      if ((ops[at] == kInput) != (vertex == begin) || (ops[at] == kOutput) != (vertex == end - 1))
        return "codes: expected the input first and the output last, got them elsewhere";
    }
  }
  return nullptr;
}

}  // namespace otnas
