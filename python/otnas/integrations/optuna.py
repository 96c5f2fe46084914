"""An Optuna sampler on the search of otnas: ``optuna.create_study(sampler=OtnasSampler(seed=0))``.

It is the converse of the methods ``optuna-tpe`` and ``optuna-gp`` of otnas, which run Optuna's
samplers on the spaces of otnas.

Notation
--------
p : number of parameters that trials of the study have had; a configuration is a row of p places
u : place of a number in [0, 1], on a logarithmic axis if the distribution is logarithmic; the index
    of a categorical choice; NaN where the parameter does not apply
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any
from zlib import crc32

import numpy as np
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler
from optuna.study import Study, StudyDirection
from optuna.trial import FrozenTrial, TrialState

from otnas import checks
from otnas.arrays import BoolArray, FloatArray, IntArray
from otnas.integrations.optuna_axes import Axis
from otnas.search.pool_search import PoolSearch
from otnas_fast import Embedding

__all__ = ["OtnasSampler"]

_SUGGESTED = "otnas:suggested"
_N_PARENTS = 5
_ABSENT = 1e9


class OtnasSampler(BaseSampler):
    """Sample with a Gaussian process whose tree-Wasserstein kernel covers all parameters.

    Integers, floats, choices and their conditions are all compared place by place (docs/maths.md).
    Whether a conditional parameter applies to a candidate is inferred from the nearest trial.

    The sampler is stateless: every suggestion depends only on the seed, the trial's number and the
    study's trials, so that it continues in any process, after any interruption. Running trials are
    modelled at the posterior mean of what was suggested to them. Failed and pruned trials are left
    out of the model; what they tried is not suggested again, as long as something else is left.
    Infinite values count as the worst.

    Parameters
    ----------
    seed : int >= 0, optional
        By default it is drawn at random.
    n_startup_trials : int >= 1, default 10
        Number of finished trials before which suggestions are drawn uniformly.
    n_candidates : int >= 10, default 1000
        Configurations to choose from: uniform draws, of which a quarter are replaced by mutations
        of the best trials.
    settings : mapping, optional
        Settings of `otnas.search.PoolSearch`, such as ``{"acquisition": "lcb", "kappa": 1.0}``.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described, or, when sampling, if the study has several objectives.
        For the front of a value and known costs use `otnas.search.PoolSearch` with ``costs``.

    Examples
    --------
    >>> import optuna
    >>> optuna.logging.set_verbosity(optuna.logging.WARNING)
    >>> study = optuna.create_study(sampler=OtnasSampler(seed=0))
    >>> study.optimize(lambda trial: (trial.suggest_float("x", -5, 5) - 1) ** 2, n_trials=25)
    >>> bool(study.best_value < 0.1)
    True
    """

    def __init__(
        self,
        *,
        seed: int | None = None,
        n_startup_trials: int = 10,
        n_candidates: int = 1000,
        settings: Mapping[str, object] | None = None,
    ) -> None:
        if seed is None:
            seed = int(np.random.default_rng().integers(2**63))
        self._seed = checks.integer("seed", seed, 0)
        self._n_startup = checks.integer("n_startup_trials", n_startup_trials, 1)
        self._n_candidates = checks.integer("n_candidates", n_candidates, 10)
        # Objectives have any sign, which the logarithm, otnas's default, does not accept.
        self._settings = {"transform": "winsorised", **(settings or {})}
        PoolSearch(gram=np.eye(2), settings=self._settings)  # wrong settings are told at once
        self._lock = threading.Lock()

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "_lock"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._lock = threading.Lock()

    def reseed_rng(self) -> None:
        """Do nothing: each trial has its own random stream, whichever worker asks."""

    def infer_relative_search_space(
        self, study: Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        """Return all parameters that trials have had, by name, with their latest distributions."""
        _check_objectives(study)
        found: dict[str, BaseDistribution] = {}
        for other in study.get_trials(deepcopy=False):
            found |= other.distributions
        return {name: found[name] for name in sorted(found) if not found[name].single()}

    def sample_independent(
        self,
        study: Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:
        """Draw uniformly the value of a parameter that no trial has had."""
        _check_objectives(study)
        axis = Axis(param_distribution)
        return axis.values(axis.draw(1, self._rng(trial, param_name)))[0]

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Suggest values of all parameters; the trial uses those that apply."""
        _check_objectives(study)
        if not search_space:
            return {}
        rng = self._rng(trial, "")
        axes = {name: Axis(search_space[name]) for name in sorted(search_space)}
        # One at a time, so that trials which start together take account of each other.
        with self._lock:
            row = self._suggested(study, trial, axes, rng)
            internal = {
                name: float(axis.internal(row[i : i + 1])[0])
                for i, (name, axis) in enumerate(axes.items())
            }
            # There is no public way for a sampler to leave a note; Optuna's own do the same.
            study._storage.set_trial_system_attr(trial._trial_id, _SUGGESTED, internal)
        return {name: axis.values(row[i : i + 1])[0] for i, (name, axis) in enumerate(axes.items())}

    def _rng(self, trial: FrozenTrial, name: str) -> np.random.Generator:
        return np.random.default_rng([self._seed, trial.number, crc32(name.encode())])

    def _suggested(
        self,
        study: Study,
        trial: FrozenTrial,
        axes: dict[str, Axis],
        rng: np.random.Generator,
    ) -> FloatArray:
        """Return the row to try next, shape (p,), without NaN."""
        trials = [t for t in study.get_trials(deepcopy=False) if t.number != trial.number]
        usable = [t for t in trials if set(axes) & set(t.params)]
        told = [t for t in usable if t.state == TrialState.COMPLETE]
        running = [t for t in trials if t.state == TrialState.RUNNING]
        other = [t for t in usable if t.state in (TrialState.FAIL, TrialState.PRUNED)]
        rows = _rows(told, axes)
        pending = _rows([t for t in running if _params(t, axes)], axes)
        tried = np.concatenate([rows, pending, _rows(other, axes)])
        candidates = np.column_stack([a.draw(self._n_candidates, rng) for a in axes.values()])
        if len(told) < self._n_startup:
            first: FloatArray = candidates[_new(candidates, tried)[0]]
            return first
        values = np.array([float(t.value or 0.0) for t in told])
        sign = -1.0 if study.direction == StudyDirection.MAXIMIZE else 1.0
        errors = _without_too_good(sign * values)
        n_mutants = self._n_candidates // 4
        candidates[:n_mutants] = _mutants(rows, errors, candidates[:n_mutants], axes, rng)
        candidates = candidates[_new(candidates, tried)]
        search = PoolSearch(
            _embedding(np.concatenate([rows, pending, candidates]), rows, axes),
            initial=1,
            settings=self._settings,
            seed=rng,
        )
        n_told, n_tried = len(rows), len(rows) + len(pending)
        search.tell(range(n_told), errors)
        search.claim(range(n_told, n_tried))
        chosen: FloatArray = candidates[search.ask()[0] - n_tried]
        return chosen


