"""What an embedding of cells was made from, and how."""

from __future__ import annotations

from typing import NamedTuple

from otnas_fast import _core
from otnas_fast import _validate as check
from otnas_fast._sparse import SparseBlock
from otnas_fast.measures import PATH_MEASURES, block_name, check_measures
from otnas_fast.taxonomy import MAX_VERTICES, Taxonomy, check_taxonomy


class CellKind(NamedTuple):
    """What two embeddings of cells must share for their vectors to be comparable."""

    taxonomy: Taxonomy
    measures: tuple[str, ...]
    max_layers: int
    decay: float

    def sizes(self, sparse: dict[str, SparseBlock]) -> dict[str, int]:
        """Return the number of coordinates of each block, given the sparse ones."""
        compiled = check_taxonomy(self.taxonomy)._compiled
        dense = [m for m in check_measures(self.measures) if m not in PATH_MEASURES]
        layers = check.integer(self.max_layers, "max_layers", minimum=2, maximum=MAX_VERTICES)
        sizes = dict(zip(dense, _core.block_sizes(compiled, dense, layers), strict=True))
        sizes |= {name: len(block.vocabulary) for name, block in sparse.items()}
        return {block_name(measure): sizes[measure] for measure in self.measures}
