"""Complete rollback when a call fails or is interrupted.

Each attribute of an object must be immutable (arrays are replaced, never changed in place), a
container of immutable things, a random generator, an object with its own `checkpoint`, or a tuple
of these.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any, Protocol, cast

import numpy as np

Undo = Callable[[], None]


class Restorable(Protocol):
    """An object that can be restored to its present state."""

    def checkpoint(self) -> Undo:
        """Return a function that undoes all changes since."""
        ...


def checkpoint(owner: object) -> Undo:
    """Return a function that restores the present values of the attributes of an object."""
    attributes = dict(vars(owner))
    undos = [undo for value in attributes.values() if (undo := _undo(value)) is not None]

    def restore() -> None:
        vars(owner).clear()
        vars(owner).update(attributes)
        for undo in undos:
            undo()

    return restore


class unchanged_if_it_fails:  # noqa: N801  (used like a function)
    """Undo all changes of the block if it raises, be it an error or Ctrl-C.

    Not a generator: one that Ctrl-C left suspended would undo whatever came later.
    """

    def __init__(self, owner: Restorable) -> None:
        self._undo = owner.checkpoint()

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: object, where: object) -> None:
        if kind is not None:
            self._undo()


def _undo(value: Any) -> Undo | None:
    if hasattr(value, "checkpoint"):  # cheaper than isinstance(value, Restorable)
        return cast(Undo, value.checkpoint())
    if isinstance(value, np.random.Generator):
        generator, state = value.bit_generator, value.bit_generator.state

        def rewind() -> None:
            generator.state = state

        return rewind
    if isinstance(value, tuple):
        return _all([undo for part in value if (undo := _undo(part)) is not None])
    if isinstance(value, (list, deque)):
        return _refill(value, value.extend, value.copy())
    if isinstance(value, (dict, set)):
        return _refill(value, value.update, value.copy())
    return None


def _all(undos: list[Undo]) -> Undo | None:
    def undo() -> None:
        for one in undos:
            one()

    return undo if undos else None


def _refill(container: Any, fill: Callable[[Any], object], contents: Any) -> Undo:
    def undo() -> None:
        container.clear()
        fill(contents)

    return undo
