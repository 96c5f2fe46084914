"""Runs killed with SIGKILL at random moments, then continued to the end.

``pytest -m kill`` runs these alone.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import subprocess
import sys
import time

import pytest
from experiment_helpers import configuration, contents, run_all

from otnas.experiments import configuration as configurations
from otnas.experiments import searches
from otnas.experiments.runner import plan, run

pytestmark = [
    pytest.mark.usefixtures("small_table"),
    pytest.mark.kill,
    pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL"),
]

IN_PROCESS, COMMANDS = 80, 4


def real_methods():
    """Methods with and without a model, in batches, on the small table."""
    config = configurations.preset("batch").changed(
        search_space="small",
        methods=("random", "evolution", "kdpp-quality:tw-2g"),
        trials=range(2),
        initial=10,
        queries=60,
    )
    return searches.resolve(config)


def run_real(config, out):
    return list(run(plan(config, out), out))


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_killed_in_one_process(tmp_path):
    """A fork starts at once: most kills hit a run, from its first write to its last."""
    rng, config, fork = random.Random(1), real_methods(), multiprocessing.get_context("fork")
    start = time.perf_counter()
    run_real(config, tmp_path / "whole")
    whole, seconds = contents(tmp_path / "whole"), time.perf_counter() - start
    kills = hits = round_ = 0
    while kills < IN_PROCESS:
        out = tmp_path / f"killed-{round_}"
        round_ += 1
        while True:
            child = fork.Process(target=run_real, args=(config, out))
            child.start()
            child.join(timeout=rng.uniform(0.0, 0.25) * seconds)
            if not child.is_alive():
                assert child.exitcode == 0
                break
            os.kill(child.pid, signal.SIGKILL)
            child.join()
            kills += 1
            hits += any(out.rglob("*.jsonl"))
            if kills >= IN_PROCESS:
                run_real(config, out)
                break
        assert contents(out) == whole
    assert hits > IN_PROCESS // 2


def test_command_killed_with_its_workers(tmp_path):
    """The whole command with two workers: only the parent is killed, the workers must notice."""
    arguments = ["run", "sequential", "--search-space", "small", "--methods", "random,tw"]
    arguments += ["--trials", "0:2", "--initial", "10", "--queries", "60", "--jobs", "2"]
    command = [sys.executable, "-m", "otnas.cli", *arguments, "--out"]
    start = time.perf_counter()
    subprocess.run([*command, tmp_path / "whole"], check=True, stdout=subprocess.DEVNULL)
    seconds, whole = time.perf_counter() - start, contents(tmp_path / "whole")
    rng, kills, round_ = random.Random(2), 0, 0
    while kills < COMMANDS:
        out = tmp_path / f"killed-{round_}"
        round_ += 1
        for _ in range(2):  # twice, and then to the end
            with subprocess.Popen([*command, out], stdout=subprocess.DEVNULL) as child:
                try:
                    child.wait(timeout=rng.uniform(0.4, 0.9) * seconds)
                except subprocess.TimeoutExpired:
                    child.send_signal(signal.SIGKILL)
                    kills += 1
        subprocess.run([*command, out], check=True, stdout=subprocess.DEVNULL)
        assert contents(out) == whole


def test_killed_while_writing_single_bytes(tmp_path):
    """Every state that a kill can leave a file in is a prefix of it: all prefixes of one run."""
    config = configuration(trials=range(1), queries=9)
    run_all(config, tmp_path)
    (path,) = tmp_path.rglob("*.jsonl")
    whole, data = contents(tmp_path), path.read_bytes()
    for cut in range(0, len(data), 29):
        path.write_bytes(data[:cut])
        run_all(config, tmp_path)
        assert contents(tmp_path) == whole
