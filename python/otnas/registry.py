"""Things by name: built in, registered by a program, or provided by installed packages.

A package provides a thing by an entry point, which otnas finds wherever it runs, including worker
processes of experiments:

    [project.entry-points."otnas.kernels"]
    my-kernel = "my_package.kernels:MY_KERNEL"

The groups are ``otnas.methods``, ``otnas.kernels``, ``otnas.rules``, ``otnas.spaces`` and
``otnas.readers``. A package's thing is imported when it is first asked for by name. Built-in names
cannot be replaced.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from otnas import checks

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

T = TypeVar("T")

# Colons, slashes and plus signs join names: `map:tw-2g/places`.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


class Registry(Mapping[str, T], Generic[T]):
    """Things of one kind by name.

    Parameters
    ----------
    kind : str
        Their name in messages; ``otnas.KINDs`` is the group of entry points.
    check : callable
        ``check(name, thing)`` raises TypeError or ValueError if the thing is not of this kind.
    built_in : mapping of str to things
    also : mapping of str to str
        Other names of built-in things in the literature, in lower case here, but in any case when
        asked for. They are understood but not listed.

    Examples
    --------
    >>> from otnas.search.cells.kernels import KERNELS
    >>> from otnas.search.cells.kernels import KernelKind
    >>> "tw-2g" in KERNELS, KERNELS["tw-2g"].summary
    (True, 'tree-Wasserstein with 2-grams')
    >>> KERNELS["Weisfeiler-Lehman"] is KERNELS["wl"]
    True
    """

    def __init__(
        self,
        kind: str,
        check: Callable[[str, Any], None],
        built_in: Mapping[str, T],
        also: Mapping[str, str] | None = None,
    ) -> None:
        self._kind, self._check = kind, check
        self._built_in = dict(built_in)
        self._also = {name.lower(): thing for name, thing in self._built_in.items()}
        self._also.update((other, self._built_in[name]) for other, name in (also or {}).items())
        self._own: dict[str, T] = {}
        self._loaded: dict[str, T] = {}

    def register(self, name: str, thing: T) -> T:
        """Add a thing for this process, and return it.

        Parameters
        ----------
        name : str
            Letters, digits, ``.``, ``_`` and ``-``; neither in use nor an alias of a name in use.
        thing

        Raises
        ------
        TypeError, ValueError
            If the thing is not of this kind, or the name is malformed or in use.
        """
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise ValueError(
                f"name: expected letters, digits, '.', '_' and '-', got {checks.shown(name)}"
            )
        if name in self:
            raise ValueError(f"name: expected one that is not in use, got the {self._kind} {name}")
        self._check(name, thing)
        self._own[name] = thing
        return thing

    def unregister(self, name: str) -> None:
        """Remove what `register` added; raise KeyError if there is nothing of this name."""
        del self._own[name]

    def origin(self, name: str) -> str:
        """Return the origin of a thing: ``"otnas"``, ``"registered"`` or a package."""
        if name in self._built_in:
            return "otnas"
        if name in self._own:
            return "registered"
        brought = self._brought()[name].dist
        return "a package" if brought is None else str(brought.name)

    def __getitem__(self, name: str) -> T:
        for things in (self._built_in, self._own, self._loaded):
            if name in things:
                return things[name]
        if name not in self._brought() and name.lower() in self._also:
            return self._also[name.lower()]
        entry = self._brought()[name]
        try:
            thing: T = entry.load()
            self._check(name, thing)
        except Exception as error:  # code of others, which may raise anything
            raise ValueError(
                f"the {self._kind} {name!r} of {self.origin(name)} cannot be used: "
                f"{type(error).__name__}: {error}"
            ) from error
        self._loaded[name] = thing
        return thing

    def __contains__(self, name: object) -> bool:
        if name in self._built_in or name in self._own:
            return True
        return isinstance(name, str) and (name in self._brought() or name.lower() in self._also)

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys((*self._built_in, *self._own, *self._brought())))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _brought(self) -> dict[str, EntryPoint]:
        found = _entry_points(f"otnas.{self._kind}s")
        return {name: entry for name, entry in found.items() if name not in self._built_in}


@cache  # what is installed does not change while a process runs
def _entry_points(group: str) -> dict[str, EntryPoint]:
    from importlib.metadata import entry_points

    found: dict[str, EntryPoint] = {}
    for entry in entry_points(group=group):
        if not _NAME.fullmatch(entry.name):
            warnings.warn(f"{group}: the name {entry.name!r} cannot be used", stacklevel=4)
        else:
            found.setdefault(entry.name, entry)
    return found
