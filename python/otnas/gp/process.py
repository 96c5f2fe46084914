"""Exact Gaussian process over pool items.

Notation
--------
x_1..x_n : observed items; x_n+1..x_n+m : pending items (asked, no result yet).
t : targets (n,), in the user's (transformed) units; c, w : their mean and standard deviation.
y : standardised targets (t - c) / w.
K_y = K + sigma^2 I over observed and pending items, (n + m, n + m); L its Cholesky factor.
beta : first n entries of L^-1 y; they depend on the observed rows only.

    mu(X*) = A^T beta, Sigma(X*) = K_** - A^T A, A = L^-1 K_*                (docs/maths.md Eq. 4)

Pending items get their own posterior mean as target (the kriging believer). Conditioning a
Gaussian on its own mean leaves the mean as it was and only shrinks the covariance: in this
notation, beta is 0 in the pending rows. So the mean uses the first n rows of A and the
covariance all n + m, and the factor never depends on the targets.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from otnas import checks
from otnas.arrays import FloatArray, IntArray, common_prefix
from otnas.gp.cholesky import cholesky_with_jitter, extend_cholesky, solve_lower
from otnas.gp.fit import log_marginal_likelihood, maximise_posterior
from otnas.gp.kernels import Kernel
from otnas.gp.parameters import LogParameters, log_normal

_NO_ITEMS = np.empty(0, dtype=np.intp)
# Observations up to which a fit also starts from the prior's medians.
_FEW = 100


class GaussianProcess:
    """Gaussian process with any kernel over pool items, on standardised targets.

    The noise variance sigma^2 (in standardised units) has a log-normal prior with median 0.01
    and log-deviation 2, and is bounded to [noise_floor, 1]. The floor keeps K_y positive definite
    when items repeat or coincide. The kernel states its own priors.

    Parameters
    ----------
    kernel : Kernel
    noise_floor : float, in (0, 0.01]
        Smallest sigma^2, relative to the variance of the targets.

    Raises
    ------
    ValueError
        If `noise_floor` is out of range.

    Examples
    --------
    >>> from otnas.gp import PoolPosterior, PrecomputedKernel
    >>> x = np.linspace(0.0, 1.0, 20)
    >>> process = GaussianProcess(PrecomputedKernel(np.exp(-abs(x[:, None] - x))))
    >>> process.add([0, 10, 19], [0.0, 1.0, 0.0])
    >>> process.fit()
    >>> mean = PoolPosterior(process).mean
    >>> bool(mean[10] > mean[15] > mean[19])
    True
    """

    def __init__(self, kernel: Kernel, *, noise_floor: float = 1e-6) -> None:
        if not 0.0 < noise_floor <= 0.01:
            raise ValueError(f"noise_floor: expected a number in (0, 0.01], got {noise_floor}")
        self._kernel = kernel
        self._parameters = kernel.parameters.concatenated(
            log_normal(["noise"], 0.01, 2.0, noise_floor, 1.0)
        )
        self._log_parameters = self._parameters.initial.copy()
        self._items = _NO_ITEMS
        self._targets: FloatArray = np.empty(0)
        self._rows = _NO_ITEMS
        self._lower: FloatArray = np.empty((0, 0))
        self._jitter = 0.0
        self._n_fitted = 0
        self._generation = 0
        self._version = 0
        self._set_standardisation()

    @property
    def kernel(self) -> Kernel:
        """The kernel."""
        return self._kernel

    @property
    def parameters(self) -> LogParameters:
        """Names, bounds and priors: the kernel's hyperparameters, then the noise variance."""
        return self._parameters

    @property
    def log_parameters(self) -> FloatArray:
        """Current log hyperparameters, shape (p + 1,)."""
        return self._log_parameters.copy()

    @property
    def items(self) -> IntArray:
        """Observed items in the order of their addition, shape (n,)."""
        return self._items

    @property
    def targets(self) -> FloatArray:
        """Targets of the observed items, shape (n,)."""
        return self._targets

    @property
    def rows(self) -> IntArray:
        """Items of the rows of the factor: observed, then pending, shape (n + m,)."""
        return self._rows

    @property
    def lower(self) -> FloatArray:
        """Cholesky factor L of K_y, shape (n + m, n + m)."""
        return self._lower

    @property
    def offset(self) -> float:
        """Mean c of the targets; 0 without observations."""
        return self._offset

    @property
    def scale(self) -> float:
        """Standard deviation w of the targets; 1 if they are all equal."""
        return self._scale

    @property
    def standardised_targets(self) -> FloatArray:
        """The targets y = (t - c) / w, shape (n,)."""
        return (self._targets - self._offset) / self._scale

    @property
    def whitened_targets(self) -> FloatArray:
        """The vector beta = L^-1 y of the observed rows, shape (n,)."""
        n = self._items.size
        if n == 0:
            return np.empty(0)
        return solve_lower(self._lower[:n, :n], self.standardised_targets)

    @property
    def generation(self) -> int:
        """Changes whenever rows of L that existed before are recomputed."""
        return self._generation

    @property
    def version(self) -> int:
        """Changes whenever the posterior changes."""
        return self._version

    def checkpoint(self) -> Callable[[], None]:
        """Return a function that undoes all later changes."""
        before = vars(self).copy()  # arrays are replaced, never changed in place

        def undo() -> None:
            now = vars(self)
            # Followers must not mistake a state in between for this one.
            moved = [name for name in ("_generation", "_version") if now[name] != before[name]]
            now.update({**before, **{name: now[name] + 1 for name in moved}})

        return undo

    def add(self, items: ArrayLike, targets: ArrayLike) -> None:
        """Append observations and extend the factor, in O(n^2) per observation.

        Observed items stop being pending. Repeated items are repeated observations.

        Parameters
        ----------
        items : array (k,) of pool items
        targets : array (k,), finite
        """
        new = checks.pool_items("items", items, self._kernel.n_items)
        values = checks.finite_vector("targets", targets, new.size)
        pending = self._rows[self._items.size :]
        self._items = np.concatenate([self._items, new])
        self._targets = np.concatenate([self._targets, values])
        self._set_standardisation()
        self._set_rows(np.concatenate([self._items, pending[~np.isin(pending, new)]]))

    def set_targets(self, targets: ArrayLike) -> None:
        """Replace the targets (n,) of the observed items, as data-dependent transforms require."""
        self._targets = checks.finite_vector("targets", targets, self._items.size).copy()
        self._set_standardisation()
        self._version += 1

    def set_pending(self, items: ArrayLike) -> None:
        """Make these items (m,) the only pending ones, as if observed at their posterior mean."""
        pending = checks.pool_items("items", items, self._kernel.n_items)
        if not np.array_equal(pending, self._rows[self._items.size :]):
            self._set_rows(np.concatenate([self._items, pending]))

    @property
    def n_fitted(self) -> int:
        """Number of observations used by the last fit; 0 before the first."""
        return self._n_fitted

    def set_log_parameters(self, log_parameters: ArrayLike, n_fitted: int = 0) -> None:
        """Set the log hyperparameters (p + 1,) within their bounds and refactor.

        Parameters
        ----------
        log_parameters : array (p + 1,)
        n_fitted : int >= 0
            How many observations they were fitted to.
        """
        values = checks.finite_vector("log_parameters", log_parameters, len(self._parameters))
        if (values < self._parameters.lower).any() or (values > self._parameters.upper).any():
            raise ValueError(
                f"log_parameters: expected values between {self._parameters.lower} and "
                f"{self._parameters.upper}, got {values}"
            )
        self._log_parameters, self._n_fitted = values.copy(), n_fitted
        self._refactor(self._rows)

    def fit(self) -> None:
        """Move the hyperparameters to the mode of their posterior; a no-op without observations.

        L-BFGS-B starts from the present values (so a refit is warm) and, up to 100 observations,
        also from the prior's medians: few observations leave room for several modes, and a second
        start costs little. No valid input raises; see `cholesky` for the jitter policy.
        """
        if self._items.size == 0:
            return
        starts = [self._log_parameters]
        if self._items.size <= _FEW:
            starts.append(self._parameters.initial)
        self._log_parameters = maximise_posterior(
            self._kernel.training(self._items),
            self.standardised_targets,
            self._parameters,
            np.stack(starts),
        )
        self._n_fitted = self._items.size
        self._refactor(self._rows)

    def log_marginal_likelihood(
        self, log_parameters: ArrayLike | None = None
    ) -> tuple[float, FloatArray]:
        """Return log p(y), docs/maths.md Eq. (3), and its gradient in log theta (p + 1,)."""
        values = (
            self._log_parameters
            if log_parameters is None
            else checks.finite_vector("log_parameters", log_parameters, len(self._parameters))
        )
        return log_marginal_likelihood(
            self._kernel.training(self._items), self.standardised_targets, values
        )

    def to_squared_units(self, covariance: FloatArray) -> FloatArray:
        """Return a standardised covariance in squared target units; overflow gives infinity."""
        with np.errstate(over="ignore", under="ignore"):
            return self._scale * (self._scale * covariance)

    def _set_standardisation(self) -> None:
        largest = float(np.abs(self._targets).max(initial=0.0))
        self._offset, self._scale = 0.0, 1.0
        if largest == 0.0:
            return
        # Dividing first keeps the square of a huge target from overflowing.
        unit = self._targets / largest
        self._offset = largest * float(unit.mean())
        deviation = float(unit.std())
        if deviation > 1e-12:
            self._scale = largest * deviation

    def _set_rows(self, rows: IntArray) -> None:
        """Make L the factor over `rows`, reusing the longest common prefix."""
        self._version += 1
        keep = common_prefix(self._rows, rows)
        if keep < self._rows.size:
            self._lower = self._lower[:keep, :keep]
        self._rows = rows[:keep]
        if keep == rows.size:
            return
        new, theta = rows[keep:], self._log_parameters[:-1]
        corner = self._kernel.block(new, new, theta) + self._diagonal_shift() * np.eye(new.size)
        extended = extend_cholesky(self._lower, self._kernel.block(new, self._rows, theta), corner)
        if extended is None:
            self._refactor(rows)
        else:
            self._lower, self._rows = extended, rows

    def _refactor(self, rows: IntArray) -> None:
        self._version += 1
        self._generation += 1
        self._jitter = 0.0
        self._rows = rows
        if rows.size == 0:
            self._lower = np.empty((0, 0))
            return
        gram = self._kernel.block(rows, rows, self._log_parameters[:-1])
        shift = self._diagonal_shift() * np.eye(rows.size)
        self._lower, self._jitter = cholesky_with_jitter(gram + shift)

    def _diagonal_shift(self) -> float:
        return float(np.exp(self._log_parameters[-1])) + self._jitter
