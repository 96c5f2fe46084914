#pragma once
#include "otnas/cells/cell.hpp"

namespace otnas {

/// The representative of the cell's isomorphism class: two cells have equal canonical forms if and
/// only if a renumbering of vertices that keeps operations and edges turns one into the other.
/// Prune first to compare what the cells compute.
///
/// Individualisation and refinement with automorphism pruning (McKay & Piperno 2014): colours are
/// refined by the colours of predecessors and successors; where vertices stay alike, each is tried
/// in turn, except those an automorphism found so far maps onto one already tried.
Cell canonical_form(const Cell& cell);

}  // namespace otnas
