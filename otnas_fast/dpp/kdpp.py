"""The class `KDPP`: exact draws, log-probabilities and marginals of an L-ensemble.

Notation and references: `otnas_fast.dpp`.
"""

from __future__ import annotations

import math
from typing import Any, overload

import numpy as np
import numpy.typing as npt

from otnas_fast import _core
from otnas_fast._validate import FloatArray
from otnas_fast._validate import threads as validated_threads
from otnas_fast.dpp._validate import (
    Rng,
    as_generator,
    as_integer,
    as_items,
    as_kernel,
    as_matrix,
    as_size,
    as_subset,
    draw_seeds,
)
from otnas_fast.dpp.conditioning import conditioned_factor, log_normaliser_given


class KDPP:
    """The k-DPPs (all k) and the DPP of one L-ensemble, decomposed once.

    Use it instead of the functions when you need more than one result from the same ``L``: the
    first draw computes all eigenvalues but only k eigenvectors, a later call the full basis, once;
    from then on a draw costs O(nk + k^3 log k).

    Parameters
    ----------
    L : array_like of float, shape (n, n)
        Symmetric and positive semi-definite, n >= 1. An asymmetry of up to 1e-8 times the largest
        entry is averaged away; eigenvalues down to -1e-8 times the largest pass for rounding and
        count as zero, as do positive ones that are no larger than the most negative one or than
        ``n * eps`` times the largest. The array is copied.

    Raises
    ------
    TypeError
        If ``L`` does not hold real numbers.
    ValueError
        If ``L`` is empty, not square, not finite or not symmetric.
    NumericalError
        If ``L`` is indefinite.

    See Also
    --------
    KDPP.from_factor : the same for ``L = B @ B.T``, which is never formed.

    Notes
    -----
    Construction is O(n^3). Objects may be shared by threads, copied and pickled; a pickle holds
    ``L`` and decomposes it anew.

    References
    ----------
    .. [1] A. Kulesza and B. Taskar, "Determinantal point processes for machine learning",
       Foundations and Trends in Machine Learning 5 (2012). Algorithms 1 and 8, section 3.3.
    """

    _matrix: npt.NDArray[np.float64]  # L, or B
    _is_factor: bool
    _ensemble: _core.LEnsemble

    def __init__(self, L: npt.ArrayLike) -> None:
        self._matrix = as_kernel(L)
        self._is_factor = False
        self._ensemble = _core.LEnsemble.from_kernel(self._matrix)

    @classmethod
    def from_factor(cls, B: npt.ArrayLike, *, copy: bool = True) -> KDPP:
        """Build the L-ensemble ``L = B @ B.T`` from its factor (dual form).

        See Kulesza and Taskar (2012), section 3.3.

        Parameters
        ----------
        B : array_like of float, shape (n, r)
            One row of features for every item.
        copy : bool, default True
            False keeps a C-contiguous float64 array itself; do not change it then.

        Returns
        -------
        KDPP
            The ensemble. It takes O(n r^2 + r^3) instead of O(n^3) if r < n, and from 4,096 items
            on only n r / 8 bytes of memory besides B.

        Raises
        ------
        TypeError
            If ``B`` does not hold real numbers.
        ValueError
            If ``B`` is empty, not two-dimensional or not finite.
        """
        self = cls.__new__(cls)
        self._matrix = as_matrix(B, "B", "(n, r)", copy=copy)
        self._is_factor = True
        self._ensemble = _core.LEnsemble.from_factor(self._matrix)
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        build = type(self).from_factor if self._is_factor else type(self)
        return build, (self._matrix,)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(n={self.n}, rank={self.rank})"

    @property
    def n(self) -> int:
        """Number of items."""
        return self._ensemble.size

    @property
    def rank(self) -> int:
        """Numerical rank of L: the largest k that can be drawn."""
        return self._ensemble.rank

    @property
    def eigenvalues(self) -> npt.NDArray[np.float64]:
        """The eigenvalues of L that count as positive, descending, shape (rank,)."""
        return self._ensemble.eigenvalues

    def sample(
        self,
        k: int,
        *,
        rng: Rng = None,
        size: int | None = None,
        threads: int | None = None,
    ) -> npt.NDArray[np.int64]:
        """Draw from the k-DPP, ``P(S) = det(L_S) / e_k``.

        This is Algorithm 8 of Kulesza and Taskar (2012).

        Parameters
        ----------
        k : int
            Number of items, between 1 and n.
        rng : numpy.random.Generator, numpy.random.RandomState, int or None
            Source of randomness; an int is a seed, None takes fresh entropy. One 64-bit number is
            taken from it for every draw, so the same generator state gives the same sets.
        size : int or None
            Number of independent draws; None for one draw without the leading axis.
        threads : int or None
            At most this many threads share the draws; None for all available. The result does not
            depend on it.

        Returns
        -------
        ndarray of int64, shape (k,) or (size, k)
            Indices of the items, ascending in every draw.

        Raises
        ------
        TypeError
            If an argument has the wrong type; bools are not ints.
        ValueError
            If ``k``, ``size``, ``threads`` or a seed is out of range.
        NumericalError
            If ``rank(L) < k``: no set of k items has a positive determinant.
        """
        k = as_integer(k, "k", least=1, most=self.n)
        size = as_size(size)
        workers = validated_threads(threads)
        seeds = draw_seeds(as_generator(rng), size)
        draws = self._ensemble.sample(k, seeds, workers)
        return draws[0] if size is None else draws

    @overload
    def sample_dpp(
        self,
        *,
        rng: Rng = None,
        size: None = None,
        threads: int | None = None,
    ) -> npt.NDArray[np.int64]: ...

    @overload
    def sample_dpp(
        self,
        *,
        rng: Rng = None,
        size: int,
        threads: int | None = None,
    ) -> list[npt.NDArray[np.int64]]: ...

    def sample_dpp(
        self,
        *,
        rng: Rng = None,
        size: int | None = None,
        threads: int | None = None,
    ) -> npt.NDArray[np.int64] | list[npt.NDArray[np.int64]]:
        """Draw from the DPP, ``P(S) = det(L_S) / det(I + L)``.

        This is Algorithm 1 of Kulesza and Taskar (2012).

        Parameters
        ----------
        rng, size, threads
            As for `sample`.

        Returns
        -------
        ndarray of int64, shape (m,), or a list of ``size`` such arrays
            Indices ascending; the number of items m varies from draw to draw and may be 0.

        Raises
        ------
        TypeError, ValueError
            As for `sample`.
        """
        size = as_size(size)
        workers = validated_threads(threads)
        seeds = draw_seeds(as_generator(rng), size)
        # not lambda / (1 + lambda), which overflows for huge lambda
        take = 1.0 / (1.0 + 1.0 / self.eigenvalues)
        draws = self._ensemble.sample_any_size(take, seeds, workers)
        return draws[0] if size is None else draws

    def log_prob(self, k: int, subset: npt.ArrayLike) -> float:
        """Return the logarithm of the k-DPP's probability of one set, ``log det(L_S) - log e_k``.

        Parameters
        ----------
        k : int
            Number of items, between 1 and n.
        subset : array_like of int, shape (k,)
            Distinct indices of items, in any order.

        Returns
        -------
        float
            At most 0 up to rounding; -inf if ``L_S`` is singular to rounding. O(k^3), after O(n k)
            for the first call with this k.

        Raises
        ------
        TypeError
            If ``k`` or the indices are not integers.
        ValueError
            If ``k`` is out of range or ``subset`` is not k distinct indices of 0..n-1.
        NumericalError
            If ``rank(L) < k``.
        """
        k = as_integer(k, "k", least=1, most=self.n)
        indices = as_subset(subset, k, self.n)
        log_normaliser = self._ensemble.log_normaliser(k)
        return _core.log_determinant_psd(self._block(indices)) - log_normaliser

    def marginals(self, k: int) -> npt.NDArray[np.float64]:
        """Return the k-DPP's inclusion probabilities P(i in S) of all items.

        Parameters
        ----------
        k : int
            Number of items, between 1 and n.

        Returns
        -------
        ndarray of float64, shape (n,)
            Between 0 and 1; the sum is k. O(n rank), after O(n^3) for the first full basis.

        Raises
        ------
        TypeError
            If ``k`` is not an integer.
        ValueError
            If ``k`` is out of range.
        NumericalError
            If ``rank(L) < k``.
        """
        return self._ensemble.marginals(as_integer(k, "k", least=1, most=self.n))

    def inclusion_probability(self, k: int, items: npt.ArrayLike) -> float:
        """Return the k-DPP's probability that all of `items` are drawn.

        It is ``det(L_A) e_{k-a}(L given A) / e_k(L)``, with A the a items.

        Parameters
        ----------
        k : int
            Number of items drawn, between 1 and n.
        items : array_like of int, shape (a,)
            Distinct indices of one item, a pair or any set.

        Returns
        -------
        float
            Between 0 and 1; 1 for no items. O(rank^3), after O(n^3) for the first full basis.

        Raises
        ------
        TypeError, ValueError, NumericalError
            As for `log_prob`.

        Examples
        --------
        >>> import numpy as np
        >>> round(KDPP(np.eye(4)).inclusion_probability(2, [0, 3]), 12)
        0.166666666667
        """
        k = as_integer(k, "k", least=1, most=self.n)
        indices = as_items(items, self.n, "items")
        log_normaliser = self._ensemble.log_normaliser(k)
        if len(indices) == 0:
            return 1.0
        if len(indices) > k:
            return 0.0
        log_determinant = _core.log_determinant_psd(self._block(indices))
        if log_determinant == -np.inf:
            return 0.0
        rows = self._ensemble.basis_rows(indices)
        given = log_normaliser_given(self.eigenvalues, rows, k - len(indices))
        return min(math.exp(log_determinant + given - log_normaliser), 1.0)

    def condition(self, *, include: npt.ArrayLike = (), exclude: npt.ArrayLike = ()) -> KDPP:
        """Return the ensemble of the other items, given that some are in or out of the draw.

        To draw k items given that the a items `include` are among them, draw the other k - a from
        the result. This completes a batch of which a part is running.

        Parameters
        ----------
        include, exclude : array_like of int
            Distinct indices; no item may be in both.

        Returns
        -------
        KDPP
            An ensemble of the same n items that never draws those in `include` or `exclude`.
            O(n r^2), with r the rank, after the full basis.

        Raises
        ------
        TypeError, ValueError
            If an argument does not hold distinct indices of 0..n-1.
        NumericalError
            If ``include`` has probability 0: the determinant of its items is zero.

        Examples
        --------
        >>> import numpy as np
        >>> running = [0, 1]
        >>> batch = KDPP(np.eye(5)).condition(include=running).sample(2, rng=0)
        >>> sorted({*running, *batch.tolist()}) == [*running, *batch.tolist()]
        True
        """
        inside = as_items(include, self.n, "include")
        outside = as_items(exclude, self.n, "exclude", apart_from=inside)
        if self._is_factor:
            factor = self._matrix
        else:
            rows = self._ensemble.basis_rows(np.arange(self.n))
            factor = rows * np.sqrt(self.eigenvalues)
        return type(self).from_factor(conditioned_factor(factor, inside, outside), copy=False)

    def _block(self, items: npt.NDArray[np.int64]) -> FloatArray:
        if not self._is_factor:
            return self._matrix[np.ix_(items, items)]
        rows = self._matrix[items]
        return np.asarray(rows @ rows.T)
