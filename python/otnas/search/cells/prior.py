"""An earlier search as a feature: predictions from its results for other architectures.

Notation
--------
m(x), s(x) : posterior mean and deviation of a Gaussian process given the earlier results, in units
    of the standardised earlier targets.

m is the value of the feature and s its deviation. Where the earlier results say nothing, m is near
0, their mean, and s is near the prior deviation of the process (docs/maths.md Eq. 7).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import ArrayLike

from otnas import checks, spaces
from otnas.arrays import FloatArray, fingerprint
from otnas.search.cells import kernels
from otnas.search.cells.items import CellItems
from otnas.search.cells.pool import CellPool
from otnas.search.decision import transforms
from otnas.search.threads import one_blas_thread
from otnas.spaces import SearchSpace, Space
from otnas_fast import as_cells

LARGEST_PRIOR = 2_000
"""Largest number of earlier results that a process is fitted to, in seconds and 32 MB."""

# Number of architectures whose posterior is computed at a time.
_CHUNK = 4096


@runtime_checkable
class Results(Protocol):
    """The results of a study, such as `otnas.study.results.StudyResults`."""

    @property
    def header(self) -> Mapping[str, Any]:
        """Everything that determines what is asked for."""
        ...

    @property
    def direction(self) -> str:
        """Whether values are minimised or maximised."""
        ...

    @property
    def trials(self) -> Sequence[Any]:
        """Trials with `counts`, `item` and `value`, which is None for failures."""
        ...


EarlierLike = Results | tuple[Iterable[Any], ArrayLike]
"""A study, or architectures and their values; the worst infinity marks failures."""
PriorLike = EarlierLike | Sequence[EarlierLike] | Mapping[str, EarlierLike]
"""One earlier search, several in a list, or several by name."""


class EarlierSearch:
    """The posterior of earlier results, a `FeatureSource`.

    The process has the kernel "tw-full" for cells, else "places", and the transform
    "log-winsorised", or "winsorised" where values are maximised or negative.

    Parameters
    ----------
    name : str
        Name of the feature.
    earlier : EarlierLike
    space : SearchSpace
        Space of the new search. Cells of another space are accepted if it has all their operations.
    pool : CellPool, optional
    direction : {"minimise", "maximise"}
        Direction of the new search; results of a study have their own.

    Raises
    ------
    TypeError, ValueError
        If `earlier` has a wrong type, there are fewer than two finite values or more than 2,000,
        or an architecture cannot be compared with those of the space.
    """

    def __init__(
        self,
        name: str,
        earlier: EarlierLike,
        space: SearchSpace[Any],
        pool: CellPool | None,
        direction: str,
    ) -> None:
        where = "prior" if name == "prior" else f"prior[{name!r}]"
        if isinstance(earlier, Results):
            direction = earlier.direction
            told = [trial for trial in earlier.trials if trial.counts]
            source = _space_of(earlier, space, where)
            cells = [_read(t.item, source, f"{where}.trials[{i}]") for i, t in enumerate(told)]
            sign = -1.0 if direction == "maximise" else 1.0
            values: ArrayLike = [sign * np.inf if t.value is None else t.value for t in told]
        elif isinstance(earlier, tuple) and len(earlier) == 2:
            if isinstance(earlier[0], str) or not isinstance(earlier[0], Iterable):
                raise TypeError(
                    f"{where}: expected architectures and their values, got {earlier[0]!r}"
                )
            cells, values = list(earlier[0]), earlier[1]
            sign = -1.0 if direction == "maximise" else 1.0
        else:
            raise TypeError(
                f"{where}: expected a study or a pair (architectures, values), "
                f"got {checks.shown(earlier)}"
            )
        self.names = (name,)
        self._space, self._pool = space, pool
        self._cells = _comparable(cells, space, f"{where}.architectures")
        self._errors = sign * _checked(values, len(cells), f"{where}.values")
        if np.isneginf(self._errors).any():
            raise ValueError(f"{where}.values: expected none that is infinitely good, got one")
        of_any_sign = direction == "maximise" or bool((self._errors < 0).any())
        self._transform = transforms.by_name(transforms.AUTO, maximise=of_any_sign)

    @cached_property
    def fingerprint(self) -> str:
        """A fingerprint that distinguishes these results from others."""
        texts = "\n".join(_text(cell, self._space) for cell in self._cells)
        parts = (texts.encode(), self._errors.tobytes(), type(self._transform).__name__.encode())
        return fingerprint(np.frombuffer(b"\0".join(parts), dtype=np.uint8))

    @one_blas_thread
    def of(self, cells: Sequence[Any]) -> tuple[FloatArray, FloatArray]:
        """Return values m and deviations s of k architectures, shapes (k, 1)."""
        parts = []
        for start in range(0, len(cells), _CHUNK):
            items = self._items.place(cells[start : start + _CHUNK])
            parts.append(np.stack(self._items.posterior.standardised_moments(items)))
        mean, std = np.concatenate([np.empty((2, 0)), *parts], axis=1)
        return mean[:, np.newaxis], std[:, np.newaxis]

    def of_pool(self, pool: CellPool) -> tuple[FloatArray, FloatArray]:
        """Return values m and deviations s of a pool, shapes (N, 1), which the pool stores."""
        return pool.feature(f"prior-{self.fingerprint}", self.of)

    def describe(self, sample: Sequence[Any]) -> dict[str, Any]:
        """Return the name, and the number and fingerprint of the results."""
        return {
            "names": list(self.names),
            "n_results": len(self._cells),
            "fingerprint": self.fingerprint,
        }

    @cached_property
    def _items(self) -> CellItems:
        kind = kernels.kernel("tw-full" if isinstance(self._space, Space) else "places")
        items = CellItems(
            kind.distances(self._space), self._space, self._pool, whole_pool=False, noise_floor=1e-6
        )
        items.process.add(items.keep(self._cells), self._transform(self._errors))
        items.process.fit()
        return items


def earlier_searches(
    prior: PriorLike, space: SearchSpace[Any], pool: CellPool | None, direction: str
) -> list[EarlierSearch]:
    """Return a source of features for each earlier search.

    Raises
    ------
    TypeError, ValueError
        As `EarlierSearch`, or if there is none.
    """
    if isinstance(prior, Mapping):
        named = dict(prior)
    elif isinstance(prior, list):
        named = {f"prior{i}": earlier for i, earlier in enumerate(prior)}
    else:
        named = {"prior": prior}  # type: ignore[dict-item]
    if not named or not all(isinstance(name, str) and name for name in named):
        raise ValueError(f"prior: expected earlier searches, by name or not, got {list(named)}")
    return [EarlierSearch(name, one, space, pool, direction) for name, one in named.items()]


def _space_of(results: Results, space: SearchSpace[Any], where: str) -> SearchSpace[Any]:
    """Return the space that a study's architectures are written in."""
    found: Any = results.header
    for key in ("search", "domain", "space"):
        found = found.get(key) if isinstance(found, Mapping) else None
    if found == space.name:
        return space
    try:
        return spaces.get(str(found))
    except (LookupError, ValueError, TypeError):
        raise ValueError(
            f"{where}: expected a study of space {space.name} or of one that has a name, got one "
            f"of {found!r}; the pair (architectures, values) takes architectures of any"
        ) from None


