"""Random search."""

from __future__ import annotations

from otnas.search.base import Search
from otnas_fast import Cell


class RandomSearch(Search[Cell]):
    """Uniform draws without repetition: the initial design, continued for ever.

    The baseline of Li & Talwalkar (2019).
    """

    def _n_uniform(self, n: int) -> int:
        return n

    def _choose(self, n: int) -> list[Cell]:
        raise NotImplementedError  # all cells are uniform draws
