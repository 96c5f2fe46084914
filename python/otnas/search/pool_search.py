"""Ask/tell Bayesian optimisation over a finite pool of items.

Every `ask` computes the posterior of the whole pool. One item is chosen by the acquisition
function, a batch by a batch rule from the M most promising items, as in `BayesianSearch`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from otnas.arrays import BoolArray, FloatArray, IntArray, as_items
from otnas.gp.gram_kernels import GramBlocks, as_kernel
from otnas.gp.kernels import Kernel
from otnas.gp.pool_posterior import PoolPosterior
from otnas.gp.process import GaussianProcess
from otnas.search.availability import Availability
from otnas.search.batch import BatchRule, most_promising
from otnas.search.candidates import Candidates
from otnas.search.choice import best_of, promise
from otnas.search.gp_settings import BatchSettings, refit_is_due
from otnas.search.rules import Rule, rule_of
from otnas.search.settings import as_settings, check_integer, unknown
from otnas.search.transforms import TRANSFORMS, OutputTransform
from otnas_fast import Embedding

CandidateFunction = Callable[["PoolSearch", np.random.Generator], ArrayLike]


class PoolSearch:
    """Minimise a noisy function of pool items.

    Parameters
    ----------
    kernel : Kernel or Embedding
        Covariances of the N pool items; an `otnas_fast.Embedding` stands for the Laplace kernel of
        its blocks' L1 distances.
    gram : array (N, N), callable (rows, cols) -> array (len(rows), len(cols)), or Embedding
        Instead of `kernel`: a positive semi-definite Gram matrix of anything, with a diagonal of
        about 1, whole or computed in blocks of item indices.
    n_items : int
        N, with a callable `gram`.
    n_initial : int >= 1
        The first items asked for are uniform draws, until this many were asked for or told.
    acquisition : {"ei-lcb", "log-ei", "lcb"}
        How `ask(1)` chooses: log expected improvement over the lowest posterior mean of an
        observed item (which noise does not flatter), the lower confidence bound, or the two in
        turn, by the number of items told and pending. Ties are broken at random.
    batch_rule : str or BatchRule
        How `ask(n)`, n > 1, chooses: a name of `rules.RULES` (docs/methods.md), some of which
        choose one item too, or a callable (mean, covariance, n, rng) -> n positions.
    batch_settings : mapping, optional
        The rule's own settings, such as ``{"sharpness": 1.0}``; what `PoolSearch` has an argument
        for is none of them.
    n_promising : int >= 1, optional
        M: batches are chosen among this many promising items (or n if larger). None is the rule's
        own number; max(50, 4 n) of lowest confidence bound for a callable.
    kappa : float >= 0
        Weight of the standard deviation in the confidence bound.
    transform : {"log-winsorised", "log", "identity"} or OutputTransform
        From values to targets, see `otnas.search.transforms`; "identity" takes values of any sign.
    refit_every : int >= 1, optional
        Hyperparameters are refitted at an `ask` once this many observations are new; by default
        once there are a tenth more than at the last fit.
    groups : int array (N,), optional
        Equal numbers mark items that are the same thing: asking for or telling one excludes the
        others from being asked for.
    candidates : callable (search, rng) -> item array, optional
        Restricts each model-based choice to these items (e.g. mutations of the best). If fewer
        than n of them are left, the whole pool is used.
    dtype : float64, float32 or None
        Storage of the pool's posterior, 8 or 4 bytes times (n + m) N. None is float64 for pools of
        up to 50,000 items and float32 above, see `PoolPosterior`.
    noise_floor : float
        Smallest noise variance, see `GaussianProcess`.
    seed : int, numpy Generator or None
        Equal seeds and equal tells give equal asks.

    Attributes
    ----------
    seeded : bool
        Whether a seed was given, so that the search can be repeated.

    Raises
    ------
    TypeError
        Unless exactly one of `kernel` and `gram` is given, or if an argument has a wrong type.
    ValueError
        If an argument is out of range.
    """

    def __init__(
        self,
        kernel: Kernel | Embedding | None = None,
        *,
        gram: ArrayLike | GramBlocks | Embedding | None = None,
        n_items: int | None = None,
        n_initial: int = 10,
        acquisition: str = "ei-lcb",
        batch_rule: str | BatchRule = "kdpp-quality",
        batch_settings: Mapping[str, object] | None = None,
        n_promising: int | None = None,
        kappa: float = 0.6,
        transform: str | OutputTransform = "log-winsorised",
        refit_every: int | None = None,
        groups: ArrayLike | None = None,
        candidates: CandidateFunction | None = None,
        dtype: DTypeLike | None = None,
        noise_floor: float = 1e-6,
        seed: int | np.random.Generator | None = None,
    ) -> None:
        check_integer("n_initial", n_initial, 1)
        self._rule: Rule = rule_of(batch_rule)
        chosen = {
            "acquisition": acquisition,
            "kappa": kappa,
            "n_promising": n_promising,
            "refit_every": refit_every,
            "noise_floor": noise_floor,
        }
        if isinstance(transform, str):
            chosen["transform"] = transform
        elif isinstance(transform, type) or not isinstance(transform, OutputTransform):
            raise TypeError(
                f"transform: expected one of {', '.join(TRANSFORMS)} or an OutputTransform, "
                f"got {transform!r}"
            )
        own = _own_settings(self._rule, batch_settings or {})
        self._settings: BatchSettings = as_settings(
            self._rule.settings, {**chosen, **own}, self._rule.summary
        )
        kernel = as_kernel(kernel, gram, n_items)
        self._n_initial = n_initial
        self._transform: OutputTransform = (
            TRANSFORMS[transform]() if isinstance(transform, str) else transform
        )
        self._candidates = candidates
        self.seeded = seed is not None
        self._rng = np.random.default_rng(seed)
        self._availability = Availability(kernel.n_items, groups)
        self._process = GaussianProcess(kernel, noise_floor=noise_floor)
        self._posterior = PoolPosterior(self._process, dtype=dtype)
        self._values: FloatArray = np.empty(0)
        self._pending: IntArray = np.empty(0, dtype=np.intp)
        self._n_fitted = 0

    @property
    def items(self) -> IntArray:
        """Items told so far, in that order, shape (n,)."""
        return self._process.items.copy()

    @property
    def values(self) -> FloatArray:
        """Values told so far, +inf for failures, shape (n,)."""
        return self._values.copy()

    @property
    def pending(self) -> IntArray:
        """Items asked for but not told, in that order, shape (m,)."""
        return self._pending.copy()

    @property
    def n_left(self) -> int:
        """How many items can still be asked for."""
        return self._availability.n_left

    @property
    def best(self) -> tuple[int, float]:
        """Item and value of the lowest value told.

        Raises
        ------
        RuntimeError
            If nothing was told yet.
        """
        if self._values.size == 0:
            raise RuntimeError("best: expected at least one told value, got none")
        where = int(self._values.argmin())
        return int(self._process.items[where]), float(self._values[where])

    @property
    def posterior(self) -> PoolPosterior:
        """Posterior over the pool in transformed units, given observed and pending items."""
        self._process.set_pending(self._pending)
        return self._posterior

    def ask(self, n: int = 1) -> IntArray:
        """Return n different items to evaluate, never one that was asked for or told before.

        Pending items count as observed at their posterior mean. Until a finite value is told,
        items are uniform draws.

        Returns
        -------
        int array (n,)

        Raises
        ------
        TypeError, ValueError
            If n is not an integer >= 1, or the batch rule does not return n different positions.
        IndexError
            If the batch rule or the candidate function returns an item that does not exist.
        RuntimeError
            If fewer than n items are left.

        Whatever is raised, a callable's error or Ctrl-C, the search is as before.
        """
        check_integer("n", n, 1)
        state, n_fitted = self._rng.bit_generator.state, self._n_fitted
        try:
            with self._process.transaction():
                chosen = self._chosen(n)
        except BaseException:
            # As if it had not been called: what follows is what a journal replays.
            self._rng.bit_generator.state, self._n_fitted = state, n_fitted
            raise
        self._availability.exclude(chosen)
        self._pending = np.concatenate([self._pending, chosen])
        return chosen

    def _chosen(self, n: int) -> IntArray:
        left = self._availability.copy()
        if n > left.n_left:
            raise RuntimeError(f"the pool is exhausted: expected n <= {left.n_left}, got {n}")
        n_seen = self._values.size + self._pending.size
        n_random = min(n, max(0, self._n_initial - n_seen))
        if not np.isfinite(self._values).any():
            n_random = n
        chosen = self._random(n_random, left)
        if n_random < n:
            pending = np.concatenate([self._pending, chosen])
            chosen = np.concatenate([chosen, self._modelled(n - n_random, left, pending)])
        return chosen

    def tell(self, items: ArrayLike, values: ArrayLike) -> None:
        """Report values, lower is better, of items in any number and order.

        Items that were never asked for are welcome (earlier experiments). Pending items told in
        the order of `ask` cost least.

        Parameters
        ----------
        items : int array (k,)
        values : array (k,)
            +inf marks a failed training, which counts as the worst value seen. Any huge finite
            value is allowed too; the default transform winsorises it.

        Raises
        ------
        ValueError
            If shapes differ, an item is told twice, or a value is NaN, -inf or outside the domain
            of the transform. Nothing is recorded then.
        """
        where = as_items(items, self._process.kernel.n_items, "items")
        new = np.asarray(values, dtype=np.float64)
        if new.shape != where.shape:
            raise ValueError(f"values: expected shape {where.shape}, got {new.shape}")
        bad = np.isnan(new) | np.isneginf(new)
        if bad.any():
            position = int(np.flatnonzero(bad)[0])
            raise ValueError(
                f"values: expected finite numbers or +inf for a failed training, got "
                f"{new[position]} for item {where[position]}"
            )
        unique, counts = np.unique(where, return_counts=True)
        told = unique[(counts > 1) | np.isin(unique, self._process.items)]
        if told.size:
            raise ValueError(f"items: expected items not told before, got {told[0]} again")
        self._transform.check(new)
        told_values = np.concatenate([self._values, new])
        targets = self._transform(told_values)
        with self._process.transaction():
            self._process.add(where, targets[self._values.size :])
            self._process.set_targets(targets)
        self._values = told_values
        self._availability.exclude(where)
        self._pending = self._pending[~np.isin(self._pending, where)]

    def _random(self, n: int, left: Availability) -> IntArray:
        chosen = np.empty(n, dtype=np.intp)
        for i in range(n):
            chosen[i] = self._rng.choice(np.flatnonzero(left.mask))
            left.exclude(chosen[i : i + 1])
        return chosen

    def _modelled(self, n: int, left: Availability, pending: IntArray) -> IntArray:
        if refit_is_due(self._values.size, self._n_fitted, self._settings.refit_every):
            self._process.fit()
            self._n_fitted = self._values.size
        self._process.set_pending(pending)
        mask = self._restricted(n, left)
        mean, std = self._posterior.standardised_mean, self._posterior.standardised_std
        best = float(mean[self._process.items].min())
        if n > 1 or self._rule.for_one:
            return self._batch(n, mean, std, best, mask)
        allowed = np.flatnonzero(mask)
        n_seen = self._values.size + pending.size
        winners = best_of(self._settings, n_seen, mean[allowed], std[allowed], best)
        return self._rng.choice(allowed[winners], size=1)

    def _batch(
        self, n: int, mean: FloatArray, std: FloatArray, best: float, mask: BoolArray
    ) -> IntArray:
        """Return the n items that the batch rule chooses."""
        value = promise(self._rule, self._settings, mean, std, best)
        promising = self._promising(self._settings.promising(n), value, mask)
        candidates = Candidates(
            mean[promising],
            self._posterior.standardised_covariance(promising),
            _log_correlations(self._process, promising),
            self._process.standardised_targets,
            best,
            float(np.exp(self._process.log_parameters[-1])),
        )
        positions = as_items(
            self._rule.choose(candidates, n, self._settings, self._rng),
            promising.size,
            "batch_rule",
        )
        if positions.size != n or np.unique(positions).size != n:
            raise ValueError(f"batch_rule: expected {n} different positions, got {positions}")
        return promising[positions]

    def _restricted(self, n: int, left: Availability) -> BoolArray:
        """Return the mask of items that a model-based choice of n may take."""
        if self._candidates is None:
            return left.mask
        proposed = as_items(
            self._candidates(self, self._rng), self._process.kernel.n_items, "candidates"
        )
        proposed = np.unique(proposed[left.mask[proposed]])
        if left.one_per_group(proposed).size < n:
            return left.mask
        mask = np.zeros(left.mask.size, dtype=np.bool_)
        mask[proposed] = True
        return mask

    def _promising(self, m: int, value: FloatArray, mask: BoolArray) -> IntArray:
        """Return up to m items of lowest value, one of each group."""
        width, n_allowed = m, int(mask.sum())
        while True:
            best = most_promising(value, width, ~mask)
            promising = self._availability.one_per_group(best)[:m]
            if promising.size == m or width >= n_allowed:
                return promising
            width *= 2


def _own_settings(rule: Rule, given: Mapping[str, object]) -> Mapping[str, object]:
    """Return `given` if it holds settings of the rule only."""
    if not isinstance(given, Mapping):
        raise TypeError(f"batch_settings: expected a mapping, got {given!r}")
    # All others are arguments of `PoolSearch`, or say how cells are mutated.
    shared = {field.name for field in fields(BatchSettings)} - {"reproduce_variance_bound"}
    valid = [field.name for field in fields(rule.settings) if field.name not in shared]
    for name in given:
        if name not in valid:
            raise ValueError(f"batch_settings: {unknown(str(name), valid, 'setting')}")
    return given


def _log_correlations(process: GaussianProcess, items: IntArray) -> FloatArray:
    """Return -log of the prior correlations, shape (k, k): of a Laplace kernel, sum_b D_b / l_b."""
    prior = process.kernel.block(items, items, process.log_parameters[:-1])
    scale = np.sqrt(np.maximum(np.diagonal(prior), 0.0))
    product = np.outer(scale, scale)
    correlation = np.divide(prior, product, out=np.ones_like(product), where=product > 0)
    result: FloatArray = -np.log(np.clip(correlation, np.finfo(np.float64).tiny, 1.0))
    return result
