"""An ensemble of multilayer perceptrons."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from otnas.arrays import FloatArray
from otnas.search import transaction
from otnas.search.extras import require


class Ensemble:
    """M networks that differ in their random initial weights and order of batches.

    Parameters
    ----------
    n_networks : int >= 1, M
    layers, width : int >= 1
        Number of hidden layers of rectified linear units, and units per layer.
    epochs : int >= 1
        Number of passes of Adam over the data, without early stopping.
    learning_rate : float > 0

    Raises
    ------
    ImportError
        If scikit-learn is not installed.
    """

    def __init__(
        self, n_networks: int, *, layers: int, width: int, epochs: int, learning_rate: float
    ) -> None:
        self._neural_network = require("sklearn.neural_network", "bananas")
        self._n_networks = n_networks
        self._options: dict[str, Any] = {
            "hidden_layer_sizes": (width,) * layers,
            "max_iter": epochs,
            "learning_rate_init": learning_rate,
            "batch_size": 32,
            "n_iter_no_change": epochs,
        }
        self._networks: list[Any] = []
        self._offset, self._scale = 0.0, 1.0

    def checkpoint(self) -> transaction.Undo:
        """Return a function that undoes all changes since."""
        return transaction.checkpoint(self)

    def fit(self, features: FloatArray, targets: FloatArray, rng: np.random.Generator) -> None:
        """Train new networks.

        Parameters
        ----------
        features : array (n, d), n >= 1
        targets : array (n,), finite; standardised for training
        rng : numpy Generator
            Draws one seed per network.
        """
        self._offset = float(targets.mean())
        self._scale = float(targets.std()) or 1.0
        y = (targets - self._offset) / self._scale
        options = self._options | {"batch_size": min(self._options["batch_size"], len(y))}
        networks = []
        for seed in rng.integers(2**31, size=self._n_networks).tolist():
            network = self._neural_network.MLPRegressor(random_state=seed, **options)
            with warnings.catch_warnings():
                # The number of epochs is a setting, so reaching it is not a failure.
                warnings.simplefilter("ignore")
                network.fit(features, y)
            networks.append(network)
        self._networks = networks

    def predict(self, features: FloatArray) -> FloatArray:
        """Return the predictions of all networks, in the units of the targets, shape (M, k)."""
        raw = np.stack([network.predict(features) for network in self._networks])
        result: FloatArray = self._offset + self._scale * raw
        return result
