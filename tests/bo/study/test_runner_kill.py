"""Runs with four workers, killed with SIGKILL at random moments, and continued.

``pytest -m kill`` runs these alone; the environment variable ``OTNAS_KILLS`` has the number of
kills, 1000 take about an hour on two cores.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import signal
import time
from collections import Counter
from pathlib import Path

import pytest
from searches import taxonomy
from studies import make
from trainings import restless

from otnas import Study
from otnas.spaces import SequenceSpace
from otnas.study import State

pytestmark = [
    pytest.mark.kill,
    pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL"),
    pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning"),
]

KILLS = int(os.environ.get("OTNAS_KILLS", "12"))
KILLS_A_STUDY = 25
METHODS = ("random", "evolution", "tw", "map:tw-2g")


class Witnessed(Study):
    """Writes the numbers of trials whose `tell` or `fail` has returned into another file."""

    def _witness(self, trial):
        witness = os.open(self.path.with_suffix(".witness"), os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.write(witness, f"{trial.id}\n".encode())
        os.close(witness)

    def tell(self, trials, *args, **rest):
        super().tell(trials, *args, **rest)
        self._witness(trials)

    def fail(self, trials, *args, **rest):
        super().fail(trials, *args, **rest)
        self._witness(trials)


def study(path, method, kind=Study):
    space = SequenceSpace(taxonomy(), positions=7)
    return make(path, kind=kind, space=space, method=method, initial=8)


def train(path, method):
    with study(path, method, Witnessed) as opened:
        opened.run(restless, n_trials=10_000, max_running=4, progress=False)


def witnessed(path):
    try:
        lines = path.with_suffix(".witness").read_text().splitlines()
    except FileNotFoundError:
        return []
    return [int(line) for line in lines]


def children(pid):
    try:
        return [int(p) for p in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:  # not Linux, or gone
        return []


def is_running(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def kill_once(path, method, rng):
    """Start a run, and kill it either at any moment or shortly after it has told something."""
    before = len(witnessed(path))
    child = multiprocessing.get_context("fork").Process(target=train, args=(path, method))
    child.start()
    if rng.random() < 0.25:
        child.join(rng.uniform(0.0, 2.0))
    else:
        wanted, end = before + rng.randint(1, 12), time.monotonic() + 60
        while len(witnessed(path)) < wanted and time.monotonic() < end:
            assert child.is_alive(), "the run ended by itself"
            time.sleep(0.005)
        child.join(rng.uniform(0.0, 0.05))
    workers = children(child.pid)
    os.kill(child.pid, signal.SIGKILL)
    child.join()
    assert child.exitcode == -signal.SIGKILL
    end = time.monotonic() + 20
    while any(map(is_running, workers)):
        assert time.monotonic() < end, "workers outlive their run"
        time.sleep(0.02)


def check(path):
    """What was told is in the journal, once."""
    told = witnessed(path)
    assert len(told) == len(set(told))
    if not path.exists() or path.stat().st_size == 0:
        assert not told
        return
    if b"\n" not in path.read_bytes():
        assert not told
        return
    trials = Study.read(path).trials
    assert [trial.id for trial in trials] == list(range(len(trials)))
    for number in told:
        assert trials[number].state in (State.DONE, State.FAILED)
        if trials[number].state is State.DONE:
            assert trials[number].value == 1.0 + trials[number].metrics["number"]
    complete = path.read_bytes().split(b"\n")[:-1]
    events = [json.loads(line) for line in complete[1:]]
    ended = Counter(
        entry["id"] if isinstance(entry, dict) else entry
        for event in events
        if event["event"] in ("tell", "fail")
        for entry in event["trials"]
    )
    assert set(ended.values()) <= {1}
    # At most the very last end was written without that its call returned.
    counted = [t.id for t in trials if t.counts]
    assert sorted(ended) == counted
    families = Counter(t.id if t.retry_of is None else t.retry_of for t in trials if t.counts)
    assert set(families.values()) <= {1}


def test_killed_at_random_moments(tmp_path):
    rng, kills, hits, number = random.Random(7), 0, 0, 0
    while kills < KILLS:
        method = METHODS[number % len(METHODS)]
        path = tmp_path / f"{number}.jsonl"
        number += 1
        for _ in range(min(KILLS_A_STUDY, KILLS - kills, max(1, KILLS // len(METHODS)))):
            kill_once(path, method, rng)
            kills += 1
            check(path)
            hits += len(witnessed(path)) > 0
        study(path, method).close()  # a search goes on from it
        told = len(witnessed(path))
        print(f"{method}: {kills} kills, {told} trials told", flush=True)
    assert hits > KILLS // 2


def test_what_was_running_is_trained_again(tmp_path):
    path = tmp_path / "study.jsonl"
    kill_once(path, "random", random.Random(2))
    left = [t.id for t in Study.read(path).running]
    with study(path, "random") as opened:
        opened.run(restless, n_trials=30, max_running=2, progress=False)
        assert opened.n_counted == 30
        assert not opened.running
        retried = {t.retry_of for t in opened.trials if t.attempt > 0}
        assert set(left) <= retried
