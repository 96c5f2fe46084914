"""Conditioning an L-ensemble on items known to be in or out of a draw.

Notation
--------
L = B B^T
    B : (n, r).
A
    Items known to be in the draw; P the projection on the span of their rows of B.

Given A, the other items are drawn from the L-ensemble ``B (I - P) B^T``, the Schur complement
``L - L_:A inv(L_A) L_A:``; given that items are out, from L without their rows (Kulesza & Taskar
2012, section 2.4.3). The rows of all items known to be in or out are set to zero here, so that
indices do not change.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from otnas_fast import _core
from otnas_fast._validate import FloatArray


def span_of(rows: FloatArray) -> FloatArray:
    """Return an orthonormal basis of rows (a, r), shape (r, a); dependent rows are refused."""
    if _core.log_determinant_psd(np.ascontiguousarray(rows @ rows.T)) == -np.inf:
        raise _core.NumericalError(
            "include has probability 0: the determinant of its items is zero"
        )
    return np.linalg.qr(rows.T)[0]


def conditioned_factor(
    factor: FloatArray, include: npt.NDArray[np.int64], exclude: npt.NDArray[np.int64]
) -> FloatArray:
    """Return the factor ``B (I - P)``, with zero rows for the known items."""
    rest = factor.copy()
    if len(include):
        basis = span_of(factor[include])
        for _ in range(2):  # twice is enough (Giraud et al., 2005)
            rest -= (rest @ basis) @ basis.T
        before = np.einsum("ij,ij->i", factor, factor)
        after = np.einsum("ij,ij->i", rest, rest)
        # What rounding leaves of an item in the span counts as zero, as in log_determinant_psd.
        rest[after <= (len(include) + 1) * np.finfo(float).eps * before] = 0.0
    rest[include] = 0.0
    rest[exclude] = 0.0
    return rest


def log_normaliser_given(values: FloatArray, rows: FloatArray, k: int) -> float:
    """Return ``log e_k`` of the ensemble given items whose rows of V are `rows` (a, r); O(r^3)."""
    if k == 0:
        return 0.0
    # Coordinates B = V sqrt(lambda): the rest has the eigenvalues of (I - P) diag(lambda) (I - P).
    relative = np.sqrt(values / values[0])
    basis = np.linalg.qr((rows * relative).T)[0]
    half = relative[:, None] * np.eye(len(values))
    half -= (half @ basis) @ basis.T
    rest = np.linalg.eigvalsh(half.T @ half)
    rest[: len(rows)] = 0.0  # the span of A, zero but for rounding
    logs = _core.log_elementary_symmetric(rest.clip(0.0), k)
    return float(logs[k] + k * np.log(values[0]))


def eliminated(
    K: FloatArray, items: npt.NDArray[np.int64], block: FloatArray, name: str, sign: float
) -> FloatArray:
    """Return ``K + sign K_:A inv(block) K_A:`` with zero rows and columns for the items A."""
    if not len(items):
        return K
    if _core.log_determinant_psd(np.ascontiguousarray(block)) == -np.inf:
        raise _core.NumericalError(f"{name} has probability 0")
    K = K + sign * K[:, items] @ np.linalg.solve(block, K[items])
    K[items] = K[:, items] = 0.0
    return K
