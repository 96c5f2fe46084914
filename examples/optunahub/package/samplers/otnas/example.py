"""A small network's configuration, with a parameter that applies to one kind of head only."""

from __future__ import annotations

import optuna
import optunahub


def objective(trial: optuna.Trial) -> float:
    """Return a made-up error."""
    depth = trial.suggest_int("depth", 1, 8)
    rate = trial.suggest_float("learning_rate", 1e-5, 1e-1, log=True)
    head = trial.suggest_categorical("head", ["linear", "mlp"])
    error = abs(depth - 5) / 4 + abs(rate - 1e-3) ** 0.5
    if head == "mlp":
        return error + abs(trial.suggest_float("dropout", 0.0, 0.5) - 0.1)
    return error + 0.3


if __name__ == "__main__":
    module = optunahub.load_module(package="samplers/otnas")
    study = optuna.create_study(sampler=module.OtnasSampler(seed=0))
    study.optimize(objective, n_trials=50)
    print(study.best_params)