def _read(item: Any, space: SearchSpace[Any], where: str) -> Any:
    if not isinstance(item, str):
        return item
    try:
        return space.parse(item)
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from None


def _comparable(cells: Sequence[Any], space: SearchSpace[Any], where: str) -> list[Any]:
    """Return architectures in the form that the new space's kernel compares."""
    if isinstance(space, Space):
        return list(as_cells(list(cells), taxonomy=space.taxonomy, name=where)) if cells else []
    for i, cell in enumerate(cells):
        if not space.is_valid(cell):
            raise ValueError(
                f"{where}[{i}]: expected a valid architecture of space {space.name}, got {cell!r}"
            )
    return [space.parse(space.format(cell)) for cell in cells]


def _checked(values: ArrayLike, n: int, where: str) -> FloatArray:
    numbers = checks.numbers(where, values)
    if numbers.shape != (n,):
        raise ValueError(f"{where}: expected shape ({n},), got {numbers.shape}")
    if np.isnan(numbers).any():
        raise ValueError(f"{where}: expected numbers, got NaN")
    if np.isfinite(numbers).sum() < 2 or n > LARGEST_PRIOR:
        raise ValueError(
            f"{where}: expected from 2 to {LARGEST_PRIOR} results, got {n}, "
            f"{np.isfinite(numbers).sum()} of them finite"
        )
    return numbers


def _text(cell: Any, space: SearchSpace[Any]) -> str:
    if not isinstance(space, Space):
        return space.format(cell)
    return f"{cell.successors} {cell.ops}"
