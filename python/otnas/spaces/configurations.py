"""Counting the configurations of conditional parameters, and drawing them uniformly.

Notation
--------
p : parameters in order; whether parameter i applies depends on parameters before it only
state before i : the values of those parameters before i on which a condition from i on depends
N_i(s) : the number of ways to choose parameters i to p - 1 in state s

N is found from the last parameter to the first. Drawing parameter i with probabilities proportional
to N_{i+1} of the states that its values lead to makes all configurations equally probable.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from otnas.spaces.conditions import Applicability
from otnas.spaces.places import ABSENT

MAX_STATES = 200_000
"""Number of states of all parameters together above which configurations are not counted."""


@dataclass(frozen=True)
class _Step:
    """The choices of one parameter in every state before it.

    Attributes
    ----------
    applies : ndarray of bool, shape (S,)
    after : ndarray of int64, shape (S, k)
        State after each of its k values; in the first column if it does not apply.
    """

    applies: npt.NDArray[np.bool_]
    after: npt.NDArray[np.int64]


class Configurations:
    """All configurations, counted but not listed.

    Parameters
    ----------
    applicability : Applicability

    Attributes
    ----------
    size : int
        Their number.

    Raises
    ------
    OverflowError
        If conditions depend on so many values that there are too many states.
    """

    def __init__(self, applicability: Applicability) -> None:
        parameters, dependencies = applicability.parameters, applicability.dependencies
        p = len(parameters)
        live: list[tuple[int, ...]] = [
            tuple(sorted({j for d in dependencies[i:] for j in d.parameters if j < i}))
            for i in range(p + 1)
        ]
        states: dict[tuple[int, ...], int] = {(): 0}
        self._steps: list[_Step] = []
        total = 0
        for i in range(p):
            total += len(states)
            if total > MAX_STATES:
                raise OverflowError(f"more than {MAX_STATES} states")
            k = len(parameters[i].values)
            after: dict[tuple[int, ...], int] = {}
            step = _Step(np.empty(len(states), dtype=bool), np.zeros((len(states), k), np.int64))
            for state, number in states.items():
                chosen = np.full(p, ABSENT)
                chosen[list(live[i])] = state
                row = chosen.tolist()
                step.applies[number] = applicability.applies(i, row)
                for value in range(k) if step.applies[number] else (ABSENT,):
                    row[i] = value
                    kept = tuple(row[j] for j in live[i + 1])
                    step.after[number, max(value, 0)] = after.setdefault(kept, len(after))
            self._steps.append(step)
            states = after
        self._counts = self._count()
        self.size: int = self._counts[0][0]

    def _count(self) -> list[list[int]]:
        """Return N_i(s) for all i and s, as integers of any size."""
        counts = [[1]]
        for step in reversed(self._steps):
            later = counts[0]
            counts.insert(
                0,
                [
                    sum(later[s] for s in after) if applies else later[after[0]]
                    for applies, after in zip(
                        step.applies.tolist(), step.after.tolist(), strict=True
                    )
                ],
            )
        return counts

    def draw(self, rng: np.random.Generator) -> list[int]:
        """Draw one configuration (p positions) uniformly, up to rounding."""
        chosen, state = [], 0
        for i, step in enumerate(self._steps):
            after = step.after[state].tolist()
            value = ABSENT
            if step.applies[state]:
                later = self._counts[i + 1]
                if len(set(after)) == 1:
                    value = int(rng.integers(len(after)))
                else:
                    total = sum(later[s] for s in after)
                    weights = np.array([later[s] / total for s in after])
                    value = int(rng.choice(len(after), p=weights / weights.sum()))
            chosen.append(value)
            state = after[max(value, 0)]
        return chosen

    def rows(self) -> npt.NDArray[np.int64]:
        """Return all configurations in lexicographic order, shape (size, p)."""
        rows = np.empty((1, 0), dtype=np.int64)
        state = np.zeros(1, dtype=np.int64)
        for step in self._steps:
            k = step.after.shape[1]
            applies = step.applies[state]
            times = np.where(applies, k, 1)
            first = np.cumsum(times) - times
            value = np.arange(times.sum()) - np.repeat(first, times)
            state = step.after[np.repeat(state, times), value]
            column = np.where(np.repeat(applies, times), value, ABSENT)
            rows = np.column_stack([np.repeat(rows, times, axis=0), column])
        return rows
