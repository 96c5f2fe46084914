"""A study with a journal goes on after its process was killed, whatever its items are."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import studies

from otnas.study import JournalError, LockedError, Study, StudyError

both = pytest.mark.parametrize("name", studies.BOTH)
SIZES = [5, 1, 3, 1, 1, 3]


@both
def test_a_journal_changes_nothing(name, tmp_path):
    with studies.study(name, tmp_path / "deep" / "a.jsonl") as study:
        assert studies.run(study, SIZES) == studies.run(studies.study(name), SIZES)
        assert np.isinf(study.search.values).any()


@both
def test_wherever_it_is_cut_it_goes_on_alike(name, tmp_path):
    path, cut = tmp_path / "whole.jsonl", tmp_path / "cut.jsonl"
    with studies.study(name, path) as study:
        studies.run(study, SIZES)
    whole, data = studies.snapshot(study), path.read_bytes()
    ends = [0, *(i + 1 for i, byte in enumerate(data) if byte == ord("\n"))]
    for begin, end in pairwise(ends):
        for size in sorted({begin, (begin + end) // 2, end - 1}):
            cut.write_bytes(data[:size])
            with studies.study(name, cut) as study:
                if running := study.running:
                    done = [trial for trial in running if trial.id % 7 != 5]
                    if done:
                        study.tell(done, [studies.value_of(study, trial.item) for trial in done])
                    for trial in running:
                        if trial.id % 7 == 5:
                            study.fail(trial, "no luck")
                asked = [0, *np.cumsum(SIZES).tolist()].index(len(study.trials))
                studies.run(study, SIZES[asked:])
            found = studies.snapshot(study)
            for key in ("items", "values", "pending", "left", "state"):
                assert found[key] == whole[key], (key, size)
    assert path.read_bytes() == data


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
@both
def test_killed_in_the_middle(name, tmp_path):
    path, support = tmp_path / "killed.jsonl", Path(studies.__file__).parent
    code = f"""
import os, signal, sys
sys.path.insert(0, {str(support)!r})
from pathlib import Path
import studies
study = studies.study({name!r}, Path({str(path)!r}))
studies.run(study, {SIZES[:3]})
study.ask(2)
os.kill(os.getpid(), signal.SIGKILL)
"""
    killed = subprocess.run([sys.executable, "-c", code], check=False)
    assert killed.returncode == -signal.SIGKILL
    with studies.study(name, path) as study:
        assert study.n_counted == len(study.search.items) == sum(SIZES[:3])
        assert len(study.running) == len(study.search.pending) == 2


@both
def test_what_is_refused_is_not_written(name, tmp_path):
    path = tmp_path / "a.jsonl"
    with studies.study(name, path) as study:
        study.ask(2)
        before = path.read_bytes()
        with pytest.raises(ValueError, match="got nan"):
            study.tell(1, np.nan)
        with pytest.raises(ValueError, match="n: expected"):
            study.ask(0)
        assert path.read_bytes() == before


@both
def test_every_event_is_read_again(name, tmp_path):
    path = tmp_path / "a.jsonl"
    with studies.study(name, path) as study:
        studies.mixed(study)
        kinds = {line.split('"')[3] for line in path.read_text().splitlines()[1:]}
        assert kinds == {"ask", "tell", "fail", "attach", "cancel", "lose", "retry", "late"}
        before = studies.snapshot(study)
    for verify in (False, True):
        with studies.study(name, path, verify=verify) as again:
            assert studies.snapshot(again) == before
    read = Study.read(path)
    decoded = [study.search.domain.from_json(trial.item) for trial in read.trials]
    assert decoded == [trial.item for trial in before["trials"]]
    for key in ("state", "value", "metrics", "reason", "retry_of", "attempt", "mean", "asked"):
        assert [getattr(t, key) for t in read.trials] == [getattr(t, key) for t in study.trials]


def test_what_was_told_after_an_interrupted_ask_is_read_again(tmp_path):
    path, interrupt = tmp_path / "a.jsonl", []

    def rule(candidates, k, rng):
        chosen = rng.permutation(candidates.mean.size)[:k]
        if interrupt:
            raise interrupt.pop()
        return chosen

    with studies.study("pool", path, batch_rule=rule) as study:
        studies.run(study, [5])
        interrupt.append(KeyboardInterrupt())
        with pytest.raises(KeyboardInterrupt):
            study.ask(3)
        for n in (3, 1, 2):
            studies.run(study, [n])
        told = study.search.items
    with studies.study("pool", path, batch_rule=rule, verify=True) as again:
        assert again.search.items == told


def test_other_files_are_refused(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("dear diary\n")
    with pytest.raises(JournalError):
        studies.study("pool", path)
    assert path.read_text() == "dear diary\n"


def test_a_closed_study_can_be_looked_at(tmp_path):
    study = studies.study("pool", tmp_path / "a.jsonl")
    study.ask(2)
    study.close()
    assert len(study.trials) == 2
    before = studies.snapshot(study)
    with pytest.raises(JournalError, match="the journal is closed"):
        study.ask()
    assert studies.snapshot(study) == before
    assert os.path.getsize(tmp_path / "a.jsonl") > 0


@both
def test_threads_take_turns(name, tmp_path):
    """Without turns, a few calls of two threads damage memory and file."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        with studies.study(name, tmp_path / "a.jsonl") as study:

            def work(_):
                (trial,) = study.ask()
                study.tell(trial, 1.0 + trial.id)

            with ThreadPoolExecutor(4) as threads:
                list(threads.map(work, range(24)))
            trials = study.trials
    finally:
        sys.setswitchinterval(before)
    assert [trial.value for trial in trials] == [1.0 + i for i in range(24)]
    with studies.study(name, tmp_path / "a.jsonl") as again:
        assert again.trials == trials


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_a_fork_in_the_middle_of_another_threads_call_does_not_wait_for_it(tmp_path):
    with studies.study("pool", tmp_path / "a.jsonl") as study:
        with ThreadPoolExecutor(1) as other:
            other.submit(study._recorder.turn.acquire).result()
            if (child := os.fork()) == 0:
                try:
                    study.ask()
                except LockedError:
                    os._exit(7)
                os._exit(1)
            assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
            other.submit(study._recorder.turn.release).result()
        study.ask()


def test_no_call_inside_another(tmp_path):
    """As from the handler of a signal, or from a cost that asks the study."""
    with studies.study("pool", tmp_path / "a.jsonl") as study:
        ask, before = study.search.ask, studies.snapshot(study)
        study.search.ask = lambda n: [study.ask(), ask(n)][1]
        with pytest.raises(StudyError, match="expected no call inside another one"):
            study.ask()
        del study.search.ask
        assert studies.snapshot(study) == before
        study.ask()
