"""A call that raises, be it an error or Ctrl-C, at whatever point, leaves no trace.

Search (generators included), trials and file are as before, and what is asked next is what an
untouched twin asks for.
"""

from __future__ import annotations

import contextlib
import os
import random
import sys
from pathlib import Path

import pytest
import studies
from failing_files import Half
from interrupts import LOCKS

import otnas

TRACED = (str(Path(otnas.__file__).parent), contextlib.__file__)

CALLS = {
    "ask": lambda s: s.ask(2),
    "tell": lambda s: s.tell(s.running[:2], [2.5, 3.5], [{"a": 1}, None]),
    "fail": lambda s: s.fail(s.running[:2], "no memory"),
    "cancel": lambda s: s.cancel(s.running[:2]),
    "lose": lambda s: s.lose(s.running[:2], "no worker"),
    "retry": lambda s: s.retry(7),
    "tell of a lost trial": lambda s: s.tell(7, 2.5),
    "late": lambda s: s.late(7, 2.5),
    "attach": lambda s: s.attach(s.elsewhere, 2.5),
}
every_call = pytest.mark.parametrize("call", CALLS)
both = pytest.mark.parametrize("name", studies.BOTH)

TRANSACTION = ("contextlib.py", "study/recorder.py", "study/journal.py", "search/transaction.py")


def prepared(name, path):
    """A study with a model, running trials, and 7, which was lost; some of it is news to search."""
    study = studies.study(name, path)
    studies.run(study, [4])
    study.tell(study.ask(3), [3.0, 4.0, 5.0])
    study.ask(5)
    study.lose(7, "vanished")
    study.tell(8, 6.0)
    study.elsewhere = studies.elsewhere(study)
    return study


def next_of(study):
    trials = study.ask(3)
    return [(trial.item, trial.mean, trial.deviation) for trial in trials]


def assert_next(study, expected):
    """What comes next is the same; what is expected of it, but for the last digits."""
    for found, wanted in zip(next_of(study), expected, strict=True):
        assert found[0] == wanted[0]
        if wanted[1] is None:
            assert found[1:] == wanted[1:]
        else:  # factorised anew, not row by row
            assert found[1:] == pytest.approx(wanted[1:], rel=1e-9)


def raising(function, error, *, after=False):
    """A function that raises, at once or after its work."""

    def wrapped(*arguments, **options):
        if after:
            function(*arguments, **options)
        raise error

    return wrapped


def inject(patch, study, point, error):
    """Let something inside a study raise."""
    inner, journal = study.search, study._recorder._journal
    if point == "kernel":
        kernel = type(inner._posterior.process.kernel)
        patch.setattr(kernel, "block", raising(kernel.block, error))
    elif point == "rule":
        rule = type(inner._rule)
        patch.setattr(rule, "__call__", raising(rule.__call__, error, after=True))
    elif point == "write":
        patch.setattr(journal, "_file", Half(journal._file, 9, 0, error))
    elif point == "short write":
        patch.setattr(journal, "_file", Half(journal._file, 9, 25, error))
    elif point == "sync":
        patch.setattr(os, "fsync", failing_once(error))
    else:
        patch.setattr(journal, "append", raising(journal.append, error, after=True))


def failing_once(error):
    sync, errors = os.fsync, [error]

    def fails(descriptor):
        if errors:
            raise errors.pop()
        sync(descriptor)

    return fails


def cases():
    for call in CALLS:
        for point in ("write", "short write", "sync", "after the write"):
            yield call, point
    yield "ask", "kernel"
    yield "ask", "rule"


@pytest.mark.parametrize(("call", "point"), list(cases()))
@both
def test_a_failure_leaves_no_trace(name, call, point, tmp_path):
    study = prepared(name, tmp_path / "a.jsonl")
    with prepared(name, tmp_path / "twin.jsonl") as twin:
        expected = next_of(twin)
    before = studies.snapshot(study)
    for error in (RuntimeError("kernel"), KeyboardInterrupt(), OSError(28, "disk full")):
        with pytest.MonkeyPatch.context() as patch:
            inject(patch, study, point, error)
            with pytest.raises(type(error)):
                CALLS[call](study)
        assert studies.snapshot(study) == before
    if point == "sync":  # see test_after_a_failed_sync_the_journal_must_be_opened_again
        study.close()
        again = studies.study(name, tmp_path / "a.jsonl")
        study, again.elsewhere = again, study.elsewhere
        assert studies.snapshot(study) == before
    with study:
        assert_next(study, expected)
        CALLS[call](study)


