"""Approximate draws by Markov chains, for kernels and sizes at which exact draws take too long.

Notation
--------
S
    The state of a chain; its log det(L_S) is watched for convergence.
R-hat
    Gelman and Rubin's ratio of the spread of all chains to that within halves of chains: near 1
    once they have forgotten their starts. It can show that chains have not converged, never that
    they have.

References
----------
.. [1] N. Anari, S. Oveis Gharan and A. Rezaei, "Monte Carlo Markov chain algorithms for sampling
   strongly Rayleigh distributions and determinantal point processes", COLT 2016.
.. [2] A. Gelman and D. Rubin, "Inference from iterative simulation using multiple sequences",
   Statistical Science 7 (1992); halves of chains as in Gelman et al., "Bayesian Data Analysis".
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from otnas_fast import _core
from otnas_fast import _validate as check
from otnas_fast._scipy import lapack
from otnas_fast._validate import FloatArray
from otnas_fast.dpp._validate import Rng, as_generator, as_integer, as_items, draw_seeds
from otnas_fast.dpp.kernels import Kernel, KernelLike, as_kernel_blocks

AT_ONCE = 256  # steps whose candidates' kernel is computed as one block


@dataclass(frozen=True)
class Chains:
    """The draws of several Markov chains.

    Attributes
    ----------
    draws : list of list of ndarray of int64
        The sets of each chain, ascending; those of one chain depend on each other.
    log_determinants : ndarray, shape (chains, draws)
        log det(L_S) of each draw.
    acceptance : float
        Share of steps that changed the set.

    Examples
    --------
    >>> from otnas_fast.dpp import MatrixKernel
    >>> found = sample_mcmc(MatrixKernel(np.eye(6)), 2, rng=0)
    >>> 0.0 < found.acceptance <= 1.0
    True
    """

    draws: list[list[npt.NDArray[np.int64]]]
    log_determinants: FloatArray
    acceptance: float

    @cached_property
    def gelman_rubin(self) -> float:
        """The larger of the R-hat of log det(L_S) and the R-hat of the sets' sizes."""
        sizes = np.array([[len(s) for s in chain] for chain in self.draws], dtype=np.float64)
        return max(r_hat(self.log_determinants), r_hat(sizes))


def r_hat(values: FloatArray) -> float:
    """Return R-hat of values (chains, draws), by halves of chains; 1 if nothing varies."""
    half = values.shape[1] // 2
    parts = np.concatenate([values[:, :half], values[:, -half:]])
    within = float(parts.var(axis=1, ddof=1).mean())
    between = float(parts.mean(axis=1).var(ddof=1))
    if between == 0.0:
        return 1.0
    return float(np.sqrt((half - 1) / half + between / within)) if within else float(np.inf)


