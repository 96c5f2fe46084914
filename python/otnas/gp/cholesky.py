"""Cholesky factors that always exist, and their extension by rows.

Notation
--------
M : symmetric positive semi-definite up to rounding, (n, n).
L : lower triangular, L L^T = M + jitter I.

Jitter policy. The factor of M itself is tried first. If it does not exist, jitter starts at
1e-10 times the mean diagonal and grows tenfold until it does. A semi-definite matrix succeeds at
the first steps; a matrix that is indefinite because the user's kernel is not positive
semi-definite ends at jitter above its most negative eigenvalue. No finite input raises.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg import solve_triangular
from scipy.linalg.lapack import dpotrf, dpotri

from otnas.arrays import FloatArray


def cholesky_with_jitter(matrix: FloatArray) -> tuple[FloatArray, float]:
    """Return L (n, n) in Fortran order and the jitter that was needed (usually 0).

    Raises
    ------
    FloatingPointError
        If `matrix` holds NaN or infinity: a kernel returned them.
    """
    # A symmetric C-ordered matrix is its own Fortran-ordered transpose: no copy to reorder.
    lower, info = dpotrf(matrix.T, lower=1, clean=1)
    if info == 0 and np.isfinite(np.diagonal(lower)).all():
        return lower, 0.0
    if not np.isfinite(matrix).all():
        raise FloatingPointError("the kernel returned a covariance that is NaN or infinite")
    n = matrix.shape[0]
    jitter = 1e-10 * max(float(np.mean(np.abs(np.diagonal(matrix)))), np.finfo(float).tiny * 1e20)
    while True:
        shifted = matrix.T.copy(order="F")
        shifted[np.arange(n), np.arange(n)] += jitter
        lower, info = dpotrf(shifted, lower=1, clean=1, overwrite_a=1)
        if info == 0:
            return lower, jitter
        jitter *= 10.0


def extend_cholesky(lower: FloatArray, cross: FloatArray, corner: FloatArray) -> FloatArray | None:
    """Return the factor of [[M, C^T], [C, S]] from the factor of M.

    [[L, 0], [X, Y]] with X L^T = C and Y Y^T = S - X X^T, so only X and Y are computed: O(n^2 m).

    Parameters
    ----------
    lower : array (n, n), the factor of M
    cross : array (m, n), C
    corner : array (m, m), S

    Returns
    -------
    array (n + m, n + m), or None if S - X X^T is not positive definite in floating point.
    """
    n, m = lower.shape[0], corner.shape[0]
    x = solve_lower(lower, cross.T).T if n else cross
    y, info = dpotrf(corner - x @ x.T, lower=1, clean=1)
    if info != 0 or not np.isfinite(y).all():
        return None
    extended = np.zeros((n + m, n + m), order="F")
    extended[:n, :n] = lower
    extended[n:, :n] = x
    extended[n:, n:] = y
    return extended


def solve_lower(lower: FloatArray, right: FloatArray, *, transposed: bool = False) -> FloatArray:
    """Return L^-1 right, or L^-T right."""
    solution: FloatArray = solve_triangular(
        lower, right, lower=True, trans=1 if transposed else 0, check_finite=False
    )
    return solution


def inverse_from_cholesky(lower: FloatArray) -> FloatArray:
    """Return the symmetric (L L^T)^-1, shape (n, n)."""
    inverse, _ = dpotri(lower, lower=1)
    # dpotri fills the lower triangle and leaves the zeros above it.
    result: FloatArray = inverse + inverse.T
    np.fill_diagonal(result, np.diagonal(inverse))
    return result
