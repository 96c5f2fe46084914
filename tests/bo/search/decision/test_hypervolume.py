"""The hypervolume and its expected improvement, against slow obvious versions."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otnas.search.decision.hypervolume import Staircase, non_dominated, ranks


def drawn_front(rng, n, m, *, rounded=False):
    """A front with ties if rounded, and points beyond the reference."""
    costs, values = rng.random((n, m)) * 1.2, rng.random(n) * 1.2
    if rounded:
        costs, values = np.round(costs, 1), np.round(values, 1)
    return Staircase(costs, values, np.ones(m), 1.0), costs, values


def inclusion_exclusion(points, reference):
    """Volume of a union of boxes from points to the reference, subset by subset."""
    total = 0.0
    for size in range(1, len(points) + 1):
        for subset in itertools.combinations(points, size):
            corner = np.max(subset, axis=0)
            total -= (-1) ** size * np.maximum(reference - corner, 0.0).prod()
    return total


@given(st.integers(0, 10_000), st.integers(0, 7), st.integers(1, 3), st.booleans())
@settings(max_examples=60, deadline=None)
def test_hypervolume_is_that_of_inclusion_and_exclusion(seed, n, m, rounded):
    front, costs, values = drawn_front(np.random.default_rng(seed), n, m, rounded=rounded)
    points = [point for point in np.column_stack([costs, values]) if (point < 1.0).all()]
    expected = inclusion_exclusion(points, np.ones(m + 1))
    assert front.hypervolume == pytest.approx(expected, abs=1e-12)


@given(st.integers(0, 10_000), st.integers(0, 30), st.integers(1, 4))
@settings(max_examples=60, deadline=None)
def test_non_dominated_points_are_those_of_all_pairs(seed, n, d):
    points = np.random.default_rng(seed).integers(0, 5, (n, d)).astype(float)
    expected = [
        not any(
            (points[j] <= points[i]).all() and ((points[j] < points[i]).any() or j < i)
            for j in range(n)
            if j != i
        )
        for i in range(n)
    ]
    assert non_dominated(points).tolist() == expected


@given(st.integers(0, 10_000), st.integers(0, 20), st.integers(1, 3))
@settings(max_examples=40, deadline=None)
def test_ranks_are_those_of_peeling_fronts(seed, n, d):
    points = np.random.default_rng(seed).random((n, d))
    found = ranks(points)
    for i in range(n):
        above = [found[j] for j in range(n) if j != i and (points[j] <= points[i]).all()]
        assert found[i] == max(above, default=-1) + 1


@given(st.integers(0, 10_000), st.integers(0, 12), st.integers(1, 3))
@settings(max_examples=40, deadline=None)
def test_threshold_is_the_least_value_among_what_is_as_cheap(seed, n, m):
    rng = np.random.default_rng(seed)
    front, costs, values = drawn_front(rng, n, m, rounded=True)
    at = np.round(rng.random((20, m)) * 0.9, 1)
    expected = [min([1.0, *values[(costs <= c).all(axis=1)]]) for c in at]
    np.testing.assert_array_equal(front.threshold(at), expected)


@given(st.integers(0, 10_000), st.integers(0, 8), st.integers(1, 3))
@settings(max_examples=30, deadline=None)
def test_a_value_that_is_known_gains_what_it_adds(seed, n, m):
    rng = np.random.default_rng(seed)
    front, _, _ = drawn_front(rng, n, m, rounded=True)
    costs, values = rng.random((10, m)), rng.random(10)
    gain = np.exp(front.log_ehvi(values, np.zeros(10), costs))
    added = [
        front.with_point(c, v).hypervolume - front.hypervolume
        for c, v in zip(costs, values, strict=True)
    ]
    np.testing.assert_allclose(gain, added, atol=1e-12)


@pytest.mark.parametrize("m", [1, 2, 3])
def test_expected_gain_is_that_of_monte_carlo(m):
    rng = np.random.default_rng(m)
    front, there, values = drawn_front(rng, 8, m)
    costs, mean, std = rng.random((6, m)) * 0.8, rng.random(6), 0.2 + 0.3 * rng.random(6)
    n = 100_000
    for c, mu, s, exact in zip(costs, mean, std, front.log_ehvi(mean, std, costs), strict=True):
        at = c + (1.0 - c) * rng.random((n, m))
        reached = (there[np.newaxis] <= at[:, np.newaxis]).all(axis=2)
        staircase = np.where(reached, values, 1.0).min(axis=1, initial=1.0)
        gains = np.maximum(staircase - (mu + s * rng.standard_normal(n)), 0.0) * (1.0 - c).prod()
        assert abs(gains.mean() - np.exp(exact)) < 5 * gains.std() / np.sqrt(n)


def test_no_gain_beyond_the_reference_and_finite_logarithms_far_from_the_front():
    front = Staircase([[0.5]], [-1e3], [1.0], 0.0)
    gain = front.log_ehvi(np.array([0.0, 0.0]), np.array([1.0, 1.0]), np.array([[0.9], [1.1]]))
    assert -600_000 < gain[0] < -400_000
    assert gain[1] == -np.inf


@given(st.integers(0, 10_000), st.integers(1, 3), st.integers(1, 80), st.booleans())
@settings(max_examples=40, deadline=None)
def test_the_greatest_are_those_of_evaluating_all(seed, m, k, grouped):
    rng = np.random.default_rng(seed)
    n = 3000  # of which 1000 are looked at first
    front, _, _ = drawn_front(rng, 12, m)
    # Some candidates repeat, so that there are ties.
    same = rng.integers(0, 2000, n)
    mean, std = rng.normal(1.0, 0.5, n)[same], rng.gamma(1.0, 0.1, n)[same]
    costs = (rng.random((n, m)) * 1.1)[same]
    groups = same if grouped else None
    everything = front.log_ehvi(mean, std, costs)
    found = front.greatest(mean, std, costs, k, groups)
    kept = ~np.isneginf(found)
    np.testing.assert_allclose(found[kept], everything[kept], rtol=1e-12)
    if grouped:
        _, first = np.unique(same, return_index=True)
        least = np.sort(everything[first])[::-1][min(k, len(first)) - 1]
    else:
        least = np.sort(everything)[::-1][k - 1]
    assert kept[(everything > least + 1e-9) & ~np.isneginf(everything)].all()


@pytest.mark.parametrize(
    ("costs", "values", "reference", "message"),
    [
        ([[0.0, 1.0]], [1.0], [2.0], r"costs: expected finite numbers of shape \(1, 1\)"),
        ([[np.nan]], [1.0], [2.0], "costs: expected finite numbers"),
        ([[0.0]], [np.inf], [2.0], "values: expected finite values"),
        ([[0.0]], [1.0], [np.inf], "reference: expected finite numbers"),
        ([[0.0]], [1.0], [], "reference: expected finite numbers"),
    ],
)
def test_impossible_fronts_are_refused(costs, values, reference, message):
    with pytest.raises(ValueError, match=message):
        Staircase(costs, values, reference, 3.0)


# BoTorch rounds that deviation up to 1e-10, and says so.
@pytest.mark.filterwarnings("ignore:Negative variance values detected")
def test_expected_gain_is_that_of_botorch():
    """Where the second objective has next to no deviation, as a known cost."""
    torch = pytest.importorskip("torch")
    analytic = pytest.importorskip("botorch.acquisition.multi_objective.analytic")
    boxes = pytest.importorskip(
        "botorch.utils.multi_objective.box_decompositions.non_dominated"
    ).FastNondominatedPartitioning
    posteriors = pytest.importorskip("botorch.posteriors")
    model_kind = pytest.importorskip("botorch.utils.testing").MockModel
    distributions = pytest.importorskip("gpytorch.distributions")

    rng = np.random.default_rng(0)
    front, costs, values = drawn_front(rng, 10, 1)
    # BoTorch maximises.
    points = -torch.tensor(np.column_stack([values, costs]))
    partitioning = boxes(ref_point=torch.tensor([-1.0, -1.0]).double(), Y=points)
    for cost, mean, std in zip(rng.random(5), rng.random(5), 0.3 * rng.random(5), strict=True):
        moments = distributions.MultitaskMultivariateNormal(
            torch.tensor([[-mean, -cost]]), torch.diag(torch.tensor([std**2, 1e-20]))
        )
        acquisition = analytic.ExpectedHypervolumeImprovement(
            model_kind(posteriors.GPyTorchPosterior(moments)), [-1.0, -1.0], partitioning
        )
        expected = float(acquisition(torch.zeros(1, 1, 1).double()))
        exact = front.log_ehvi(np.array([mean]), np.array([std]), np.array([[cost]]))
        assert float(np.exp(exact[0])) == pytest.approx(expected, rel=1e-4, abs=1e-9)
