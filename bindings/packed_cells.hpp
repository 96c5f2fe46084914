#pragma once
#include "otnas/cells/cell.hpp"
#include "pybind.hpp"

// A CellArray crosses the border as three arrays: offsets int64 (n + 1,), successors uint32 and ops
// uint8 (vertices of all cells,).

namespace otnas::bindings {

using PackedCells = std::tuple<CArray<std::int64_t>, CArray<VertexMask>, CArray<OpCode>>;

inline CellArray unpack(const PackedCells& packed) {
  const auto& [offsets, successors, ops] = packed;
  CellArray cells;
  cells.offsets.assign(offsets.data(), offsets.data() + offsets.size());
  cells.successors.assign(successors.data(), successors.data() + successors.size());
  cells.ops.assign(ops.data(), ops.data() + ops.size());
  return cells;
}

inline PackedCells pack(CellArray&& cells) {
  return {to_read_only(std::move(cells.offsets)), to_read_only(std::move(cells.successors)),
          to_read_only(std::move(cells.ops))};
}

}  // namespace otnas::bindings
