"""Bayesian optimisation of the architectures of a space with a Gaussian process."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np

from otnas.arrays import FloatArray, IntArray
from otnas.gp.direct_posterior import Posterior
from otnas.gp.process import GaussianProcess
from otnas.search import packing
from otnas.search.bayesian import BayesianSearch, Offer
from otnas.search.cells.distances import CellDistances
from otnas.search.cells.domain import CellDomain
from otnas.search.cells.items import CellItems
from otnas.search.cells.kernels import KernelKind
from otnas.search.cells.pool import CellPool
from otnas.search.cells.proposals import (
    LARGEST_WHOLE_POOL,
    CandidateSettings,
    mutations_of_best,
)
from otnas.search.decision.decide import Decision, confidence_bound
from otnas.search.decision.hypervolume import ranks
from otnas.search.decision.ranking import lowest
from otnas.search.decision.rules import Rule
from otnas.search.decision.settings import AcquisitionSettings, ModelSettings
from otnas.spaces import Space


class CellSearch(BayesianSearch[Any]):
    """Gaussian process on the architectures of a space, or several processes that decide in turn.

    Models that err differently keep each other out of dead ends. All models are told every value;
    they take turns to decide, and only the model that decides is brought up to date.

    Parameters
    ----------
    model : ModelSettings
    acquisition : AcquisitionSettings
    candidates : CandidateSettings
    rule : Rule
    kinds : sequence of KernelKind
        One per model.
    domain : CellDomain
    seed, initial, direction
        See `Search`.

    Raises
    ------
    ValueError
        If candidates are "space" and there is no pool.
    ImportError
        If the kernel needs a package that is not installed.
    """

    def __init__(
        self,
        model: ModelSettings,
        acquisition: AcquisitionSettings,
        candidates: CandidateSettings,
        rule: Rule,
        kinds: Sequence[KernelKind],
        domain: CellDomain,
        *,
        seed: int | np.random.Generator | None,
        initial: int = 20,
        direction: str = "minimise",
    ) -> None:
        super().__init__(
            domain, model, acquisition, rule, seed=seed, initial=initial, direction=direction
        )
        self._space, self._pool = domain.space, domain.pool
        self._candidates = candidates
        for kind in kinds:
            if kind.of_cells and not isinstance(domain.space, Space):
                raise ValueError(
                    f"method: expected a kernel of any choices, such as 'places', since space "
                    f"{domain.space.name} has no cells, got {kind.summary!r}"
                )
        distances = [kind.distances(domain.space) for kind in kinds]
        self._mode = _candidate_mode(candidates.candidates, kinds, distances, domain.pool)
        self._models = tuple(
            CellItems(
                distance,
                domain.space,
                domain.pool,
                whole_pool=self._mode == "space",
                noise_floor=model.noise_floor,
                features=domain.features,
            )
            for distance in distances
        )
        self._n_decisions = 0
        self._kept: list[Any] = []

    @property
    def model(self) -> CellItems:
        """The model whose turn it is: a process and its cells."""
        return self._models[self._n_decisions % len(self._models)]

    @property
    def _processes(self) -> list[GaussianProcess]:
        return [model.process for model in self._models]

    @property
    def _posterior(self) -> Posterior:
        return self.model.posterior

    def _items_of(self, things: Sequence[Any]) -> IntArray:
        return self.model.keep(things)

    def _offer(self, n: int) -> Offer[Any]:
        if self._mode == "space" and self._left is not None and self._pool is not None:
            left, pool = np.flatnonzero(self._left.mask), self._pool
            items, costs = self.model.of_pool(left), self._costs_at(left)
            return Offer(items, lambda i: pool[int(left[i])], pool.labels[left], costs)
        proposals = self._proposals(n)
        known = self._domain.costs_of(proposals) if self._domain.costs is not None else None
        return Offer(self.model.place(proposals), proposals.__getitem__, costs=known)

    def _proposals(self, n: int) -> list[Any]:
        """Return at least n different fresh cells to choose from."""
        taken: set[Hashable] = set()
        settings = self._candidates
        cells = [cell for cell in self._kept if self._fresh(cell, taken) is not None]
        cells += mutations_of_best(
            self._space,
            self._told,
            self._scores(),
            settings.n_mutations,
            settings.n_parents,
            lambda cell: self._fresh(cell, taken),
            self._rng,
        )
        wanted = len(cells) + (settings.n_random if self._mode == "growing" else 0)
        while len(cells) < max(n, wanted):
            try:
                cells.append(self._draw(self._rng, taken))
            except RuntimeError:
                if len(cells) < n:
                    raise
                break
        return cells

    def _scores(self) -> FloatArray:
        """Return the scores by which parents are chosen: errors, or ranks of the front."""
        if self._acquisition.objective == "value":
            return self._errors
        known = np.nan_to_num(self._domain.costs_of(self._told), nan=np.inf)
        order = ranks(np.column_stack([self._errors, known]))
        return np.where(np.isfinite(self._errors), order, np.inf)

    def _decided(self, offer: Offer[Any], decision: Decision) -> None:
        self._n_decisions += 1
        if self._mode != "growing":
            return
        settings, chosen = self._acquisition, decision.chosen
        bound = confidence_bound(settings, decision.gap, decision.std, settings.kappa)
        bound[chosen] = np.inf
        order = lowest(bound, min(self._candidates.n_kept, bound.size - chosen.size))
        self._kept = [offer.thing(i) for i in order.tolist()]

    def _method_state(self) -> dict[str, Any] | None:
        state = {**(super()._method_state() or {}), "n_decisions": self._n_decisions}
        if self._kept:
            state["kept"] = packing.packed([self._space.format(cell) for cell in self._kept])
        return state

    def _restore_method(self, state: dict[str, Any]) -> None:
        super()._restore_method(state)
        self._n_decisions = int(state["n_decisions"])
        if "kept" in state:
            self._kept = [self._space.parse(text) for text in packing.unpacked(state["kept"])]


def _candidate_mode(
    candidates: str,
    kinds: Sequence[KernelKind],
    distances: Sequence[CellDistances],
    pool: CellPool | None,
) -> str:
    if candidates == "space" and pool is None:
        raise ValueError(
            "candidates: expected 'mutation', 'growing' or 'auto' for a space that cannot be "
            "enumerated and without a pool, got 'space'"
        )
    if candidates != "auto":
        return candidates
    if any(kind.slow for kind in kinds):
        return "mutation"
    largest = min(LARGEST_WHOLE_POOL, *(distance.largest_pool for distance in distances))
    return "space" if pool is not None and len(pool) <= largest else "growing"
