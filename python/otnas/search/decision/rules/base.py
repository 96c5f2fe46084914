"""The interface of batch rules."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from otnas import checks
from otnas.arrays import IntArray
from otnas.search.decision.candidates import Candidates


@dataclass(frozen=True)
class Rule:
    """A batch rule with its parameters: ``rule(candidates, k, rng)`` returns k positions.

    Attributes
    ----------
    n_promising : int >= 1, optional
        M: the rule chooses among the M candidates of best acquisition value (or the batch size, if
        that is larger), one of each group of equal items. The default is 200, unless a rule has
        its own.
    summary : str
    by_bound : bool
        Whether the promising candidates are those of lowest confidence bound, instead of greatest
        acquisition value.
    for_one : bool
        Whether the rule also chooses batches of one; otherwise the acquisition function does.

    Examples
    --------
    >>> from otnas import PoolSearch
    >>> from otnas.search.decision.rules import RULES
    >>> rule = RULES["top-k"](n_promising=50)
    >>> len(PoolSearch(gram=np.eye(20), batch_rule=rule, seed=0).ask(2))
    2
    """

    n_promising: int | None = None

    summary: ClassVar[str]
    by_bound: ClassVar[bool] = False
    for_one: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if self.n_promising is not None:
            checks.at_least(self, n_promising=1)

    @abstractmethod
    def __call__(self, candidates: Candidates, k: int, rng: np.random.Generator) -> ArrayLike:
        """Return k different positions among the M >= k candidates."""

    def n_candidates(self, k: int) -> int:
        """Return M, the number of candidates for a batch of k, at least k."""
        return max(
            k, self._default_n_candidates(k) if self.n_promising is None else self.n_promising
        )

    @property
    def bound_weight(self) -> float | None:
        """Weight of the standard deviation in the bound; None leaves it to the acquisition."""
        return None

    def _default_n_candidates(self, k: int) -> int:
        return 200


@dataclass(frozen=True)
class FunctionRule(Rule):
    """A user's function with the signature of a rule; M is max(50, 4 k).

    Examples
    --------
    >>> from otnas import PoolSearch
    >>> rule = FunctionRule(function=lambda candidates, k, rng: range(k))
    >>> len(PoolSearch(gram=np.eye(20), batch_rule=rule, seed=0).ask(2))
    2
    """

    function: Callable[[Candidates, int, np.random.Generator], ArrayLike] | None = None

    summary = "a rule of the user's own"
    by_bound = True
    for_one = False

    def __call__(self, candidates: Candidates, k: int, rng: np.random.Generator) -> ArrayLike:
        """Call the function."""
        assert self.function is not None  # only a subclass may leave out what it inherits
        return self.function(candidates, k, rng)

    def _default_n_candidates(self, k: int) -> int:
        return max(50, 4 * k)


def completed(drawn: IntArray, candidates: Candidates, k: int) -> IntArray:
    """Return `drawn` and, up to k, the other candidates of lowest gap - s.

    This is for rules that need linear independence, which fails if candidates repeat or their
    values are known.
    """
    if drawn.size == k:
        return drawn
    bound = candidates.gap - candidates.std
    bound[drawn] = np.inf
    return np.concatenate([drawn, np.argsort(bound, kind="stable")[: k - drawn.size]])
