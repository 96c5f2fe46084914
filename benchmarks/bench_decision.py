"""Decisions, refits and whole trials on one core, as ratios to plain NumPy and SciPy (`peers`).

Limits are of the fastest round, in seconds of the processor, which other programs hardly lengthen.
The peers start from scratch at each
decision. Over NAS-Bench-101 they get a part of the cells, as do we for the ratio: its dense vectors
would not fit into memory.
"""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import dataclass

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

import otnas_fast as of
from bench_search import search
from measure import best_time, ratio
from otnas import spaces
from otnas.gp import GaussianProcess, PoolPosterior, tree_wasserstein_kernel
from otnas.search import CellPool
from otnas.search.decision.acquisition import best_improvements
from peers import decision as peers
from targets import Targets

N_OBSERVED = 300
PEERS_CELLS = 5_000


@dataclass
class Model:
    """A posterior over different cells with 300 observations, fitted."""

    blocks: list[np.ndarray]
    process: GaussianProcess
    posterior: PoolPosterior
    values: np.ndarray
    to_tell: list[int]

    def decide(self) -> int:
        """Tell one more observation and choose."""
        item = self.to_tell.pop()
        self.process.add([item], [self.values[item]])
        mean, std = self.posterior.standardised_mean, self.posterior.standardised_std
        best = float(mean[self.process.items].min())
        left = np.ones(len(mean), dtype=bool)
        left[self.process.items] = False
        left = np.flatnonzero(left)
        return int(left[best_improvements(mean[left], std[left], best)[0]])

    def decide_again(self) -> int:
        """The peers' decision on the same observations."""
        theta = np.exp(self.process.log_parameters)
        y = self.process.standardised_targets
        return peers.decide(self.blocks, self.process.items, y, theta)

    def rebuild(self) -> None:
        """Every row anew, as after a refit."""
        self.process.set_log_parameters(self.process.log_parameters)
        _ = self.posterior.standardised_mean


