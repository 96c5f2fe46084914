"""Small search spaces, and a made-up error, for tests of search methods."""

from __future__ import annotations

import numpy as np

from otnas.search import Search, methods
from otnas.spaces import CellSpace, SequenceSpace, Space
from otnas_fast import Cell, Taxonomy

NAMES = (
    *methods.names(),
    "kdpp-quality:tw",
    "believer:path",
    "thompson:wl",
    "penalise:ot",
    "tw-2g/places",
)

# Cheap versions: what is tested here does not depend on how good a search is.
BATCH = {"n_promising": 12, "n_mutations": 12, "n_random": 6, "n_kept": 6, "refit_every": 5}
SETTINGS: dict[str, dict[str, object]] = {
    "random": {},
    "evolution": {"population": 5, "sample": 3},
    "local-search": {"restart_draws": 2},
    "bananas": {"layers": 2, "epochs": 5, "n_networks": 2, "n_mutations": 12},
    "optuna-tpe": {"n_ei_candidates": 6, "repeats": 20},
    "optuna-gp": {"repeats": 3},
}


def taxonomy() -> Taxonomy:
    return Taxonomy({"conv": ["conv3", "conv5"], "pool": ["max"]}, name="toy")


def small_space() -> CellSpace:
    """82 cells."""
    return CellSpace(taxonomy(), max_vertices=4, max_edges=5)


def tiny_space() -> SequenceSpace:
    """9 cells."""
    return SequenceSpace(taxonomy(), positions=2)


def open_space() -> CellSpace:
    """Cannot be enumerated."""
    return CellSpace(taxonomy(), max_vertices=9, max_edges=14)


def small_sequences() -> SequenceSpace:
    """81 cells."""
    return SequenceSpace(taxonomy(), positions=4)


def open_sequences() -> SequenceSpace:
    """Cannot be enumerated."""
    return SequenceSpace(taxonomy(), positions=20)


KINDS = ("small", "open")


def space_for(name: str, kind: str = "small") -> Space:
    """Return a space of the kind that the method works on."""
    if name.startswith("optuna") or "places" in name:  # independent choices only
        return small_sequences() if kind == "small" else open_sequences()
    return small_space() if kind == "small" else open_space()


def make(name: str, space: Space, *, seed: int = 3, initial: int = 4, **rest: object) -> Search:
    settings = rest.pop("settings", SETTINGS.get(name, BATCH))
    return methods.make(name, space, seed=seed, initial=initial, settings=settings, **rest)  # type: ignore[arg-type]


def error_of(space: Space, cell: Cell) -> float:
    """Percent; fewer convolutions are worse, and isomorphic cells are equal."""
    pruned = cell.prune()
    convolutions = sum(op.startswith("conv") for op in pruned.ops)
    digest = space.hash(cell)
    return 12.0 - min(convolutions, 8) + 0.3 * len(pruned) + int(digest[:4], 16) / 65536


def errors_of(space: Space, cells: list[Cell]) -> np.ndarray:
    return np.array([error_of(space, cell) for cell in cells])


def run(search: Search, sizes: list[int]) -> list[Cell]:
    """Ask and tell in turn; return the cells asked for."""
    asked: list[Cell] = []
    for n in sizes:
        cells = search.ask(n)
        search.tell(cells, errors_of(search.domain.space, cells))
        asked += cells
    return asked
