"""The command itself, as a user starts it: a whole process on one core."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from targets import Targets

ONE_TRIAL = ["run", "batch", "--methods", "kdpp-quality:tw-2g", "--trials", "0:1", "--jobs", "1"]


def run(arguments: list[str], core: int) -> str:
    """Start `otnas` on one core and return what it prints."""
    result = subprocess.run(
        [sys.executable, "-m", "otnas.cli", *arguments],
        capture_output=True,
        text=True,
        check=True,
        preexec_fn=lambda: os.sched_setaffinity(0, {core}),
    )
    return result.stdout


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="cannot be held to one core here")
@pytest.mark.benchmark(group="targets")
def test_target_batch_trial(benchmark: BenchmarkFixture, targets: Targets, tmp_path: Path) -> None:
    """50 + 50 x 5 queries over all 15,625 cells: at most 10 s in all."""
    core = min(os.sched_getaffinity(0))
    results = iter(tmp_path / str(i) for i in range(3))
    benchmark.extra_info.update(n=15_625, queries=300, batch=5, threads=1)
    benchmark.pedantic(lambda: run([*ONE_TRIAL, "--out", str(next(results))], core), rounds=3)
    shown = run(["show", str(tmp_path / "0" / "batch")], core)
    assert "search, ms/query" in shown
    print("\n" + shown[shown.index("batch: cost") :])
    seconds = benchmark.stats.stats.median
    targets.at_most("command, a batch trial of 300 queries, one core", seconds, 10.0, "s in all")
