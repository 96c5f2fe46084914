"""Batch rules against slow computations on small problems."""

from itertools import combinations
from math import erfc, sqrt

import numpy as np
import pytest
from scipy.stats import norm

from otnas.search.decision.candidates import Candidates, condition_on
from otnas.search.decision.rules import RULES
from otnas.search.decision.rules.determinantal import quality_ensemble
from otnas.search.decision.rules.penalisation import log_penalty, steepest_slope

NOISE = 0.01


def problem(n=8, seed=0, rank=None):
    """Candidates on a line, conditioned on three points; and the pieces of the posterior."""
    rng = np.random.default_rng(seed)
    x = np.concatenate([rng.random(n), rng.random(3)])
    if rank is not None:
        x[rank:n] = x[0]
    distances = 3 * np.abs(x[:, None] - x)
    gram = np.exp(-distances)
    y = rng.standard_normal(3)
    new, old = slice(0, n), slice(n, n + 3)
    solve = np.linalg.solve(gram[old, old] + NOISE * np.eye(3), gram[old, new]).T
    mean, covariance = solve @ y, gram[new, new] - solve @ gram[old, new]
    candidates = Candidates(mean, covariance, gram[new, new], y, float(y.min()), NOISE)
    return candidates, gram, y


def choose(name, candidates, k, seed=0, **values):
    rng = np.random.default_rng(seed)
    return RULES[name](**values)(candidates, k, rng).tolist()


def posterior_given(gram, y, n, hallucinated):
    """Mean and standard deviation of the first n, given y and [(position, value), ...]."""
    observed = [n, n + 1, n + 2, *(i for i, _ in hallucinated)]
    targets = np.array([*y, *(v for _, v in hallucinated)])
    k_y = gram[np.ix_(observed, observed)] + NOISE * np.eye(len(observed))
    cross = gram[np.ix_(observed, range(n))]
    mean = cross.T @ np.linalg.solve(k_y, targets)
    variance = 1 - np.einsum("ij,ij->j", cross, np.linalg.solve(k_y, cross))
    return mean, np.sqrt(np.maximum(variance, 0))


def improvement(mean, std, best):
    z = (best - mean) / std
    return std * norm.pdf(z) + (best - mean) * norm.cdf(z)


def slow_batch(gram, y, n, k, acquisition, lie):
    """Each step: the whole posterior by solving, hallucinations as further observations."""
    hallucinated, best = [], y.min()
    for _ in range(k):
        mean, std = posterior_given(gram, y, n, hallucinated)
        value = acquisition(mean, std, best)
        value[[i for i, _ in hallucinated]] = -np.inf
        i = int(value.argmax())
        hallucinated.append((i, mean[i] if lie is None else lie))
        best = min(best, hallucinated[-1][1])
    return [i for i, _ in hallucinated]


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize(("n", "rank"), [(1, None), (8, None), (8, 1), (8, 3)])
def test_k_different_positions_whatever_the_rank(name, n, rank):
    candidates, *_ = problem(n, rank=rank)
    for k in range(1, n + 1):
        chosen = choose(name, candidates, k)
        assert len(set(chosen)) == k
        assert set(chosen) <= set(range(n))


@pytest.mark.parametrize("name", RULES)
def test_known_candidates(name):
    """Nothing left to learn: deviations of zero."""
    candidates, *_ = problem(6)
    known = Candidates(
        candidates.mean, np.zeros((6, 6)), candidates.prior, candidates.targets, -9.0, NOISE
    )
    assert len(set(choose(name, known, 4))) == 4


@pytest.mark.parametrize("seed", range(5))
def test_conditioning(seed):
    candidates, gram, y = problem(seed=seed)
    for value in (None, 2.5):
        mean, covariance = condition_on(candidates.mean, candidates.covariance, 2, value, NOISE)
        told = candidates.mean[2] if value is None else value
        expected_mean, expected_std = posterior_given(gram, y, 8, [(2, told)])
        np.testing.assert_allclose(mean, expected_mean, atol=1e-10)
        np.testing.assert_allclose(np.diagonal(covariance), expected_std**2, atol=1e-10)


