"""
Adapters: scikit-learn and Optuna
=================================

The kernels and the search work inside of other libraries. Here scikit-learn predicts the errors of
architectures that it has not seen, with the tree-Wasserstein kernel in its Gaussian process, and
Optuna minimises a function with otnas as its sampler.
"""

import numpy as np
import optuna
from sklearn.model_selection import cross_val_score

from otnas import tables
from otnas.integrations.optuna import OtnasSampler
from otnas.integrations.sklearn import ArchitectureRegressor

# %%
# scikit-learn: a regressor of architectures, in scikit-learn's own cross-validation. The score is
# the share of the variance of the logarithm of the error that is explained, on unseen cells.
table = tables.load("default")
some = np.random.default_rng(0).choice(len(table), 300, replace=False)
cells, targets = list(table.cells[some]), np.log(table.validation_error[some])
scores = cross_val_score(ArchitectureRegressor(), cells, targets, cv=3)
print("explained variance:", scores.round(2))

# %%
# Optuna: the sampler rebuilds itself from the study, so it needs no state of its own.
optuna.logging.set_verbosity(optuna.logging.WARNING)


def objective(trial):
    """Return the value of a toy function with a conditional parameter."""
    x = trial.suggest_float("x", -5.0, 5.0)
    if trial.suggest_categorical("kind", ["shifted", "plain"]) == "shifted":
        return (x - trial.suggest_int("shift", 0, 4)) ** 2
    return x**2 + 1.0


for sampler in (OtnasSampler(seed=0), optuna.samplers.TPESampler(seed=0)):
    study = optuna.create_study(sampler=sampler)
    study.optimize(objective, n_trials=30)
    print(f"{type(sampler).__name__:14s} {study.best_value:.4f} with {study.best_params}")
