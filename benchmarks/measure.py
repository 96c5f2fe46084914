"""What benchmarks share: the machine they ran on, and ratios measured in turns."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable
from functools import cache
from importlib.metadata import version
from pathlib import Path

import numpy as np
from pytest_benchmark.fixture import BenchmarkFixture

PACKAGES = ("otnas", "numpy", "scipy", "scikit-learn", "dppy")


@cache
def environment() -> dict[str, str | int]:
    """CPU model, processors and versions."""
    facts: dict[str, str | int] = {
        "cpu": _cpu_model(),
        "processors": os.cpu_count() or 1,
        "python": platform.python_version(),
        "blas_threads": 1,  # conftest.py
    }
    return facts | {package: version(package) for package in PACKAGES}


def _cpu_model() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((x.split(":")[1].strip() for x in lines if x.startswith("model name")), "unknown")


def ratio(ours: Callable[[], object], theirs: Callable[[], object], rounds: int) -> float:
    """Median of our time over theirs, the two sides taking turns after a warm-up."""
    ours()
    theirs()
    ratios = []
    for _ in range(rounds):
        start = time.perf_counter()
        ours()
        middle = time.perf_counter()
        theirs()
        ratios.append((middle - start) / (time.perf_counter() - middle))
    return float(np.median(ratios))


def best_time(benchmark: BenchmarkFixture) -> float:
    """Seconds of the fastest round: limits in milliseconds are not to depend on the neighbours."""
    return float(benchmark.stats.stats.min) if benchmark.stats else 0.0
