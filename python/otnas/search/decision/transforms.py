"""Monotone transforms of observed errors into targets of the Gaussian process.

Notation
--------
v_1..v_n : observed values, lower is better (values to maximise are negated); +inf marks a failed
    training.
t_i : target of observation i, always finite; v_i <= v_j implies t_i <= t_j.

Transforms see all values so far, because a quantile or the place of a failure depends on them;
targets therefore change as data arrive. In all of them a failure gets the worst finite target, and
all targets are 0 if every training failed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import ArrayLike

from otnas.arrays import FloatArray


@runtime_checkable
class OutputTransform(Protocol):
    """A monotone map of values to targets, computed from all values so far."""

    def check(self, values: FloatArray) -> None:
        """Raise ValueError if a value (no NaN, +inf for failures) is outside the domain."""
        ...

    def __call__(self, values: FloatArray) -> FloatArray:
        """Return finite targets, shape (n,)."""
        ...

    def moments(self, mean: FloatArray, std: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return mean and deviation of a value whose target is normal, shapes (k,)."""
        ...


class Identity:
    """t = v."""

    def check(self, values: FloatArray) -> None:
        """Accept every value."""

    def __call__(self, values: ArrayLike) -> FloatArray:
        """Return the targets, shape (n,)."""
        return _failures_as_worst(np.asarray(values, dtype=np.float64))

    def moments(self, mean: FloatArray, std: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return `mean` and `std`."""
        return mean, std


class Log:
    """t = log v for errors v >= 0; log of half the smallest positive value so far for v = 0."""

    def check(self, values: FloatArray) -> None:
        """Raise ValueError if a value is negative."""
        if (values < 0).any():
            raise ValueError(
                f"values: expected errors >= 0 for a logarithmic transform, got {values.min()}; "
                "the transforms 'winsorised' and 'identity' take values of any sign"
            )

    def __call__(self, values: ArrayLike) -> FloatArray:
        """Return the targets, shape (n,)."""
        array = np.asarray(values, dtype=np.float64)
        usable = array[(array > 0) & np.isfinite(array)]
        floor = 0.5 * float(usable.min()) if usable.size else 1.0
        # Half the smallest subnormal number would be 0.
        return _failures_as_worst(np.log(np.maximum(array, max(floor, np.finfo(float).tiny))))

    def moments(self, mean: FloatArray, std: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the moments of the log-normal distribution, ignoring a ceiling of targets."""
        with np.errstate(over="ignore"):
            expected = np.exp(mean + 0.5 * std * std)
            return expected, expected * np.sqrt(np.expm1(std * std))


class LogWinsorised(Log):
    """t = min(log v, c), c = median + 2 (median - min) of the log v of all finite values so far.

    Architectures far worse than the median need not be told apart, and would otherwise dominate
    the standard deviation that targets are divided by. No cap applies while the median equals
    the minimum, which would make all targets equal.
    """

    def __call__(self, values: ArrayLike) -> FloatArray:
        """Return the targets, shape (n,)."""
        return _winsorised(super().__call__(values), values)


class Winsorised(Identity):
    """t = min(v, c), c = median + 2 (median - min): `LogWinsorised` for values of any sign."""

    def __call__(self, values: ArrayLike) -> FloatArray:
        """Return the targets, shape (n,)."""
        return _winsorised(super().__call__(values), values)


AUTO = "auto"
"""`LogWinsorised` for values that are minimised, `Winsorised` for values that are maximised."""

TRANSFORMS: dict[str, Callable[[], OutputTransform]] = {
    "log-winsorised": LogWinsorised,
    "log": Log,
    "winsorised": Winsorised,
    "identity": Identity,
}
"""The transforms by name."""


def by_name(name: str, *, maximise: bool) -> OutputTransform:
    """Return a transform by its name or `AUTO`."""
    if name == AUTO:
        name = "winsorised" if maximise else "log-winsorised"
    return TRANSFORMS[name]()


def _winsorised(targets: FloatArray, values: ArrayLike) -> FloatArray:
    finite = targets[np.isfinite(np.asarray(values, dtype=np.float64))]
    if finite.size == 0:
        return targets
    lowest, median = float(finite.min()), float(np.median(finite))
    if median == lowest:
        return targets
    return np.minimum(targets, median + 2.0 * (median - lowest))


def _failures_as_worst(targets: FloatArray) -> FloatArray:
    finite = np.isfinite(targets)
    worst = float(targets[finite].max()) if finite.any() else 0.0
    return np.where(finite, targets, worst)
