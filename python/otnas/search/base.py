"""The contract of all searches: ask, tell, fail, cancel, whatever the items are.

A method implements `Search._choose`, and `Search._observed` if it keeps state. Everything else
(initial design, duplicates, pending items, validity, exhaustion, rollback) is done here, once.

Two streams of random numbers come from the seed. The first draws the initial design and nothing
that depends on the method: with equal seeds, spaces and pools, all methods start from the same
items. The second belongs to the method.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import ArrayLike

from otnas import checks
from otnas.arrays import FloatArray
from otnas.search import random_state, transaction
from otnas.search.domain import Domain, ExhaustedError
from otnas.search.front import Front, front_of
from otnas.search.threads import one_blas_thread

T = TypeVar("T", bound=Hashable)

MAX_REJECTED = 5_000
"""Consecutive draws, all seen before, after which an open space is considered exhausted."""

DIRECTIONS = ("minimise", "maximise")


class Search(ABC, Generic[T]):
    """Find the items of best value.

    A search never asks for an item that it asked for or was told before, for one that counts as
    the same, for an invalid item, or for one above the budget. Equal seeds and equal calls give
    equal items, whatever the process and the number of threads. Every call is checked before
    anything changes, and a call that raises, be it an error or Ctrl-C, leaves the search as it was,
    random generators included.

    Parameters
    ----------
    domain : Domain
        What may be asked for.
    seed : int >= 0, numpy Generator or None
        None draws a seed from the operating system.
    initial : int >= 1
        Items are uniform draws until this many were asked for or told.
    direction : {"minimise", "maximise"}

    Raises
    ------
    TypeError, ValueError
        If an argument has a wrong type or is out of range.
    """

    def __init__(
        self,
        domain: Domain[T],
        *,
        seed: int | np.random.Generator | None,
        initial: int = 20,
        direction: str = "minimise",
    ) -> None:
        self._domain = domain
        self._initial = checks.integer("initial", initial, 1)
        checks.choice("direction", direction, DIRECTIONS)
        self._direction = direction
        self._sign = -1.0 if direction == "maximise" else 1.0
        self._seed = (
            checks.integer("seed", seed, 0) if isinstance(seed, (int, np.integer)) else None
        )
        self._design_rng, self._rng = random_state.two_streams(seed)
        self._left = domain.availability()
        self._seen: set[Hashable] = set()
        self._pending: dict[Hashable, T] = {}
        self._told: list[T] = []
        self._told_exactly: set[T] = set()
        self._errors: FloatArray = np.empty(0)  # lower is better, +inf for failures
        self._predictions: dict[T, tuple[float, float]] = {}
        # Set by the caller: name and settings, and packages that results depend on.
        self.identity: Mapping[str, Any] = {}
        self.packages: tuple[str, ...] = ()

    @property
    def domain(self) -> Domain[T]:
        """What may be asked for."""
        return self._domain

    @property
    def seed(self) -> int | None:
        """The seed if it was an integer, so that the search can be repeated; else None."""
        return self._seed

    @property
    def direction(self) -> str:
        """Whether values are minimised or maximised."""
        return self._direction

    @property
    def items(self) -> list[T]:
        """The n items told so far, in the order of telling."""
        return list(self._told)

    @property
    def values(self) -> FloatArray:
        """Values told so far, infinite for failures, shape (n,)."""
        return self._sign * self._errors

    @property
    def pending(self) -> list[T]:
        """Items asked for but not told, in the order of asking."""
        return list(self._pending.values())

    @property
    def n_left(self) -> int | None:
        """How many items can still be asked for, within the budget; None without a pool."""
        return None if self._left is None else self._left.n_left

    @property
    def best(self) -> tuple[T, float]:
        """The best value told and its item, as (item, value); the first if several are equal.

        Raises
        ------
        RuntimeError
            If nothing was told yet.
        """
        if not self._told:
            raise RuntimeError("best: expected at least one told item, got none")
        where = int(self._errors.argmin())
        return self._told[where], float(self._sign * self._errors[where])

    @property
    def front(self) -> Front:
        """The items told that no other dominates; RuntimeError if no costs are known."""
        return front_of(self._domain, self._told, self.values, self._direction)

    @one_blas_thread
    def ask(self, n: int = 1) -> list[T]:
        """Return n different items to evaluate; they are pending until told, failed or cancelled.

        Items are uniform draws until `initial` items were asked for or told and a finite value was
        told.

        Raises
        ------
        TypeError, ValueError
            If n is not an integer >= 1, or an item of the pool turns out invalid.
        ExhaustedError
            If fewer than n items are left.
        """
        n = checks.integer("n", n, 1)
        if self._left is not None and n > self._left.n_left:
            raise ExhaustedError(
                f"{self._domain.name} is exhausted: expected n <= {self._left.n_left}, got {n}"
            )
        n_drawn = self._n_uniform(n)
        with transaction.UnchangedIfItFails(self):
            chosen = [self._claim(self._draw(self._design_rng)) for _ in range(n_drawn)]
            if n_drawn < n:
                chosen += [self._claim(item) for item in self._choose(n - n_drawn)]
            return chosen

    def tell(self, items: T | Iterable[T], values: ArrayLike) -> None:
        """Report values of items in any number and order.

        Items that were never asked for are welcome (earlier experiments), also from outside the
        pool. Different items that count as one are separate observations of it.

        Parameters
        ----------
        items : item, or iterable of k items
        values : number, or array (k,)
            +inf (-inf if values are maximised) marks a failed training, which counts as the worst.

        Raises
        ------
        TypeError, ValueError, IndexError
            If shapes differ, an item is invalid or told twice, or a value is NaN, infinitely good
            or not accepted by the method.
        """
        told = self._several(items)
        errors = self._sign * np.atleast_1d(checks.numbers("values", values))
        if errors.shape != (len(told),):
            raise ValueError(f"values: expected shape ({len(told)},), got {errors.shape}")
        bad = np.flatnonzero(np.isnan(errors) | np.isneginf(errors))
        if bad.size:
            raise ValueError(
                f"values: expected finite numbers or {self._sign * np.inf:+} for a failed "
                f"training, got {self._sign * errors[bad[0]]} for items[{bad[0]}]"
            )
        self._check_errors(errors)
        new: dict[T, None] = {}
        for i, item in enumerate(told):
            if item in self._told_exactly or item in new:
                raise ValueError(
                    f"items[{i}]: expected an item not told before, got {item!r} again"
                )
            new[item] = None
        with transaction.UnchangedIfItFails(self):
            for item in new:
                self._exclude(item)
                self._pending.pop(self._domain.identify(item)[0], None)
            self._told += told
            self._told_exactly.update(told)
            self._errors = np.concatenate([self._errors, errors])
            self._observed(told, errors)

    def fail(self, items: T | Iterable[T]) -> None:
        """Report failed trainings; they count as the worst value told and are not asked for again.

        Raises
        ------
        TypeError, ValueError, IndexError
            As `tell`.
        """
        failed = self._several(items)
        self.tell(failed, np.full(len(failed), self._sign * np.inf))

    def cancel(self, items: T | Iterable[T]) -> None:
        """Take pending items back without a value; they may be asked for again.

        Raises
        ------
        TypeError, ValueError, IndexError
            If an item is invalid or not pending.
        """
        cancelled = self._keys(items, "a pending item", lambda key: key in self._pending)
        with transaction.UnchangedIfItFails(self):
            for key, item in cancelled.items():
                position = self._domain.identify(item)[1]
                del self._pending[key]
                self._seen.discard(key)
                if self._left is not None and position >= 0:
                    self._left.release(position)

    def claim(self, items: T | Iterable[T]) -> None:
        """Make items pending that were chosen elsewhere, such as by a search that is resumed.

        Raises
        ------
        TypeError, ValueError, IndexError
            If an item is invalid, or counts as one that was asked for or told before.
        """
        claimed = self._keys(items, "an item not seen before", lambda key: key not in self._seen)
        with transaction.UnchangedIfItFails(self):
            for item in claimed.values():
                self._claim(item)

    def predictions(self, items: T | Iterable[T]) -> tuple[FloatArray, FloatArray] | None:
        """Return the means and deviations predicted when items were asked for, shapes (k,) each.

        They are in units of values; NaN for items drawn without a model, None if that is all.
        """
        found = [self._predictions.get(item, (np.nan, np.nan)) for item in self._several(items)]
        table = np.array(found, dtype=np.float64).reshape(-1, 2)
        if np.isnan(table).all():
            return None
        return self._sign * table[:, 0], table[:, 1]

    def checkpoint(self) -> transaction.Undo:
        """Return a function that undoes all changes since."""
        return transaction.checkpoint(self)

    def describe(self) -> dict[str, Any]:
        """Return, as JSON values, everything that determines which items are asked for."""
        return {
            **self.identity,
            "domain": self._domain.describe(),
            "seed": self._seed,
            "initial": self._initial,
            "direction": self._direction,
        }

    def state(self) -> dict[str, Any] | None:
        """Return, as JSON values, what `restore` needs besides the items asked for and told.

        None for methods whose state cannot be serialised: repeat their calls instead.
        """
        own = self._method_state()
        rngs = {"design": self._design_rng, "method": self._rng}
        states = {name: random_state.to_json(rng) for name, rng in rngs.items()}
        return None if own is None else states | own

    @one_blas_thread
    def restore(self, state: dict[str, Any]) -> None:
        """Restore a saved `state`, after its items have been claimed and told again.

        Raises
        ------
        ValueError
            If it is not the state of such a search.
        """
        try:
            with transaction.UnchangedIfItFails(self):
                random_state.from_json(self._design_rng, state["design"])
                random_state.from_json(self._rng, state["method"])
                self._restore_method(state)
        except (TypeError, ValueError, LookupError) as error:
            raise ValueError(f"state: expected what `state` returned, got {error!r}") from error

    @abstractmethod
    def _choose(self, n: int) -> list[T]:
        """Return n different fresh items (see `_fresh`); some finite value was told."""

    def _n_uniform(self, n: int) -> int:
        """How many of the next n items are uniform draws."""
        if not np.isfinite(self._errors).any():
            return n
        return min(n, max(0, self._initial - len(self._seen)))

    def _observed(self, items: list[T], errors: FloatArray) -> None:
        """Take note of new observations; the items were recorded already."""

    def _check_errors(self, errors: FloatArray) -> None:
        """Raise ValueError if the method does not accept an error (no NaN, no -inf)."""

    def _method_state(self) -> dict[str, Any] | None:
        """Return what the method itself adds to `state`."""
        return {}

    def _restore_method(self, state: dict[str, Any]) -> None:
        """Restore what `_method_state` returned."""

    def _draw(self, rng: np.random.Generator, taken: set[Hashable] | None = None) -> T:
        """Draw a fresh item (see `_fresh`), uniformly over those left or by `Domain.random`."""
        if self._left is not None:
            drawn = (self._domain.at(i) for i in self._left.random_order(rng))
        else:
            drawn = (self._domain.random(rng) for _ in range(MAX_REJECTED))
        for candidate in drawn:
            item = self._fresh(candidate, taken)
            if item is not None:
                return item
        raise ExhaustedError(
            f"{self._domain.name} seems exhausted: {MAX_REJECTED} random items in a row were "
            f"among the {len(self._seen)} asked for or told, or above the budget"
        )

    def _fresh(self, item: T, taken: set[Hashable] | None = None) -> T | None:
        """Return the item as the pool has it, or None if it may not be asked for.

        Parameters
        ----------
        item : valid item
        taken : set of keys, optional
            These are excluded too; the key of the item returned is added.
        """
        key, position = self._domain.identify(item)
        if key in self._seen or (taken is not None and key in taken):
            return None
        if self._left is not None:
            if position < 0:
                return None
            item = self._domain.at(position)
        if not self._domain.within_budget(item):
            return None
        if taken is not None:
            taken.add(key)
        return item

    def _several(self, items: T | Iterable[T]) -> list[T]:
        things: Any = [items] if self._domain.is_item(items) else items
        if not isinstance(things, Iterable):
            raise TypeError(f"items: expected an item or several, got {items!r}")
        return [self._domain.checked(thing, f"items[{i}]") for i, thing in enumerate(things)]

    def _keys(
        self, items: T | Iterable[T], wanted: str, allowed: Callable[[Hashable], bool]
    ) -> dict[Hashable, T]:
        """Return items by key; the keys must be different and allowed."""
        found: dict[Hashable, T] = {}
        for i, item in enumerate(self._several(items)):
            key = self._domain.identify(item)[0]
            if key in found or not allowed(key):
                raise ValueError(f"items[{i}]: expected {wanted}, got {item!r}")
            found[key] = item
        return found

    def _claim(self, item: T) -> T:
        key, _ = self._domain.identify(self._domain.checked(item, "pool"))
        if key in self._seen:
            raise RuntimeError(f"{type(self).__name__} chose an item twice: {item!r}")
        self._exclude(item)
        self._pending[key] = item
        return item

    def _exclude(self, item: T) -> None:
        key, position = self._domain.identify(item)
        self._seen.add(key)
        if self._left is not None and position >= 0:
            self._left.exclude(position)