def sample_mcmc(
    kernel: KernelLike,
    k: int | None = None,
    *,
    draws: int = 100,
    thin: int = 10,
    burn_in: int = 1000,
    chains: int = 4,
    start: npt.ArrayLike | None = None,
    rng: Rng = None,
) -> Chains:
    """Draw from a k-DPP by exchanges, or from the DPP by insertions, deletions and exchanges.

    Parameters
    ----------
    kernel : Kernel or Embedding over n items
        `MatrixKernel` and `FactorKernel` make a kernel from a matrix.
    k : int, optional
        Number of items, between 1 and n; None for the DPP.
    draws : int, default 100
        Number of sets kept from each chain, at least 4.
    thin : int, default 10
        Steps from one kept set to the next.
    burn_in : int, default 1000
        Steps that each chain takes first, of which no set is kept.
    chains : int, default 4
        Number of chains, at least 2; each has a start of its own unless `start` is given.
    start : array_like of int, optional
        Set that all chains begin with; by default, k independent items, or none for the DPP.
    rng
        As for `KDPP.sample`; every chain has its own seed.

    Returns
    -------
    Chains
        The draws; their ``gelman_rubin`` should be below 1.05 or so. A step takes O(k^3) and one
        new item's kernel values with k + 256 others; memory does not grow with n.

    Raises
    ------
    TypeError, ValueError
        If an argument has the wrong type or is out of range.
    NumericalError
        If no start with a positive determinant was found, or ``start`` has none.

    Examples
    --------
    >>> import numpy as np
    >>> from otnas_fast.dpp import MatrixKernel
    >>> found = sample_mcmc(MatrixKernel(np.eye(20)), 3, rng=0)
    >>> len(found.draws), len(found.draws[0]), found.gelman_rubin
    (4, 100, 1.0)
    """
    blocks = as_kernel_blocks(kernel)
    n = len(blocks)
    if k is not None:
        k = as_integer(k, "k", least=1, most=n)
    draws = check.integer(draws, "draws", minimum=4)
    thin = check.integer(thin, "thin", minimum=1)
    burn_in = check.integer(burn_in, "burn_in", minimum=0)
    chains = check.integer(chains, "chains", minimum=2)
    begin = None if start is None else as_items(start, n, "start")
    if begin is not None and k is not None and len(begin) != k:
        raise ValueError(f"start: expected k = {k} items, got {len(begin)}")
    kept: list[list[npt.NDArray[np.int64]]] = []
    logs = np.empty((chains, draws))
    accepted = 0
    for c, seed in enumerate(draw_seeds(as_generator(rng), chains)):
        chain = _Chain(blocks, k, begin, np.random.default_rng(seed))
        chain.advance(burn_in)
        sets = []
        for i in range(draws):
            chain.advance(thin)
            sets.append(np.sort(chain.items))
            logs[c, i] = chain.log_determinant
        kept.append(sets)
        accepted += chain.accepted
    return Chains(kept, logs, accepted / (chains * max(burn_in + draws * thin, 1)))


class _Chain:
    """One chain; proposals do not depend on the state, so they are drawn `AT_ONCE` ahead."""

    def __init__(
        self,
        kernel: Kernel,
        k: int | None,
        start: npt.NDArray[np.int64] | None,
        rng: np.random.Generator,
    ) -> None:
        self._kernel, self._k, self._rng = kernel, k, rng
        if start is None:
            start = np.empty(0, np.int64) if k is None else _independent(kernel, k, rng)
        self.items = start
        self.log_determinant = _core.log_determinant_psd(kernel.block(start, start))
        if self.log_determinant == -np.inf:
            raise _core.NumericalError("start: expected a positive determinant, its is zero")
        self.accepted = 0
        self._queue: list[tuple[npt.NDArray[np.int64], float]] = []
        self._steps = 0

    def advance(self, steps: int) -> None:
        for _ in range(steps):
            if not self._queue:
                self._refill()
            self.items, self.log_determinant = self._queue.pop()

    def _refill(self) -> None:
        candidates = self._rng.integers(0, len(self._kernel), AT_ONCE)
        if self._k is None:
            exchange = self._rng.random(AT_ONCE) < 0.5
        else:
            exchange = np.ones(AT_ONCE, dtype=bool)
        picks, uniforms = self._rng.random((2, AT_ONCE))
        involved, local = np.unique(np.concatenate([self.items, candidates]), return_inverse=True)
        size = len(self.items)
        sets, logs, accepted = _core.metropolis(
            self._kernel.block(involved, involved),
            local[:size].tolist(),
            self.log_determinant,
            local[size:].astype(np.int64),
            exchange,
            picks,
            np.log1p(-uniforms),
        )
        self.accepted += accepted
        found = [involved[np.array(s, dtype=np.int64)] for s in sets]
        self._queue = list(zip(found[::-1], logs[::-1].tolist(), strict=True))


def _independent(kernel: Kernel, k: int, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """Find k items with a positive determinant, by pivoted Cholesky among random items."""
    n = len(kernel)
    for count in (min(n, 20 * k), min(n, 200 * k)):
        some = np.sort(rng.choice(n, count, replace=False)).astype(np.int64)
        block = kernel.block(some, some)
        _, order, _, _ = lapack.dpstrf(block / float(block.diagonal().max() or 1.0), lower=1)
        start = some[order[:k] - 1]
        if _core.log_determinant_psd(kernel.block(start, start)) > -np.inf:
            return np.asarray(start)
    raise _core.NumericalError(
        f"no set of k = {k} items with a positive determinant was found among {count} items"
    )
