"""Bayesian optimisation over a finite pool of items of any kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from otnas import checks
from otnas.arrays import IntArray
from otnas.gp.gram_kernels import GramBlocks, as_kernel
from otnas.gp.kernels import Kernel
from otnas.gp.pool_posterior import PoolPosterior
from otnas.gp.pool_rows import storage_dtype
from otnas.gp.process import GaussianProcess
from otnas.search import transaction
from otnas.search.bayesian import BayesianSearch, Offer
from otnas.search.costs import CostsLike, known_costs
from otnas.search.decision.rules import FunctionRule, Rule, RuleLike, rule_class
from otnas.search.decision.settings import AcquisitionSettings, ModelSettings
from otnas.search.decision.transforms import OutputTransform
from otnas.search.domain import PoolItems
from otnas.search.settings import as_identity, as_settings
from otnas.search.threads import one_blas_thread
from otnas_fast import Embedding

CandidateFunction = Callable[["PoolSearch", np.random.Generator], ArrayLike]


class PoolSearch(BayesianSearch[int]):
    """Optimise a noisy function of pool items, the numbers 0..N-1.

    Parameters
    ----------
    kernel : Kernel or Embedding
        Covariances of the N pool items; an `otnas_fast.Embedding` stands for the Laplace kernel of
        its blocks' L1 distances.
    gram : array (N, N), callable (rows, cols) -> array (len(rows), len(cols)), or Embedding
        Given instead of `kernel`: a positive semi-definite Gram matrix with a diagonal of about 1,
        whole or computed in blocks of item indices.
    n_items : int
        N, with a callable `gram`.
    initial : int >= 1
        Items are uniform draws until this many were asked for or told.
    batch_rule : str, Rule or callable
        How ``ask(n)``, n > 1, chooses: a name of `decision.rules.RULES` (docs/methods.md), some of
        which choose one item too, or a function (candidates, k, rng) -> k positions, which gets a
        `decision.candidates.Candidates`.
    settings : mapping, optional
        Fields of `ModelSettings`, `AcquisitionSettings` and the rule:
        ``{"acquisition": "lcb", "kappa": 1.0, "sharpness": 2.0}``.
    transform : OutputTransform, optional
        Your own transform from values to targets, instead of a name in `settings`.
    groups : int array (N,), optional
        Equal numbers mark items that are the same thing: asking for or telling one excludes the
        others from being asked for.
    candidates : callable (search, rng) -> item array, optional
        Restricts each model-based choice to these items (e.g. mutations of the best). If fewer
        than n of them are left, the whole pool is used.
    costs : array (N,), function of an item, or mapping of names to such, optional
        Numbers known before items are evaluated, such as latency; low is good. A single one is
        named "cost". See `search.front`, and the objective "pareto" in `settings`.
    budget : mapping of names to numbers, optional
        Items with higher costs are never asked for.
    reference : mapping of names to numbers, optional
        The reference point of hypervolumes: any of "value" and the costs.
    dtype : float64, float32 or None
        Storage of the pool's posterior, 8 or 4 bytes times (n + m) N. None is float64 for pools of
        up to 50,000 items and float32 above, see `PoolPosterior`.
    direction : {"minimise", "maximise"}
    seed : int, numpy Generator or None

    Raises
    ------
    TypeError
        If not exactly one of `kernel` and `gram` is given, or if an argument has a wrong type.
    ValueError
        If an argument is out of range.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.linspace(0.0, 1.0, 50)
    >>> search = PoolSearch(gram=np.exp(-abs(x[:, None] - x) / 0.3), initial=4, seed=0)
    >>> for _ in range(8):
    ...     items = search.ask(2)
    ...     search.tell(items, [(x[i] - 0.3) ** 2 for i in items])
    >>> bool(abs(x[search.best[0]] - 0.3) < 0.02)
    True

    The front of values and a cost, among items that cost at most 0.8:

    >>> search = PoolSearch(
    ...     gram=np.exp(-abs(x[:, None] - x) / 0.3), initial=4, seed=0,
    ...     costs={"latency": x**2}, budget={"latency": 0.8}, settings={"objective": "pareto"},
    ... )
    >>> for _ in range(8):
    ...     items = search.ask(2)
    ...     search.tell(items, [(x[i] - 0.7) ** 2 for i in items])
    >>> bool(search.front.costs["latency"].max() <= 0.8)
    True
    """

    def __init__(
        self,
        kernel: Kernel | Embedding | None = None,
        *,
        gram: ArrayLike | GramBlocks | Embedding | None = None,
        n_items: int | None = None,
        initial: int = 10,
        batch_rule: RuleLike = "kdpp-quality",
        settings: Mapping[str, object] | None = None,
        transform: OutputTransform | None = None,
        groups: ArrayLike | None = None,
        candidates: CandidateFunction | None = None,
        costs: CostsLike | None = None,
        budget: Mapping[str, float] | None = None,
        reference: Mapping[str, float] | None = None,
        dtype: DTypeLike | None = None,
        direction: str = "minimise",
        seed: int | np.random.Generator | None = None,
    ) -> None:
        if transform is not None and not (
            isinstance(transform, OutputTransform) and not isinstance(transform, type)
        ):
            raise TypeError(
                f"transform: expected an OutputTransform (names go into settings), "
                f"got {transform!r}"
            )
        if candidates is not None and not callable(candidates):
            raise TypeError(f"candidates: expected a function, got {candidates!r}")
        rule = rule_class(batch_rule)
        parts = as_settings((ModelSettings, AcquisitionSettings, rule), settings, rule.summary)
        if isinstance(batch_rule, Rule):
            parts[2] = batch_rule
        elif isinstance(parts[2], FunctionRule) and not isinstance(batch_rule, str):
            parts[2] = replace(parts[2], function=batch_rule)
        kernel = as_kernel(kernel, gram, n_items)
        super().__init__(
            PoolItems(
                kernel.n_items,
                groups,
                known_costs(costs, budget, reference, range(kernel.n_items)),
            ),
            *parts,
            seed=seed,
            initial=initial,
            direction=direction,
            transform=transform,
        )
        self._restricted_to = candidates
        self._pool_posterior = PoolPosterior(
            GaussianProcess(kernel, noise_floor=parts[0].noise_floor), dtype=dtype
        )
        named = batch_rule if isinstance(batch_rule, str) else rule.__name__
        fixed = [part for part in parts if not isinstance(part, FunctionRule)]
        own = {"transform": transform, "candidates": candidates}
        self.identity = {
            "method": f"{named}:pool",
            "settings": as_identity(fixed),
            "own": [name for name, function in own.items() if function is not None],
            "dtype": str(storage_dtype(dtype, kernel.n_items)),
        }

    @property
    @one_blas_thread
    def posterior(self) -> PoolPosterior:
        """Posterior over the pool in transformed units, given observed and pending items."""
        with transaction.UnchangedIfItFails(self):
            self._condition()
        return self._pool_posterior

    def describe(self) -> dict[str, Any]:
        """Return, as JSON values, everything that determines which items are asked for.

        A kernel is described by some of its values; of your own functions, only the presence is.
        """
        return {**super().describe(), "kernel": self._kernel_values()}

    @property
    def _posterior(self) -> PoolPosterior:
        return self._pool_posterior

    def _items_of(self, things: Sequence[int]) -> IntArray:
        return np.array(things, dtype=np.intp)

    def _offer(self, n: int) -> Offer[int]:
        assert self._left is not None  # a pool has one
        items = np.flatnonzero(self._left.mask)
        if self._restricted_to is not None:
            proposed = np.unique(
                checks.pool_items(
                    "candidates", self._restricted_to(self, self._rng), self._left.mask.size
                )
            )
            proposed = proposed[self._left.mask[proposed]]
            if self._left.n_groups(proposed) >= n:
                items = proposed
        groups = None if self._left.labels is None else self._left.labels[items]
        return Offer(items, lambda i: int(items[i]), groups, self._costs_at(items))

    def _kernel_values(self) -> list[float]:
        kernel = self._pool_posterior.process.kernel
        n = kernel.n_items
        sample = np.unique(np.linspace(0, n - 1, min(n, 8)).astype(np.intp))
        block = kernel.block(sample, sample, kernel.parameters.initial)
        return [float(f"{value:.9g}") for value in block[np.triu_indices(sample.size)]]
