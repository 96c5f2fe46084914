"""Random search."""

from __future__ import annotations

from typing import Any

from otnas.search.base import Search


class RandomSearch(Search[Any]):
    """Uniform draws without repetition: the initial design, continued for ever.

    The baseline of Li & Talwalkar (2019).
    """

    def _n_uniform(self, n: int) -> int:
        return n

    def _choose(self, n: int) -> list[Any]:
        raise NotImplementedError  # all cells are uniform draws
