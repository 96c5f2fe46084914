"""The expected hypervolume improvement with one known cost over whole pools, on one core.

Made-up posteriors; 150 points were told. The
ratio is to evaluating every candidate, which is the answer that is compared with.
"""

from __future__ import annotations

import time

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from measure import best_time, environment, ratio
from otnas.search.decision.hypervolume import Staircase
from targets import Targets

N_TOLD = 150


@pytest.mark.benchmark(group="targets", timer=time.process_time)
@pytest.mark.parametrize(
    ("n", "m", "limit"),
    [(26_206, 1, 0.01), (26_206, 200, 0.01), (423_624, 1, 0.4), (423_624, 200, 0.4)],
)
def test_greatest_of_a_pool(
    benchmark: BenchmarkFixture, targets: Targets, n: int, m: int, limit: float
) -> None:
    rng = np.random.default_rng(0)
    costs = rng.gamma(2.0, 1.0, (n, 1))
    mean = rng.normal(0.0, 0.6, n) - 0.3 * np.log(costs[:, 0])
    std = rng.uniform(0.2, 0.8, n)
    told = rng.choice(n, N_TOLD, replace=False)

    def greatest() -> np.ndarray:
        front = Staircase(costs[told], mean[told], 1.1 * costs.max(axis=0), 2.0)
        return front.greatest(mean, std, costs, m)

    def every() -> np.ndarray:
        front = Staircase(costs[told], mean[told], 1.1 * costs.max(axis=0), 2.0)
        return front.log_ehvi(mean, std, costs)

    found = benchmark(greatest)
    everything = every()
    assert set(np.argsort(found)[-m:]) == set(np.argsort(everything)[-m:])
    benchmark.extra_info |= {
        **environment(),
        "n": n,
        "told": N_TOLD,
        "ratio_to_all": ratio(greatest, every, 3),
    }
    seconds = best_time(benchmark)
    targets.at_most(f"EHVI, {m} greatest of {n:,} candidates", seconds, limit, "s of processor")
