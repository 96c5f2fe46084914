"""Proposals of candidate cells where a whole pool is not evaluated."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from otnas import checks
from otnas.arrays import FloatArray
from otnas.spaces import SearchSpace

LARGEST_WHOLE_POOL = 500_000
"""Pool size up to which "auto" evaluates the whole pool at every ask; see `CandidateSettings`."""

PATIENCE = 5
"""Mutations tried per wanted candidate before fewer are returned, as in White et al."""

CANDIDATES = ("auto", "space", "mutation", "growing")


@dataclass(frozen=True)
class CandidateSettings:
    """Settings of the candidates.

    Attributes
    ----------
    candidates : {"auto", "space", "mutation", "growing"}
        The cells to choose from. "space": the whole pool. "mutation": `n_mutations` mutations of
        the best cells told, new at every ask (Nguyen et al. 2021, Section 5; White et al. 2021).
        "growing": such mutations, `n_random` uniform draws, and the `n_kept` most promising
        candidates of the last ask. "auto": the whole pool where there is one of up to 500,000
        cells (NAS-Bench-101 has 423,624), else "growing"; for `path`, `edit` and `wl`, which look
        at cells one by one, of up to 50,000; "mutation" for `ot` and `gw`, which are slow.
        A whole pool takes 8 (n + m) N bytes for n observations and m pending cells up to
        N = 50,000 different cells and 4 (n + m) N above: 0.5 GB for 300 observations of
        NAS-Bench-101, 1.1 GB for the whole process (``tw-full``; ``tw-2g`` takes 0.65 GB).
    n_mutations : int >= 1
        100, as in the paper.
    n_parents : int >= 1
        Number of best cells told to mutate; 10, as in the published code of White et al.
    n_random, n_kept : int >= 0
        See `candidates`; the defaults are our choice.
    """

    candidates: str = "auto"
    n_mutations: int = 100
    n_parents: int = 10
    n_random: int = 100
    n_kept: int = 300

    def __post_init__(self) -> None:
        checks.choice("candidates", self.candidates, CANDIDATES)
        checks.at_least(self, n_mutations=1, n_parents=1, n_random=0, n_kept=0)


def mutations_of_best(
    space: SearchSpace[Any],
    told: Sequence[Any],
    errors: FloatArray,
    n: int,
    n_parents: int,
    fresh: Callable[[Any], Any],
    rng: np.random.Generator,
) -> list[Any]:
    """Return up to n different fresh cells, mutations of the told cells of lowest error.

    Parents take turns, so that each gets as many mutations as the others.

    Parameters
    ----------
    space : SearchSpace
    told : sequence of k cells
    errors : array (k,)
    n : int
    n_parents : int >= 1
    fresh : callable cell -> cell as it may be asked for, or None; never the same one twice
    rng : numpy Generator

    Examples
    --------
    >>> from otnas.spaces import NASBench201
    >>> space, rng = NASBench201(), np.random.default_rng(0)
    >>> told = [space.random(rng) for _ in range(5)]
    >>> errors = np.array([9.0, 7.0, 8.0, 6.0, 10.0])
    >>> len(mutations_of_best(space, told, errors, 4, 2, lambda cell: cell, rng))
    4
    """
    order = np.argsort(errors, kind="stable")[:n_parents]
    parents = [told[i] for i in order if np.isfinite(errors[i])]
    found: list[Any] = []
    for attempt in range(PATIENCE * n):
        if len(found) == n or not parents:
            break
        child = fresh(space.mutate(parents[attempt % len(parents)], rng))
        if child is not None:
            found.append(child)
    return found