@pytest.mark.parametrize("seed", range(8))
def test_bucb(seed):
    candidates, gram, y = problem(seed=seed)
    slow = slow_batch(gram, y, 8, 5, lambda mean, std, _: -(mean - sqrt(2.0) * std), None)
    assert choose("bucb", candidates, 5, beta=2.0) == slow


@pytest.mark.parametrize("seed", range(8))
def test_kriging_believer(seed):
    candidates, gram, y = problem(seed=seed)
    assert choose("believer", candidates, 4) == slow_batch(gram, y, 8, 4, improvement, None)


@pytest.mark.parametrize("lie", ["min", "mean", "max"])
@pytest.mark.parametrize("seed", range(4))
def test_constant_liar(seed, lie):
    candidates, gram, y = problem(seed=seed)
    slow = slow_batch(gram, y, 8, 4, improvement, getattr(y, lie)())
    assert choose("liar", candidates, 4, lie=lie) == slow


def test_top_k_takes_the_first():
    candidates, *_ = problem()
    assert choose("top-k", candidates, 3) == [0, 1, 2]


@pytest.mark.parametrize("seed", range(6))
def test_local_penalisation(seed):
    """Their Eq. (8) and (10) with loops, products instead of sums of logarithms."""
    candidates, *_ = problem(seed=seed)
    mean, std, d = candidates.mean, candidates.std, candidates.distances
    lipschitz = max(abs(mean[i] - mean[j]) / d[i, j] for i, j in combinations(range(8), 2))
    assert steepest_slope(mean, d) == pytest.approx(lipschitz)
    value, chosen = improvement(mean, std, candidates.best), []
    for _ in range(4):
        left = [i for i in range(8) if i not in chosen]
        j = max(left, key=lambda i: value[i])
        chosen.append(j)
        for i in range(8):
            z = (lipschitz * d[i, j] + candidates.best - mean[j]) / sqrt(2 * std[j] ** 2)
            value[i] *= 0.5 * erfc(-z)
    assert choose("penalise", candidates, 4) == chosen


def test_penalty_far_from_and_at_a_chosen_candidate():
    penalty = np.exp(log_penalty(np.array([0.0, 1e3]), 1.0, best=0.0, mean=2.0, std=1.0))
    # At the candidate: P(f > 2 + ...) of a ball around a poor value, Phi(-2).
    assert penalty[0] == pytest.approx(norm.cdf(-2.0))
    assert penalty[1] == pytest.approx(1.0)


@pytest.mark.parametrize("sharpness", [0.0, 1.0, 3.0])
@pytest.mark.parametrize("seed", range(6))
def test_greedy_map_by_determinants(seed, sharpness):
    candidates, *_ = problem(seed=seed)
    q = np.exp(-sharpness * candidates.mean)
    ensemble = q[:, None] * candidates.covariance * q
    chosen = []
    for _ in range(4):
        left = [i for i in range(8) if i not in chosen]
        chosen.append(
            max(left, key=lambda i: np.linalg.det(ensemble[np.ix_([*chosen, i], [*chosen, i])]))
        )
    assert choose("map", candidates, 4, sharpness=sharpness) == chosen
    ratio = ensemble / quality_ensemble(candidates.mean, candidates.covariance, sharpness)
    np.testing.assert_allclose(ratio, ratio[0, 0])


def frequencies(name, candidates, k, n_draws, **values):
    rng, counts = np.random.default_rng(0), {}
    rule = RULES[name](**values)
    for _ in range(n_draws):
        batch = tuple(sorted(rule(candidates, k, rng).tolist()))
        counts[batch] = counts.get(batch, 0) + 1
    return counts


def assert_frequencies(counts, weights, n_draws):
    total = sum(weights.values())
    for subset, weight in weights.items():
        expected = n_draws * weight / total
        assert abs(counts.get(subset, 0) - expected) < 5 * sqrt(expected) + 3


@pytest.mark.parametrize(
    ("name", "sharpness"),
    [("kdpp", None), *(("kdpp-quality", sharpness) for sharpness in (0.0, 1.0, 2.5))],
)
def test_kdpp_probabilities_are_determinants(name, sharpness):
    candidates, *_ = problem(6, seed=3)
    q = np.exp(-(sharpness or 0.0) * candidates.mean)
    ensemble = q[:, None] * candidates.covariance * q
    weights = {s: np.linalg.det(ensemble[np.ix_(s, s)]) for s in combinations(range(6), 2)}
    values = {} if sharpness is None else {"sharpness": sharpness}
    assert_frequencies(frequencies(name, candidates, 2, 2000, **values), weights, 2000)


