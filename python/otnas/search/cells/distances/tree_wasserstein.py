"""Tree-Wasserstein distances of operations and degrees and of paths and sizes (docs/maths.md)."""

from __future__ import annotations

from typing import Any

from otnas.search.cells.distances.embedded import EmbeddedDistances
from otnas_fast import Embedding, embed
from otnas_fast.measures import MeasureNames, block_name, check_measures


class TreeWasserstein(EmbeddedDistances):
    """One distance per measure.

    Parameters
    ----------
    measures : str or sequence of str
        See `otnas_fast.embed`: the presets ``"tw"`` and ``"tw-2g"`` have the paper's three blocks,
        ``"tw-path"`` adds paths and sizes, ``"tw-full"`` also depth and terminals.

    Raises
    ------
    ValueError
        If a measure is unknown or given twice.
    """

    def __init__(self, measures: MeasureNames) -> None:
        super().__init__()
        self._measures = check_measures(measures)
        self.names = tuple(block_name(measure) for measure in self._measures)
        self.key = f"tree-wasserstein-{'+'.join(self._measures)}"

    def embedded(self, cells: Any, threads: int | None) -> Embedding:
        """Return the measures of n >= 1 cells as vectors."""
        return embed(cells, measures=self._measures, threads=threads)
