"""Random search."""

from __future__ import annotations

from dataclasses import dataclass

from otnas.search.base import Search
from otnas_fast import Cell


@dataclass(frozen=True)
class RandomSettings:
    """Random search has no parameters."""


class RandomSearch(Search):
    """Uniform draws without repetition: the initial design, continued for ever.

    The baseline of Li & Talwalkar (2019).
    """

    def _n_uniform(self, n: int) -> int:
        return n

    def _choose(self, n: int) -> list[Cell]:
        raise NotImplementedError  # all cells are uniform draws
