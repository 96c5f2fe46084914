"""Acquisition functions for minimisation.

Notation
--------
mu, s : posterior mean and standard deviation of an item (same units), s >= 0.
f* : best (lowest) value so far.
z = (f* - mu) / s; phi, Phi : standard normal density and distribution function.
h(z) = phi(z) + z Phi(z), so that expected improvement is s h(z) (Jones et al. 1998).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import erfcx, ndtr

from otnas.arrays import FloatArray, IntArray

_LOG_SQRT_2PI = 0.5 * math.log(2.0 * math.pi)
_SQRT_HALF_PI = math.sqrt(0.5 * math.pi)
# Below this, the direct formula of log h loses digits to cancellation and later underflows.
_DIRECT_ABOVE = -1.0
# Below this, the erfcx formula loses digits and the asymptotic series has converged.
_SERIES_BELOW = -40.0
_CERTAIN_ABOVE = 1e8
# For this z, z^2 still fits a double.
_LARGEST_Z = 1e150


def log_expected_improvement(mean: ArrayLike, std: ArrayLike, best: ArrayLike) -> FloatArray:
    """Return log E[max(best - f, 0)], finite wherever std > 0; z is clipped at -1e150.

    Where std is 0 it is log(best - mean), or -inf without improvement.

    Parameters
    ----------
    mean, std : arrays of one shape; std >= 0
    best : float, f*, or an array that broadcasts with them

    Raises
    ------
    ValueError
        If the shapes differ or a standard deviation is negative.
    """
    mu, s = _checked(mean, std)
    gap = np.asarray(best, dtype=np.float64) - mu
    # h(z) is z to full precision there, and z may overflow where s is tiny.
    certain = (s == 0) | (gap > _CERTAIN_ABOVE * s)
    if not certain.any():
        return log_h(_standard(gap, s)) + np.log(s)
    safe = np.where(certain, 1.0, s)
    log_gap = np.full(gap.shape, -np.inf)
    np.log(gap, out=log_gap, where=gap > 0)
    return np.where(certain, log_gap, log_h(_standard(gap, safe)) + np.log(safe))


def best_improvements(mean: ArrayLike, std: ArrayLike, best: float) -> IntArray:
    """Return the positions of the greatest log expected improvement: one, or all that tie.

    These are the maxima of `log_expected_improvement`, which is evaluated only where it can be
    greatest. log h is concave, so with slope = (log h)'(z0) = Phi(z0) / h(z0)

        log EI_i <= log s_i + log h(z0) + slope (z_i - z0),

    where z0 is the greatest z; items whose bound is below log EI of that item are excluded.

    Parameters
    ----------
    mean, std : arrays (N,), N >= 1; std >= 0
    best : float, f*

    Raises
    ------
    ValueError
        As `log_expected_improvement`, or if there is no item.
    """
    mu, s = _checked(mean, std)
    if mu.size == 0:
        raise ValueError("mean: expected at least one item, got none")
    z = _standard(best - mu, np.maximum(s, np.finfo(float).tiny))
    top = int(z.argmax())
    z0, s0 = float(z[top]), float(s[top])
    left = np.arange(mu.size)
    if s0 > 0 and abs(z0) < _CERTAIN_ABOVE:
        # Below -30, Phi underflows soon; there the slope exceeds |z0| by 2 / |z0| only.
        slope = -z0 if z0 < -30 else float(ndtr(z0)) / math.exp(float(log_h(z0)))
        limit = np.log(s0) + slope * (z0 - z) - 1e-6
        left = np.flatnonzero(np.log(np.maximum(s, np.finfo(float).tiny)) >= limit)
    value = log_expected_improvement(mu[left], s[left], best)
    winners: IntArray = left[value == value.max()]
    return winners


def log_h(z: ArrayLike) -> FloatArray:
    """Return log(phi(z) + z Phi(z)) to full relative precision for z from -1e150 upwards.

    Three regimes, after Ament et al. (2023), Eq. (9): the definition for z > -1; then
    log phi(z) + log(1 - |z| R), R = Phi(z) / phi(z) = sqrt(pi / 2) erfcx(|z| / sqrt 2);
    and, where 1 - |z| R cancels, its series 1/z^2 - 3/z^4 + 15/z^6 - 105/z^8 + 945/z^10.
    """
    z = np.asarray(z, dtype=np.float64)
    out = np.empty(z.shape)
    direct, far = z > _DIRECT_ABOVE, z < _SERIES_BELOW
    middle = ~(direct | far)
    u = z[direct]
    out[direct] = np.log(np.exp(-0.5 * u * u - _LOG_SQRT_2PI) + u * ndtr(u))
    u = z[middle]
    ratio = _SQRT_HALF_PI * erfcx(-u / math.sqrt(2.0))
    out[middle] = -0.5 * u * u - _LOG_SQRT_2PI + np.log1p(u * ratio)
    u = z[far]
    v = 1.0 / (u * u)
    series = np.log1p(v * (-3.0 + v * (15.0 + v * (-105.0 + v * 945.0))))
    out[far] = -0.5 * u * u - _LOG_SQRT_2PI - 2.0 * np.log(-u) + series
    return out


def _standard(gap: FloatArray, std: FloatArray) -> FloatArray:
    with np.errstate(over="ignore"):
        return np.clip(gap / std, -_LARGEST_Z, _LARGEST_Z)


def _checked(mean: ArrayLike, std: ArrayLike) -> tuple[FloatArray, FloatArray]:
    mu = np.asarray(mean, dtype=np.float64)
    s = np.asarray(std, dtype=np.float64)
    if mu.shape != s.shape:
        raise ValueError(f"std: expected the shape of mean {mu.shape}, got {s.shape}")
    if (s < 0).any():
        raise ValueError(f"std: expected values >= 0, got {s.min()}")
    return mu, s
