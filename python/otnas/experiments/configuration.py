"""The configuration of an experiment: table, methods, trials and sizes.

A configuration is written as a TOML file; `otnas/experiments/presets` has some. Keys missing from
a file have the values of the preset ``sequential``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from otnas import checks
from otnas.arrays import BoolArray
from otnas.nested import parse_toml
from otnas.search.cells.proposals import CANDIDATES
from otnas.tables import Table

PRESETS = ("sequential", "batch", "front")
OBJECTIVES = ("error", "pareto")

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_TRIALS = re.compile(r"(\d{1,9}):(\d{1,9})")

Settings = Mapping[str, Mapping[str, Any]]


class ConfigurationError(ValueError):
    """A configuration has an unknown key or an invalid value; the message is one line."""


@dataclass(frozen=True)
class Configuration:
    """An experiment.

    Attributes
    ----------
    name : str
        Name of the experiment, and of the folder of its journals.
    search_space : str
        Name of the table; see `otnas.tables.load`.
    methods : tuple of str
    trials : range
        Numbers of the trials, which are their seeds.
    initial : int
        Random architectures at the start of a trial.
    queries : int
        Architectures trained in a trial, the initial ones included.
    batch_size : int
        Number of architectures asked for at a time after the initial ones.
    candidates : str
        The cells among which model-based methods choose; see
        `otnas.search.cells.proposals.CandidateSettings`.
    costs : tuple of str
        Columns of the table that are known before training; a file may give a single name.
    budget : mapping of str to float
        Upper limits of costs; architectures above them are never asked for.
    objective : {"error", "pareto"}
        What model-based methods search for: the lowest error, or the front of error and costs.
    merge : bool
        Whether architectures of equal hash count as one, as they would in real trainings. By
        default each row of the table can be asked for, as in the literature.
    prior : tuple of str
        Earlier searches that methods with a Gaussian process use. Each is ``TABLE:NUMBER``, that
        many random results, drawn anew for each trial, or the journal of a study.
    settings : mapping of str to mapping
        Settings of methods, by method.

    Raises
    ------
    ConfigurationError
        If a value has the wrong type or is out of range.
    """

    name: str
    search_space: str
    methods: tuple[str, ...]
    trials: range
    initial: int
    queries: int
    batch_size: int
    candidates: str = "auto"
    costs: tuple[str, ...] = ()
    budget: Mapping[str, float] = field(default_factory=dict)
    objective: str = "error"
    merge: bool = False
    prior: tuple[str, ...] = ()
    settings: Settings = field(default_factory=dict)

    def __post_init__(self) -> None:
        try:
            self._check()
        except (TypeError, ValueError) as error:
            raise ConfigurationError(str(error)) from None

    def _check(self) -> None:
        for key in ("name", "search_space", "candidates", "objective"):
            if not isinstance(getattr(self, key), str):
                raise ConfigurationError(_wrong(key, "a string", getattr(self, key)))
        if not _NAME.fullmatch(self.name):
            wanted = "letters, digits, '.', '_' and '-', beginning with a letter or digit"
            raise ConfigurationError(_wrong("name", wanted, self.name))
        for key in ("initial", "queries", "batch_size"):
            checks.integer(key, getattr(self, key), 1)
        if self.initial > self.queries:
            wanted = f"at most queries ({self.queries})"
            raise ConfigurationError(_wrong("initial", wanted, self.initial))
        if not self.methods:
            raise ConfigurationError("methods: expected at least one, got none")
        for method in self.methods:
            if not isinstance(method, str):
                raise ConfigurationError(_wrong("methods", "a list of strings", method))
            if self.methods.count(method) > 1:
                raise ConfigurationError(f"methods: {checks.shown(method)} is there twice")
        for method, settings in self.settings.items():
            if not isinstance(settings, Mapping):
                raise ConfigurationError(_wrong(f"settings.{method}", "a section", settings))
        if not all(isinstance(prior, str) and prior for prior in self.prior):
            wanted = "texts TABLE:NUMBER or journals"
            raise ConfigurationError(_wrong("prior", wanted, list(self.prior)))
        self._check_tradeoff()

    def _check_tradeoff(self) -> None:
        if not all(isinstance(cost, str) for cost in self.costs):
            raise ConfigurationError(_wrong("costs", "names of columns", list(self.costs)))
        if not isinstance(self.budget, Mapping):
            raise ConfigurationError(_wrong("budget", "numbers by cost", self.budget))
        for cost, limit in self.budget.items():
            if cost not in self.costs:
                raise ConfigurationError(_wrong("budget", "names that are in costs", cost))
            if type(limit) not in (int, float) or not math.isfinite(limit):
                raise ConfigurationError(
                    _wrong("budget", f"a finite number for {checks.shown(cost)}", limit)
                )
        checks.choice("objective", self.objective, OBJECTIVES, "objective")
        checks.choice("candidates", self.candidates, CANDIDATES)
        if self.objective == "pareto" and not self.costs:
            raise ConfigurationError("objective: expected costs beside 'pareto', got none")
        if not isinstance(self.merge, bool):
            raise ConfigurationError(_wrong("merge", "true or false", self.merge))

    def check_fits(self, table: Table) -> None:
        """Raise a ConfigurationError if a table does not have what a configuration needs.

        It needs enough architectures within the budget, and the columns of the costs.
        """
        for cost in self.costs:
            if cost not in table.metrics:
                message = checks.unknown(cost, table.metrics, f"column of table {table.name}")
                raise ConfigurationError(f"costs: {message}")
        n = int(within_budget(table, self.budget).sum())
        if self.queries > n:
            which = " within the budget" if self.budget else ""
            wanted = f"at most the {n} architectures of table {table.name}{which}"
            raise ConfigurationError(_wrong("queries", wanted, self.queries))

    def of_trial(self, method: str) -> dict[str, Any]:
        """Return everything on which the results of a trial of a method depend, besides its seed.

        Other methods and trials are not part of it: they can be added to an experiment later. Keys
        that were introduced after the first journals are present only where they have an effect; in
        the first journals, architectures of equal hash counted as one.
        """
        later = {
            "costs": list(self.costs),
            "budget": {cost: float(limit) for cost, limit in self.budget.items()},
            "objective": self.objective if self.objective != "error" else None,
            "prior": list(self.prior),
        }
        return {
            "name": self.name,
            "search_space": self.search_space,
            "method": method,
            "initial": self.initial,
            "queries": self.queries,
            "batch_size": self.batch_size,
            "candidates": self.candidates,
            "settings": dict(self.settings.get(method, {})),
            **{key: value for key, value in later.items() if value},
            **({} if self.merge else {"merge": False}),
        }

    def changed(self, **changes: Any) -> Configuration:
        """Return a copy with other values for some keys; None leaves a key as it is."""
        return replace(self, **{key: new for key, new in changes.items() if new is not None})


def within_budget(table: Table, budget: Mapping[str, float]) -> BoolArray:
    """Return which architectures of a table are within a budget, shape (n,)."""
    within = np.ones(len(table), dtype=np.bool_)
    for cost, limit in budget.items():
        within &= table.metrics[cost] <= limit
    return within


def preset(name: str) -> Configuration:
    """Return a preset, one of `PRESETS`."""
    if name not in PRESETS:
        raise ConfigurationError(f"preset: {checks.unknown(name, PRESETS, 'preset')}")
    return _from_text(preset_text(name), f"preset {name}", {})


def preset_text(name: str) -> str:
    """Return the TOML file of a preset."""
    folder = resources.files("otnas.experiments") / "presets"
    return (folder / f"{name}.toml").read_text(encoding="utf-8")


def read(path: Path) -> Configuration:
    """Read a configuration file.

    Raises
    ------
    ConfigurationError
        If it is not TOML, or has an unknown key or an invalid value; the message begins with
        the file and the key.
    OSError
        If it cannot be read.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{path}: expected a TOML file in UTF-8, {error}") from None
    return _from_text(text, str(path), _table(preset_text("sequential"), "preset sequential"))


