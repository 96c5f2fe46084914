"""The class `KernelDPP`: sets of any size from a kernel whose matrix is never formed.

Notation, mathematics and references: `otnas_fast.dpp.rejection`.
"""

from __future__ import annotations

import math
from functools import cached_property
from typing import overload

import numpy as np
import numpy.typing as npt

from otnas_fast import _core
from otnas_fast import _validate as check
from otnas_fast.dpp._validate import Rng, as_generator, as_items, as_size, draw_seeds
from otnas_fast.dpp.kernel_ensemble import KernelEnsemble, drawn, log_mean
from otnas_fast.dpp.rejection import MOST_ITEMS, OfAnySize

_FIRST_LANDMARKS = 100


class KernelDPP(KernelEnsemble):
    """The DPP of an L-ensemble of any number of items, given by blocks of its kernel.

    Draws are exact, ``P(S) = det(L_S) / det(I + L)``, by rejection from small DPPs. Probabilities
    need det(I + L), which is estimated without bias from the same small DPPs.

    Parameters
    ----------
    kernel : Kernel or Embedding over n items
        See `Kernel`; an Embedding stands for `EmbeddingKernel` with default lengthscales.
    landmarks : int, optional
        Number of items whose kernel columns stand for all; by default, 15 times the expected size
        and at least 100. More make the preparation longer and draws shorter; the law is the same.

    See Also
    --------
    DPP : the same from a matrix or a factor, with exact probabilities.
    KernelKDPP : sets of a fixed size.

    Notes
    -----
    With s the expected size, the first draw takes one pass over n x landmarks kernel values, each
    further draw about ten kernel matrices of max(4 s, s^2 / 4) items. The kernel determines the
    size: `EmbeddingKernel`'s ``variance`` or a `QualityKernel` changes it. This is the method
    of Derezinski, Calandriello and Valko (2019), with landmarks for their dictionary.

    Examples
    --------
    >>> import numpy as np
    >>> from otnas_fast.dpp import LaplaceKernel, QualityKernel
    >>> points = np.random.default_rng(0).uniform(size=(20_000, 2))
    >>> quality = np.full(20_000, 0.02)
    >>> dpp = KernelDPP(QualityKernel(LaplaceKernel(points), quality))
    >>> size, error = dpp.expected_size(rng=0)
    >>> 3.5 < size < 4.5 and error < 0.1
    True
    >>> draws = dpp.sample(rng=1, size=20)
    >>> 2.0 < sum(map(len, draws)) / 20 < 6.0
    True
    """

    @cached_property
    def _proposal(self) -> OfAnySize:
        count = self._count or _FIRST_LANDMARKS
        while True:
            landmarks = self._fitted(count)
            odds = self._scale * landmarks.values
            size = float((odds / (1.0 + odds)).sum()) + self._scale * landmarks.rest
            if size * size / 4.0 > MOST_ITEMS:
                raise _core.NumericalError(
                    f"kernel: expected one whose sets have at most some {2 * MOST_ITEMS**0.5:.0f} "
                    f"items, got about {size:.0f}; multiply it by a smaller number"
                )
            if self._count or count >= min(15 * size, self._positive):
                return OfAnySize(self._kernel, self._scale, landmarks)
            count = max(2 * count, math.ceil(15 * size))

    @overload
    def sample(self, *, rng: Rng = None, size: None = None) -> npt.NDArray[np.int64]: ...

    @overload
    def sample(self, *, rng: Rng = None, size: int) -> list[npt.NDArray[np.int64]]: ...

    def sample(
        self, *, rng: Rng = None, size: int | None = None
    ) -> npt.NDArray[np.int64] | list[npt.NDArray[np.int64]]:
        """Draw sets, exactly.

        Parameters
        ----------
        rng, size
            As for `KDPP.sample`.

        Returns
        -------
        ndarray of int64, shape (m,), or a list of ``size`` such arrays
            Indices ascending; m varies from draw to draw and may be 0.

        Raises
        ------
        TypeError, ValueError
            As for `KDPP.sample`.
        NumericalError
            If the kernel is seen to be indefinite or not finite; if its sets have some 280 items
            or more; if none of 10,000 trials was accepted, which more landmarks may cure.
        """
        size = as_size(size)
        seeds = draw_seeds(as_generator(rng), size)
        if not self._positive:
            draws = [np.empty(0, dtype=np.int64) for _ in seeds]
        else:
            draws = drawn(self._proposal, seeds)
        return draws[0] if size is None else draws

    def log_normaliser(self, *, rng: Rng = None, trials: int = 100) -> tuple[float, float]:
        """Estimate ``log det(I + L)`` from small DPPs.

        Parameters
        ----------
        rng
            As for `KDPP.sample`.
        trials : int, default 100
            Number of small DPPs, at least 2.

        Returns
        -------
        estimate, error : float
            The logarithm of an unbiased estimate, and its standard error, which falls as
            1 / sqrt(trials).

        Raises
        ------
        TypeError, ValueError, NumericalError
            As for `sample`.
        """
        trials = check.integer(trials, "trials", minimum=2)
        generator = as_generator(rng)
        if not self._positive:
            return 0.0, 0.0
        return log_mean([self._proposal.weighed(generator)[2] for _ in range(trials)])

    def log_normaliser_bound(self) -> float:
        """Return an upper bound on ``log det(I + L)`` that holds with certainty.

        The closer it is to `log_normaliser`, the more draws are accepted.

        Raises
        ------
        NumericalError
            As for `sample`.
        """
        return self._proposal.log_bound if self._positive else 0.0

    def expected_size(self, *, rng: Rng = None, trials: int = 100) -> tuple[float, float]:
        """Estimate the mean number of items of a draw from small DPPs.

        Parameters
        ----------
        rng, trials
            As for `log_normaliser`.

        Returns
        -------
        estimate, error : float
            The estimate and its standard error; the bias is of the order of 1 / trials.

        Raises
        ------
        TypeError, ValueError, NumericalError
            As for `sample`.
        """
        trials = check.integer(trials, "trials", minimum=2)
        generator = as_generator(rng)
        if not self._positive:
            return 0.0, 0.0
        logs, sizes = np.empty(trials), np.empty(trials)
        for i in range(trials):
            small, _, logs[i] = self._proposal.weighed(generator)
            sizes[i] = self._proposal.kappa(small).sum()
        weights = np.exp(logs - logs.max())
        weights /= weights.sum()
        mean = float(weights @ sizes)
        return mean, float(np.sqrt(np.square(weights) @ np.square(sizes - mean)))

    def log_prob(self, subset: npt.ArrayLike, *, rng: Rng = None, trials: int = 100) -> float:
        """Return the logarithm of the probability of one set, with an estimated normaliser.

        Parameters
        ----------
        subset : array_like of int, shape (m,)
            Distinct indices of items; may be empty.
        rng, trials
            As for `log_normaliser`, whose standard error is that of the result.

        Returns
        -------
        float
            -inf if ``L_S`` is singular to rounding.

        Raises
        ------
        TypeError, ValueError, NumericalError
            As for `sample`.
        """
        items = as_items(subset, self.n, "subset")
        return self._log_determinant(items) - self.log_normaliser(rng=rng, trials=trials)[0]

    def inclusion_probability(
        self, items: npt.ArrayLike, *, rng: Rng = None, trials: int = 100
    ) -> float:
        """Estimate the probability that a draw holds all of `items`.

        It is ``det(L_A) det(I + L given A) / det(I + L)``, with both normalisers estimated as by
        `log_normaliser`.

        Parameters
        ----------
        items : array_like of int, shape (a,)
            Distinct indices.
        rng, trials
            As for `log_normaliser`.

        Returns
        -------
        float
            Its relative standard error is some sqrt(2) times that of `log_normaliser`.

        Raises
        ------
        TypeError, ValueError, NumericalError
            As for `sample`.
        """
        indices = as_items(items, self.n, "items")
        if not len(indices):
            return 1.0
        log_numerator = self._log_determinant(indices)
        if log_numerator == -np.inf:
            return 0.0
        generator = as_generator(rng)
        given = self.condition(include=indices)
        log_numerator += given.log_normaliser(rng=generator, trials=trials)[0]
        return min(
            math.exp(log_numerator - self.log_normaliser(rng=generator, trials=trials)[0]), 1.0
        )
