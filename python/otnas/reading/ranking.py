"""Methods ranked, and each compared with the first."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from otnas.reading.results import Experiment
from otnas.reading.statistics import (
    Band,
    Comparison,
    bootstrap_mean,
    compare,
    first_at_most,
    holm,
)


@dataclass(frozen=True)
class Reached:
    """Queries after which trials came to some goal.

    Attributes
    ----------
    trials : int
        That came to it.
    n : int
        All trials.
    median : float or None
        Of the queries over all trials, those that did not come to it counted as slowest; None if
        the median trial is one of those.
    """

    trials: int
    n: int
    median: float | None


@dataclass(frozen=True)
class Row:
    """One method in the ranking.

    Attributes
    ----------
    method : str
    queries : int
        At which methods are compared: those that all trials of all methods have.
    regret : Band
        Arrays of one number.
    median : float
        Regret of the median trial.
    error : float
        Mean error of the best by validation, in percent.
    mean_rank : float
        Among the methods in the same trial, 1 is lowest, ties share; NaN without common trials.
    optimum : Reached
        The lowest validation error of the table.
    target : Reached or None
        A regret asked for.
    comparison : Comparison or None
        Regret of this method minus that of the first; None for the first itself, or if they have
        no trial in common.
    adjusted : float or None
        The comparison's p value, adjusted for the number of comparisons (Holm).
    overhead : float
        Mean seconds of search per query.
    training : float or None
        Mean tabulated seconds of training per query.
    """

    method: str
    queries: int
    regret: Band
    median: float
    error: float
    mean_rank: float
    optimum: Reached
    target: Reached | None
    comparison: Comparison | None
    adjusted: float | None
    overhead: float
    training: float | None


def rank(experiment: Experiment, *, target: float | None = None) -> list[Row]:
    """Rank methods by mean regret, lowest first.

    Parameters
    ----------
    experiment : Experiment
    target : float, optional
        A regret in percentage points.
    """
    methods = list(experiment.trials)
    queries = min(experiment.length(method) for method in methods)
    final = {
        method: {t.trial: float(t.regret[queries - 1]) for t in experiment.trials[method]}
        for method in methods
    }
    ordered = sorted(methods, key=lambda method: float(np.mean(list(final[method].values()))))
    ranks = _mean_ranks(final)
    comparisons = {m: _compare(final[m], final[ordered[0]]) for m in ordered[1:]}
    compared = [m for m in ordered[1:] if comparisons[m] is not None]
    p_values = [c.p_value for c in comparisons.values() if c is not None]
    adjusted = dict(zip(compared, holm(p_values).tolist(), strict=True))
    return [
        Row(
            method=method,
            queries=queries,
            regret=bootstrap_mean(np.array(list(final[method].values()))[:, None]),
            median=float(np.median(list(final[method].values()))),
            error=float(experiment.curves(method, "error_of_best")[:, queries - 1].mean()),
            mean_rank=ranks.get(method, float("nan")),
            optimum=_reached(
                experiment, method, "best_validation_error", experiment.lowest_validation_error
            ),
            target=None if target is None else _reached(experiment, method, "regret", target),
            comparison=comparisons.get(method),
            adjusted=adjusted.get(method),
            overhead=_per_query(experiment, method, "overhead"),
            training=_training(experiment, method),
        )
        for method in ordered
    ]


def _mean_ranks(final: dict[str, dict[int, float]]) -> dict[str, float]:
    common = sorted(set.intersection(*(set(values) for values in final.values())))
    if not common:
        return {}
    values = np.array([[values[trial] for trial in common] for values in final.values()])
    ranks = stats.rankdata(values.round(9), axis=0).mean(axis=1)
    return dict(zip(final, ranks.tolist(), strict=True))


def _compare(first: dict[int, float], second: dict[int, float]) -> Comparison | None:
    common = sorted(set(first) & set(second))
    if not common:
        return None
    return compare(
        np.array([first[trial] for trial in common]), np.array([second[trial] for trial in common])
    )


def _reached(experiment: Experiment, method: str, quantity: str, goal: float) -> Reached:
    trials = experiment.trials[method]
    found = [first_at_most(getattr(trial, quantity), goal) for trial in trials]
    median = float(np.median([np.inf if when is None else when for when in found]))
    reached = sum(when is not None for when in found)
    return Reached(reached, len(trials), median if np.isfinite(median) else None)


def _per_query(experiment: Experiment, method: str, quantity: str) -> float:
    values = np.concatenate([getattr(trial, quantity) for trial in experiment.trials[method]])
    return float(values.mean())


def _training(experiment: Experiment, method: str) -> float | None:
    if any(trial.training_seconds is None for trial in experiment.trials[method]):
        return None
    return _per_query(experiment, method, "training_seconds")