def _check_objectives(study: Study) -> None:
    if len(study.directions) > 1:
        raise ValueError(
            f"study: expected one objective for OtnasSampler, got {len(study.directions)}; "
            "Optuna's NSGAIISampler and TPESampler take several"
        )


def _params(trial: FrozenTrial, axes: dict[str, Axis]) -> dict[str, float]:
    """Return the values that a trial has or will have, in Optuna's internal representation."""
    found: dict[str, float] = {}
    if trial.state == TrialState.RUNNING:
        found |= trial.system_attrs.get(_SUGGESTED, {})
    for name, value in trial.params.items():
        found[name] = trial.distributions[name].to_internal_repr(value)
    return {name: value for name, value in found.items() if name in axes}


def _rows(trials: list[FrozenTrial], axes: dict[str, Axis]) -> FloatArray:
    """Return places of all parameters, NaN where a trial has none, shape (n, p)."""
    found = [_params(trial, axes) for trial in trials]
    columns = [
        axis.place(np.array([params.get(name, np.nan) for params in found], dtype=np.float64))
        for name, axis in axes.items()
    ]
    return np.column_stack(columns)


def _without_too_good(errors: FloatArray) -> FloatArray:
    """Return errors, with infinitely good ones replaced by the best finite one."""
    finite = errors[np.isfinite(errors)]
    return np.where(np.isneginf(errors), finite.min() if finite.size else 0.0, errors)


def _mutants(
    rows: FloatArray,
    errors: FloatArray,
    drawn: FloatArray,
    axes: dict[str, Axis],
    rng: np.random.Generator,
) -> FloatArray:
    """Change some places of the best rows; where these have NaN, take the drawn values."""
    best = np.argsort(errors, kind="stable")[:_N_PARENTS]
    parents = rows[rng.choice(best, size=len(drawn))]
    changed = rng.random(parents.shape) < 1.0 / len(axes)
    changed[np.arange(len(drawn)), rng.integers(len(axes), size=len(drawn))] = True
    result = np.where(np.isnan(parents), drawn, parents)
    for j, axis in enumerate(axes.values()):
        moved = axis.moved(result[:, j], drawn[:, j], rng)
        result[:, j] = axis.nearest(np.where(changed[:, j], moved, result[:, j]))
    return result


def _new(candidates: FloatArray, tried: FloatArray) -> IntArray:
    """Return positions of distinct candidates not tried yet, or of all if none is left."""
    places: dict[bytes, int] = {}
    for i, key in enumerate(_keys(candidates)):
        places.setdefault(key, i)
    first = np.array(list(places.values()), dtype=np.intp)
    # A trial that lacks a parameter tried all of its values.
    known = np.zeros(len(first), dtype=bool)
    lacking = np.isnan(tried)
    for pattern in np.unique(lacking, axis=0):
        alike = (lacking == pattern).all(axis=1)
        seen = set(_keys(tried[alike][:, ~pattern]))
        known |= [key in seen for key in _keys(candidates[first][:, ~pattern])]
    return first if known.all() else first[~known]


def _keys(rows: FloatArray) -> list[bytes]:
    """Return keys that equal rows share; adding 0 turns -0 into 0."""
    return [row.tobytes() for row in np.round(rows, 12) + 0.0]


def _embedding(rows: FloatArray, told: FloatArray, axes: dict[str, Axis]) -> Embedding:
    """Describe rows place by place; the nearest told row decides which parameters apply."""
    has = ~np.isnan(told)
    always: BoolArray = np.asarray(has.all(axis=0))
    rows = rows.copy()
    if not always.all():
        for i in range(len(told), len(rows)):
            applies = has[_nearest(rows[i], told, always, axes)]
            rows[i, ~applies] = np.nan
    return Embedding(
        {
            name: axis.vectors(rows[:, j], absent=not always[j])
            for j, (name, axis) in enumerate(axes.items())
        }
    )


def _nearest(row: FloatArray, told: FloatArray, always: BoolArray, axes: dict[str, Axis]) -> int:
    """Return the nearest told row by the parameters that all have, choices before numbers."""
    gap = np.zeros(len(told))
    for j, axis in enumerate(axes.values()):
        if always[j]:
            apart = np.abs(told[:, j] - row[j])
            gap += _ABSENT * (apart > 0) if axis.n_choices else apart
    return int(gap.argmin())
