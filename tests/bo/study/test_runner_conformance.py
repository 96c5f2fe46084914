"""What `run` promises, on every executor that the documentation names."""

from __future__ import annotations

import os
import signal
import threading
import time
from concurrent.futures import Executor

import pytest
from studies import events, make, states
from trainings import ENDS, DiesOnce, Notes, everything, hanging, numbered

from otnas.study import State, Study, TooManyFailures

pytestmark = pytest.mark.filterwarnings("default")  # of the executors


def test_success_failures_and_unpicklable_errors(options, tmp_path):
    with make(tmp_path / "journal") as study:
        study.run(everything, n_trials=11, progress=False, **options)
    for trial in study.trials:
        expected = ENDS[trial.id]
        if isinstance(expected, float):
            assert (trial.state, trial.value) == (State.DONE, expected)
        else:
            assert trial.state is State.FAILED
            assert expected in trial.reason
            assert "Traceback" in trial.reason
        assert trial.run.started <= trial.run.ended
        assert str(os.getpid()) not in trial.run.worker
    assert study.trials[1].metrics == {"epochs": 7, "nan": None, "list": "[1, 2]"}
    assert study.trials[10].metrics == {
        "huge": "<int without a text: ValueError>",
        "large": 10**30,
        "odd": "<NoText without a text: RuntimeError>",
    }
    # Each end was told and its place filled at once: after the first, one was asked at a time.
    asked = [len(event["trials"]) for event in events(tmp_path / "journal", "ask")]
    assert asked[0] == 2
    assert len(asked) > 5


def test_a_time_limit_is_hard(options):
    study = make()
    begin = time.monotonic()
    study.run(hanging, n_trials=3, timeout=1.5, progress=False, **options)
    assert time.monotonic() - begin < 200  # hanging takes 300
    assert states(study) == ["done", "failed", "done"]
    assert study.trials[1].reason == "timed out: killed after 1.5 s"
    run = study.trials[1].run
    assert 1.4 < run.ended - run.started < 30
    with pytest.raises(ProcessLookupError):
        os.kill(int(run.worker.split(":")[1]), 0)


def test_a_killed_worker_loses_its_trial_only_for_a_time(options, tmp_path):
    study = make()
    study.run(DiesOnce(tmp_path), n_trials=4, progress=False, **options)
    assert study.n_counted == 4
    done = [t for t in study.trials if t.state is State.DONE]
    assert len(done) == 4
    assert 1.0 in [t.value for t in done]
    for trial in study.trials:  # Dask repeats what a worker had by itself
        assert trial.state in (State.DONE, State.LOST)
        assert (trial.retry_of is None) == (trial.attempt == 0)


def test_cancelled_by_the_executor(options, monkeypatch):
    """Whoever cancels a future stops its trial; the item may come again."""
    study, made = make(), options["executor"]
    cancelled = []

    class Cancelling(Executor):
        def __init__(self):
            if made is None:
                from otnas.study.pool import WorkerPool

                self.inner = WorkerPool(2)
            else:
                self.inner = made if isinstance(made, Executor) else made()

        def submit(self, fn, /, *args):
            future = self.inner.submit(fn, *args)
            if len(cancelled) < 2 and future.cancel():
                cancelled.append(future)
            return future

        def shutdown(self, wait=True, *, cancel_futures=False):
            if not isinstance(made, Executor):
                self.inner.shutdown(wait)

    study.run(numbered, n_trials=4, executor=Cancelling, max_running=2, progress=False)
    assert study.n_counted == 4
    assert states(study).count("cancelled") == len(cancelled)


def test_too_many_failures_end_a_run(options):
    study = make()
    with pytest.raises(TooManyFailures, match=r"(?s)max_failures is 1.*Error: (diverged|inside)"):
        study.run(everything, n_trials=9, max_failures=1, progress=False, **options)
    assert states(study).count("failed") == 2


@pytest.fixture(autouse=True)
def sigint_interrupts():
    """A background job inherits "ignore"."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def interrupt_when(condition):
    def press():
        while not condition():
            time.sleep(0.02)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=press)
    thread.start()
    return thread


def test_interrupted_once_waits_for_what_runs(options, tmp_path):
    study = make()
    started = lambda: len(list(tmp_path.glob("*-*"))) >= 2  # noqa: E731
    thread = interrupt_when(started)

    def go():
        thread.join()
        time.sleep(0.2)
        (tmp_path / "go").touch()

    other = threading.Thread(target=go)
    other.start()
    with pytest.raises(KeyboardInterrupt):
        study.run(Notes(tmp_path, 60), n_trials=6, progress=False, **options)
    other.join()
    assert states(study) == ["done", "done"]
    study.run(Notes(tmp_path, 60), n_trials=3, progress=False, **options)
    assert states(study) == ["done"] * 3


def test_interrupted_twice_leaves_at_once(options, tmp_path):
    study = make()
    started = lambda: len(list(tmp_path.glob("*-*"))) >= 2  # noqa: E731

    def twice():
        interrupt_when(started).join()
        time.sleep(0.2)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=twice)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        study.run(Notes(tmp_path, 5), n_trials=6, progress=False, **options)
    thread.join()
    assert states(study) == ["running", "running"]
    (tmp_path / "go").touch()  # an executor that the run did not make still runs them
    study.run(Notes(tmp_path, 60), n_trials=3, progress=False, **options)
    assert states(study) == ["lost", "lost", "done", "done", "done"]
    assert [t.retry_of for t in study.trials] == [None, None, 0, 1, None]


@pytest.mark.parametrize("retried", [False, True])
def test_a_late_result(options, retried, tmp_path):
    """A trial was given up by somebody else, and its result arrives after all."""

    class Hasty(Study):
        def ask(self, n=1):
            trials = super().ask(n)
            for trial in trials:
                if trial.id == 1:
                    self.lose(trial, "somebody was hasty")
                    if retried:
                        self.tell(self.retry(trial), 0.5)
            return trials

    with make(tmp_path / "journal", kind=Hasty) as study:
        study.run(numbered, n_trials=3, progress=False, **options)
    late = events(tmp_path / "journal", "late")
    if retried:
        assert [(event["id"], event["value"]) for event in late] == [(1, 1.0)]
        assert study.trials[1].state is State.LOST
    else:
        assert late == []
        assert (study.trials[1].state, study.trials[1].value) == (State.DONE, 1.0)
