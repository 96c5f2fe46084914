"""The class `KernelKDPP`: k-DPPs from a kernel whose matrix is never formed.

Notation, mathematics and references: `otnas_fast.dpp.rejection`.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from otnas_fast import _core
from otnas_fast import _validate as check
from otnas_fast.dpp._validate import (
    Rng,
    as_generator,
    as_integer,
    as_items,
    as_size,
    as_subset,
    draw_seeds,
)
from otnas_fast.dpp.kernel_ensemble import KernelEnsemble, drawn, log_mean
from otnas_fast.dpp.kernels import KernelLike
from otnas_fast.dpp.rejection import Landmarks, OfSize


class KernelKDPP(KernelEnsemble):
    """The k-DPPs (all k) of an L-ensemble of any size, given by blocks of its kernel.

    Draws are exact, by rejection from small k-DPPs. Probabilities need the normaliser e_k, which is
    known between two bounds and estimated without bias from the same small k-DPPs.

    Parameters
    ----------
    kernel : Kernel or Embedding over n items
        See `Kernel`; an Embedding stands for `EmbeddingKernel` with default lengthscales.
    landmarks : int, optional
        Number of items whose kernel columns stand for all; by default, 15 k and at least 50. More
        make the preparation longer and draws shorter; the law is the same.

    Notes
    -----
    The first draw for each k takes one pass over n x landmarks kernel values; memory is O(n) and a
    block of some thousand rows. A further draw takes about ten kernel matrices of max(4 k, k^2 / 4)
    items. Results do not depend on threads, except that NumPy's BLAS may round differently with
    another number of threads: a draw then changes with probability 1e-12 or so.

    Examples
    --------
    >>> import numpy as np
    >>> from otnas_fast import Embedding
    >>> points = np.random.default_rng(0).uniform(size=(100_000, 2))
    >>> KernelKDPP(Embedding({"x": points})).sample(5, rng=1).shape
    (5,)
    """

    def __init__(self, kernel: KernelLike, *, landmarks: int | None = None) -> None:
        super().__init__(kernel, landmarks=landmarks)
        self._landmarks: Landmarks | None = None
        self._asked_for = 0  # landmarks
        self._proposals: dict[int, OfSize] = {}

    def sample(self, k: int, *, rng: Rng = None, size: int | None = None) -> npt.NDArray[np.int64]:
        """Draw from the k-DPP, ``P(S) = det(L_S) / e_k``, exactly.

        Parameters
        ----------
        k : int
            Number of items, between 1 and n.
        rng, size
            As for `KDPP.sample`.

        Returns
        -------
        ndarray of int64, shape (k,) or (size, k)
            Indices of the items, ascending in every draw.

        Raises
        ------
        TypeError, ValueError
            As for `KDPP.sample`.
        NumericalError
            If the kernel is seen to be indefinite, not finite or of rank below k; if none of 10,000
            trials was accepted, which more landmarks may cure.
        """
        k = as_integer(k, "k", least=1, most=self.n)
        size = as_size(size)
        draws = drawn(self._proposal(k), draw_seeds(as_generator(rng), size))
        return draws[0] if size is None else np.array(draws, dtype=np.int64).reshape(-1, k)

    def draw(
        self, k: int, rng: np.random.Generator, *, trials: int
    ) -> npt.NDArray[np.int64] | None:
        """Draw k items, ascending; return None if none of so many trials was accepted."""
        return self._proposal(k).draw(rng, trials)

    def log_normaliser(self, k: int, *, rng: Rng = None, trials: int = 100) -> tuple[float, float]:
        """Estimate ``log e_k`` from small k-DPPs.

        Parameters
        ----------
        k : int
            Number of items, between 1 and n.
        rng
            As for `KDPP.sample`.
        trials : int, default 100
            Number of small k-DPPs, at least 2.

        Returns
        -------
        estimate, error : float
            The logarithm of an unbiased estimate of e_k, and its standard error, which falls as
            1 / sqrt(trials).

        Raises
        ------
        TypeError, ValueError, NumericalError
            As for `sample`.
        """
        k = as_integer(k, "k", least=1, most=self.n)
        trials = check.integer(trials, "trials", minimum=2)
        proposal, generator = self._proposal(k), as_generator(rng)
        estimate, error = log_mean([proposal.weighed(generator)[2] for _ in range(trials)])
        if estimate == -np.inf:
            raise _core.NumericalError(f"rank too small: no set of k = {k} items was found")
        return estimate + k * math.log(self._scale), error

    def log_normaliser_bound(self, k: int) -> float:
        """Return an upper bound on ``log e_k`` that holds with certainty.

        Parameters
        ----------
        k : int
            Number of items, between 1 and n.

        Returns
        -------
        float
            ``log U``; the closer it is to `log_normaliser`, the more draws are accepted.

        Raises
        ------
        TypeError, ValueError, NumericalError
            As for `sample`.
        """
        k = as_integer(k, "k", least=1, most=self.n)
        return self._proposal(k).log_bound + k * math.log(self._scale)

    def log_prob(
        self, k: int, subset: npt.ArrayLike, *, rng: Rng = None, trials: int = 100
    ) -> float:
        """Return the logarithm of the probability of one set, with an estimated normaliser.

        Parameters
        ----------
        k, rng, trials
            As for `log_normaliser`, whose standard error is that of the result.
        subset : array_like of int, shape (k,)
            Distinct indices of items.

        Returns
        -------
        float
            -inf if ``L_S`` is singular to rounding.

        Raises
        ------
        TypeError, ValueError, NumericalError
            As for `sample`.
        """
        k = as_integer(k, "k", least=1, most=self.n)
        items = as_subset(subset, k, self.n)
        return self._log_determinant(items) - self.log_normaliser(k, rng=rng, trials=trials)[0]

    def inclusion_probability(
        self, k: int, items: npt.ArrayLike, *, rng: Rng = None, trials: int = 100
    ) -> float:
        """Estimate the probability that a draw of k items holds all of `items`.

        It is ``det(L_A) e_{k-a}(L given A) / e_k(L)``, with both normalisers estimated as by
        `log_normaliser`.

        Parameters
        ----------
        k, rng, trials
            As for `log_normaliser`.
        items : array_like of int, shape (a,)
            Distinct indices.

        Returns
        -------
        float
            Its relative standard error is some sqrt(2) times that of `log_normaliser`.

        Raises
        ------
        TypeError, ValueError, NumericalError
            As for `sample`.
        """
        k = as_integer(k, "k", least=1, most=self.n)
        indices = as_items(items, self.n, "items")
        if not len(indices):
            return 1.0
        log_numerator = self._log_determinant(indices) if len(indices) <= k else -np.inf
        if log_numerator == -np.inf:
            return 0.0
        generator = as_generator(rng)
        if len(indices) < k:
            given = self.condition(include=indices)
            log_numerator += given.log_normaliser(k - len(indices), rng=generator, trials=trials)[0]
        log_normaliser, _ = self.log_normaliser(k, rng=generator, trials=trials)
        return min(math.exp(log_numerator - log_normaliser), 1.0)

    def _proposal(self, k: int) -> OfSize:
        if k > self._positive:
            raise _core.NumericalError(
                f"rank too small: only {self._positive} items have a positive diagonal entry, so "
                f"no set of k = {k} items has a positive determinant"
            )
        wanted = self._count or max(15 * k, 50)
        if self._landmarks is None or (self._count is None and self._asked_for < wanted):
            self._landmarks, self._asked_for = self._fitted(wanted), wanted
            self._proposals.clear()
        if k not in self._proposals:
            self._proposals[k] = OfSize(self._kernel, self._scale, self._landmarks, k)
        return self._proposals[k]
