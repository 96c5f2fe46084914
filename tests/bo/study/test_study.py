"""A `PoolSearch` that goes on after its process was killed."""

import os
import signal
import subprocess
import sys
from itertools import pairwise

import numpy as np
import pytest

from otnas import PoolSearch
from otnas.experiments import lock
from otnas.experiments.pool_journal import JournaledPoolSearch
from otnas.study import JournalError, LockedError

POINTS = np.random.default_rng(0).random((40, 2))
GRAM = np.exp(-np.abs(POINTS[:, None] - POINTS).sum(axis=2))
SIZES = [5, 1, 3, 1, 1, 3]


def new(**options):
    return PoolSearch(gram=GRAM, **{"n_initial": 5, "seed": 3, **options})


def error_of(items):
    values = 1.0 + POINTS[items].sum(axis=1)
    return np.where(np.asarray(items) % 7 == 0, np.inf, values)


def run(search, sizes):
    return [step for n in sizes for step in _one(search, n)]


def _one(search, n):
    items = search.ask(n)
    search.tell(items, error_of(items))
    return items.tolist()


def test_a_journaled_search_asks_for_the_same(tmp_path):
    with JournaledPoolSearch(new(), tmp_path / "deep" / "a.jsonl") as search:
        assert run(search, SIZES) == run(new(), SIZES)
        assert np.isinf(search.search.values).any()


def test_wherever_it_is_cut_it_goes_on_alike(tmp_path):
    path, cut = tmp_path / "whole.jsonl", tmp_path / "cut.jsonl"
    with JournaledPoolSearch(new(), path) as search:
        run(search, SIZES)
        whole = search.search
    data = path.read_bytes()
    ends = [0, *(i + 1 for i, byte in enumerate(data) if byte == ord("\n"))]
    for begin, end in pairwise(ends):
        for size in {begin, (begin + end) // 2, end - 1}:
            cut.write_bytes(data[:size])
            with JournaledPoolSearch(new(), cut) as search:
                inner = search.search
                if inner.pending.size:
                    search.tell(inner.pending, error_of(inner.pending))
                asked = [0, *np.cumsum(SIZES).tolist()].index(inner.items.size)
                run(search, SIZES[asked:])
                np.testing.assert_array_equal(inner.items, whole.items)
                np.testing.assert_array_equal(inner.values, whole.values)
    assert path.read_bytes() == data


def test_killed_in_the_middle(tmp_path):
    path = tmp_path / "killed.jsonl"
    code = f"""
import os, signal, sys
sys.path.insert(0, {os.path.dirname(__file__)!r})
from test_pool_journal import *
search = JournaledPoolSearch(new(), {str(path)!r})
run(search, SIZES[:3])
search.ask(2)
os.kill(os.getpid(), signal.SIGKILL)
"""
    killed = subprocess.run([sys.executable, "-c", code], check=False)
    assert killed.returncode == -signal.SIGKILL
    with JournaledPoolSearch(new(), path) as search:
        assert search.search.items.size == sum(SIZES[:3])
        assert search.search.pending.size == 2


@pytest.mark.parametrize(
    "options", [{"seed": 4}, {"n_initial": 9}, {"batch_rule": "top-k"}, {"acquisition": "lcb"}]
)
def test_another_search_is_refused_and_the_file_kept(tmp_path, options):
    path = tmp_path / "a.jsonl"
    with JournaledPoolSearch(new(), path) as search:
        run(search, [*SIZES, 1, 1, 4])
    before = path.read_bytes()
    with pytest.raises(JournalError, match=r"line \d+: the journal's search asked for"):
        JournaledPoolSearch(new(**options), path)
    assert path.read_bytes() == before
    smaller = PoolSearch(gram=GRAM[:30, :30], seed=3)
    with pytest.raises(JournalError, match="n_items = 40, not 30"):
        JournaledPoolSearch(smaller, path)
    JournaledPoolSearch(new(), path).close()


def test_what_is_refused_is_not_written(tmp_path):
    path = tmp_path / "a.jsonl"
    with JournaledPoolSearch(new(), path) as search:
        search.ask(2)
        before = path.read_bytes()
        with pytest.raises(ValueError, match="got nan"):
            search.tell([1], [np.nan])
        with pytest.raises(ValueError, match="n: expected"):
            search.ask(0)
        assert path.read_bytes() == before


@pytest.mark.parametrize(
    "event", ['{"kind": "query", "query": 1}', '{"kind": "query", "query": 1, "ask": "x"}', "{"]
)
def test_a_damaged_journal_is_refused(tmp_path, event):
    path = tmp_path / "a.jsonl"
    JournaledPoolSearch(new(), path).close()
    path.write_bytes(path.read_bytes() + event.encode() + b"\n")
    before = path.read_bytes()
    with pytest.raises(JournalError, match="line 2"):
        JournaledPoolSearch(new(), path)
    assert path.read_bytes() == before


def test_other_files_and_used_searches_are_refused(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("dear diary\n")
    with pytest.raises(JournalError):
        JournaledPoolSearch(new(), path)
    assert path.read_text() == "dear diary\n"
    used = new()
    used.ask()
    with pytest.raises(ValueError, match="search: expected a new one"):
        JournaledPoolSearch(used, tmp_path / "b.jsonl")
    with pytest.raises(ValueError, match="search: expected one with a seed"):
        JournaledPoolSearch(new(seed=None), tmp_path / "b.jsonl")
    assert not (tmp_path / "b.jsonl").exists()


def test_what_was_told_after_an_interrupted_ask_is_read_again(tmp_path):
    path = tmp_path / "a.jsonl"
    interrupt = []

    def rule(mean, covariance, k, rng):
        chosen = rng.permutation(mean.size)[:k]
        if interrupt:
            raise interrupt.pop()
        return chosen

    with JournaledPoolSearch(new(batch_rule=rule), path) as search:
        search.tell(items := search.ask(5), error_of(items))
        interrupt.append(KeyboardInterrupt())
        with pytest.raises(KeyboardInterrupt):
            search.ask(3)
        for n in (3, 1, 2):
            search.tell(items := search.ask(n), error_of(items))
        told = search.search.items
    with JournaledPoolSearch(new(batch_rule=rule), path) as again:
        np.testing.assert_array_equal(again.search.items, told)


def test_one_process_at_a_time(tmp_path, monkeypatch):
    monkeypatch.setattr(lock, "WAIT", 0.1)
    with (
        JournaledPoolSearch(new(), tmp_path / "a.jsonl"),
        pytest.raises(LockedError, match="another process"),
    ):
        JournaledPoolSearch(new(), tmp_path / "a.jsonl")
