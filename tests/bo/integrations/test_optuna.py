"""Optuna's own tests of samplers, and what they leave out: rebuilding, hash seeds, conditions."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys

import numpy as np
import pytest

pytest.importorskip("optuna", reason="needs Optuna")
pytest.importorskip("optuna.testing.pytest_samplers", reason="needs Optuna's tests of samplers")

import optuna
from optuna.testing.pytest_samplers import (
    BasicSamplerTestCase,
    RelativeSamplerTestCase,
    SingleOnlySamplerTestCase,
)

from otnas.integrations.optuna import OtnasSampler

optuna.logging.set_verbosity(optuna.logging.WARNING)


class TestOptunasOwn(BasicSamplerTestCase, RelativeSamplerTestCase, SingleOnlySamplerTestCase):
    @pytest.fixture
    def sampler(self):
        return lambda: OtnasSampler(seed=0, n_startup_trials=2, n_candidates=50)


def mixed(trial):
    """All kinds of parameters, one of them conditional; the least value is 0."""
    x = trial.suggest_float("x", -5.0, 5.0)
    rate = trial.suggest_float("rate", 1e-5, 1.0, log=True)
    k = trial.suggest_int("k", 1, 9, step=2)
    kind = trial.suggest_categorical("kind", ["a", "b", None])
    value = (x - 1.0) ** 2 / 10 + abs(np.log10(rate) + 2.0) / 3 + abs(k - 5) / 8
    if kind == "b":
        return value + (trial.suggest_float("y", 0.0, 1.0) - 0.25) ** 2
    return value + 1.0


def study_of(sampler, n_trials, objective=mixed, **kwargs):
    study = optuna.create_study(sampler=sampler, **kwargs)
    study.optimize(objective, n_trials=n_trials)
    return study


def rows(study):
    return [trial.params for trial in study.trials]


def test_it_finds_what_random_draws_do_not():
    found = [study_of(OtnasSampler(seed=s, n_candidates=300), 40).best_value for s in range(3)]
    drawn = [study_of(optuna.samplers.RandomSampler(seed=s), 40).best_value for s in range(3)]
    assert np.mean(found) < 0.5 * np.mean(drawn)


def test_maximising_is_minimising_the_negative():
    small = {"seed": 1, "n_candidates": 50, "n_startup_trials": 4}
    low = study_of(OtnasSampler(**small), 12)
    high = study_of(OtnasSampler(**small), 12, lambda t: -mixed(t), direction="maximize")
    assert rows(low) == rows(high)


CHILD = """
import optuna, sys
from otnas.integrations.optuna import OtnasSampler
sys.path.insert(0, {folder!r})
from test_optuna import mixed
study = optuna.create_study(sampler=OtnasSampler(seed=3, n_startup_trials=4, n_candidates=50))
study.optimize(mixed, n_trials=12)
print([sorted(t.params.items()) for t in study.trials])
"""


def test_equal_suggestions_in_fresh_processes_with_other_hash_seeds():
    code = CHILD.format(folder=os.path.dirname(__file__))
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "17")
    }
    assert len(outputs) == 1
    assert "rate" in outputs.pop()


def test_it_is_rebuilt_from_the_study():
    sampler = OtnasSampler(seed=5, n_startup_trials=4, n_candidates=50)
    whole = study_of(sampler, 14)
    begun = study_of(OtnasSampler(seed=5, n_startup_trials=4, n_candidates=50), 9)
    other = optuna.create_study(sampler=pickle.loads(pickle.dumps(sampler)))
    other.add_trials(begun.trials)
    other.optimize(mixed, n_trials=5)
    assert rows(other) == rows(whole)


def choose(trial):
    return (trial.suggest_int("a", 0, 4), trial.suggest_categorical("b", ["x", "y", "z"]))


def test_running_trials_are_pending_and_nothing_is_suggested_twice():
    sampler = OtnasSampler(seed=0, n_startup_trials=3, n_candidates=200)
    study = optuna.create_study(sampler=sampler)
    for _ in range(4):
        trial = study.ask()
        study.tell(trial, choose(trial)[0])
    # All at once, the trials' values not told: every one of the 15 configurations is left once.
    asked = [choose(study.ask()) for _ in range(8)]
    before = [(t.params["a"], t.params["b"]) for t in study.trials[1:4]]
    assert len({*asked, *before}) == 11


def test_running_trials_that_asked_for_nothing_yet_are_known_by_what_was_suggested():
    space = {
        "a": optuna.distributions.IntDistribution(0, 1),
        "b": optuna.distributions.CategoricalDistribution(["x", "y", "z"]),
    }
    sampler = OtnasSampler(seed=0, n_startup_trials=1, n_candidates=50)
    study = optuna.create_study(sampler=sampler)
    study.tell(study.ask(space), 1.0)
    suggested = []
    for _ in range(5):
        trial = study.ask()
        suggested.append(tuple(trial.relative_params.values()))
    assert len({*suggested, tuple(study.trials[0].params.values())}) == 6


@pytest.mark.parametrize("state", [optuna.trial.TrialState.FAIL, optuna.trial.TrialState.PRUNED])
def test_what_failed_is_not_suggested_again_and_teaches_nothing(state):
    def sampled(with_failures):
        sampler = OtnasSampler(seed=0, n_startup_trials=3, n_candidates=100)
        study = optuna.create_study(sampler=sampler)
        for number in range(8):
            trial = study.ask()
            a = choose(trial)[0]
            if a == 0 and with_failures:
                study.tell(trial, state=state)
            else:
                study.tell(trial, a + number / 100)
        return study

    study = sampled(with_failures=True)
    failed = [t.params for t in study.trials if t.state == state]
    for _ in range(6):
        trial = study.ask()
        choose(trial)
        study.tell(trial, state=state)
        assert trial.params not in failed
        failed.append(trial.params)
    # When all were tried, something is suggested all the same.
    study.optimize(lambda t: choose(t)[0], n_trials=12)
    assert {t.state for t in study.trials[14:]} == {optuna.trial.TrialState.COMPLETE}


def test_infinite_values_and_ranges_that_change():
    def objective(trial):
        x = trial.suggest_float("x", 0.0, 1.0 if trial.number < 6 else 3.0)
        return [np.inf, -np.inf, x][min(trial.number, 2)]

    study = study_of(OtnasSampler(seed=0, n_startup_trials=3, n_candidates=50), 16, objective)
    assert max(t.params["x"] for t in study.trials[6:]) > 1.0


def test_threads():
    sampler = OtnasSampler(seed=0, n_startup_trials=3, n_candidates=50)
    study = optuna.create_study(sampler=sampler)
    study.optimize(mixed, n_trials=16, n_jobs=4)
    assert len({repr(sorted(t.params.items())) for t in study.trials}) == 16


@pytest.mark.parametrize(
    ("arguments", "kind", "message"),
    [
        ({"seed": -1}, ValueError, "seed: expected an integer >= 0, got -1"),
        ({"n_candidates": 3}, ValueError, "n_candidates: expected an integer >= 10, got 3"),
        ({"n_startup_trials": 1.5}, TypeError, "n_startup_trials: expected an integer"),
        ({"settings": {"kapa": 1.0}}, ValueError, "did you mean 'kappa'"),
    ],
)
def test_errors_name_the_argument(arguments, kind, message):
    with pytest.raises(kind, match=message):
        OtnasSampler(**arguments)


def test_several_objectives_are_refused_with_a_way_out():
    study = optuna.create_study(directions=["minimize", "minimize"], sampler=OtnasSampler())
    with pytest.raises(ValueError, match=r"study: expected one objective for OtnasSampler, got 2"):
        study.optimize(lambda t: (t.suggest_float("x", 0, 1), 0.0), n_trials=1)
