"""What the adapters to other libraries add to the direct call: at most a fifth."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from measure import ratio
from otnas.gp import EmbeddingDistances, GaussianProcess, LaplaceKernel, tree_wasserstein_kernel
from otnas.search import PoolSearch
from otnas.spaces import NASBench201
from otnas_fast import DEFAULT_LENGTHSCALES, distances, embed, gram
from targets import Targets

LIMIT = 1.2
N = 500
ROUNDS = 15
CELLS = NASBench201().enumerate().cells[:: 15_625 // N][:N]
VALUES = np.array([float(len(cell.prune())) for cell in CELLS])


def compared(
    benchmark: BenchmarkFixture, targets: Targets, what: str, ours: Any, direct: Any, n: int = N
) -> None:
    measured = benchmark.pedantic(lambda: ratio(ours, direct, ROUNDS), rounds=1)
    benchmark.extra_info.update(n=n, rounds=ROUNDS)
    targets.at_most(f"{what}, n = {n}: adapter / direct", measured, LIMIT, "x")


@pytest.mark.benchmark(group="targets")
@pytest.mark.parametrize("measures", ["tw-2g", "tw-full"])
def test_target_sklearn_kernel(
    benchmark: BenchmarkFixture, targets: Targets, measures: str
) -> None:
    """K of cells, embedded anew on both sides, as a first call has it."""
    from otnas.integrations.sklearn import TreeWassersteinKernel

    cells = np.empty(N, dtype=object)
    cells[:] = list(CELLS)
    listed = list(CELLS)

    def ours() -> Any:
        return TreeWassersteinKernel(measures=measures)(cells)

    def direct() -> Any:
        return gram(listed, measures=measures)

    np.testing.assert_array_equal(ours(), direct())
    compared(benchmark, targets, f"scikit-learn kernel, {measures}", ours, direct)


@pytest.mark.benchmark(group="targets")
def test_target_sklearn_gradient(benchmark: BenchmarkFixture, targets: Targets) -> None:
    """K and its gradient, as each step of a fit has it."""
    from otnas.integrations.sklearn import TreeWassersteinKernel

    cells = np.empty(N, dtype=object)
    cells[:] = list(CELLS)
    kernel = TreeWassersteinKernel(np.ones(3))
    embedding = embed(list(CELLS))
    scales = np.array([DEFAULT_LENGTHSCALES[name] for name in embedding.block_names])

    def direct() -> Any:
        scaled = distances(embedding) / scales[:, None, None]
        K = np.exp(-scaled.sum(axis=0))
        return K, np.moveaxis(scaled * K, 0, -1)

    np.testing.assert_allclose(kernel(cells, eval_gradient=True)[1], direct()[1])
    what = "scikit-learn gradient"
    compared(benchmark, targets, what, lambda: kernel(cells, eval_gradient=True), direct)


@pytest.mark.benchmark(group="targets")
def test_target_sklearn_regressor(benchmark: BenchmarkFixture, targets: Targets) -> None:
    """Fit to 150 cells and predict 150 others."""
    from otnas.integrations.sklearn import ArchitectureRegressor

    n = 150
    train, test = list(CELLS[:n]), list(CELLS[n : 2 * n])

    def ours() -> Any:
        return ArchitectureRegressor().fit(train, VALUES[:n]).predict(test)

    def direct() -> Any:
        pool = embed(train + test)
        kernel = tree_wasserstein_kernel(pool, scales=None)
        kernel = LaplaceKernel(EmbeddingDistances(pool[:n]), names=pool.block_names)
        process = GaussianProcess(kernel)
        process.add(np.arange(n), VALUES[:n])
        process.fit()
        theta = np.exp(process.log_parameters)
        cross = gram(pool[n:], pool[:n], lengthscales=theta[:-2], variance=float(theta[-2]))
        lower = np.linalg.solve(process.lower, cross.T)
        return process.offset + process.scale * (lower.T @ process.whitened_targets)

    np.testing.assert_allclose(ours(), direct(), rtol=1e-5)
    compared(benchmark, targets, "scikit-learn regressor", ours, direct, n)


@pytest.mark.benchmark(group="targets")
@pytest.mark.parametrize("n", [20, 100])
def test_target_optuna(benchmark: BenchmarkFixture, targets: Targets, n: int) -> None:
    """One suggestion among 1000 candidates after n trials of six parameters."""
    optuna = pytest.importorskip("optuna")
    from otnas.integrations import optuna as adapter

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    space = {f"x{i}": optuna.distributions.FloatDistribution(0.0, 1.0) for i in range(4)}
    space |= {"k": optuna.distributions.IntDistribution(1, 9)}
    space |= {"c": optuna.distributions.CategoricalDistribution(["a", "b", "c"])}
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    for _ in range(n):
        trial = study.ask(space)
        study.tell(trial, sum(trial.params[f"x{i}"] for i in range(4)))
    sampler = adapter.OtnasSampler(seed=0)
    made: list[Any] = []
    embedding = adapter.Embedding

    def kept(blocks: Any) -> Any:
        made.append(embedding(blocks))
        return made[-1]

    def suggest() -> Any:
        trial = study.ask()
        space = sampler.infer_relative_search_space(study, trial)
        frozen = study._storage.get_trial(trial._trial_id)
        found = sampler.sample_relative(study, frozen, space)
        study.tell(trial, state=optuna.trial.TrialState.FAIL)
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(adapter, "Embedding", kept)
        assert set(suggest()) == set(space)
    values = [trial.value for trial in study.trials if trial.value is not None]

    def direct() -> Any:
        search = PoolSearch(made[0], initial=1, settings={"transform": "winsorised"}, seed=0)
        search.tell(range(n), values)
        return search.ask()

    compared(benchmark, targets, "suggestion of the Optuna sampler", suggest, direct, n)


@pytest.mark.benchmark(group="targets")
def test_target_gpytorch(benchmark: BenchmarkFixture, targets: Targets) -> None:
    """K and a gradient, as each step of a fit has it, next to a kernel of GPyTorch's own.

    One thread, as our own computation has; how much longer than that it takes is printed beside it:
    the rest is GPyTorch's lazy tensors and PyTorch's records for gradients.
    """
    torch = pytest.importorskip("torch")
    kernels = pytest.importorskip("gpytorch").kernels
    from otnas.integrations.gpytorch import PoolKernel, as_inputs

    pool = embed(CELLS)
    kernel, peer = PoolKernel(pool).double(), kernels.RBFKernel(ard_num_dims=3).double()
    inputs = {kernel: as_inputs(np.arange(N)), peer: torch.rand(N, 3, dtype=torch.double)}
    training = tree_wasserstein_kernel(pool).training(np.arange(N))
    scales = kernel.block_lengthscale.detach().numpy()
    theta = np.log([*scales, 1.0])
    weights = np.random.default_rng(0).standard_normal((N, N))
    as_tensor = torch.from_numpy(weights)

    def step(which: Any) -> None:
        which.zero_grad()
        (which(inputs[which]).to_dense() * as_tensor).sum().backward()

    def direct() -> Any:
        return training.gradient(theta, training.gram(theta), weights)

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    step(kernel)
    slope = direct()[:-1] / scales * (1.0 - np.exp(-scales))  # of softplus, up to its lower bound
    np.testing.assert_allclose(kernel.raw_block_lengthscale.grad.numpy(), slope, rtol=1e-4)
    to_ours = ratio(lambda: step(kernel), direct, ROUNDS)
    benchmark.extra_info.update(to_ours=to_ours)
    what = f"GPyTorch kernel ({to_ours:.2g} x ours) to its RBF"
    try:
        compared(benchmark, targets, what, lambda: step(kernel), lambda: step(peer))
    finally:
        torch.set_num_threads(threads)
