"""What `ask` costs with as many BLAS threads as the environment says, next to one.

Two processes take turns, for the environment is read when a process starts; one has
OPENBLAS_NUM_THREADS=1, the other nothing. On a busy machine a decision whose BLAS had several
threads would take three to thirty times as long.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from targets import Targets

ROUNDS = 30
SEARCHES = {
    "tw-full, NAS-Bench-201": """
from otnas.search import methods
from otnas.spaces import NASBench201
search, n, batch = methods.make("tw-full", NASBench201(), seed=0, initial=100), 15_625, 1
""",
    "batches of 5, kdpp-quality:tw-full, NAS-Bench-201": """
from otnas.search import methods
from otnas.spaces import NASBench201
name = "kdpp-quality:tw-full"
search, n, batch = methods.make(name, NASBench201(), seed=0, initial=100), 15_625, 5
""",
    "a Gram matrix": """
from scipy.spatial.distance import cdist
from otnas import PoolSearch
x, n, batch = np.random.default_rng(1).random((5000, 6)), 5000, 1
search = PoolSearch(gram=np.exp(-cdist(x, x, "cityblock")), seed=0, initial=100)
""",
}
PROCESS = """
import json, sys, time
import numpy as np
{search}
values = np.random.default_rng(0)
search.tell(search.ask(100), values.random(100))
print(n, flush=True)
for _ in sys.stdin:
    begin = time.perf_counter()
    items = search.ask(batch)
    seconds = time.perf_counter() - begin
    search.tell(items, values.random(batch))
    print(json.dumps([seconds, [str(item) for item in items]]), flush=True)
"""


class Process:
    """A search in a process of its own."""

    def __init__(self, search: str, **environment: str) -> None:
        others = {key: text for key, text in os.environ.items() if "NUM_THREADS" not in key}
        self._process = subprocess.Popen(
            [sys.executable, "-c", PROCESS.format(search=SEARCHES[search])],
            env=others | environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.n = self._read()

    def ask(self) -> tuple[float, list[str]]:
        """Let it ask; return seconds and items."""
        assert self._process.stdin is not None
        print(file=self._process.stdin, flush=True)
        seconds, items = self._read()
        return seconds, items

    def close(self) -> None:
        self._process.communicate()

    def _read(self) -> Any:
        assert self._process.stdout is not None
        return json.loads(self._process.stdout.readline())


@pytest.mark.benchmark(group="targets")
@pytest.mark.parametrize("search", list(SEARCHES))
def test_target_ask(benchmark: BenchmarkFixture, targets: Targets, search: str) -> None:
    """In the environment as it is: at most 1.3 of the time with OPENBLAS_NUM_THREADS=1."""
    free, one = Process(search), Process(search, OPENBLAS_NUM_THREADS="1")
    ratios = []

    def turn() -> None:
        first, second = (free, one) if len(ratios) % 2 else (one, free)
        asked = {first: first.ask(), second: second.ask()}
        assert asked[free][1] == asked[one][1]
        ratios.append(asked[free][0] / asked[one][0])

    try:
        benchmark.pedantic(turn, rounds=ROUNDS)
    finally:
        free.close()
        one.close()
    measured = float(np.median(ratios))
    benchmark.extra_info.update(n=free.n, threads=os.cpu_count(), ratio=measured)
    targets.at_most(f"ask, {search}", measured, 1.3, "of one thread's time")
