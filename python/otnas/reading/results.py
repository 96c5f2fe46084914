"""The results of an experiment, from its journals."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from otnas import checks
from otnas.arrays import FloatArray, IntArray
from otnas.experiments import layout
from otnas.search.front import Front, front, hypervolumes
from otnas.study import JournalError, State
from otnas.study import Trial as StudyTrial
from otnas.study.history import load as load_history
from otnas.study.results import StudyResults

# What trials must have in common for a comparison to be meaningful.
_COMMON = ("search_space", "initial", "queries", "batch_size", "candidates")
# These came later: not every journal has them.
_LATER = ("costs", "budget", "objective", "merge")


@dataclass(frozen=True)
class Trial:
    """One trial of one method, n queries so far.

    Attributes
    ----------
    method : str
    trial : int
    wanted : int
        Number of queries when it has ended.
    cells : list of n str
    validation_error, test_error : array (n,), percent
        `test_error` is None if the table has none.
    lowest : float
        Lowest error of the table, in percent, from which `regret` is measured.
    overhead : array (n,), seconds
        Time that the search took.
    training_seconds : array (n,), optional
        Training time, as tabulated.
    costs : mapping of str to array (n,)
        Costs known before training, by name; empty if there are none.
    reference : mapping of str to float
        Reference point of volumes: "value", and each cost.
    whole : float
        Volume of the table's own front within the budget.
    """

    method: str
    trial: int
    wanted: int
    cells: list[str]
    validation_error: FloatArray
    test_error: FloatArray | None
    lowest: float
    overhead: FloatArray
    training_seconds: FloatArray | None
    costs: Mapping[str, FloatArray] = field(default_factory=dict)
    reference: Mapping[str, float] = field(default_factory=dict)
    whole: float = 1.0

    def __len__(self) -> int:
        return len(self.cells)

    @property
    def is_complete(self) -> bool:
        """Whether all queries are there."""
        return len(self) >= self.wanted

    @cached_property
    def incumbent(self) -> IntArray:
        """Query, from 0, with the lowest validation error so far (the first of equals), (n,)."""
        lowest = np.minimum.accumulate(self.validation_error)
        is_new = np.r_[True, self.validation_error[1:] < lowest[:-1]][: len(self)]
        return np.maximum.accumulate(np.where(is_new, np.arange(len(self)), 0)).astype(np.intp)

    @property
    def error(self) -> FloatArray:
        """Test error, or validation error where there is none, (n,)."""
        return self.validation_error if self.test_error is None else self.test_error

    @property
    def best_validation_error(self) -> FloatArray:
        """Lowest validation error so far, (n,)."""
        return self.validation_error[self.incumbent]

    @property
    def error_of_best(self) -> FloatArray:
        """`error` of the best by validation so far, the result that a user would get, (n,)."""
        return self.error[self.incumbent]

    @property
    def regret(self) -> FloatArray:
        """`error_of_best` above the lowest of the table, in percentage points, (n,)."""
        return self.error_of_best - self.lowest

    @cached_property
    def volume(self) -> FloatArray:
        """Hypervolume of validation error and costs so far, in percent of the table's, (n,)."""
        costs = np.column_stack(list(self.costs.values()))
        found = hypervolumes(
            self.validation_error, costs, list(self.costs), "minimise", self.reference
        )
        return 100.0 * found / (self.whole if self.whole > 0 else 1.0)

    @property
    def front(self) -> Front:
        """Queries, from 0, that nothing else dominates in validation error and costs."""
        return _front(list(range(len(self))), [self])

    @property
    def oracle_regret(self) -> FloatArray:
        """Regret of an oracle that sees test errors when choosing, (n,); no real method does."""
        return np.minimum.accumulate(self.error) - self.lowest


