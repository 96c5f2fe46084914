"""Markov chains: their stationary law by enumeration, and what shows that they have reached it."""

import numpy as np
import pytest
from dpp_laws import KERNELS, dpp_law, draws_p_value, gram, law

from otnas_fast import NumericalError
from otnas_fast.dpp import FactorKernel, MatrixKernel, sample_mcmc
from otnas_fast.dpp.mcmc import r_hat

SMALL = ["random", "near singular", "duplicated rows", "k = rank", "quality"]


def everything(chains):
    return [draw for chain in chains.draws for draw in chain]


@pytest.mark.parametrize("name", SMALL)
def test_exchanges_reach_the_kdpp(name):
    L, k = KERNELS[name]
    chains = sample_mcmc(MatrixKernel(L), k, draws=1000, thin=60, rng=1)
    assert chains.gelman_rubin < 1.05
    assert draws_p_value(everything(chains), *law(L, k)) > 1e-4


def test_insertions_deletions_and_exchanges_reach_the_dpp():
    L = gram(5, 5, 2)
    chains = sample_mcmc(MatrixKernel(L), draws=1000, thin=60, rng=2)
    assert chains.gelman_rubin < 1.05
    assert draws_p_value(everything(chains), *dpp_law(L)) > 1e-4
    logs = [np.linalg.slogdet(L[np.ix_(s, s)])[1] for s in chains.draws[0]]
    np.testing.assert_allclose(chains.log_determinants[0], logs, atol=1e-9)


def test_r_hat_by_hand():
    rng = np.random.default_rng(0)
    same = rng.standard_normal((4, 1000))
    assert r_hat(same) == pytest.approx(1.0, abs=0.01)
    apart = same + 3.0 * np.arange(4)[:, None]
    halves = apart.reshape(8, 500)
    expected = np.sqrt(
        499 / 500 + halves.mean(axis=1).var(ddof=1) / halves.var(axis=1, ddof=1).mean()
    )
    assert r_hat(apart) == pytest.approx(expected)
    assert r_hat(np.zeros((2, 10))) == 1.0
    assert r_hat(np.repeat([[0.0], [1.0]], 10, axis=1)) == np.inf


def test_chains_that_still_climb_are_shown():
    L = np.diag(np.exp(np.linspace(0, 10, 500)))
    chains = sample_mcmc(
        MatrixKernel(L), 20, draws=50, thin=1, burn_in=0, start=np.arange(20), rng=0
    )
    assert chains.gelman_rubin > 1.1


def test_seeds_starts_and_factors():
    B = np.random.default_rng(3).standard_normal((200, 20))
    first = sample_mcmc(FactorKernel(B), 5, draws=10, start=[0, 1, 2, 3, 4], rng=7)
    again = sample_mcmc(MatrixKernel(B @ B.T), 5, draws=10, start=[4, 3, 2, 1, 0], rng=7)
    np.testing.assert_array_equal(first.draws, again.draws)
    assert not np.array_equal(first.draws[0], first.draws[1])
    assert 0 < first.acceptance < 1


def test_errors():
    kernel = MatrixKernel(np.ones((4, 4)))
    with pytest.raises(NumericalError, match="no set of k = 2 items"):
        sample_mcmc(kernel, 2, rng=0)
    with pytest.raises(NumericalError, match="start: expected a positive determinant"):
        sample_mcmc(kernel, 2, start=[0, 1], rng=0)
    with pytest.raises(ValueError, match="start: expected k = 2 items, got 1"):
        sample_mcmc(kernel, 2, start=[0], rng=0)
    with pytest.raises(ValueError, match="chains: expected at least 2, got 1"):
        sample_mcmc(kernel, 1, chains=1)
    with pytest.raises(TypeError, match="kernel: expected an Embedding or have the members"):
        sample_mcmc(np.eye(3), 1)
