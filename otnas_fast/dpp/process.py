"""The class `DPP`: sets of any size, from an L-ensemble or a marginal kernel.

Notation
--------
K = V diag(kappa) V^T
    Marginal kernel, 0 <= kappa <= 1; a DPP is a mixture of projection DPPs that takes eigenvector m
    with probability kappa_m.
omega = kappa / (1 - kappa)
    Odds; the eigenvalues of L where there is one, that is, where no kappa is 1.
p
    Number of kappa that are 1: every draw has at least p items.

Further notation and references: `otnas_fast.dpp`.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any, Literal, overload

import numpy as np
import numpy.typing as npt

from otnas_fast import _core
from otnas_fast import _validate as check
from otnas_fast._scipy import linalg, optimize
from otnas_fast._validate import FloatArray
from otnas_fast.dpp._validate import (
    Rng,
    as_generator,
    as_items,
    as_kernel,
    as_matrix,
    as_size,
    draw_seeds,
)
from otnas_fast.dpp.conditioning import conditioned_factor, eliminated
from otnas_fast.dpp.factorisation import sample_by_factorisation

Form = Literal["likelihood", "factor", "marginal"]
EIGENVALUE_TOLERANCE = 1e-8  # by which an eigenvalue of K may exceed 1 for rounding


class DPP:
    """A determinantal point process on n items, ``P(S) = det(L_S) / det(I + L)``.

    Parameters
    ----------
    L : array_like of float, shape (n, n)
        As for `KDPP`, and copied. It is decomposed when something first needs its eigenvalues,
        which is also when an indefinite matrix is refused.

    Raises
    ------
    TypeError
        If ``L`` does not hold real numbers.
    ValueError
        If ``L`` is empty, not square, not finite or not symmetric.

    See Also
    --------
    DPP.from_factor : the DPP of ``L = B @ B.T``, which is never formed.
    DPP.from_marginal : the DPP of a marginal kernel K; projection DPPs have no L.

    Examples
    --------
    >>> import numpy as np
    >>> dpp = DPP(np.eye(4))
    >>> dpp.expected_size, dpp.inclusion_probability([0, 1])
    (2.0, 0.25)
    >>> dpp.rescale(1.0).marginals()
    array([0.25, 0.25, 0.25, 0.25])
    """

    def __init__(self, L: npt.ArrayLike) -> None:
        self._set(as_kernel(L), "likelihood")

    @classmethod
    def from_factor(cls, B: npt.ArrayLike, *, copy: bool = True) -> DPP:
        """Build the DPP of ``L = B @ B.T``; parameters and errors as for `KDPP.from_factor`."""
        return cls.__new__(cls)._set(as_matrix(B, "B", "(n, r)", copy=copy), "factor")

    @classmethod
    def from_marginal(cls, K: npt.ArrayLike) -> DPP:
        """Build the DPP with ``P(A is in S) = det(K_A)``.

        Parameters
        ----------
        K : array_like of float, shape (n, n)
            Symmetric, with eigenvalues from 0 to 1; up to 1e-8 beyond passes for rounding, and one
            that is 1 to rounding counts as 1. If all are 0 or 1, this is a projection DPP: every
            draw has rank(K) items. The array is copied.

        Returns
        -------
        DPP
            It is decomposed when first needed; an eigenvalue out of range is refused only then.

        Raises
        ------
        TypeError, ValueError
            As for `DPP`.

        Examples
        --------
        >>> import numpy as np
        >>> DPP.from_marginal(np.full((4, 4), 0.25)).sample(rng=0).shape
        (1,)
        """
        return cls.__new__(cls)._set(as_kernel(K, "K"), "marginal")

    def _set(self, matrix: FloatArray, form: Form, scale: float = 1.0) -> DPP:
        self._matrix, self._form, self._scale = matrix, form, scale
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuilt, (type(self), self._matrix, self._form, self._scale)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(n={self.n})"

    @property
    def n(self) -> int:
        """Number of items."""
        return len(self._matrix)

    @cached_property
    def _ensemble(self) -> _core.LEnsemble:
        if self._form == "factor":
            return _core.LEnsemble.from_factor(self._matrix)
        return _core.LEnsemble.from_kernel(self._matrix)

    @cached_property
    def _odds(self) -> FloatArray:
        """Odds omega, shape (rank,), inf where kappa is 1."""
        values = self._ensemble.eigenvalues
        if self._form == "marginal":
            if len(values) and values[0] > 1.0 + EIGENVALUE_TOLERANCE:
                raise _core.NumericalError(
                    f"K: expected eigenvalues between 0 and 1, its largest is {values[0]:.12g}"
                )
            certain = values >= 1.0 - 4 * self.n * np.finfo(float).eps
            values = np.where(certain, np.inf, values / np.where(certain, 1.0, 1.0 - values))
        return self._scale * values

    @property
    def _kappa(self) -> FloatArray:
        return np.asarray(1.0 / (1.0 + 1.0 / self._odds))

    @property
    def expected_size(self) -> float:
        """Mean number of items of a draw, the trace of K."""
        return float(self._kappa.sum())

    @property
    def size_variance(self) -> float:
        """Variance of the number of items of a draw."""
        return float((self._kappa / (1.0 + self._odds)).sum())

    def rescale(self, expected_size: float) -> DPP:
        """Return the DPP of c L with c such that it has this expected size; the matrix is shared.

        Parameters
        ----------
        expected_size : float
            More than the number of eigenvalues of K that are 1, less than the rank.

        Returns
        -------
        DPP

        Raises
        ------
        TypeError, ValueError
            If ``expected_size`` is not such a number.
        """
        wanted = check.positive(expected_size, "expected_size")
        odds = self._odds[np.isfinite(self._odds)]
        least, most = len(self._odds) - len(odds), len(self._odds)
        if not least < wanted < most:
            raise ValueError(
                f"expected_size: expected more than {least} and less than {most}, got {wanted}"
            )
        logs = np.log(odds)

        def excess(log_scale: float) -> float:
            return float((1.0 / (1.0 + np.exp(-logs - log_scale))).sum()) + least - wanted

        with np.errstate(over="ignore"):
            log_scale = optimize.brentq(excess, -logs[0] - 50.0, -logs[-1] + 50.0, xtol=1e-13)
        scaled = type(self).__new__(type(self))
        scaled._set(self._matrix, self._form, self._scale * float(np.exp(log_scale)))
        scaled.__dict__["_ensemble"] = self._ensemble
        return scaled

    @overload
    def sample(
        self,
        *,
        rng: Rng = None,
        size: None = None,
        threads: int | None = None,
        method: Literal["spectral", "factorisation"] = "spectral",
    ) -> npt.NDArray[np.int64]: ...

    @overload
    def sample(
        self,
        *,
        rng: Rng = None,
        size: int,
        threads: int | None = None,
        method: Literal["spectral", "factorisation"] = "spectral",
    ) -> list[npt.NDArray[np.int64]]: ...

    def sample(
        self,
        *,
        rng: Rng = None,
        size: int | None = None,
        threads: int | None = None,
        method: Literal["spectral", "factorisation"] = "spectral",
    ) -> npt.NDArray[np.int64] | list[npt.NDArray[np.int64]]:
        """Draw sets; both methods are exact.

        Parameters
        ----------
        rng, size, threads
            As for `KDPP.sample`.
        method : {"spectral", "factorisation"}
            Factorisation of K takes O(n^3 / 3) for every draw, after an inverse unless K was given:
            it is faster for one draw and slower for many. The two methods give different sets for
            one seed.

        Returns
        -------
        ndarray of int64, shape (m,), or a list of ``size`` such arrays
            Indices ascending; m varies from draw to draw and may be 0.

        Raises
        ------
        TypeError, ValueError
            As for `KDPP.sample`; for another ``method``.
        NumericalError
            If the matrix is seen not to be a kernel.
        """
        size = as_size(size)
        workers = check.threads(threads)
        if method not in ("spectral", "factorisation"):
            raise ValueError(f"method: expected 'spectral' or 'factorisation', got {method!r}")
        seeds = draw_seeds(as_generator(rng), size)
        if method == "spectral":
            draws = self._ensemble.sample_any_size(self._kappa, seeds, workers)
        else:
            K = self._marginal_by_inverse()
            draws = [sample_by_factorisation(K, np.random.default_rng(seed)) for seed in seeds]
        return draws[0] if size is None else draws

    def log_prob(self, subset: npt.ArrayLike) -> float:
        """Return the logarithm of the probability of one set.

        Parameters
        ----------
        subset : array_like of int, shape (m,)
            Distinct indices of items, in any order; may be empty.

        Returns
        -------
        float
            -inf if the set has probability zero to rounding.

        Raises
        ------
        TypeError, ValueError
            If ``subset`` does not hold distinct indices of 0..n-1.
        """
        items = as_items(subset, self.n, "subset")
        certain = np.isinf(self._odds)
        odds = self._odds[~certain]
        rows = self._ensemble.basis_rows(items)
        p = int(certain.sum())
        if p > len(items):
            return -np.inf
        # det(L_S) as kappa -> 1: the volume of S in the certain directions, times the determinant
        # in the others of what is orthogonal to them (proof in docs/maths.md).
        turned, triangle = np.linalg.qr(rows[:, certain], mode="complete")
        volume = np.abs(np.diagonal(triangle))
        if p and volume.min() <= len(items) * np.finfo(float).eps:
            return -np.inf
        others = turned[:, p:].T @ (rows[:, ~certain] * np.sqrt(odds))
        log_determinant = _core.log_determinant_psd(np.ascontiguousarray(others @ others.T))
        log_normaliser = float(np.log1p(odds).sum())
        return float(2.0 * np.log(volume).sum()) + log_determinant - log_normaliser

    def marginals(self) -> FloatArray:
        """Return the inclusion probabilities of all items, the diagonal of K, shape (n,)."""
        return np.minimum(self._ensemble.weighted_squares(self._kappa), 1.0)

    def inclusion_probability(self, items: npt.ArrayLike) -> float:
        """Return the probability that all of `items` are drawn, ``det(K_A)``.

        Parameters
        ----------
        items : array_like of int, shape (a,)
            Distinct indices of one item, a pair or any set.

        Returns
        -------
        float
            Between 0 and 1; 1 for no items. O(a^2 rank) after the full basis.

        Raises
        ------
        TypeError, ValueError
            If ``items`` does not hold distinct indices of 0..n-1.
        """
        rows = self._ensemble.basis_rows(as_items(items, self.n, "items"))
        block = np.ascontiguousarray((rows * self._kappa) @ rows.T)
        return float(min(np.exp(_core.log_determinant_psd(block)), 1.0))

    def marginal_kernel(self) -> FloatArray:
        """Return K, shape (n, n): ``P(A is in S) = det(K_A)``."""
        return self._from_spectrum(self._kappa)

    def likelihood_kernel(self) -> FloatArray:
        """Return L, shape (n, n).

        Raises
        ------
        NumericalError
            If an eigenvalue of K is 1: every draw then has at least one item, and there is no L.
        """
        certain = int(np.isinf(self._odds).sum())
        if certain:
            raise _core.NumericalError(
                f"the DPP has no likelihood kernel: {certain} eigenvalues of K are 1"
            )
        return self._from_spectrum(self._odds)

    def condition(self, *, include: npt.ArrayLike = (), exclude: npt.ArrayLike = ()) -> DPP:
        """Return the DPP of the other items, given that some are in or out of the draw.

        Parameters
        ----------
        include, exclude : array_like of int
            Distinct indices; no item may be in both.

        Returns
        -------
        DPP
            A DPP of the same n items that never draws those in `include` or `exclude`.

        Raises
        ------
        TypeError, ValueError
            If an argument does not hold distinct indices of 0..n-1.
        NumericalError
            If this condition has probability 0.
        """
        inside = as_items(include, self.n, "include")
        outside = as_items(exclude, self.n, "exclude", apart_from=inside)
        if np.isfinite(self._odds).all():
            rows = self._ensemble.basis_rows(np.arange(self.n))
            factor = conditioned_factor(rows * np.sqrt(self._odds), inside, outside)
            return type(self).from_factor(factor, copy=False)
        K = self.marginal_kernel()
        K = eliminated(K, inside, K[np.ix_(inside, inside)], "include", -1.0)
        absent = np.eye(len(outside)) - K[np.ix_(outside, outside)]
        K = eliminated(K, outside, absent, "exclude", 1.0)
        return type(self).from_marginal(0.5 * (K + K.T))

    def _from_spectrum(self, values: FloatArray) -> FloatArray:
        rows = self._ensemble.basis_rows(np.arange(self.n))
        half = rows * np.sqrt(values)
        return np.asarray(half @ half.T)

    def _marginal_by_inverse(self) -> FloatArray:
        """Return K without eigenvalues, as ``I - inv(I + L)``, where that is possible."""
        if self._form == "marginal" and self._scale == 1.0:
            return self._matrix
        if self._form != "likelihood":
            return self.marginal_kernel()
        identity = np.eye(self.n)
        try:
            factor = linalg.cho_factor(identity + self._scale * self._matrix, overwrite_a=True)
        except np.linalg.LinAlgError:
            raise _core.NumericalError(
                "L: expected a positive semi-definite matrix; I + L is indefinite"
            ) from None
        return np.asarray(identity - linalg.cho_solve(factor, identity))


def _rebuilt(cls: type[DPP], matrix: FloatArray, form: Form, scale: float) -> DPP:
    return cls.__new__(cls)._set(matrix, form, scale)