@dataclass(frozen=True)
class Experiment:
    """The trials of one experiment.

    Attributes
    ----------
    folder : Path
    name : str
    table : mapping
        As `otnas.experiments.trial.about_table` returns it.
    common : mapping
        The part of the configuration that all methods share.
    settings : mapping of str to mapping
        Settings of every method.
    versions : tuple of mappings
        Versions of the software; more than one if it changed.
    trials : mapping of str to list of Trial
        The trials of each method, in order of their numbers.
    """

    folder: Path
    name: str
    table: Mapping[str, Any]
    common: Mapping[str, Any]
    settings: Mapping[str, Mapping[str, Any]]
    versions: tuple[Mapping[str, str], ...]
    trials: Mapping[str, list[Trial]]

    @property
    def has_test_error(self) -> bool:
        """Whether the table has errors on test data."""
        return "test_error" in self.table["lowest"]

    @property
    def lowest_validation_error(self) -> float:
        """Lowest validation error of all architectures of the table, in percent."""
        return float(self.table["lowest"]["validation_error"])

    @property
    def costs(self) -> tuple[str, ...]:
        """Names of known costs."""
        return tuple(self.common.get("costs") or ())

    @cached_property
    def front(self) -> Front:
        """The front of validation error and costs, of all trials together.

        Items are the texts of architectures.
        """
        trials = [trial for found in self.trials.values() for trial in found]
        return _front([cell for trial in trials for cell in trial.cells], trials)

    @property
    def for_front(self) -> bool:
        """Whether the search was for the front of error and costs, not for the lowest error."""
        return self.common.get("objective") == "pareto"

    @property
    def error_name(self) -> str:
        """What `Trial.error` is."""
        return "test error" if self.has_test_error else "validation error"

    def length(self, method: str) -> int:
        """Return the number of queries that all trials of a method have."""
        return min(len(trial) for trial in self.trials[method])

    def curves(self, method: str, quantity: str = "regret") -> FloatArray:
        """Return a quantity of `Trial` for all trials of a method, shape (trials, queries).

        Curves end with the shortest trial, since means must be over the same trials everywhere.
        """
        n = self.length(method)
        return np.array([getattr(trial, quantity)[:n] for trial in self.trials[method]])

    @property
    def unfinished(self) -> list[Trial]:
        """Trials that do not have all their queries yet."""
        return [t for trials in self.trials.values() for t in trials if not t.is_complete]


def _front(items: Sequence[Any], trials: Sequence[Trial]) -> Front:
    names = tuple(trials[0].costs)
    errors = np.concatenate([trial.validation_error for trial in trials])
    costs = [np.concatenate([trial.costs[name] for trial in trials]) for name in names]
    ends = trials[0].reference
    return front(items, errors, np.column_stack(costs), names, "minimise", ends)


def load(folder: Path) -> list[Experiment]:
    """Read the experiments in a folder, which may itself be one.

    Raises
    ------
    JournalError
        If a journal is damaged, or of another configuration than its neighbours.
    OSError
        If there are none, or they cannot be read.
    """
    experiments = [_load_one(path) for path in layout.experiment_folders(folder)]
    found = [experiment for experiment in experiments if experiment is not None]
    if not found:
        raise JournalError(f"{folder}: the journals have no queries yet")
    return found


def _load_one(folder: Path) -> Experiment | None:
    first: dict[str, Any] | None = None
    trials: dict[str, list[Trial]] = {}
    settings: dict[str, dict[str, Any]] = {}
    versions: dict[str, dict[str, str]] = {}
    for path in sorted(folder.glob(f"*/{layout.PATTERN}")):
        history = load_history(path)
        if history is None:
            continue  # begun, and stopped within its first line
        study = StudyResults(history)
        queries = [trial for trial in study.trials if trial.state is State.DONE]
        if not queries:
            continue
        header = _checked(study.header, path)
        first = header if first is None else first
        _check_comparable(first, header, path)
        method = header["configuration"]["method"]
        settings[method] = header["configuration"]["settings"]
        for used in (header["versions"], study.versions):
            versions[json.dumps(used, sort_keys=True)] = used
        trials.setdefault(method, []).append(_trial(header, queries, study, path))
    if first is None:
        return None
    configuration = first["configuration"]
    return Experiment(
        folder=folder,
        name=configuration["name"],
        table=first["table"],
        common={
            **{key: configuration[key] for key in _COMMON},
            **{key: configuration[key] for key in _LATER if key in configuration},
        },
        settings=settings,
        versions=tuple(versions.values()),
        trials=dict(sorted(trials.items(), key=lambda item: _order(item[0]))),
    )


