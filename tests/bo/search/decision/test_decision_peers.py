"""A decision and a refit against plain NumPy and SciPy (benchmarks/peers/decision.py)."""

import numpy as np
import pytest
from plain_acquisition import expected_improvement

from otnas.gp import GaussianProcess, PoolPosterior, tree_wasserstein_kernel
from otnas.search.decision.acquisition import best_improvements
from otnas.spaces import NASBench201
from otnas_fast import embed

peers = pytest.importorskip("peers.decision", reason="benchmarks/ is not part of this package")


@pytest.mark.parametrize("measures", ["tw-2g", "tw-path"])
@pytest.mark.parametrize(("dtype", "atol"), [(np.float64, 1e-10), (np.float32, 2e-6)])
def test_decisions_and_hyperparameters_agree(measures, dtype, atol):
    embedding = embed(NASBench201().enumerate().cells[::7], measures=measures)
    embedding = embedding[embedding.groups()[0]]
    blocks = [embedding.block(name) for name in embedding.block_names]
    rng = np.random.default_rng(0)
    values = sum(x @ rng.random(x.shape[1]) for x in blocks)
    items = rng.permutation(len(embedding))[:60]
    process = GaussianProcess(tree_wasserstein_kernel(embedding))
    posterior = PoolPosterior(process, dtype=dtype)
    process.add(items, values[items])
    y, p = process.standardised_targets, process.parameters

    theirs = peers.refit(
        peers.distances(blocks, items, items),
        y,
        process.log_parameters,
        list(zip(p.lower, p.upper, strict=True)),
        p.prior_mean,
        p.prior_std,
    )
    process.fit()
    np.testing.assert_allclose(process.log_parameters, theirs, atol=1e-3)

    theta = np.exp(process.log_parameters)
    mean, std = peers.posterior(blocks, items, y, theta)
    np.testing.assert_allclose(posterior.standardised_mean, mean, atol=atol)
    np.testing.assert_allclose(posterior.standardised_std**2, std**2, atol=atol)
    for item in rng.permutation(len(embedding))[:5]:
        if item in process.items:
            continue
        process.add([item], values[[item]])
        left = np.setdiff1d(np.arange(len(embedding)), process.items)
        m, s = posterior.standardised_mean, posterior.standardised_std
        best = float(m[process.items].min())
        ours = left[best_improvements(m[left], s[left], best)]
        expected = peers.decide(blocks, process.items, process.standardised_targets, theta)
        value = expected_improvement(m, s, best)
        assert value[expected] >= value[ours[0]] * (1 - 1e-4)
