"""Positive hyperparameters in log space, with bounds and log-normal priors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from otnas.arrays import FloatArray


@dataclass(frozen=True)
class LogParameters:
    """Names, starting point, bounds and prior of hyperparameters, all in log space.

    The prior is independent log-normal: log theta_q ~ Normal(prior_mean_q, prior_std_q^2).

    Attributes
    ----------
    names : tuple of p str
    initial, lower, upper : arrays (p,)
    prior_mean, prior_std : arrays (p,); prior_std > 0
    """

    names: tuple[str, ...]
    initial: FloatArray
    lower: FloatArray
    upper: FloatArray
    prior_mean: FloatArray
    prior_std: FloatArray

    def __post_init__(self) -> None:
        shape = (len(self.names),)
        for field in ("initial", "lower", "upper", "prior_mean", "prior_std"):
            value = getattr(self, field)
            if value.shape != shape or not np.isfinite(value).all():
                raise ValueError(f"{field}: expected {shape[0]} finite values, got {value}")
        if (self.lower > self.initial).any() or (self.initial > self.upper).any():
            raise ValueError(
                f"initial: expected values from {self.lower} to {self.upper}, got {self.initial}"
            )
        if (self.prior_std <= 0).any():
            raise ValueError(f"prior_std: expected positive values, got {self.prior_std}")

    def __len__(self) -> int:
        return len(self.names)

    def concatenated(self, other: LogParameters) -> LogParameters:
        """Return these parameters followed by those of `other`."""
        return LogParameters(
            self.names + other.names,
            np.concatenate([self.initial, other.initial]),
            np.concatenate([self.lower, other.lower]),
            np.concatenate([self.upper, other.upper]),
            np.concatenate([self.prior_mean, other.prior_mean]),
            np.concatenate([self.prior_std, other.prior_std]),
        )


def log_normal(
    names: Sequence[str], median: ArrayLike, spread: float, lower: ArrayLike, upper: ArrayLike
) -> LogParameters:
    """Return parameters that start at the median of their log-normal prior.

    Parameters
    ----------
    names : p names
    median, lower, upper : positive numbers or arrays (p,), natural units
    spread : standard deviation of log theta
    """
    shape = (len(names),)
    log_median = np.log(np.broadcast_to(np.asarray(median, dtype=np.float64), shape))
    log_lower = np.log(np.broadcast_to(np.asarray(lower, dtype=np.float64), shape))
    log_upper = np.log(np.broadcast_to(np.asarray(upper, dtype=np.float64), shape))
    return LogParameters(
        tuple(names), log_median, log_lower, log_upper, log_median, np.full(shape, spread)
    )
