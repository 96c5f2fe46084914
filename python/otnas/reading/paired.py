"""Comparison of two runs: the effect of a change of settings, code or machine on each method."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from otnas.reading.ranking import Versus
from otnas.reading.results import Experiment
from otnas.reading.statistics import compare, holm


@dataclass(frozen=True)
class Pair:
    """One method in two runs, on the trials of the same number.

    Attributes
    ----------
    method : str
    first, second : float
        Mean regrets.
    versus : Versus
        First minus second.
    """

    method: str
    first: float
    second: float
    versus: Versus


@dataclass(frozen=True)
class Paired:
    """One experiment in two runs.

    Attributes
    ----------
    first, second : Experiment
    queries : int
        Number of queries at which they are compared.
    pairs : list of Pair
    """

    first: Experiment
    second: Experiment
    queries: int
    pairs: list[Pair]


def paired(
    first: Sequence[Experiment], second: Sequence[Experiment], at: int | None = None
) -> list[Paired]:
    """Compare every experiment that both runs have.

    Parameters
    ----------
    first, second : sequences of Experiment
        Those of equal names are compared; two single ones are compared whatever their names.
    at : int, optional
        Number of queries to compare at; by default, and at most, what all trials compared have.

    Raises
    ------
    ValueError
        If they have no trial of any method in common, an experiment is on another table, or `at`
        is less than 1.
    """
    if at is not None and at < 1:
        raise ValueError(f"at: expected a number of queries of at least 1, got {at}")
    others = {experiment.name: experiment for experiment in second}
    if len(first) == len(second) == 1:
        others = {first[0].name: second[0]}
    found = [_paired(one, others[one.name], at) for one in first if one.name in others]
    compared = [pair for pair in found if pair is not None]
    if not compared:
        raise ValueError("expected two runs with some trial of some method in common, got none")
    return compared


def _paired(one: Experiment, other: Experiment, at: int | None) -> Paired | None:
    if one.table["name"] != other.table["name"]:
        raise ValueError(
            f"expected runs on one table, got {one.table['name']} in {one.folder} and "
            f"{other.table['name']} in {other.folder}"
        )
    common = {}
    for method, trials in one.trials.items():
        theirs = {trial.trial: trial for trial in other.trials.get(method, ())}
        both = [(trial, theirs[trial.trial]) for trial in trials if trial.trial in theirs]
        if both:
            common[method] = both
    if not common:
        return None
    queries = min(len(trial) for both in common.values() for pair in both for trial in pair)
    queries = queries if at is None else min(queries, at)
    regrets = {
        method: np.array([[trial.regret[queries - 1] for trial in pair] for pair in both])
        for method, both in common.items()
    }
    results = [compare(values[:, 0], values[:, 1]) for values in regrets.values()]
    adjusted = holm([result.p_value for result in results]).tolist()
    return Paired(
        one,
        other,
        queries,
        [
            Pair(
                method,
                float(values[:, 0].mean()),
                float(values[:, 1].mean()),
                Versus(result, p_value),
            )
            for (method, values), result, p_value in zip(
                regrets.items(), results, adjusted, strict=True
            )
        ],
    )
