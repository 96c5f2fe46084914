#pragma once
#include <string>
#include <string_view>

#include "otnas/cells/cell.hpp"
#include "otnas/cells/taxonomy.hpp"

// NAS-Bench-201 writes the operations on the edges of a complete DAG of 4 nodes,
//   |op~0|+|op~0|op~1|+|op~0|op~1|op~2|
// The cell has the operations as vertices 1..6 in reading order; an edge leads from an operation
// that ends in a node to every operation that begins there.

namespace otnas {

/// Throws std::invalid_argument for a string of another form or an unknown operation.
Cell parse_nasbench201(std::string_view text, const Taxonomy& taxonomy);

/// The inverse. Throws std::invalid_argument if the cell is not of this 8-vertex form.
std::string format_nasbench201(const Cell& cell, const Taxonomy& taxonomy);

}  // namespace otnas
