"""One decision, whatever the items are: which candidates to try next, given their posterior.

Notation
--------
mu, s : posterior mean and standard deviation of a candidate, standardised units.
f* : lowest posterior mean of an observed item, which noise does not flatter.
(c_i, f_i) : with known costs, those of observed and pending items and their posterior means.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from otnas import checks
from otnas.arrays import FloatArray, IntArray
from otnas.gp.direct_posterior import Posterior
from otnas.search.decision.acquisition import best_improvements, log_expected_improvement
from otnas.search.decision.candidates import Candidates
from otnas.search.decision.hypervolume import Staircase
from otnas.search.decision.improvement import BeyondFront
from otnas.search.decision.ranking import lowest_of_groups
from otnas.search.decision.rules import Rule
from otnas.search.decision.settings import AcquisitionSettings


@dataclass(frozen=True)
class Decision:
    """The chosen ones of N candidates, and the moments of all.

    Attributes
    ----------
    chosen : int array (k,)
        Positions among the candidates.
    mean, std : arrays (N,), mu and s
    gap : array (N,)
        Means for ranking, see `Improvement.gap`.
    """

    chosen: IntArray
    mean: FloatArray
    std: FloatArray
    gap: FloatArray


@dataclass(frozen=True)
class Tradeoff:
    """Known costs, for decisions that improve the front of value and costs.

    Attributes
    ----------
    items : int array (n,)
        Observed and pending items that have costs, without failures.
    costs : array (n, m), c_i
    offered : array (N, m)
        Costs of the candidates.
    reference_costs : array (m,)
    reference_target : float, optional
        In standardised units; by default the worst target.
    """

    items: IntArray
    costs: FloatArray
    offered: FloatArray
    reference_costs: FloatArray
    reference_target: float | None

    def beyond(self, posterior: Posterior) -> BeyondFront:
        """Return the improvement beyond the front of posterior means."""
        reference = self.reference_target
        if reference is None:
            reference = float(posterior.process.standardised_targets.max())
        values = posterior.standardised_moments(self.items)[0]
        return BeyondFront(
            Staircase(self.costs, values, self.reference_costs, reference), self.offered
        )


def decide(
    posterior: Posterior,
    items: IntArray,
    k: int,
    rule: Rule,
    settings: AcquisitionSettings,
    n_seen: int,
    rng: np.random.Generator,
    groups: IntArray | None = None,
    tradeoff: Tradeoff | None = None,
) -> Decision:
    """Choose k of N candidates, one by the acquisition function or several by the batch rule.

    Ties of the acquisition function are broken at random.

    Parameters
    ----------
    posterior : Posterior
    items : int array (N,), N >= k
        The candidates.
    k : int >= 1
    rule : Rule
    settings : AcquisitionSettings
    n_seen : int
        Number of items told or pending, for acquisition functions that take turns.
    rng : numpy Generator
    groups : int array (N,), optional
        Equal numbers mark candidates of which a batch may hold only one.
    tradeoff : Tradeoff, optional
        Improve the front instead of the best value.

    Raises
    ------
    ValueError, IndexError
        If the rule does not return k different positions.
    """
    mean, std = posterior.standardised_moments(items)
    best = float(posterior.standardised_moments(posterior.process.items)[0].min())
    beyond = None if tradeoff is None else tradeoff.beyond(posterior)
    gap = mean if beyond is None else beyond.gap(mean)
    if k == 1 and not rule.for_one:
        if beyond is None:
            winners = _winners(settings, n_seen, mean, std, best)
        else:
            gain = beyond.front.greatest(mean, std, beyond.costs)
            winners = np.flatnonzero(gain == gain.max())
        return Decision(rng.choice(winners, size=1), mean, std, gap)
    m = rule.n_candidates(k)
    if beyond is None:
        value = _ranking(rule, settings, mean, std, best)
    else:
        value = -beyond.front.greatest(mean, std, beyond.costs, m, groups)
    promising = lowest_of_groups(value, m, groups)
    if beyond is not None:
        # Candidates without improvement are left out, unless there are too few others.
        gaining = promising[np.isfinite(value[promising])]
        promising = gaining if gaining.size >= k else promising
        beyond = beyond.of(promising)
    candidates = _joint(posterior, items[promising], mean[promising], best, beyond)
    positions = checks.pool_items("batch_rule", rule(candidates, k, rng), promising.size)
    if positions.size != k or np.unique(positions).size != k:
        raise ValueError(f"batch_rule: expected {k} different positions, got {positions}")
    return Decision(promising[positions], mean, std, gap)


def confidence_bound(
    settings: AcquisitionSettings, mean: FloatArray, std: FloatArray, weight: float
) -> FloatArray:
    """Return mu - weight s, low is promising; the paper's code uses s^2 instead of s."""
    spread = std * std if settings.reproduce_variance_bound else std
    return mean - weight * spread


def _winners(
    settings: AcquisitionSettings, n_seen: int, mean: FloatArray, std: FloatArray, best: float
) -> IntArray:
    """Return all positions of the best acquisition value."""
    by_turns = settings.acquisition == "ei-lcb" and n_seen % 2 == 1
    if settings.acquisition == "lcb" or by_turns:
        bound = confidence_bound(settings, mean, std, settings.kappa)
        return np.flatnonzero(bound == bound.min())
    return best_improvements(mean, std, best)


def _ranking(
    rule: Rule, settings: AcquisitionSettings, mean: FloatArray, std: FloatArray, best: float
) -> FloatArray:
    """Return the scores that rank the candidates of a batch, low is promising, shape (N,)."""
    if rule.by_bound or settings.acquisition == "lcb":
        weight = rule.bound_weight
        if weight is None:
            weight = settings.kappa if settings.acquisition == "lcb" else 1.0
        return confidence_bound(settings, mean, std, weight)
    return -log_expected_improvement(mean, std, best)


def _joint(
    posterior: Posterior,
    items: IntArray,
    mean: FloatArray,
    best: float,
    beyond: BeyondFront | None,
) -> Candidates:
    process = posterior.process
    return Candidates(
        mean,
        posterior.standardised_covariance(items),
        process.kernel.block(items, items, process.log_parameters[:-1]),
        process.standardised_targets,
        best,
        float(np.exp(process.log_parameters[-1])),
        beyond,
    )
