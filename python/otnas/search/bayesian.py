"""Bayesian optimisation with a Gaussian process, whatever the items are.

Things told and pending become items of the process; `otnas.search.decision` decides which of the
offered items to try next.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np

from otnas.arrays import FloatArray, IntArray
from otnas.gp.direct_posterior import Posterior
from otnas.gp.process import GaussianProcess
from otnas.search import tradeoffs
from otnas.search.base import Search
from otnas.search.costs import VALUE
from otnas.search.decision import transforms
from otnas.search.decision.decide import Decision, Tradeoff, decide
from otnas.search.decision.rules import Rule
from otnas.search.decision.settings import AcquisitionSettings, ModelSettings
from otnas.search.decision.transforms import OutputTransform
from otnas.search.domain import Domain

T = TypeVar("T", bound=Hashable)


@dataclass(frozen=True)
class Offer(Generic[T]):
    """The candidates of one decision.

    Attributes
    ----------
    items : int array (N,)
        Items of the process.
    thing : callable position -> what has the item at this position
    groups : int array (N,), optional
        Equal numbers mark things that count as one.
    costs : array (N, m), optional
        Known costs of the things.
    """

    items: IntArray
    thing: Callable[[int], T]
    groups: IntArray | None = None
    costs: FloatArray | None = None


class BayesianSearch(Search[T]):
    """Gaussian process with an acquisition function for one item and a batch rule for several.

    Pending items count as observed at their posterior mean. Failed trainings count as the worst
    error so far.

    With the objective "pareto", the `KnownCosts` give the reference point of hypervolumes. By
    default it is the worst target so far (a transformed value, so that failures and outliers do not
    move it) and, for each cost, a tenth of the range above the highest cost within the budget among
    items told, pending and offered.

    Parameters
    ----------
    domain : Domain
    model : ModelSettings
    acquisition : AcquisitionSettings
    rule : Rule
    transform : OutputTransform, optional
        A transform to use instead of the one that `model` names.
    seed, initial, direction
        See `Search`.
    """

    def __init__(
        self,
        domain: Domain[T],
        model: ModelSettings,
        acquisition: AcquisitionSettings,
        rule: Rule,
        *,
        seed: int | np.random.Generator | None,
        initial: int,
        direction: str,
        transform: OutputTransform | None = None,
    ) -> None:
        super().__init__(domain, seed=seed, initial=initial, direction=direction)
        self._model, self._acquisition, self._rule = model, acquisition, rule
        self._transform = transform or transforms.by_name(
            model.transform, maximise=direction == "maximise"
        )
        if acquisition.objective == "pareto":
            tradeoffs.check(domain.costs, log_costs=acquisition.log_costs)

    @property
    @abstractmethod
    def _posterior(self) -> Posterior:
        """The posterior that makes the next decision."""

    @property
    def _processes(self) -> list[GaussianProcess]:
        """The processes of all models."""
        return [self._posterior.process]

    @abstractmethod
    def _items_of(self, things: Sequence[T]) -> IntArray:
        """Return the items of things; new things may be added to the process."""

    @abstractmethod
    def _offer(self, n: int) -> Offer[T]:
        """Return at least n fresh things to choose from."""

    def _decided(self, offer: Offer[T], decision: Decision) -> None:
        """Take note of a decision."""

    def _check_errors(self, errors: FloatArray) -> None:
        self._transform.check(errors)

    def _choose(self, n: int) -> list[T]:
        self._condition()
        process = self._posterior.process
        if self._model.refit_is_due(len(self._told), process.n_fitted):
            process.fit()
        offer = self._offer(n)
        n_seen = len(self._told) + len(self._pending)
        decision = decide(
            self._posterior,
            offer.items,
            n,
            self._rule,
            self._acquisition,
            n_seen,
            self._rng,
            offer.groups,
            self._tradeoff(offer),
        )
        chosen = decision.chosen
        found = [offer.thing(position) for position in chosen.tolist()]
        self._remember(found, decision.mean[chosen], decision.std[chosen])
        self._decided(offer, decision)
        return found

    def _costs_at(self, positions: IntArray) -> FloatArray | None:
        """Return the known costs of pool items, or None if there are none."""
        costs = self._domain.costs
        return None if costs is None or costs.table is None else costs.table[positions]

    def _tradeoff(self, offer: Offer[T]) -> Tradeoff | None:
        costs = self._domain.costs
        if self._acquisition.objective != "pareto" or costs is None or offer.costs is None:
            return None
        process, things = self._posterior.process, [*self._told, *self._pending.values()]
        known = self._domain.costs_of(things)
        failed = np.isinf(np.concatenate([self._errors, np.zeros(len(self._pending))]))
        known[failed] = np.nan
        target = None
        if VALUE in costs.reference:
            # The target of the reference value if it were told.
            value = self._sign * costs.reference[VALUE]
            raw = float(self._transform(np.append(self._errors, value))[-1])
            target = (raw - process.offset) / process.scale
        return tradeoffs.tradeoff(
            costs, process.rows, known, offer.costs, target, log_costs=self._acquisition.log_costs
        )

    def _condition(self) -> None:
        """Condition the process on everything told and pending."""
        targets = self._transform(self._errors)
        new = self._told[self._posterior.process.items.size :]
        items = self._items_of([*new, *self._pending.values()])
        process = self._posterior.process  # adding things may have replaced it
        process.add(items[: len(new)], targets[len(targets) - len(new) :])
        process.set_targets(targets)
        process.set_pending(items[len(new) :])

    def _remember(self, things: list[T], mean: FloatArray, std: FloatArray) -> None:
        process = self._posterior.process
        values = self._transform.moments(process.offset + process.scale * mean, process.scale * std)
        for thing, *moments in zip(things, *(v.tolist() for v in values), strict=True):
            self._predictions[thing] = (moments[0], moments[1])

    def _method_state(self) -> dict[str, Any] | None:
        return {"models": [_state(process) for process in self._processes]}

    def _restore_method(self, state: dict[str, Any]) -> None:
        for process, values in zip(self._processes, state["models"], strict=True):
            process.set_log_parameters(values["log_parameters"], int(values["n_fitted"]))


def _state(process: GaussianProcess) -> dict[str, Any]:
    return {"n_fitted": process.n_fitted, "log_parameters": process.log_parameters.tolist()}
