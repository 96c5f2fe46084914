"""Optuna's samplers (Akiba et al. 2019) as search methods, for comparison.

Each position of a `CategoricalSpace` is one categorical parameter; samplers know nothing of cells.
They may repeat a suggestion. As Optuna's documentation advises (FAQ, "How can I ignore duplicated
samples?"), a repeated suggestion is answered at once with the known error, and another one is asked
for: a query is an architecture that was not seen before, as for all methods here.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

import numpy as np

from otnas import checks
from otnas.arrays import FloatArray
from otnas.search.base import Search
from otnas.search.baselines.optuna_study import CategoricalStudy
from otnas.search.cells.domain import CellDomain
from otnas.search.extras import require
from otnas.spaces import CategoricalSpace
from otnas_fast import Cell


@dataclass(frozen=True)
class OptunaTPESettings:
    """Parameters of Optuna's tree-structured Parzen estimator; defaults are those of Optuna 5.

    Attributes
    ----------
    n_ei_candidates : int >= 1
        Number of draws from the density of good cells, the best of which is suggested; 24.
    multivariate : bool
        Whether positions are modelled together (default) or each by itself, as Optuna 4 does.
    repeats : int >= 1
        Suggestions in a row of cells seen before, after which a uniform draw takes their place;
        ours.
    """

    n_ei_candidates: int = 24
    multivariate: bool = True
    repeats: int = 100

    def __post_init__(self) -> None:
        checks.at_least(self, n_ei_candidates=1, repeats=1)


@dataclass(frozen=True)
class OptunaGPSettings:
    """Parameters of Optuna's Gaussian process; defaults are those of Optuna 5.

    Attributes
    ----------
    deterministic : bool
        Whether the noise is fixed at its minimum, or fitted (default).
    repeats : int >= 1
        Suggestions in a row of cells seen before, after which a uniform draw takes their place;
        ours.
    """

    deterministic: bool = False
    repeats: int = 10

    def __post_init__(self) -> None:
        checks.at_least(self, repeats=1)


class OptunaSearch(Search[Cell]):
    """A search that asks an Optuna sampler for suggestions and tells it results.

    The study has all cells told as complete trials (failed trainings with the value +inf, which
    samplers take for the worst) and all pending ones as running trials, whoever chose them. A
    suggestion that is pending, up to `Space.hash`, stays a running trial until the error is told;
    one that is not in the pool becomes a failed trial, which samplers leave out.

    Parameters
    ----------
    method : str
        Name of the method, for messages.
    make_sampler : callable
        ``make_sampler(optuna, seed) -> sampler``. The sampler must not start with random trials of
        its own: the initial design is that of all methods.
    repeats : int >= 1
    domain : CellDomain of a CategoricalSpace
    seed, initial, direction
        See `Search`.

    Raises
    ------
    ImportError
        If Optuna is not installed.
    ValueError
        If the cells of the space are not a fixed number of independent choices.
    """

    def __init__(
        self,
        method: str,
        make_sampler: Callable[[Any, int], Any],
        repeats: int,
        domain: CellDomain,
        **rest: Any,
    ) -> None:
        super().__init__(domain, **rest)
        if not isinstance(domain.space, CategoricalSpace):
            raise ValueError(
                f"space: expected cells that are a fixed number of categorical choices "
                f"(nasbench201, a SequenceSpace) for method {method!r}, got {domain.space.name}"
            )
        self._choices = domain.space
        self._repeats = repeats
        sampler_seed = int(self._rng.integers(2**31))
        self._study = CategoricalStudy(
            domain.space.choices, lambda optuna: make_sampler(optuna, sampler_seed), method
        )
        self._error_of: dict[Hashable, float] = {}
        self._running: dict[Hashable, tuple[int, ...]] = {}

    def _method_state(self) -> None:
        return None

    def _observed(self, cells: list[Cell], errors: FloatArray) -> None:
        for cell, error in zip(cells, errors.tolist(), strict=True):
            digest = self._domain.identify(cell)[0]
            self._error_of[digest] = min(error, self._error_of.get(digest, np.inf))
            numbers = self._running.pop(digest, ())
            for number in numbers:
                self._study.tell(number, error)
            if not numbers:
                self._study.add(self._choices.values_of(cell), error)

    def _choose(self, n: int) -> list[Cell]:
        self._match_pending()
        taken: set[Hashable] = set()
        return [self._suggestion(taken) for _ in range(n)]

    def _match_pending(self) -> None:
        """Make running trials match pending cells: add initial cells, remove failed asks."""
        for digest in [digest for digest in self._running if digest not in self._pending]:
            for number in self._running.pop(digest):
                self._study.fail(number)
        for digest, cell in self._pending.items():
            if digest not in self._running:
                number = self._study.add(self._choices.values_of(cell), None)
                self._running[digest] = (number,)

    def _suggestion(self, taken: set[Hashable]) -> Cell:
        for _ in range(self._repeats):
            number, values = self._study.ask()
            cell = self._choices.cell_of(values)
            digest, _ = self._domain.identify(cell)
            fresh = self._fresh(cell, taken)
            if fresh is not None or digest in self._running:
                self._running[digest] = (*self._running.get(digest, ()), number)
            elif digest in self._error_of:
                self._study.tell(number, self._error_of[digest])
            else:
                self._study.fail(number)
            if fresh is not None:
                return fresh
        cell = self._draw(self._rng, taken)
        number = self._study.add(self._choices.values_of(cell), None)
        self._running[self._domain.identify(cell)[0]] = (number,)
        return cell


class OptunaTPE(OptunaSearch):
    """Optuna's tree-structured Parzen estimator (Bergstra et al. 2011; Watanabe 2023).

    Pending cells count as bad ones (Optuna's constant liar).

    Parameters
    ----------
    settings : OptunaTPESettings
    domain, seed, initial, direction
        See `OptunaSearch`.
    """

    def __init__(self, settings: OptunaTPESettings, domain: CellDomain, **rest: Any) -> None:
        def sampler(optuna: Any, seed: int) -> Any:
            return optuna.samplers.TPESampler(
                seed=seed,
                n_startup_trials=1,
                n_ei_candidates=settings.n_ei_candidates,
                multivariate=settings.multivariate,
                constant_liar=True,
            )

        super().__init__("optuna-tpe", sampler, settings.repeats, domain, **rest)


class OptunaGP(OptunaSearch):
    """Optuna's Gaussian process: Matern kernel on the Hamming distance, log expected improvement.

    Each position has its own length scale. Pending cells are taken into account by the expected
    improvement of the batch (Ament et al. 2023); failed trainings count as the worst error told.

    Parameters
    ----------
    settings : OptunaGPSettings
    domain, seed, initial, direction
        See `OptunaSearch`.

    Raises
    ------
    ImportError
        If Optuna or PyTorch is not installed.
    """

    def __init__(self, settings: OptunaGPSettings, domain: CellDomain, **rest: Any) -> None:
        def sampler(optuna: Any, seed: int) -> Any:
            require("torch", "optuna-gp", "peers")
            return optuna.samplers.GPSampler(
                seed=seed,
                n_startup_trials=1,
                deterministic_objective=settings.deterministic,
            )

        super().__init__("optuna-gp", sampler, settings.repeats, domain, **rest)
