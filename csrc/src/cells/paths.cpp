#include "otnas/cells/paths.hpp"

#include "support/index.hpp"

namespace otnas {

std::array<std::uint64_t, kMaxVertices> paths_to_output(const Cell& cell) {
  std::array<std::uint64_t, kMaxVertices> paths{};
  paths[ix(cell.size - 1)] = 1;
  for (int u = cell.size - 2; u >= 0; --u)
    for (int v = u + 1; v < cell.size; ++v)
      if (cell.has_edge(u, v)) paths[ix(u)] += paths[ix(v)];
  return paths;
}

Cell reversed(const Cell& cell) {
  const int last = cell.size - 1;
  Cell result;
  result.size = cell.size;
  for (int u = 0; u < cell.size; ++u) {
    result.ops[ix(last - u)] = cell.ops[ix(u)];
    for (int v = u + 1; v < cell.size; ++v)
      if (cell.has_edge(u, v)) result.add_edge(last - v, last - u);
  }
  result.ops[0] = kInput;
  result.ops[ix(last)] = kOutput;
  return result;
}

}  // namespace otnas
