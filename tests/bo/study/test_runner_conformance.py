"""What `run` promises, on every executor that the documentation names."""

from __future__ import annotations

import os
import signal
import threading
import time
from concurrent.futures import Executor

import pytest
from fake_study import FakeStudy
from trainings import ENDS, DiesOnce, Notes, everything, hanging, squared

from otnas.study.errors import TooManyFailures
from otnas.study.trial import State

pytestmark = pytest.mark.filterwarnings("default")  # of the executors


def states(study):
    return [trial.state.value for trial in study.trials]


def test_success_failures_and_unpicklable_errors(options):
    study = FakeStudy()
    study.run(everything, n_trials=10, **options)
    assert [trial.item for trial in study.trials] == list(range(10))
    for trial in study.trials:
        expected = ENDS[trial.item]
        if isinstance(expected, float):
            assert (trial.state, trial.value) == (State.DONE, expected)
        else:
            assert trial.state is State.FAILED
            assert expected in trial.reason
            assert "Traceback" in trial.reason
        assert trial.run.started <= trial.run.ended
        assert str(os.getpid()) not in trial.run.worker
    assert study.trials[1].metrics == {"epochs": 7, "nan": None, "list": "[1, 2]"}
    # Each end was told and its place filled at once: after the first, one was asked at a time.
    assert study.asked[0] == 2
    assert len(study.asked) > 5


def test_a_time_limit_is_hard(options):
    study = FakeStudy()
    begin = time.monotonic()
    study.run(hanging, n_trials=3, timeout=1.5, **options)
    assert time.monotonic() - begin < 20
    assert states(study) == ["done", "failed", "done"]
    assert study.trials[1].reason == "timed out: killed after 1.5 s"
    run = study.trials[1].run
    assert 1.4 < run.ended - run.started < 10
    with pytest.raises(ProcessLookupError):
        os.kill(int(run.worker.split(":")[1]), 0)


def test_a_killed_worker_loses_its_trial_only_for_a_time(options, tmp_path):
    study = FakeStudy()
    study.run(DiesOnce(tmp_path), n_trials=4, **options)
    assert study.n_counted == 4
    done = [t for t in study.trials if t.state is State.DONE]
    assert sorted(t.value for t in done) == [0, 1, 2, 3]
    for trial in study.trials:  # Dask repeats what a worker had by itself
        assert trial.state in (State.DONE, State.LOST)
        assert (trial.retry_of is None) == (trial.attempt == 0)


def test_cancelled_by_the_executor(options, monkeypatch):
    """Whoever cancels a future stops its trial; the item may come again."""
    study, made = FakeStudy(), options["executor"]
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
            if len(cancelled) < 3 and future.cancel():
                cancelled.append(future)
            return future

        def shutdown(self, wait=True, *, cancel_futures=False):
            if not isinstance(made, Executor):
                self.inner.shutdown(wait)

    study.run(squared, n_trials=5, executor=Cancelling, max_running=2)
    assert study.n_counted == 5
    assert states(study).count("cancelled") == len(cancelled)


def test_too_many_failures_end_a_run(options):
    study = FakeStudy()
    with pytest.raises(TooManyFailures, match=r"(?s)max_failures is 1.*RuntimeError: diverged"):
        study.run(everything, n_trials=9, max_failures=1, **options)
    assert states(study).count("failed") == 2


def interrupt_when(condition):
    def press():
        while not condition():
            time.sleep(0.02)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=press)
    thread.start()
    return thread


def test_interrupted_once_waits_for_what_runs(options, tmp_path):
    study = FakeStudy()
    started = lambda: len(list(tmp_path.glob("*-*"))) >= 2  # noqa: E731
    thread = interrupt_when(started)

    def go():
        thread.join()
        time.sleep(0.2)
        (tmp_path / "go").touch()

    other = threading.Thread(target=go)
    other.start()
    with pytest.raises(KeyboardInterrupt):
        study.run(Notes(tmp_path, 60), n_trials=6, **options)
    other.join()
    assert states(study) == ["done", "done"]
    study.run(Notes(tmp_path, 60), n_trials=3, **options)
    assert states(study) == ["done"] * 3


def test_interrupted_twice_leaves_at_once(options, tmp_path):
    study = FakeStudy()
    started = lambda: len(list(tmp_path.glob("*-*"))) >= 2  # noqa: E731

    def twice():
        interrupt_when(started).join()
        time.sleep(0.2)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=twice)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        study.run(Notes(tmp_path, 5), n_trials=6, **options)
    thread.join()
    assert states(study) == ["running", "running"]
    (tmp_path / "go").touch()  # an executor that the run did not make still runs them
    study.run(Notes(tmp_path, 60), n_trials=3, **options)
    assert states(study) == ["lost", "lost", "done", "done", "done"]
    assert [t.retry_of for t in study.trials] == [None, None, 0, 1, None]


@pytest.mark.parametrize("retried", [False, True])
def test_a_late_result(options, retried):
    """A trial was given up by somebody else, and its result arrives after all."""

    class Hasty(FakeStudy):
        def ask(self, n=1):
            trials = super().ask(n)
            for trial in trials:
                if trial.item == 1:
                    self.lose(trial, "somebody was hasty")
                    if retried:
                        self.tell(self.retry(trial), 0.5)
            return trials

    study = Hasty()
    study.run(squared, n_trials=4, **options)
    if retried:
        assert study.too_late == [(1, 4.0)]
        assert study.trials[1].state is State.LOST
    else:
        assert study.too_late == []
        assert (study.trials[1].state, study.trials[1].value) == (State.DONE, 4.0)
