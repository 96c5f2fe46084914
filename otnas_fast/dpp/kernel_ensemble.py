"""What `KernelKDPP` and `KernelDPP` share: a kernel by blocks, its scale and its landmarks."""

from __future__ import annotations

import math
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from otnas_fast import _core
from otnas_fast import _validate as check
from otnas_fast.dpp.kernels import ConditionedKernel, KernelLike, as_kernel_blocks
from otnas_fast.dpp.rejection import Landmarks, OfAnySize, OfSize, fit_landmarks

# About one trial in ten is accepted; this many in vain mean that the landmarks do not fit.
TRIALS = 10_000

Ensemble = TypeVar("Ensemble", bound="KernelEnsemble")


class KernelEnsemble:
    """An L-ensemble of n items, given by blocks of its kernel.

    Parameters
    ----------
    kernel : Kernel or Embedding over n items
    landmarks : int, optional
    """

    def __init__(self, kernel: KernelLike, *, landmarks: int | None = None) -> None:
        self._kernel = as_kernel_blocks(kernel)
        self._count = (
            None if landmarks is None else check.integer(landmarks, "landmarks", minimum=1)
        )
        diagonal = self._kernel.diagonal()
        if diagonal.shape != (len(self._kernel),):
            raise ValueError(
                f"kernel.diagonal(): expected shape ({len(self._kernel)},), got {diagonal.shape}"
            )
        bad = diagonal[~(np.isfinite(diagonal) & (diagonal >= 0))]
        if bad.size:
            raise ValueError(f"kernel.diagonal(): expected finite numbers >= 0, got {bad[0]}")
        largest = float(diagonal.max())
        # A power of two: dividing by it rounds nothing.
        self._scale = 2.0 ** math.frexp(largest)[1] if 0 < largest < 2.0**1020 else largest or 1.0
        self._positive = int(np.count_nonzero(diagonal))

    @property
    def n(self) -> int:
        """Number of items."""
        return len(self._kernel)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(n={self.n})"

    def condition(
        self: Ensemble, *, include: npt.ArrayLike = (), exclude: npt.ArrayLike = ()
    ) -> Ensemble:
        """Return the ensemble of the other items, given that some are in or out of the draw.

        Parameters
        ----------
        include, exclude
            As for `KDPP.condition`.

        Returns
        -------
        KernelKDPP or KernelDPP
            An ensemble of the same n items.

        Raises
        ------
        TypeError, ValueError, NumericalError
            As for `KDPP.condition`.
        """
        kernel = ConditionedKernel(self._kernel, include=include, exclude=exclude)
        return type(self)(kernel, landmarks=self._count)

    def _fitted(self, count: int) -> Landmarks:
        return fit_landmarks(self._kernel, self._scale, count)

    def _log_determinant(self, items: npt.NDArray[np.int64]) -> float:
        block = self._kernel.block(items, items) / self._scale
        return _core.log_determinant_psd(block) + len(items) * math.log(self._scale)


def drawn(
    proposal: OfSize | OfAnySize, seeds: npt.NDArray[np.uint64]
) -> list[npt.NDArray[np.int64]]:
    """Return a draw for every seed."""
    draws = []
    for seed in seeds:
        draw = proposal.draw(np.random.default_rng(seed), TRIALS)
        if draw is None:
            raise _core.NumericalError(
                f"none of {TRIALS} trials was accepted; landmarks: expected more than "
                f"{proposal.landmarks} for this kernel"
            )
        draws.append(draw)
    return draws


def log_mean(logs: list[float]) -> tuple[float, float]:
    """Return the logarithm of the mean of exp(logs), and its standard error."""
    top = max(logs)
    if top == -np.inf:
        return top, 0.0
    values = np.exp(np.array(logs) - top)
    mean = float(values.mean())
    return top + math.log(mean), float(values.std(ddof=1)) / mean / math.sqrt(len(logs))