def _trial(
    header: Mapping[str, Any], queries: list[StudyTrial], study: StudyResults, path: Path
) -> Trial:
    def column(name: str, kind: str = "metrics") -> FloatArray:
        try:
            values = [float(getattr(query, kind)[name]) for query in queries]
            return checks.finite_vector(name, values, len(values))
        except (KeyError, TypeError, ValueError):
            raise JournalError(f"{path}: expected a number {name!r} in every query") from None

    costs = {name: column(name, "costs") for name in header["configuration"].get("costs", ())}
    for name in ("value", *costs) if costs else ():
        if name not in study.reference:
            raise JournalError(f"{path}: expected a reference point with {name!r}")
    metrics, lowest = header["table"]["metrics"], header["table"]["lowest"]
    return Trial(
        method=header["configuration"]["method"],
        trial=header["seed"],
        wanted=header["configuration"]["queries"],
        cells=[query.item for query in queries],
        validation_error=column("validation_error"),
        test_error=column("test_error") if "test_error" in metrics else None,
        lowest=lowest.get("test_error", lowest["validation_error"]),
        overhead=np.array([query.seconds or 0.0 for query in queries]),
        training_seconds=column("training_seconds") if "training_seconds" in metrics else None,
        costs=costs,
        reference=study.reference,
        whole=header["table"].get("volume", 1.0),
    )


# What is read below, and of which kind it must be.
_HEADER: dict[tuple[str, ...], type] = {
    ("seed",): int,
    ("versions",): dict,
    ("configuration", "name"): str,
    ("configuration", "method"): str,
    ("configuration", "queries"): int,
    ("configuration", "settings"): dict,
    ("table", "metrics"): list,
    ("table", "lowest", "validation_error"): float,
}
_HEADER_OF_COSTS: dict[tuple[str, ...], type] = {
    ("configuration", "costs"): list,
    ("table", "volume"): float,
}


def _checked(header: dict[str, Any], path: Path) -> dict[str, Any]:
    """Return the header of a trial of an experiment, if it is one."""
    configuration = header.get("configuration")
    known = isinstance(configuration, dict) and "costs" in configuration
    for keys, kind in {**_HEADER, **(_HEADER_OF_COSTS if known else {})}.items():
        value: Any = header
        for key in keys:
            value = value.get(key) if isinstance(value, dict) else None
        if not isinstance(value, kind):
            raise JournalError(
                f"{path}: expected the journal of a trial of 'otnas run', with {'.'.join(keys)} "
                f"in its first line, got {value!r}"
            )
    if known and not all(isinstance(name, str) for name in header["configuration"]["costs"]):
        raise JournalError(f"{path}: expected names in configuration.costs")
    budget = header["configuration"].get("budget", {})
    if not isinstance(budget, dict) or not all(type(n) in (int, float) for n in budget.values()):
        raise JournalError(f"{path}: expected numbers in configuration.budget")
    return header


def _check_comparable(first: Mapping[str, Any], other: Mapping[str, Any], path: Path) -> None:
    for key in (*_COMMON, *_LATER):
        wanted, got = first["configuration"].get(key), other["configuration"].get(key)
        if wanted != got:
            raise JournalError(
                f"{path}: expected {key} = {wanted!r} as its neighbours, got {got!r}"
            )
    if first["table"] != other["table"]:
        raise JournalError(f"{path}: expected the same table as its neighbours")


def _order(method: str) -> tuple[int, str]:
    """Baselines first, then kernels: the order of colours, legends and tables."""
    known = (
        "random", "evolution", "local-search", "bananas", "optuna-tpe", "optuna-gp", "gw", "ot",
        "edit", "path", "wl", "tw", "tw-2g", "top-k", "penalise", "liar", "believer", "bucb",
        "thompson", "map", "kdpp", "kdpp-quality",
    )  # fmt: skip
    base = method.split(":")[0]
    return (known.index(base) if base in known else len(known), method)
