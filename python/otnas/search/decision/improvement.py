"""What a candidate is to improve: the best value, or the front of values and known costs.

The one place that tells the two apart; rules ask an `Improvement` and know neither.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

from otnas.arrays import FloatArray, IntArray
from otnas.search.decision.acquisition import log_expected_improvement
from otnas.search.decision.hypervolume import Staircase


class Improvement(Protocol):
    """Expected improvement of M candidates, given their moments."""

    def log(self, mean: FloatArray, std: FloatArray, where: IntArray) -> FloatArray:
        """Return its logarithm for candidates `where`, whose moments these are, shape (k,)."""
        ...

    def after(self, position: int, value: float) -> Improvement:
        """Return what is left to improve if a candidate has this value."""
        ...

    def gap(self, mean: FloatArray) -> FloatArray:
        """Return means as a rule may rank them: up to a constant, mean minus what must be beaten.

        Shape (M,), low is promising.
        """
        ...


@dataclass(frozen=True)
class BelowBest:
    """Improvement below the best value f*, the same for all candidates."""

    best: float

    def log(self, mean: FloatArray, std: FloatArray, where: IntArray) -> FloatArray:
        """Return log EI."""
        return log_expected_improvement(mean, std, self.best)

    def after(self, position: int, value: float) -> BelowBest:
        """Return the improvement below the lower of both."""
        return BelowBest(min(self.best, value))

    def gap(self, mean: FloatArray) -> FloatArray:
        """Return the means."""
        return mean


@dataclass(frozen=True)
class BeyondFront:
    """Improvement of the hypervolume of a front.

    Attributes
    ----------
    front : Staircase
    costs : array (M, m)
        Those of the candidates.
    """

    front: Staircase
    costs: FloatArray

    def log(self, mean: FloatArray, std: FloatArray, where: IntArray) -> FloatArray:
        """Return log EHVI."""
        return self.front.log_ehvi(mean, std, self.costs[where])

    def after(self, position: int, value: float) -> BeyondFront:
        """Return the improvement of the front with this point."""
        return replace(self, front=self.front.with_point(self.costs[position], value))

    def gap(self, mean: FloatArray) -> FloatArray:
        """Return mu - F(c): a candidate has to be better than what is as cheap, no more."""
        return mean - self.front.threshold(self.costs)

    def of(self, positions: IntArray) -> BeyondFront:
        """Return the same for some of the candidates."""
        return replace(self, costs=self.costs[positions])
