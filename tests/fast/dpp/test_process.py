"""The class DPP, and conditioning of all, against the enumeration of all subsets."""

import pickle
from itertools import combinations

import numpy as np
import pytest
from dpp_laws import (
    KERNELS,
    determinant,
    dpp_law,
    draws_p_value,
    duplicated_rows,
    given,
    gram,
    inclusion,
    law,
    near_singular,
)

from otnas_fast import DPP, KDPP, NumericalError

DRAWS = 100_000
SIGNIFICANCE = 1e-4


def projection(n, r, seed=0):
    Q = np.linalg.qr(np.random.default_rng(seed).standard_normal((n, r)))[0]
    return Q @ Q.T


def mixed_marginal():
    """Eigenvalues 1, 1, 0.5, 0.2, 0 and 0."""
    Q = np.linalg.qr(np.random.default_rng(1).standard_normal((6, 6)))[0]
    K = (Q * [1, 1, 0.5, 0.2, 0, 0]) @ Q.T
    return (K + K.T) / 2


def marginal_law(K):
    """P(S) = |det(K - I of the items not in S)|, for every K."""
    n = len(K)
    subsets = [s for k in range(n + 1) for s in combinations(range(n), k)]
    out = [np.diag([0.0 if i in s else 1.0 for i in range(n)]) for s in subsets]
    return subsets, np.abs([np.linalg.det(K - outside) for outside in out])


SMALL = {name: L for name, (L, _) in KERNELS.items() if len(L) <= 7}
every_kernel = pytest.mark.parametrize("L", SMALL.values(), ids=SMALL.keys())
MARGINALS = {"projection": projection(6, 3), "mixed": mixed_marginal(), "half": np.eye(4) / 2}
every_marginal = pytest.mark.parametrize("K", MARGINALS.values(), ids=MARGINALS.keys())
methods = pytest.mark.parametrize("method", ["spectral", "factorisation"])


