"""Rankings of methods, and comparisons of each with the first or another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from otnas import checks
from otnas.reading.results import Experiment
from otnas.reading.statistics import (
    Band,
    Comparison,
    bootstrap_mean,
    compare,
    first_at_most,
    holm,
)

Values = dict[int, float]
"""A number for every trial."""


@dataclass(frozen=True)
class Reached:
    """Numbers of queries after which trials reached some goal.

    Attributes
    ----------
    trials : int
        Number of trials that reached it.
    n : int
        Number of all trials.
    median : float or None
        Median number of queries over all trials, where those that did not reach it count as
        slowest; None if the median trial is one of those.
    """

    trials: int
    n: int
    median: float | None


@dataclass(frozen=True)
class Versus:
    """A method compared with the first of the ranking, on the trials that both have.

    Attributes
    ----------
    comparison : Comparison
        This method minus the first.
    adjusted : float
        The p value, adjusted for the number of methods compared (Holm).
    """

    comparison: Comparison
    adjusted: float


@dataclass(frozen=True)
class Row:
    """One method in the ranking.

    Attributes
    ----------
    method : str
    queries : int
        At which methods are compared.
    regret : Band
        Arrays of one number.
    median : float
        Regret of the median trial.
    error : float
        Mean error of the best by validation, in percent.
    anytime : Band
        Regret averaged over all queries after the initial design, which shows which method is
        sooner. Arrays of one number.
    checkpoints : mapping of int to float
        Mean regret after some numbers of queries.
    mean_rank : float
        Mean rank by regret among the methods in the same trial: 1 is the lowest, ties share ranks;
        NaN without common trials.
    optimum : Reached
        The lowest validation error of the table.
    target : Reached or None
        The regret given as target.
    versus, anytime_versus : Versus or None
        Regret, and regret averaged over queries; None for the first itself, or if they have no
        trial in common.
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
    anytime: Band
    checkpoints: Mapping[int, float]
    mean_rank: float
    optimum: Reached
    target: Reached | None
    versus: Versus | None
    anytime_versus: Versus | None
    overhead: float
    training: float | None


@dataclass(frozen=True)
class Standing:
    """One method after some number of queries.

    Attributes
    ----------
    method : str
    queries : int
    regret : Band
        Arrays of one number, over the trials that have so many queries.
    versus : Comparison or None
        This method minus the reference, in the trials that both have; None for the reference
        itself, or if there are none.
    """

    method: str
    queries: int
    regret: Band
    versus: Comparison | None


def rank(
    experiment: Experiment, *, target: float | None = None, at: int | None = None
) -> list[Row]:
    """Rank methods by mean regret, equal ones by regret averaged over queries.

    Parameters
    ----------
    experiment : Experiment
    target : float, optional
        A regret in percentage points.
    at : int, optional
        Number of queries to compare at; by default, and at most, those that all trials have.

    Raises
    ------
    ValueError
        If `at` is less than 1.
    """
    if at is not None and at < 1:
        raise ValueError(f"at: expected a number of queries of at least 1, got {at}")
    methods = list(experiment.trials)
    queries = min(experiment.length(method) for method in methods)
    queries = queries if at is None else min(queries, at)
    first = min(int(experiment.common["initial"]), queries - 1)
    regrets: dict[str, Values] = {}
    averages: dict[str, Values] = {}
    for method, trials in experiment.trials.items():
        regrets[method] = {t.trial: float(t.regret[queries - 1]) for t in trials}
        averages[method] = {t.trial: float(t.regret[first:queries].mean()) for t in trials}
    ordered = sorted(methods, key=lambda m: (round(_mean(regrets[m]), 9), _mean(averages[m])))
    ranks = _mean_ranks(regrets)
    versus, anytime_versus = _versus(regrets, ordered), _versus(averages, ordered)
    marks = [round(queries * share) for share in (0.25, 0.5, 0.75, 1.0)]
    return [
        Row(
            method=method,
            queries=queries,
            regret=_band(regrets[method]),
            median=float(np.median(list(regrets[method].values()))),
            error=float(experiment.curves(method, "error_of_best")[:, queries - 1].mean()),
            anytime=_band(averages[method]),
            checkpoints={
                mark: float(experiment.curves(method)[:, mark - 1].mean())
                for mark in marks
                if mark >= max(1, first)
            },
            mean_rank=ranks.get(method, float("nan")),
            optimum=_reached(
                experiment, method, "best_validation_error", experiment.lowest_validation_error
            ),
            target=None if target is None else _reached(experiment, method, "regret", target),
            versus=versus.get(method),
            anytime_versus=anytime_versus.get(method),
            overhead=_per_query(experiment, method, "overhead"),
            training=_training(experiment, method),
        )
        for method in ordered
    ]


