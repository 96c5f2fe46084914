"""One-call functions on a matrix L. Notation and references: `otnas_fast.dpp`."""

from __future__ import annotations

from typing import Any, Literal, overload

import numpy as np
import numpy.typing as npt

from otnas_fast import _core
from otnas_fast._validate import positive
from otnas_fast.dpp._validate import (
    Rng,
    as_generator,
    as_integer,
    as_size,
    draw_seeds,
    is_semidefinite,
)
from otnas_fast.dpp.greedy import greedy_map
from otnas_fast.dpp.kdpp import KDPP
from otnas_fast.dpp.kernel_kdpp import KernelKDPP
from otnas_fast.dpp.kernels import (
    Kernel,
    KernelLike,
    MatrixKernel,
    QualityKernel,
    as_kernel_blocks,
)
from otnas_fast.dpp.rejection import intermediate_size
from otnas_fast.embedding import Embedding

__all__ = [
    "KDPP",
    "kdpp_log_prob",
    "kdpp_marginals",
    "log_elementary_symmetric",
    "map_kdpp",
    "sample_dpp",
    "sample_kdpp",
]


def sample_kdpp(
    L: npt.ArrayLike,
    k: int,
    *,
    rng: Rng = None,
    size: int | None = None,
    method: Literal["auto", "spectral", "rejection"] = "auto",
) -> npt.NDArray[np.int64]:
    """Draw from the k-DPP of ``L``; every method is exact.

    Parameters
    ----------
    L : array_like of float, shape (n, n)
        As for `KDPP`.
    k, rng, size
        As for `KDPP.sample`.
    method : {"auto", "spectral", "rejection"}
        ``"spectral"`` is ``KDPP(L).sample(k, rng=rng, size=size)``. ``"rejection"`` needs no
        eigenvalues of L: it checks by a Cholesky factorisation that L is semi-definite and draws as
        `KernelKDPP` does; if that does not succeed soon, it draws as ``"spectral"`` does. The two
        give different sets for one seed. ``"auto"`` chooses rejection for a single draw of few
        among many items: from n = 512 on, if 8 max(4 k, k^2 / 4) <= n.

    Returns
    -------
    ndarray of int64, shape (k,) or (size, k)
        Indices of the items, ascending in every draw. O(n^3).

    Raises
    ------
    TypeError, ValueError, NumericalError
        As for `KDPP` and `KDPP.sample`.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.linspace(0, 10, 1000)
    >>> sample_kdpp(np.exp(-abs(x[:, None] - x)), 3, rng=0).shape
    (3,)
    """
    if method not in ("auto", "spectral", "rejection"):
        raise ValueError(f"method: expected 'auto', 'spectral' or 'rejection', got {method!r}")
    kernel = MatrixKernel(L)
    n = len(kernel)
    k = as_integer(k, "k", least=1, most=n)
    size = as_size(size)
    generator = as_generator(rng)
    few = n >= 512 and 8 * intermediate_size(k) <= n
    rejection = method == "rejection" or (method == "auto" and size is None and few)
    if rejection and is_semidefinite(kernel.matrix):
        seeds = draw_seeds(generator, size)
        draws = _by_rejection(KernelKDPP(kernel), k, seeds)
        if draws is not None:
            return draws[0] if size is None else draws
    return KDPP(kernel.matrix).sample(k, rng=generator, size=size)


def _by_rejection(
    kdpp: KernelKDPP, k: int, seeds: npt.NDArray[np.uint64]
) -> npt.NDArray[np.int64] | None:
    """Draw once for every seed; return None if that does not succeed soon.

    Giving up after a number of trials does not change the law: what is drawn instead is independent
    of them.
    """
    try:
        draws = [kdpp.draw(k, np.random.default_rng(seed), trials=100) for seed in seeds]
    except _core.NumericalError:  # of rank below k, say; the spectrum tells for certain
        return None
    if any(draw is None for draw in draws):
        return None
    return np.array(draws, dtype=np.int64).reshape(len(seeds), k)


@overload
def sample_dpp(
    L: npt.ArrayLike, *, rng: Rng = None, size: None = None
) -> npt.NDArray[np.int64]: ...


@overload
def sample_dpp(L: npt.ArrayLike, *, rng: Rng = None, size: int) -> list[npt.NDArray[np.int64]]: ...


def sample_dpp(
    L: npt.ArrayLike,
    *,
    rng: Rng = None,
    size: int | None = None,
) -> npt.NDArray[np.int64] | list[npt.NDArray[np.int64]]:
    """Draw sets of any size from the DPP of ``L``: ``KDPP(L).sample_dpp(rng=rng, size=size)``.

    Parameters
    ----------
    L : array_like of float, shape (n, n)
        As for `KDPP`.
    rng, size
        As for `KDPP.sample`.

    Returns
    -------
    ndarray of int64, shape (m,), or a list of ``size`` such arrays
        Indices ascending; m varies from draw to draw. O(n^3).

    Raises
    ------
    TypeError, ValueError, NumericalError
        As for `KDPP` and `KDPP.sample_dpp`.

    Examples
    --------
    >>> sets = sample_dpp(np.eye(6), rng=0, size=1000)
    >>> bool(2.8 < np.mean([len(s) for s in sets]) < 3.2)
    True
    """
    return KDPP(L).sample_dpp(rng=rng, size=size)