@every_kernel
@methods
def test_draws_follow_the_determinants(L, method):
    draws = DPP(L).sample(rng=1, size=DRAWS if method == "spectral" else DRAWS // 20, method=method)
    assert draws_p_value(draws, *dpp_law(L)) > SIGNIFICANCE


@every_marginal
@methods
def test_draws_by_marginal_kernel(K, method):
    size = DRAWS if method == "spectral" else DRAWS // 20
    draws = DPP.from_marginal(K).sample(rng=2, size=size, method=method)
    assert draws_p_value(draws, *marginal_law(K)) > SIGNIFICANCE


@every_kernel
def test_probabilities_by_likelihood(L):
    dpp = DPP(L)
    subsets, probabilities = dpp_law(L)
    ours = np.exp([dpp.log_prob(s) for s in subsets])
    np.testing.assert_allclose(ours, probabilities, rtol=1e-7, atol=1e-13)
    sizes = np.array([len(s) for s in subsets])
    assert dpp.expected_size == pytest.approx(sizes @ probabilities)
    variance = sizes**2 @ probabilities - (sizes @ probabilities) ** 2
    assert dpp.size_variance == pytest.approx(variance)
    for items in [(), (0,), (1, 2), (0, 1, 3)]:
        expected = inclusion(subsets, probabilities, items)
        assert dpp.inclusion_probability(items) == pytest.approx(expected, rel=1e-7, abs=1e-14)
    expected = [inclusion(subsets, probabilities, [i]) for i in range(len(L))]
    np.testing.assert_allclose(dpp.marginals(), expected, atol=1e-12)


@every_marginal
def test_probabilities_by_marginal_kernel(K):
    dpp = DPP.from_marginal(K)
    subsets, probabilities = marginal_law(K)
    ours = np.exp([dpp.log_prob(s) for s in subsets])
    np.testing.assert_allclose(ours, probabilities, atol=1e-13)
    np.testing.assert_allclose(dpp.marginal_kernel(), K, atol=1e-14)
    for items in [(0,), (1, 2), (0, 1, 3)]:
        assert dpp.inclusion_probability(items) == pytest.approx(determinant(K, items), abs=1e-13)


def test_kernels_in_and_out():
    L = gram(5, 5, 1)
    K = L @ np.linalg.inv(np.eye(5) + L)
    np.testing.assert_allclose(DPP(L).marginal_kernel(), K, atol=1e-12)
    np.testing.assert_allclose(DPP.from_marginal((K + K.T) / 2).likelihood_kernel(), L, rtol=1e-8)
    np.testing.assert_allclose(DPP(L).likelihood_kernel(), L, atol=1e-12)
    with pytest.raises(NumericalError, match="no likelihood kernel: 3 eigenvalues"):
        DPP.from_marginal(projection(6, 3)).likelihood_kernel()


def test_factor_is_the_same():
    B = np.random.default_rng(0).standard_normal((6, 3))
    primal, dual = DPP(B @ B.T), DPP.from_factor(B)
    np.testing.assert_allclose(dual.marginal_kernel(), primal.marginal_kernel(), atol=1e-12)
    assert dual.log_prob([0, 2]) == pytest.approx(primal.log_prob([0, 2]))
    assert dual.sample(rng=0, method="factorisation").ndim == 1


KNOWN = [((), (2,)), ((1,), ()), ((0, 3), (2,)), ((2,), (0, 1))]


@every_kernel
@pytest.mark.parametrize(("include", "exclude"), KNOWN)
def test_conditioning_of_dpps(L, include, exclude):
    expected = given(*dpp_law(L), include, exclude)
    dpp = DPP(L).condition(include=include, exclude=exclude)
    ours = np.exp([dpp.log_prob(s) for s in expected[0]])
    np.testing.assert_allclose(ours, expected[1], rtol=1e-6, atol=1e-10)
    assert draws_p_value(dpp.sample(rng=3, size=20_000), *expected) > SIGNIFICANCE


@pytest.mark.parametrize(("include", "exclude"), KNOWN)
def test_conditioning_by_marginal_kernel(include, exclude):
    K = mixed_marginal()
    expected = given(*marginal_law(K), include, exclude)
    dpp = DPP.from_marginal(K).condition(include=include, exclude=exclude)
    ours = np.exp([dpp.log_prob(s) for s in expected[0]])
    np.testing.assert_allclose(ours, expected[1], atol=1e-10)


@pytest.mark.parametrize(("L", "k"), [KERNELS["random"], KERNELS["near singular"]])
@pytest.mark.parametrize(("include", "exclude"), [((), (2,)), ((1,), ()), ((0, 3), (2,))])
@pytest.mark.parametrize("form", ["matrix", "factor"])
def test_conditioning_of_kdpps(L, k, include, exclude, form):
    values, vectors = np.linalg.eigh(L)
    kdpp = KDPP(L) if form == "matrix" else KDPP.from_factor(vectors * np.sqrt(values.clip(0)))
    expected = given(*law(L, k), include, exclude)
    rest = kdpp.condition(include=include, exclude=exclude)
    left = k - len(include)
    ours = np.exp([rest.log_prob(left, s) for s in expected[0]])
    np.testing.assert_allclose(ours, expected[1], rtol=1e-6, atol=1e-10)
    assert draws_p_value(rest.sample(left, rng=3, size=20_000), *expected) > SIGNIFICANCE


@pytest.mark.parametrize(("L", "k"), KERNELS.values(), ids=KERNELS.keys())
def test_sets_included_in_kdpps(L, k):
    subsets, probabilities = law(L, k)
    kdpp = KDPP(L)
    for items in [(), (0,), (1, 2), (0, 3), (0, 1, 3), (0, 1, 2, 3, 4)]:
        expected = inclusion(subsets, probabilities, items)
        ours = kdpp.inclusion_probability(k, items)
        assert ours == pytest.approx(expected, rel=1e-6, abs=1e-12)


@pytest.mark.parametrize("scale", [1e-290, 1e-3, 1e6, 1e280])
def test_scaled_kernels(scale):
    L = gram(5, 5, 2)
    rescaled = DPP(scale * L).rescale(2.5)
    assert rescaled.expected_size == pytest.approx(2.5, rel=1e-12)
    np.testing.assert_allclose(
        rescaled.marginal_kernel(), DPP(L).rescale(2.5).marginal_kernel(), atol=1e-9
    )
    expected = KDPP(L).inclusion_probability(3, [0, 1])
    assert KDPP(scale * L).inclusion_probability(3, [0, 1]) == pytest.approx(expected)
    given_one = KDPP(scale * L).condition(include=[1])
    np.testing.assert_allclose(
        given_one.marginals(2), KDPP(L).condition(include=[1]).marginals(2), atol=1e-10
    )


def test_rescaling_keeps_what_is_certain():
    dpp = DPP.from_marginal(mixed_marginal())
    assert dpp.rescale(3.0).expected_size == pytest.approx(3.0)
    with pytest.raises(ValueError, match="more than 2 and less than 4, got 2"):
        dpp.rescale(2.0)
    with pytest.raises(ValueError, match="expected_size: expected a positive"):
        dpp.rescale(0.0)


def test_what_is_no_marginal_kernel_is_refused():
    with pytest.raises(NumericalError, match=r"K: expected .* its largest is 1\.5"):
        DPP.from_marginal(1.5 * np.eye(3)).marginals()
    with pytest.raises(NumericalError, match="indefinite"):
        DPP.from_marginal(np.diag([0.5, -0.1])).marginals()
    with pytest.raises(NumericalError, match="K: expected eigenvalues between 0 and 1"):
        DPP.from_marginal(np.diag([0.5, -0.1])).sample(rng=0, method="factorisation")
    with pytest.raises(ValueError, match="K: expected a symmetric"):
        DPP.from_marginal([[0.5, 0.1], [0.2, 0.5]])
    with pytest.raises(ValueError, match="method: expected"):
        DPP(np.eye(2)).sample(method="schur")


def test_impossible_conditions():
    kdpp = KDPP(duplicated_rows())
    with pytest.raises(NumericalError, match="include has probability 0"):
        kdpp.condition(include=[0, 1])
    assert kdpp.condition(include=[0]).log_prob(1, [1]) == -np.inf
    with pytest.raises(ValueError, match="exclude: expected items that are not included, got 2"):
        kdpp.condition(include=[2], exclude=[2])
    with pytest.raises(ValueError, match="include: expected indices from 0 to 7, got 8"):
        kdpp.condition(include=[8])
    always = DPP.from_marginal(np.diag([1.0, 0.5]))
    with pytest.raises(NumericalError, match="exclude has probability 0"):
        always.condition(exclude=[0])
    assert always.log_prob([1]) == -np.inf
    assert KDPP(near_singular()).condition(exclude=range(6)).rank == 0


def test_threads_seeds_generators_pickles():
    dpp = DPP(gram(30, 30, 3)).rescale(5.0)
    expected = dpp.sample(rng=4, size=20, threads=1)
    for other in (
        dpp.sample(rng=4, size=20, threads=2),
        pickle.loads(pickle.dumps(dpp)).sample(rng=4, size=20),
    ):
        for a, b in zip(expected, other, strict=True):
            np.testing.assert_array_equal(a, b)
    old = [dpp.sample(rng=np.random.RandomState(3)) for _ in range(2)]
    np.testing.assert_array_equal(*old)
    state = np.random.RandomState(3)
    sets = {tuple(KDPP(gram(30, 30, 3)).sample(3, rng=state)) for _ in range(5)}
    assert len(sets) > 1


def test_large_factorisation_has_the_exact_marginals():
    x = np.random.default_rng(0).uniform(0, 10, 300)
    dpp = DPP(np.exp(-np.abs(x[:, None] - x)))
    draws = dpp.sample(rng=1, size=400, method="factorisation")
    p = dpp.marginals()
    counts = np.bincount(np.concatenate(draws), minlength=300)
    assert np.abs((counts - 400 * p) / np.sqrt(400 * p * (1 - p))).max() < 4.5