def parse_trials(text: str) -> range:
    """Read ``0:30`` as the numbers 0 to 29.

    Raises
    ------
    ConfigurationError
        If the text has another form or there is no number in it.
    """
    match = _TRIALS.fullmatch(text) if isinstance(text, str) else None
    numbers = range(int(match[1]), int(match[2])) if match else range(0)
    if not numbers:
        raise ConfigurationError(_wrong("trials", "FIRST:END such as '0:5'", text))
    return numbers


def _from_text(text: str, source: str, defaults: Mapping[str, Any]) -> Configuration:
    values = {**defaults, **_table(text, source)}
    try:
        known = [item.name for item in fields(Configuration)]
        for key in values:
            if key not in known:
                raise ConfigurationError(checks.unknown(key, known, "key"))
        if not isinstance(values["methods"], list):
            raise ConfigurationError(_wrong("methods", "a list of strings", values["methods"]))
        if not isinstance(values.get("settings", {}), Mapping):
            raise ConfigurationError(_wrong("settings", "sections", values["settings"]))
        values["methods"] = tuple(values["methods"])
        for key, wanted in (("costs", "names of columns"), ("prior", "texts")):
            given = values.get(key, [])
            if not isinstance(given, str | list):
                raise ConfigurationError(_wrong(key, wanted, given))
            values[key] = (given,) if isinstance(given, str) else tuple(given)
        values["trials"] = parse_trials(values["trials"])
        return Configuration(**values)
    except ConfigurationError as error:
        raise ConfigurationError(f"{source}: {error}") from None


def _table(text: str, source: str) -> dict[str, Any]:
    try:
        return parse_toml(text)
    except ValueError as error:
        raise ConfigurationError(f"{source}: expected TOML, {error}") from None


def _wrong(key: str, wanted: str, got: object) -> str:
    return f"{key}: expected {wanted}, got {checks.shown(got)}"