def test_no_quality_is_the_plain_kdpp():
    candidates, *_ = problem(12, seed=4)
    for seed in range(20):
        flat = choose("kdpp-quality", candidates, 4, seed, sharpness=0.0)
        assert flat == choose("kdpp", candidates, 4, seed)


@pytest.mark.parametrize("name", ["kdpp-quality", "map"])
def test_a_sharp_quality_chooses_the_lowest_means(name):
    mean = 0.2 * np.array([3.0, 0.0, 5.0, 1.0, 4.0, 2.0])
    covariance = 0.5 + 0.5 * np.eye(6)
    candidates = Candidates(mean, covariance, covariance, np.zeros(1), 0.0, NOISE)
    shares = []
    for sharpness in (1.0, 5.0, 20.0):
        counts = frequencies(name, candidates, 2, 300, sharpness=sharpness)
        shares.append(counts.get((1, 3), 0) / 300)
    assert shares == sorted(shares)
    assert shares[-1] > 0.98


@pytest.mark.parametrize("name", ["kdpp-quality", "map"])
@pytest.mark.parametrize("sharpness", [0.0, 1e3, 1e300])
def test_any_sharpness_gives_k_different_positions(name, sharpness):
    candidates, *_ = problem(8)
    assert len(set(choose(name, candidates, 5, sharpness=sharpness))) == 5


def test_the_ensemble_of_the_paper_is_that_of_sharpness_one():
    candidates, *_ = problem(8)
    q = np.exp(candidates.mean.min() - candidates.mean)
    old = q[:, None] * candidates.covariance * q
    np.testing.assert_array_equal(
        quality_ensemble(candidates.mean, candidates.covariance, 1.0), old
    )


@pytest.mark.parametrize("name", RULES)
def test_promising_candidates_by_rule_or_by_number(name):
    least = {"kdpp-quality": 1, "kdpp": 50, "map": 50}
    for k in (2, 5, 20, 60, 300):
        expected = max(least[name], 4 * k) if name in least else max(200, k)
        assert RULES[name]().n_candidates(k) == expected
        assert RULES[name](n_promising=50).n_candidates(k) == max(k, 50)
    with pytest.raises(ValueError, match="n_promising: expected a finite number >= 1"):
        RULES[name](n_promising=0)


@pytest.mark.parametrize("name", ["kdpp-quality", "map"])
@pytest.mark.parametrize("value", [-0.1, float("nan"), float("inf")])
def test_sharpness_out_of_range(name, value):
    with pytest.raises(ValueError, match="sharpness: expected a finite number >= 0"):
        RULES[name](sharpness=value)


def test_reproduced_diagonal_ensemble_has_no_diversity():
    candidates, *_ = problem(6, seed=3)
    diagonal = np.exp(-2 * candidates.mean) * np.diagonal(candidates.covariance)
    weights = {(i, j): diagonal[i] * diagonal[j] for i, j in combinations(range(6), 2)}
    old = {"sharpness": 1.0, "reproduce_diagonal_l": True}
    counts = frequencies("kdpp-quality", candidates, 2, 2000, **old)
    assert_frequencies(counts, weights, 2000)


def test_thompson_probabilities_of_two_correlated_candidates():
    # P(f_1 < f_2), f_1 - f_2 ~ N(mu_1 - mu_2, s_11 + s_22 - 2 s_12): independent draws differ.
    covariance = np.array([[1.0, 0.9], [0.9, 1.5]])
    candidates = Candidates(
        np.array([0.0, 0.4]), covariance, np.ones((2, 2)), np.zeros(1), 0.0, NOISE
    )
    probability = norm.cdf(0.4 / sqrt(1.0 + 1.5 - 1.8))
    counts = frequencies("thompson", candidates, 1, 3000)
    assert counts[(0,)] / 3000 == pytest.approx(probability, abs=0.03)