def traced(call, study, at=None):
    """The lines of otnas and of context managers that a call runs; Ctrl-C at the `at`-th."""
    lines = []

    def trace(frame, event, argument):
        file = frame.f_code.co_filename
        if not file.startswith(TRACED) or file == LOCKS:
            return None
        if event == "line":
            lines.append((file, frame.f_lineno))
            if at is not None and len(lines) == at + 1:
                sys.settrace(None)
                raise KeyboardInterrupt
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        call(study)
    except OSError:
        if at is not None:
            raise
    finally:
        sys.settrace(before)
    return lines


def interesting(lines, limit=80):
    """Positions of the first and last time of lines: all of the transaction, some of others."""
    last = {line: i for i, line in enumerate(lines)}
    first = {line: i for i, line in reversed(list(enumerate(lines)))}
    both = {*first.values(), *last.values()}
    ours = {i for i in both if lines[i][0].endswith(TRANSACTION)}
    return sorted({*ours, *random.Random(1).sample(sorted(both), min(limit, len(both)))})


def on_a_full_disk(call):
    """A call that fails when it writes its line."""

    def failing(study):
        journal = study._recorder._journal
        file, journal._file = journal._file, Half(journal._file, 9, 25, OSError(28, "disk full"))
        try:
            call(study)
        finally:
            journal._file = file

    return failing


@every_call
@both
def test_ctrl_c_at_every_line(name, call, tmp_path):
    """A call happened, or it did not; the first where it has not come to its last lines."""
    number, kept = 0, []

    def new():
        nonlocal number
        number += 1
        return prepared(name, tmp_path / f"{number}.jsonl")

    for _ in range(2):  # once to fill the caches of a space: the lines are those of later calls
        with new() as twin:
            lines = traced(CALLS[call], twin)
            expected_after = next_of(twin)
    with new() as twin:
        expected = next_of(twin)
    study, happened = new(), []
    before = studies.snapshot(study)
    for at in interesting(lines):
        with pytest.raises(KeyboardInterrupt) as raised:
            traced(CALLS[call], study, at)
        kept.append(raised)  # with its frames, as an interactive session keeps the last one
        if studies.snapshot(study) == before:
            continue
        happened.append(lines[at])
        now = studies.snapshot(study)
        study.close()
        with studies.study(name, study.path) as again:
            assert studies.snapshot(again) == now
            assert_next(again, expected_after)
        study = new()
        before = studies.snapshot(study)
    with study:
        assert_next(study, expected)
    # It happened where all was written and synced, and Ctrl-C met the return.
    assert all(file.endswith("study/recorder.py") for file, _ in happened)
    assert len(happened) <= 3


@pytest.mark.parametrize("call", ["ask", "tell of a lost trial", "attach"])
@both
def test_ctrl_c_while_a_failed_call_is_undone(name, call, tmp_path):
    failing, kept = on_a_full_disk(CALLS[call]), []
    with prepared(name, tmp_path / "twin.jsonl") as twin:
        lines = traced(failing, twin)
        expected = next_of(twin)
    with prepared(name, tmp_path / "a.jsonl") as study:
        before = studies.snapshot(study)
        for at in interesting(lines):
            with pytest.raises(KeyboardInterrupt) as raised:
                traced(failing, study, at)
            kept.append(raised)
            assert studies.snapshot(study) == before
        assert_next(study, expected)


@pytest.mark.parametrize("point", ["kernel", "rule", "write"])
@pytest.mark.parametrize("name", ["turns", "growing", "evolution", "local-search", "tw-full"])
def test_a_failed_ask_of_other_methods_leaves_no_trace(name, point, tmp_path):
    if name in ("evolution", "local-search") and point != "write":
        pytest.skip("has neither")
    test_a_failure_leaves_no_trace(name, "ask", point, tmp_path)
