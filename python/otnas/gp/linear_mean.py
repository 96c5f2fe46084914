"""A kernel plus a linear mean in known features with unknown weights.

Notation
--------
N : number of items; F : number of features, whose values are known for every item.
z : feature values, (N, F); s : standard deviations of these values, (N, F).
v : prior variances of the F weights, hyperparameters.

With normal weights w_f ~ Normal(0, v_f) and values z + s e, e independent standard normal, the
function sum_f w_f (z_f + s_f e_f) has mean 0 and the covariance

    sum_f v_f (z_f(x) z_f(x') + [x = x'] s_f(x)^2)                          (docs/maths.md Eq. 7)

which is added to that of the kernel: a linear mean whose weights are integrated out (Rasmussen &
Williams 2006, Section 2.7). An uncertain value mostly adds variance instead of a mean.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np

from otnas.arrays import FloatArray, IntArray
from otnas.gp.kernels import Kernel, TrainingGram
from otnas.gp.parameters import LogParameters, log_normal

# Outputs and values are standardised: a weight of 0.3 explains a tenth of the variance.
_VARIANCE_MEDIAN = 0.1
_VARIANCE_SPREAD = 1.5
_VARIANCE_BOUNDS = (1e-4, 1e2)


class FeatureValues(Protocol):
    """A source of features of items; the number of items may grow."""

    @property
    def features(self) -> tuple[FloatArray, FloatArray]:
        """Values z and deviations s of all items, (N, F) each."""
        ...


class LinearMeanKernel:
    """k(x, x') + sum_f v_f (z_f(x) z_f(x') + [x = x'] s_f(x)^2).

    The hyperparameters are those of the kernel, then the F variances v_f of the weights, which have
    a log-normal prior with median 0.1 and log-deviation 1.5 and are bounded to [0.0001, 100].

    Parameters
    ----------
    kernel : Kernel
    source : FeatureValues
    names : tuple of F str
    """

    def __init__(self, kernel: Kernel, source: FeatureValues, names: tuple[str, ...]) -> None:
        self._kernel, self._source, self._n = kernel, source, len(names)
        self._parameters = kernel.parameters.concatenated(
            log_normal(
                [f"weight_{name}" for name in names],
                _VARIANCE_MEDIAN,
                _VARIANCE_SPREAD,
                *_VARIANCE_BOUNDS,
            )
        )

    @property
    def n_items(self) -> int:
        """Number of items N."""
        return self._kernel.n_items

    @property
    def parameters(self) -> LogParameters:
        """The kernel's hyperparameters, then the F variances."""
        return self._parameters

    def block(self, rows: IntArray, cols: IntArray, log_parameters: FloatArray) -> FloatArray:
        """Return the covariances, shape (len(rows), len(cols))."""
        values, deviations = self._source.features
        weights = np.exp(log_parameters[-self._n :])
        result = self._kernel.block(rows, cols, log_parameters[: -self._n])
        result = result + (values[rows] * weights) @ values[cols].T
        at, there = _same(rows, cols)
        result[at, there] += (deviations[rows[at]] ** 2) @ weights
        return result

    def diagonal(self, items: IntArray, log_parameters: FloatArray) -> FloatArray:
        """Return the variances, shape (len(items),)."""
        values, deviations = self._source.features
        added = values[items] ** 2 + deviations[items] ** 2
        own = self._kernel.diagonal(items, log_parameters[: -self._n])
        return own + added @ np.exp(log_parameters[-self._n :])

    def training(self, items: IntArray) -> TrainingGram:
        """Return the Gram matrix of these items, with the products of their values kept."""
        values, deviations = self._source.features
        products = np.einsum("if,jf->fij", values[items], values[items])
        at, there = _same(items, items)
        products[:, at, there] += (deviations[items[at]] ** 2).T
        return _LinearMeanTraining(self._kernel.training(items), products)


def _same(rows: IntArray, cols: IntArray) -> tuple[IntArray, IntArray]:
    """Return positions (i, j) with rows[i] = cols[j]."""
    if cols.size and cols[-1] == cols.size - 1 and (np.diff(cols) == 1).all():  # all items
        there = np.flatnonzero(rows < cols.size)
        return there, rows[there]
    at, there = np.nonzero(rows[:, np.newaxis] == cols)
    return at, there


class _LinearMeanTraining:
    def __init__(self, training: TrainingGram, products: FloatArray) -> None:
        self._training, self._products = training, products

    def gram(self, log_parameters: FloatArray) -> FloatArray:
        n = len(self._products)
        weights = np.exp(log_parameters[-n:])
        gram = self._training.gram(log_parameters[:-n])
        return gram + np.tensordot(weights, self._products, axes=1)

    def gradient(
        self, log_parameters: FloatArray, gram: FloatArray, weights: FloatArray
    ) -> FloatArray:
        n = len(self._products)
        variances = np.exp(log_parameters[-n:])
        own = self._training.gram(log_parameters[:-n])
        linear = np.einsum("fij,ij->f", self._products, weights) * variances
        return np.append(self._training.gradient(log_parameters[:-n], own, weights), linear)
