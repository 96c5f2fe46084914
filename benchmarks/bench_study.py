"""What the runner and the journal add to a training, and what opening a long study takes."""

from __future__ import annotations

import itertools
import os
import time
from pathlib import Path

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture
from trainings import nothing

from otnas import Study
from otnas.study import State
from targets import Targets

N_TRIALS = 300


@pytest.mark.benchmark(group="targets")
@pytest.mark.parametrize("max_running", [1, 2, 4])
def test_target_overhead(
    benchmark: BenchmarkFixture, targets: Targets, tmp_path: Path, max_running: int
) -> None:
    """From the end of one training that does nothing to that of the next: 5 ms.

    Random search, so that hardly anything is the search's; every event waits for the disk.
    """
    paths = (tmp_path / f"{i}.jsonl" for i in itertools.count())
    ends: list[float] = []

    def run() -> None:
        with Study(next(paths), space="nasbench201", method="random", seed=0) as study:
            study.run(nothing, n_trials=N_TRIALS, max_running=max_running, progress=False)
            assert [trial.state for trial in study.trials] == [State.DONE] * N_TRIALS
            ends[:] = [trial.ended for trial in study.trials if trial.ended is not None]

    benchmark.pedantic(run, rounds=1)
    # The workers start with the first trainings.
    gaps = np.diff(np.sort(ends))[10:]
    disk = 2 * synced_append(tmp_path / "disk", 400)  # for what is asked and for what is told
    mean = float(gaps.mean())
    benchmark.extra_info.update(n=N_TRIALS, workers=max_running, mean=mean, disk=disk)
    what = f"overhead of a trial, {max_running} workers ({disk * 1e3:.2g} ms are the disk's)"
    targets.at_most(what, mean * 1e3, 5, "ms")


def synced_append(path: Path, size: int) -> float:
    """Return the mean time of an append that waits for the disk."""
    with path.open("ab", buffering=0) as file:
        begin = time.perf_counter()
        for _ in range(N_TRIALS):
            file.write(bytes(size))
            os.fsync(file.fileno())
        return (time.perf_counter() - begin) / N_TRIALS