def standings(
    experiment: Experiment, checkpoints: Sequence[int], reference: str | None = None
) -> tuple[str, list[Standing]]:
    """Return the standing of methods at checkpoints, and the method with which each is compared.

    Parameters
    ----------
    experiment : Experiment
    checkpoints : sequence of int >= 1
        Numbers of queries.
    reference : str, optional
        A method; by default the one of lowest mean regret at the last checkpoint (if equal, at the
        one before).

    Returns
    -------
    reference : str
    rows : list of Standing
        By checkpoint, then by mean regret. Trials that have not come so far are left out, as
        are methods without any that have.

    Raises
    ------
    ValueError
        If there is no such method, or no trial has so many queries.
    """
    longest = max(len(trial) for trials in experiment.trials.values() for trial in trials)
    regrets: list[dict[str, Values]] = []
    for mark in checkpoints:
        if not 1 <= mark <= longest:
            raise ValueError(f"checkpoints: expected numbers from 1 to {longest}, got {mark}")
        found = {
            method: {t.trial: float(t.regret[mark - 1]) for t in trials if len(t) >= mark}
            for method, trials in experiment.trials.items()
        }
        regrets.append({method: values for method, values in found.items() if values})
    if reference is None:
        # A trial that has reached the last checkpoint has reached all.
        reference = min(
            regrets[-1], key=lambda m: [round(_mean(values[m]), 9) for values in reversed(regrets)]
        )
    else:
        checks.choice("reference", reference, experiment.trials, "method")
    return reference, [
        Standing(
            method=method,
            queries=mark,
            regret=_band(values[method]),
            versus=None
            if method == reference
            else compare_values(values[method], values.get(reference, {})),
        )
        for mark, values in zip(checkpoints, regrets, strict=True)
        for method in sorted(values, key=lambda m: round(_mean(values[m]), 9))
    ]


def _versus(values: dict[str, Values], ordered: list[str]) -> dict[str, Versus]:
    """Compare all but the first with the first."""
    found = {method: compare_values(values[method], values[ordered[0]]) for method in ordered[1:]}
    compared = {method: result for method, result in found.items() if result is not None}
    adjusted = holm([result.p_value for result in compared.values()]).tolist()
    return {
        method: Versus(result, p_value)
        for (method, result), p_value in zip(compared.items(), adjusted, strict=True)
    }


def _mean(values: Values) -> float:
    return float(np.mean(list(values.values())))


def _band(values: Values) -> Band:
    return bootstrap_mean(np.array(list(values.values()))[:, None])


def _mean_ranks(final: dict[str, Values]) -> dict[str, float]:
    common = sorted(set.intersection(*(set(values) for values in final.values())))
    if not common:
        return {}
    values = np.array([[values[trial] for trial in common] for values in final.values()])
    ranks = stats.rankdata(values.round(9), axis=0).mean(axis=1)
    return dict(zip(final, ranks.tolist(), strict=True))


def compare_values(first: Values, second: Values) -> Comparison | None:
    """Compare two methods in the trials that both have; None if there are none."""
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