def model(name: str, measures: str, cells: int | None = None) -> Model:
    everything = spaces.get(name).enumerate().cells
    embedding = of.embed(everything, measures=measures)
    embedding = embedding[embedding.groups()[0]]
    blocks: list[np.ndarray] = []
    if cells is not None and len(embedding) > cells:
        embedding = embedding[:: len(embedding) // cells]
    if cells is not None:
        blocks = [embedding.block(block) for block in embedding.block_names]
    rng = np.random.default_rng(0)
    # A smooth function of the distances to some cells.
    centres = embedding[rng.integers(len(embedding), size=8)]
    values = 5 + of.gram(centres, embedding).T @ rng.standard_normal(8)
    process = GaussianProcess(tree_wasserstein_kernel(embedding))
    items = rng.permutation(len(embedding))
    process.add(items[:N_OBSERVED], values[items[:N_OBSERVED]])
    process.fit()
    made = Model(blocks, process, PoolPosterior(process), values, items[N_OBSERVED:1300].tolist())
    made.decide()
    return made


def note(benchmark: BenchmarkFixture, n: int, **facts: float) -> float:
    """Note what was measured on; return seconds of the fastest round."""
    benchmark.extra_info.update(n=n, observed=N_OBSERVED, threads=1, **facts)
    return best_time(benchmark)


@pytest.mark.benchmark(group="targets", timer=time.process_time)
@pytest.mark.parametrize("measures", ["tw-2g", "tw-full"])
@pytest.mark.parametrize(("space", "limit"), [("nasbench201", 5e-3), ("nasbench101", 0.25)])
def test_target_decision(
    benchmark: BenchmarkFixture, targets: Targets, space: str, limit: float, measures: str
) -> None:
    """A decision after 300 observations: 5 ms over NAS-Bench-201, 0.25 s over NAS-Bench-101."""
    part = model(space, measures, PEERS_CELLS)
    ours = part.decide()
    mean, std = peers.posterior(
        part.blocks,
        part.process.items,
        part.process.standardised_targets,
        np.exp(part.process.log_parameters),
    )
    value = peers.expected_improvement(mean, std, mean[part.process.items].min())
    assert value[ours] >= value[part.decide_again()] * (1 - 1e-4)
    speedup = 1 / ratio(part.decide, part.decide_again, rounds=3)
    whole = part if space == "nasbench201" else model(space, measures)
    benchmark.pedantic(whole.decide, rounds=15, warmup_rounds=2)
    n = whole.process.kernel.n_items
    seconds = note(benchmark, n, times_faster=speedup)
    what = f"decision, {measures}, {n:,} cells, {speedup:.0f} times SciPy's speed"
    targets.at_most(what, seconds, limit, "s of processor")


@pytest.mark.benchmark(group="targets", timer=time.process_time)
@pytest.mark.parametrize("measures", ["tw-2g", "tw-full"])
def test_target_refit(benchmark: BenchmarkFixture, targets: Targets, measures: str) -> None:
    """A fit to 300 observations from hyperparameters near the mode: 0.3 s."""
    fitted = model("nasbench201", measures, PEERS_CELLS)
    blocks, process = fitted.blocks, fitted.process
    p, y, items = process.parameters, process.standardised_targets, process.items
    mode = process.log_parameters
    start = np.clip(mode + 0.2, p.lower, p.upper)
    bounds = list(zip(p.lower, p.upper, strict=True))

    def ours() -> np.ndarray:
        process.set_log_parameters(start)
        process.fit()
        return process.log_parameters

    def theirs() -> np.ndarray:
        between = peers.distances(blocks, items, items)
        return peers.refit(between, y, start, bounds, p.prior_mean, p.prior_std)

    values = [process.log_marginal_likelihood(theta)[0] for theta in (ours(), theirs())]
    assert abs(values[0] - values[1]) < 0.01
    speedup = 1 / ratio(ours, theirs, rounds=5)
    benchmark.pedantic(ours, rounds=7)
    seconds = note(benchmark, items.size, times_faster=speedup)
    what = f"refit, {measures}, {speedup:.0f} times SciPy's speed"
    targets.at_most(what, seconds, 0.3, "s of processor")


@pytest.mark.benchmark(
    group="posterior over the pool with new hyperparameters", timer=time.process_time
)
@pytest.mark.parametrize("measures", ["tw-2g", "tw-full"])
@pytest.mark.parametrize("space", ["nasbench201", "nasbench101"])
def test_rebuild(benchmark: BenchmarkFixture, space: str, measures: str) -> None:
    whole = model(space, measures)
    before = whole.posterior.standardised_mean.copy()
    benchmark.pedantic(whole.rebuild, rounds=3, warmup_rounds=0)
    np.testing.assert_allclose(whole.posterior.standardised_mean, before, rtol=1e-6, atol=1e-9)
    note(benchmark, whole.process.kernel.n_items)


@pytest.mark.benchmark(group="targets", timer=time.process_time)
@pytest.mark.parametrize("refit_every", [25, None])
@pytest.mark.parametrize("method", ["kdpp-quality:tw-2g", "map:tw-2g"])
def test_target_batch_trial(
    benchmark: BenchmarkFixture, targets: Targets, method: str, refit_every: int | None
) -> None:
    """50 random cells and 50 batches of 5 on NAS-Bench-201: 2 s."""
    pool = CellPool(spaces.get("nasbench201"))
    pool.locate(pool[0])
    vectors = of.embed(pool.cells, ngram=2).to_array()
    errors = vectors @ np.random.default_rng(0).random(vectors.shape[1])
    options = {"settings": {} if refit_every is None else {"refit_every": refit_every}}
    benchmark.pedantic(search, (method, pool, errors, 50, 5, 300), options, rounds=3)
    seconds = note(benchmark, len(pool))
    when = "at growth" if refit_every is None else f"every {refit_every}"
    targets.at_most(f"batch trial, {method}, refits {when}", seconds, 2.0, "s of processor")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="peaks are read from /proc")
@pytest.mark.benchmark(group="targets")
@pytest.mark.parametrize("measures", ["tw-2g", "tw-full"])
def test_target_memory(benchmark: BenchmarkFixture, targets: Targets, measures: str) -> None:
    """The whole process of a search over NAS-Bench-101 with 300 observations: 1.5 GB."""
    code = f"""
from pathlib import Path
import numpy as np
from otnas.search import methods
from otnas.spaces import NASBench101
search = methods.make("{measures}", NASBench101(), seed=0, initial=300)
search.tell(search.ask(300), np.random.default_rng(0).random(300))
search.ask(5)
assert search.model._posterior is not None, "not the whole space"
status = Path("/proc/self/status").read_text().split()
print(status[status.index("VmHWM:") + 1])
"""
    command = [sys.executable, "-c", code]
    output = benchmark.pedantic(subprocess.check_output, (command,), rounds=1)
    gigabytes = int(output) / 1e6
    note(benchmark, 423_624, gigabytes=gigabytes)
    targets.at_most(f"search of NAS-Bench-101, {measures}", gigabytes, 1.5, "GB")
