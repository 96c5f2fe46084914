"""The first draw of a large ensemble, from k eigenvectors instead of the full basis.

The trap: inverse iteration started the same way every time returns the same vectors of a repeated
eigenvalue's eigenspace for every choice of them, so that clusters would be drawn wrongly.
"""

import numpy as np
import pytest
from scipy.stats import chi2

from otnas_fast import _core
from otnas_fast.dpp import KDPP

N = 72  # past the size up to which the full basis is always computed


def rotated(eigenvalues, seed=0):
    Q = np.linalg.qr(np.random.default_rng(seed).standard_normal((N, N)))[0]
    L = (Q * eigenvalues) @ Q.T
    return (L + L.T) / 2


def distances_kernel():
    x = np.sort(np.random.default_rng(1).uniform(0, 10, N))
    return np.exp(-np.abs(x[:, None] - x))


BLOCK = np.array([[1.0, 0.5, 0.2], [0.5, 1.0, 0.4], [0.2, 0.4, 1.0]])
KERNELS = {
    "distinct": distances_kernel(),
    "identity": np.eye(N),
    "equal blocks": np.kron(np.eye(N // 3), BLOCK),
    "equal blocks, interleaved": np.kron(BLOCK, np.eye(N // 3)),
    "two blocks of distinct": np.kron(np.eye(2), distances_kernel()[::2, ::2]),
    "rotated clusters": rotated(np.repeat([1.0, 0.1], N // 2)),
    "rotated pairs": rotated(np.repeat(np.linspace(1, 5, N // 2), 2)),
    "near cluster": rotated(1 + 1e-7 * np.arange(N)),
    "duplicated rows": np.kron(distances_kernel()[::2, ::2], np.ones((2, 2))),
    "low rank": rotated(np.where(np.arange(N) < 9, 1.0 + np.arange(N), 0.0)),
}
every_kernel = pytest.mark.parametrize("L", KERNELS.values(), ids=KERNELS.keys())


def first_draws(L, k, seeds):
    """One draw each from fresh ensembles."""
    return np.array(
        [
            _core.LEnsemble.from_kernel(L).sample(k, seeds[i : i + 1], 1)[0]
            for i in range(len(seeds))
        ]
    )


@every_kernel
@pytest.mark.parametrize("k", [1, 3, 8])
def test_first_draw_equals_draw_from_full_basis(L, k):
    # A draw sees the basis only through projections, which are unique unless eigenvalues are
    # equal, and then the first draw must use the same basis as all others.
    seeds = np.random.default_rng(k).integers(0, 2**64, 60, dtype=np.uint64)
    full = _core.LEnsemble.from_kernel(L).sample(k, seeds, 1)
    np.testing.assert_array_equal(first_draws(L, k, seeds), full)


@every_kernel
def test_first_draws_have_the_exact_marginals(L):
    k, count = 2, 800
    seeds = np.random.default_rng(77).integers(0, 2**64, count, dtype=np.uint64)
    marginals = KDPP(L).marginals(k)
    counts = np.bincount(first_draws(L, k, seeds).ravel(), minlength=N)
    z = (counts - count * marginals) / np.sqrt(count * marginals * (1 - marginals))
    assert np.abs(z).max() < 4.5
    # Fixed sum: close to N - 1 degrees of freedom.
    assert chi2.sf((z**2).sum(), N - 1) > 1e-4


def test_pairs_of_the_identity_are_uniform():
    seeds = np.random.default_rng(5).integers(0, 2**64, 4000, dtype=np.uint64)
    draws = first_draws(np.eye(N), 2, seeds)
    gaps = np.bincount(draws[:, 1] - draws[:, 0], minlength=N)[1:]
    expected = 4000 * (N - np.arange(1, N)) / (N * (N - 1) / 2)
    enough = expected >= 5
    statistic = ((gaps - expected) ** 2 / expected)[enough].sum()
    assert chi2.sf(statistic, enough.sum() - 1) > 1e-4


def test_first_draw_spares_the_basis_only_where_that_is_sound():
    def has_basis_after(L, k, size=1):
        ensemble = _core.LEnsemble.from_kernel(L)
        ensemble.sample(k, np.arange(size, dtype=np.uint64), 1)
        return ensemble.has_basis

    if not _core.has_lapack():
        pytest.skip("the built-in solver always computes the basis")
    L = KERNELS["distinct"]
    assert not has_basis_after(L, 3)
    assert not has_basis_after(np.eye(N), 3)  # unit vectors, whatever the choice
    assert has_basis_after(L, 3, size=2)
    assert has_basis_after(L, N // 8 + 1)
    assert has_basis_after(KERNELS["rotated clusters"], 3)
    small = L[:64, :64]
    assert has_basis_after(small, 3)


def test_second_draw_and_dpp_draw_keep_the_basis():
    ensemble = _core.LEnsemble.from_kernel(KERNELS["distinct"])
    seeds = np.arange(2, dtype=np.uint64)
    first = ensemble.sample(3, seeds[:1], 1)
    again = ensemble.sample(3, seeds[:1], 1)
    assert ensemble.has_basis
    np.testing.assert_array_equal(first, again)
    any_size = _core.LEnsemble.from_kernel(KERNELS["distinct"])
    take = np.full(ensemble.rank, 0.1)
    (draw,) = any_size.sample_any_size(take, seeds[:1], 1)
    np.testing.assert_array_equal(draw, ensemble.sample_any_size(take, seeds, 1)[0])


def test_dual_form_first_draw():
    B = np.random.default_rng(3).standard_normal((200, N))
    seeds = np.random.default_rng(9).integers(0, 2**64, 40, dtype=np.uint64)
    full = _core.LEnsemble.from_factor(B).sample(4, seeds, 2)
    first = [
        _core.LEnsemble.from_factor(B).sample(4, seeds[i : i + 1], 1)[0] for i in range(len(seeds))
    ]
    np.testing.assert_array_equal(first, full)
    np.testing.assert_array_equal(_core.LEnsemble.from_kernel(B @ B.T).sample(4, seeds, 1), full)


def test_built_in_solver_agrees():
    L = KERNELS["distinct"]
    seeds = np.random.default_rng(1).integers(0, 2**64, 100, dtype=np.uint64)
    lapack = _core.LEnsemble.from_kernel(L)
    built_in = _core.LEnsemble.from_kernel(L, use_lapack=False)
    np.testing.assert_array_equal(lapack.sample(5, seeds, 1), built_in.sample(5, seeds, 1))
    np.testing.assert_allclose(lapack.marginals(5), built_in.marginals(5), atol=1e-12)
