"""The domain of a search: how its items are recognised, drawn and serialised."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable, Iterable
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import ArrayLike

from otnas import checks
from otnas.arrays import BoolArray, FloatArray, fingerprint
from otnas.search.availability import Availability
from otnas.search.costs import KnownCosts

T = TypeVar("T", bound=Hashable)


class ExhaustedError(RuntimeError):
    """Raised if fewer items are left than were asked for."""


class Domain(ABC, Generic[T]):
    """The items of a search: an open space, or a finite pool of N.

    Attributes
    ----------
    name : str
        Name of the domain in messages, such as "space nasbench201".
    costs : KnownCosts, optional
        Known costs of every item; items above the budget are never asked for.
    """

    name: str
    costs: KnownCosts | None = None

    @abstractmethod
    def availability(self) -> Availability | None:
        """Return an availability with all items of the pool left; None without a pool."""

    def costs_of(self, items: Iterable[T]) -> FloatArray:
        """Return known costs of items, shape (k, m); NaN where only those of a pool are known."""
        assert self.costs is not None  # called only if there are costs
        rows = [self.costs.of(item, self.identify(item)[1]) for item in items]
        return np.array(rows).reshape(-1, len(self.costs.names))

    def within_budget(self, item: T) -> bool:
        """Whether an item may be asked for: one of the pool, where there is one."""
        return self.costs is None or bool(self.costs.within_budget(self.costs_of([item]))[0])

    def _within_budget(self) -> BoolArray | None:
        """Return which items of the pool are within the budget; None without a budget."""
        if self.costs is None or self.costs.table is None:
            return None
        return self.costs.within_budget(self.costs.table)

    @abstractmethod
    def is_item(self, thing: object) -> bool:
        """Whether a thing is a single item, rather than several."""

    @abstractmethod
    def checked(self, thing: object, name: str) -> T:
        """Return an item in the form that the search stores.

        Raises
        ------
        TypeError, ValueError, IndexError
            If it is not a valid item; the message begins with `name`.
        """

    @abstractmethod
    def identify(self, item: T) -> tuple[Hashable, int]:
        """Return the key shared by items that count as one, and the position in the pool.

        The position is -1 without a pool and for an item from outside it.
        """

    @abstractmethod
    def at(self, position: int) -> T:
        """Return an item of the pool."""

    def random(self, rng: np.random.Generator) -> T:
        """Draw an item of an open space."""
        raise NotImplementedError(f"{self.name} has a pool")

    @abstractmethod
    def to_json(self, item: T) -> Any:
        """Return an item as a JSON value."""

    @abstractmethod
    def from_json(self, value: Any) -> T:
        """Read a result of `to_json`; TypeError, ValueError or IndexError if it is invalid."""

    @abstractmethod
    def describe(self) -> dict[str, Any]:
        """Return, as JSON values, what distinguishes this domain, including fingerprints."""


class PoolItems(Domain[int]):
    """The numbers 0..N-1.

    Parameters
    ----------
    n_items : int
    groups : int array (N,), optional
        Equal numbers mark items that count as one.
    costs : KnownCosts, optional
        Costs of the N items.
    """

    def __init__(
        self, n_items: int, groups: ArrayLike | None = None, costs: KnownCosts | None = None
    ) -> None:
        self.costs = costs
        self.n_items = n_items
        self._groups = groups
        self._labels = Availability(n_items, groups).labels
        self.name = f"pool of {n_items} items"

    def availability(self) -> Availability:
        """Return an availability with all items left."""
        return Availability(self.n_items, self._groups, self._within_budget())

    def is_item(self, thing: object) -> bool:
        """Whether a thing is an integer."""
        return isinstance(thing, (int, np.integer)) or (
            isinstance(thing, np.ndarray) and thing.ndim == 0
        )

    def checked(self, thing: object, name: str) -> int:
        """Return an item as an int."""
        if isinstance(thing, np.ndarray) and thing.ndim == 0:
            thing = thing[()]
        item = checks.integer(name, thing)
        if not 0 <= item < self.n_items:
            raise IndexError(f"{name}: expected a pool item in [0, {self.n_items}), got {item}")
        return item

    def identify(self, item: int) -> tuple[int, int]:
        """Return the group of an item (itself without groups) and the item."""
        return item if self._labels is None else int(self._labels[item]), item

    def at(self, position: int) -> int:
        """Return `position`."""
        return position

    def to_json(self, item: int) -> int:
        """Return `item` as an int, which JSON knows."""
        return int(item)

    def from_json(self, value: Any) -> int:
        """Return an item as an int."""
        return self.checked(value, "item")

    def describe(self) -> dict[str, Any]:
        """Return the number of items, and a fingerprint of their groups."""
        groups = None if self._labels is None else fingerprint(self._labels)
        found: dict[str, Any] = {"n_items": self.n_items, "groups": groups}
        return found if self.costs is None else {**found, "costs": self.costs.describe([])}