def map_kdpp(
    L: npt.ArrayLike | KernelLike,
    k: int,
    *,
    quality: npt.ArrayLike | None = None,
    min_gain: float | None = None,
) -> npt.NDArray[np.int64]:
    """Find a set of k items with a large determinant, greedily.

    The algorithm is Algorithm 1 of Chen, Zhang and Zhou (2018).

    Every step adds the item that increases ``det(L_S)`` most; finding the best set is NP-hard.

    Parameters
    ----------
    L : array_like of float, shape (n, n), Kernel or Embedding
        Symmetric and positive semi-definite. Definiteness is checked only as far as the algorithm
        goes: by the diagonals of the Schur complements it meets. A `Kernel` is asked only
        for columns of chosen items, and for another item only while it may still be the best.
    k : int
        Number of items, between 1 and n.
    quality : array_like of float, shape (n,), optional
        Factors q of the items: ``diag(q) L diag(q)`` takes the place of L.
    min_gain : float, optional
        Stop, with fewer than k items, when no item multiplies the determinant by more than this.

    Returns
    -------
    ndarray of int64, shape (k,) or fewer
        The items in the order chosen, the lowest index on ties; the first j are the answer for
        k = j. It takes O(n k^2) time and O(n k) memory.

    Raises
    ------
    TypeError
        If ``L`` does not hold real numbers or ``k`` is not an integer.
    ValueError
        If ``L`` is empty, not square, not finite or not symmetric, ``k`` is out of range, or
        ``quality`` is not n finite numbers >= 0.
    NumericalError
        If ``rank(L) < k`` and no ``min_gain`` is given, or ``L`` is seen to be indefinite.

    Examples
    --------
    >>> import numpy as np
    >>> from otnas_fast.dpp import FactorKernel
    >>> map_kdpp(FactorKernel(np.diag([3.0, 1.0, 2.0])), 3, min_gain=1.5)
    array([0, 2])
    """
    kernel: Kernel = as_kernel_blocks(L) if isinstance(L, (Kernel, Embedding)) else MatrixKernel(L)
    k = as_integer(k, "k", least=1, most=len(kernel))
    if isinstance(kernel, MatrixKernel) and quality is None and min_gain is None:
        return _core.greedy_map(kernel.matrix, k)
    if quality is not None:
        kernel = QualityKernel(kernel, quality)
    if min_gain is not None:
        min_gain = positive(min_gain, "min_gain")
    return greedy_map(kernel, k, min_gain=min_gain)[0]


def kdpp_log_prob(L: npt.ArrayLike, k: int, subset: npt.ArrayLike) -> float:
    """Return ``KDPP(L).log_prob(k, subset)``, the log-probability of one set of k items.

    Parameters
    ----------
    L : array_like of float, shape (n, n)
        As for `KDPP`.
    k, subset
        As for `KDPP.log_prob`.

    Returns
    -------
    float
        -inf if ``L_S`` is singular to rounding. O(n^3).

    Raises
    ------
    TypeError, ValueError, NumericalError
        As for `KDPP` and `KDPP.log_prob`.

    Examples
    --------
    >>> round(float(np.exp(kdpp_log_prob(np.eye(4), 2, [0, 3]))), 6)
    0.166667
    """
    return KDPP(L).log_prob(k, subset)


def kdpp_marginals(L: npt.ArrayLike, k: int) -> npt.NDArray[np.float64]:
    """Return ``KDPP(L).marginals(k)``, the inclusion probabilities of all items.

    Parameters
    ----------
    L : array_like of float, shape (n, n)
        As for `KDPP`.
    k : int
        Number of items, between 1 and n.

    Returns
    -------
    ndarray of float64, shape (n,)
        Between 0 and 1; the sum is k. O(n^3).

    Raises
    ------
    TypeError, ValueError, NumericalError
        As for `KDPP` and `KDPP.marginals`.

    Examples
    --------
    >>> kdpp_marginals(np.diag([1.0, 1.0, 2.0]), 1).round(3)
    array([0.25, 0.25, 0.5 ])
    """
    return KDPP(L).marginals(k)


def log_elementary_symmetric(values: npt.ArrayLike, k: int) -> npt.NDArray[np.float64]:
    """Return the logarithms of the elementary symmetric polynomials e_0, ..., e_k.

    Parameters
    ----------
    values : array_like of float, shape (n,)
        Finite and not negative.
    k : int
        Highest degree, between 0 and n.

    Returns
    -------
    ndarray of float64, shape (k + 1,)
        ``log e_0 = 0`` first; -inf where the polynomial is 0. Nothing overflows or underflows: the
        relative error of e_l is below 2 n eps. O(n k).

    Raises
    ------
    TypeError
        If ``values`` does not hold real numbers or ``k`` is not an integer.
    ValueError
        If ``values`` is not one-dimensional, finite and non-negative, or ``k`` is out of range.

    Examples
    --------
    >>> np.exp(log_elementary_symmetric([1.0, 2.0, 3.0], 2)).round(6)
    array([ 1.,  6., 11.])
    """
    array: npt.NDArray[Any] = np.asarray(values)
    if array.dtype.kind not in "fiu":
        raise TypeError(f"values: expected real numbers, got dtype {array.dtype}")
    if array.ndim != 1:
        raise ValueError(f"values: expected shape (n,), got shape {array.shape}")
    numbers = array.astype(np.float64)
    bad = numbers[~(np.isfinite(numbers) & (numbers >= 0))]
    if bad.size:
        raise ValueError(f"values: expected finite numbers >= 0, got {bad[0]}")
    return _core.log_elementary_symmetric(numbers, as_integer(k, "k", least=0, most=len(numbers)))
