"""The architectures of a space as the domain of a search."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from otnas.arrays import fingerprint
from otnas.search.availability import Availability
from otnas.search.cells.features import KnownFeatures
from otnas.search.cells.pool import CellPool, hashable
from otnas.search.costs import KnownCosts
from otnas.search.domain import Domain
from otnas.spaces import SearchSpace, Space
from otnas_fast import Cell

_FINGERPRINT_CELLS = 64


class CellDomain(Domain[Any]):
    """Valid architectures of a space; those of equal hash count as one.

    Parameters
    ----------
    space : SearchSpace
    pool : CellPool, optional
        The only architectures that may be asked for; without a pool, all of the space may be.
    costs : KnownCosts, optional
        Costs of the architectures of the pool, if there is one, or of the space.
    features : KnownFeatures, optional
        Numbers that correlate with the value and are known for every architecture.

    Raises
    ------
    TypeError, ValueError
        If an argument has a wrong type, architectures cannot be hashed, or the pool belongs to
        another space.
    """

    def __init__(
        self,
        space: SearchSpace[Any],
        pool: CellPool | None = None,
        costs: KnownCosts | None = None,
        features: KnownFeatures | None = None,
    ) -> None:
        if not isinstance(space, SearchSpace):
            raise TypeError(f"space: expected a Space, got {type(space).__name__}")
        if pool is not None and not isinstance(pool, CellPool):
            raise TypeError(f"pool: expected a CellPool or None, got {type(pool).__name__}")
        if pool is not None and not _same(pool.space, space):
            raise ValueError(f"pool: expected cells of space {space.name}, got {pool!r}")
        self.space, self.pool, self.costs, self.features = space, pool, costs, features
        self._kind: type[Any] = Cell
        if not isinstance(space, Space):
            self._kind = type(space.random(np.random.default_rng(0)))
        if self._kind.__hash__ is None:
            raise TypeError(
                "space: expected architectures that can be hashed, such as tuples or frozen "
                f"dataclasses, got one of type {self._kind.__name__}"
            )
        self.name = f"space {space.name}"
        if pool is not None:
            self.name = f"the pool of {len(pool)} cells of {self.name}"

    def availability(self) -> Availability | None:
        """Return an availability with all cells of the pool left; None without a pool."""
        if self.pool is None:
            return None
        return Availability(len(self.pool), self.pool.labels, self._within_budget())

    def is_item(self, thing: object) -> bool:
        """Whether a thing is an architecture, or a mapping such as a configuration."""
        if not isinstance(thing, tuple) or not issubclass(self._kind, tuple):
            return isinstance(thing, (self._kind, Cell, Mapping))
        try:
            return self.space.is_valid(thing)
        except (TypeError, ValueError, LookupError):  # a tuple of several
            return False

    def checked(self, thing: object, name: str) -> Any:
        """Return a valid architecture in the form that the space uses."""
        if isinstance(self.space, Space) and not isinstance(thing, Cell):
            raise TypeError(f"{name}: expected a Cell, got {type(thing).__name__}")
        if not self.space.is_valid(thing):
            kind = "cell" if isinstance(thing, Cell) else "architecture"
            raise ValueError(
                f"{name}: expected a valid {kind} of space {self.space.name}, got {thing!r}"
            )
        return hashable(self.space, thing)

    def identify(self, item: Any) -> tuple[bytes | int, int]:
        """Return the key that equivalent cells share, and the position in the pool (-1 if none)."""
        if self.pool is not None:
            position = self.pool.locate(item)
            if position >= 0:
                return self.pool.key(position), position
        return self.space.digests([item])[0].tobytes(), -1

    def at(self, position: int) -> Any:
        """Return a cell of the pool."""
        assert self.pool is not None  # positions are the pool's
        return self.pool[position]

    def random(self, rng: np.random.Generator) -> Any:
        """Draw a cell of the space."""
        return self.space.random(rng)

    def to_json(self, item: Any) -> str:
        """Return the text of a cell."""
        return self.space.format(item)

    def from_json(self, value: Any) -> Any:
        """Read the text of a cell."""
        return self.space.parse(value)

    def describe(self) -> dict[str, Any]:
        """Return names, operations, and fingerprints of the space's cells and the pool's.

        The fingerprint of the space is that of some random cells: it distinguishes spaces whose
        limits or predicates differ, which cannot be serialised.
        """
        rng = np.random.default_rng(0)
        drawn = [self.space.random(rng) for _ in range(_FINGERPRINT_CELLS)]
        found: dict[str, Any] = {
            "space": self.space.name,
            "space_fingerprint": fingerprint(self.space.digests(drawn)),
        }
        if isinstance(self.space, Space):
            taxonomy = self.space.taxonomy
            found["operations"] = {name: list(ops) for name, ops in taxonomy.families.items()}
            found["alpha"] = taxonomy.alpha
        if self.pool is not None:
            found |= {"n_items": len(self.pool), "pool_fingerprint": self.pool.fingerprint}
            if not self.pool.merged:
                found["merge"] = False
        if self.costs is not None:
            found["costs"] = self.costs.describe(drawn)
        if self.features is not None:
            found["features"] = self.features.describe(drawn)
        return found


def _same(one: SearchSpace[Any], other: SearchSpace[Any]) -> bool:
    if isinstance(one, Space) and isinstance(other, Space):
        return one.taxonomy == other.taxonomy
    return one is other
