"""What a decision with known costs is made of, and that it is the best by a slow version."""

import numpy as np
import pytest
from studies import GRAM, POINTS

from otnas.search import PoolSearch, tradeoffs
from otnas.search.costs import KnownCosts
from otnas.search.decision.acquisition import log_expected_improvement
from otnas.search.decision.rules import RULES

LATENCY = POINTS[:, 0]


def told_search(log_costs=False, **rest):
    rest = {"costs": {"latency": LATENCY}, "seed": 4, "batch_rule": "believer", **rest}
    settings = {"objective": "pareto", "log_costs": log_costs, "transform": "identity"}
    search = PoolSearch(gram=GRAM, initial=8, settings=settings, **rest)
    items = search.ask(8)
    values = 2.0 - LATENCY[items] + 0.3 * np.sin(9 * POINTS[items, 1])
    search.tell(items[:6], values[:6])
    search.fail(items[6])
    return search


def slow_gains(search, axis, end, top):
    """EHVI of all items by a sum over thin slices of the cost."""
    mean, std = search.posterior.standardised_moments(np.arange(40))
    known = [*search.items[:6], *search.pending]
    edges = np.linspace(axis.min(), end, 4001)
    middle, width = (edges[1:] + edges[:-1]) / 2, edges[1] - edges[0]
    reached = axis[known][np.newaxis] <= middle[:, np.newaxis]
    stairs = np.minimum(np.where(reached, mean[known], np.inf).min(axis=1), top)
    gains = np.exp(log_expected_improvement(mean[:, np.newaxis], std[:, np.newaxis], stairs))
    return (gains * (middle >= axis[:, np.newaxis])).sum(axis=1) * width


@pytest.mark.parametrize("log_costs", [False, True])
def test_one_item_is_that_of_greatest_gain_with_the_stated_reference(log_costs):
    search = told_search(log_costs, budget={"latency": 0.8})
    axis = np.log(LATENCY) if log_costs else LATENCY
    left = np.setdiff1d(np.flatnonzero(LATENCY <= 0.8), [*search.items, *search.pending])
    inside = axis[LATENCY <= 0.8]
    (asked,) = search.ask(1)
    search.cancel(asked)
    process = search.posterior.process
    end = inside.max() + 0.1 * np.ptp(inside)
    gains = slow_gains(search, axis, end, process.standardised_targets.max())
    assert gains[asked] >= gains[left].max() * (1 - 2e-2)


def test_a_reference_is_in_the_units_of_values():
    search = told_search(reference={"value": 1.5, "latency": 0.9})
    (asked,) = search.ask(1)
    search.cancel(asked)
    process = search.posterior.process
    top = (1.5 - process.offset) / process.scale
    gains = slow_gains(search, LATENCY, 0.9, top)
    left = np.setdiff1d(np.arange(40), [*search.items, *search.pending])
    assert gains[asked] >= gains[left].max() * (1 - 2e-2)


def test_believed_values_are_on_the_front_for_the_next():
    """The second of a batch is the best one after the first is told as expected."""
    batch = told_search().ask(2)
    search = told_search()
    assert search.ask(1) == batch[:1]  # pending, at its posterior mean
    assert search.ask(1) == batch[1:]


def test_parts():
    costs = KnownCosts(np.array([1.0, 2.0, 4.0, 9.0]), budget={"cost": 5.0}, pool=range(4))
    known = np.array([[1.0], [np.nan], [9.0]])
    items, offered = np.arange(3), np.array([[2.0], [4.0]])
    found = tradeoffs.tradeoff(costs, items, known, offered, None, log_costs=False)
    assert found.items.tolist() == [0, 2]
    assert found.reference_costs.tolist() == [pytest.approx(4.3)]
    found = tradeoffs.tradeoff(costs, items, known, offered, None, log_costs=True)
    assert found.reference_costs.tolist() == [pytest.approx(1.1 * np.log(4.0))]
    np.testing.assert_allclose(found.offered, np.log(offered))


@pytest.mark.parametrize("rule", RULES)
def test_items_that_cannot_gain_are_left_for_last(rule):
    """Those beyond the reference of the costs."""
    search = told_search(batch_rule=rule, reference={"latency": 0.5})
    wanted = np.setdiff1d(np.flatnonzero(LATENCY < 0.5), [*search.items, *search.pending])
    assert max(LATENCY[search.ask(1)]) < 0.5
    assert wanted.size > 1
