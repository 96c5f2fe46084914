"""BANANAS (White, Neiswanger & Savani, 2021).

Notation
--------
f_1..f_M : predictions of the M networks of the ensemble for a cell, in percent.
mu, s : their mean and standard deviation (n - 1 in the denominator).

Independent Thompson sampling (their Eq. 5) draws a value from Normal(mu, s^2) independently for
every candidate and takes the candidates with the lowest values.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import numpy as np

from otnas import checks
from otnas.arrays import FloatArray, IntArray
from otnas.search.base import Search
from otnas.search.baselines.ensemble import Ensemble
from otnas.search.cells.domain import CellDomain
from otnas.search.cells.path_encoding import PathEncoding
from otnas.search.cells.proposals import mutations_of_best
from otnas.search.decision.transforms import Identity
from otnas_fast import Cell


@dataclass(frozen=True)
class BananasSettings:
    """Parameters of BANANAS; sections are those of White et al. (2021).

    Attributes
    ----------
    n_networks : int >= 2
        M, 5 (Section 5).
    layers, width : int >= 1
        Hidden layers and units per layer: 10 layers of 20 units (Section 5).
    epochs : int >= 1
        150, as in the published code.
    learning_rate : float > 0
        0.01 (Section 5).
    train_every : int >= 1
        An ask trains the ensemble anew once this many errors are new; 10, the paper's batch size
        (Algorithm 1, k).
    n_mutations : int >= 1
        Number of candidates, 100 (Algorithm 1, c).
    n_parents : int >= 1
        Number of the best cells told that are mutated; 10, as in the published code.
    """

    n_networks: int = 5
    layers: int = 10
    width: int = 20
    epochs: int = 150
    learning_rate: float = 0.01
    train_every: int = 10
    n_mutations: int = 100
    n_parents: int = 10

    def __post_init__(self) -> None:
        checks.at_least(self, n_networks=2, layers=1, width=1, epochs=1, train_every=1)
        checks.at_least(self, n_mutations=1, n_parents=1, learning_rate=1e-8)


class Bananas(Search[Cell]):
    """Ensemble of networks on the path encoding, independent Thompson sampling, mutations.

    Differences from the original: the networks are scikit-learn's ``MLPRegressor``, so they
    minimise the squared error of standardised errors with weight decay 1e-4, where the original
    minimises the relative error above a lower bound without decay; the encoding contains only words
    that occur in cells told, since the weights of others would never be trained; cells seen before,
    up to isomorphism, are never candidates. Failed trainings count as the worst error so far.
    Pending cells are only excluded: independent samples need no more.

    Parameters
    ----------
    settings : BananasSettings
    domain, seed, initial, direction
        See `Search`.

    Raises
    ------
    ImportError
        If scikit-learn is not installed.
    """

    def __init__(self, settings: BananasSettings, domain: CellDomain, **rest: Any) -> None:
        super().__init__(domain, **rest)
        self._space = domain.space
        self._settings = settings
        self._ensemble = Ensemble(
            settings.n_networks,
            layers=settings.layers,
            width=settings.width,
            epochs=settings.epochs,
            learning_rate=settings.learning_rate,
        )
        self._encoding = PathEncoding([])
        self._n_trained = 0

    def _method_state(self) -> None:
        return None

    def _choose(self, n: int) -> list[Cell]:
        settings = self._settings
        if self._n_trained == 0 or len(self._told) - self._n_trained >= settings.train_every:
            self._encoding = PathEncoding(self._told)
            targets = Identity()(self._errors)
            self._ensemble.fit(self._encoding(self._told), targets, self._rng)
            self._n_trained = len(self._told)
        taken: set[Hashable] = set()
        count = max(n, settings.n_mutations)
        cells = mutations_of_best(
            self._space,
            self._told,
            self._errors,
            count,
            settings.n_parents,
            lambda cell: self._fresh(cell, taken),
            self._rng,
        )
        while len(cells) < n:
            cells.append(self._draw(self._rng, taken))
        predictions = self._ensemble.predict(self._encoding(cells))
        mean, std = predictions.mean(axis=0), predictions.std(axis=0, ddof=1)
        chosen = independent_thompson(mean, std, n, self._rng).tolist()
        for i in chosen:
            self._predictions[cells[i]] = (float(mean[i]), float(std[i]))
        return [cells[i] for i in chosen]


def independent_thompson(
    mean: FloatArray, std: FloatArray, k: int, rng: np.random.Generator
) -> IntArray:
    """Return the k candidates with the lowest draws from Normal(mean_i, std_i^2), lowest first.

    Parameters
    ----------
    mean, std : arrays (M,); std >= 0
    k : int <= M
    rng : numpy Generator
    """
    values = mean + std * rng.standard_normal(mean.size)
    return np.argsort(values, kind="stable")[:k]
