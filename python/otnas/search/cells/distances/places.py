"""Tree-Wasserstein distances of the choices at each place (docs/maths.md, Places)."""

from __future__ import annotations

from typing import Any

from otnas.search.cells.distances.embedded import EmbeddedDistances
from otnas.spaces import SearchSpace
from otnas_fast import Embedding


class PlaceDistances(EmbeddedDistances):
    """One distance per place, by whether the choices there are equal or of the same family.

    Parameters
    ----------
    space : SearchSpace

    Raises
    ------
    ValueError
        If the architectures of the space are not a fixed number of choices.
    """

    key = "places"

    def __init__(self, space: SearchSpace[Any]) -> None:
        super().__init__()
        self._space = space
        self.names = tuple(space.places([]))
        if not self.names:
            raise ValueError(
                "kernel: expected for 'places' architectures that are a fixed number of choices "
                f"(nasbench201, a ParameterSpace), got space {space.name}"
            )

    def embedded(self, cells: Any, threads: int | None) -> Embedding:
        """Return the choices of n >= 1 cells as vectors."""
        return Embedding(self._space.places(cells))
