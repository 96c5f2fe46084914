"""What `run` does, on our own workers and on executors made up for the purpose."""

from __future__ import annotations

import os
import signal
import threading
import time
from concurrent.futures import BrokenExecutor, Executor, Future

import pytest
from searches import tiny_space
from studies import events, make, states
from trainings import dies, everything, numbered, restless

from otnas.study import BrokenExecutorError, State, Study, StudyError, TooManyFailures
from otnas.study.slurm import SubmititExecutor


class ByHand(Executor):
    """Runs nothing by itself; calls are in `calls`."""

    def __init__(self):
        self.calls = []

    def submit(self, fn, /, *args):
        self.calls.append((Future(), fn, args))
        return self.calls[-1][0]


class Here(Executor):
    """Runs everything at once, where it is submitted."""

    def __init__(self):
        self.calls, self.is_shut_down = [], False

    def submit(self, fn, /, *args):
        self.calls.append((fn, *args))
        future = Future()
        try:
            future.set_result(fn(*args))
        except BaseException as error:
            future.set_exception(error)
        return future

    def shutdown(self, wait=True, *, cancel_futures=False):
        self.is_shut_down = True


class Fragile(Here):
    """Breaks for good, and takes trials along, when trial `killer` comes."""

    killer = 1

    def __init__(self):
        super().__init__()
        self.waiting = []

    def submit(self, fn, /, *args):
        trial = args[1]
        if self.killer in (trial.id, trial.retry_of):
            for future in self.waiting:
                future.set_exception(BrokenExecutor("a process died"))
            future = Future()
            future.set_exception(BrokenExecutor("a process died"))
            return future
        if trial.id in (0, 2):  # the others of the killer's batch, still running when it dies
            self.waiting.append(Future())
            return self.waiting[-1]
        return super().submit(fn, *args)


def test_trials_of_earlier_runs_count():
    study = make()
    study.run(numbered, n_trials=3, executor=Here(), max_running=2, progress=False)
    study.run(numbered, n_trials=5, executor=Here(), max_running=2, progress=False)
    study.run(numbered, n_trials=5, executor=Here(), max_running=2, progress=False)
    assert states(study) == ["done"] * 5


def test_several_free_places_are_filled_together(tmp_path):
    with make(tmp_path / "journal") as study:
        study.run(numbered, n_trials=6, executor=Here(), max_running=4, progress=False)
    asked = [len(event["trials"]) for event in events(tmp_path / "journal", "ask")]
    assert asked == [4, 2]


def test_no_two_calls_are_equal():
    executor = Here()
    for _ in range(2):
        make().run(numbered, n_trials=3, executor=executor, max_running=1, progress=False)
    assert len({repr(call) for call in executor.calls}) == 6
    assert not executor.is_shut_down


def test_an_executor_that_wants_a_process_for_every_training():
    """An executor that interrupts what it runs, as submitit does, does not make a failure of it."""

    class Apart(Here):
        own_process = True

    study = make()
    study.run(numbered, n_trials=2, executor=Apart(), max_running=1, progress=False)
    workers = {trial.run.worker.split(":")[1] for trial in study.trials}
    assert len(workers - {str(os.getpid())}) == 2
    assert SubmititExecutor.own_process


def test_an_executor_that_the_run_made_is_shut_down():
    made = []
    make().run(
        numbered,
        n_trials=2,
        executor=lambda: made.append(Here()) or made[-1],
        max_running=1,
        progress=False,
    )
    assert [executor.is_shut_down for executor in made] == [True]


def test_what_was_left_running_is_retried_first():
    study = make()
    left = study.ask(3)
    study.tell(left[1], 0.5)
    study.lose(left[2], "by hand")
    study.run(numbered, n_trials=4, executor=Here(), max_running=2, progress=False)
    assert states(study) == ["lost", "done", "lost", "done", "done", "done"]
    assert [t.retry_of for t in study.trials[3:]] == [0, 2, None]
    assert study.trials[3].item == study.trials[0].item


def test_a_lost_item_that_was_asked_for_again_is_not_retried():
    study = make(space=tiny_space())
    study.lose(study.ask(1), "by hand")
    study.tell(study.ask(9), range(9))  # all there are
    study.run(numbered, n_trials=12, executor=Here(), max_running=2, progress=False)
    assert study.n_counted == 9


def test_more_places_than_trials():
    study = make()
    study.run(numbered, n_trials=2, max_running=10**12, progress=False)
    assert states(study) == ["done"] * 2


def test_a_space_that_runs_dry_ends_the_run():
    study = make(space=tiny_space())
    study.run(numbered, n_trials=100, executor=Here(), max_running=4, progress=False)
    assert states(study) == ["done"] * 9


def test_a_training_that_kills_its_worker_fails_in_the_end():
    study = make()
    study.run(dies, n_trials=4, max_running=2, retries=2, progress=False)
    assert study.n_counted == 4
    attempts = [t for t in study.trials if 1 in (t.id, t.retry_of)]
    assert [t.state.value for t in attempts] == ["lost", "lost", "failed"]
    assert [t.attempt for t in attempts] == [0, 1, 2]
    assert attempts[-1].reason == (
        "lost 3 times, at last because WorkerLost: its process ended with status 3"
    )


def test_many_losses_in_a_row_end_the_run():
    class Dead(Executor):
        def submit(self, fn, /, *args):
            future = Future()
            future.set_exception(OSError("no route to host"))
            return future

    study = make()
    with pytest.raises(BrokenExecutorError, match=r"one after another.*no route to host"):
        study.run(numbered, n_trials=80, executor=Dead(), max_running=1, progress=False)


def test_a_broken_executor_ends_the_run_and_loses_its_trials():
    study = make()
    with pytest.raises(BrokenExecutorError, match="a function that makes an executor"):
        study.run(numbered, n_trials=6, executor=Fragile(), max_running=3, progress=False)
    assert states(study) == ["lost"] * 3
    study.run(numbered, n_trials=6, executor=Here(), max_running=3, progress=False)
    assert study.n_counted == 6
    assert [t.retry_of for t in study.trials if t.attempt] == [0, 1, 2]


def test_trials_that_broke_down_with_another_one_do_not_fail():
    """The killer breaks every executor; in the end it is tried alone, and found out."""
    study = make()
    study.run(numbered, n_trials=6, executor=Fragile, max_running=3, progress=False)
    assert study.n_counted == 6
    failed = [t for t in study.trials if t.state is State.FAILED]
    assert [t.retry_of for t in failed] == [1]


def test_a_result_of_a_broken_executor_that_arrives_late_is_told():
    made = []

    class Slow(ByHand):
        def submit(self, fn, /, *args):
            future = super().submit(fn, *args)
            if len(made) == 1 and len(self.calls) == 2:  # breaks, but trial 0 goes on
                future.set_exception(BrokenExecutor("a process died"))
            elif len(made) == 2 and args[1].retry_of == 0:  # instead of the repetition
                first, fn, args = made[0].calls[0]
                first.set_result(fn(*args))
            elif len(made) == 2:
                future.set_result(fn(*args))
            return future

    study = make()
    study.run(
        numbered,
        n_trials=3,
        executor=lambda: made.append(Slow()) or made[-1],
        max_running=2,
        progress=False,
    )
    assert (study.trials[0].state, study.trials[0].value) == (State.DONE, 0.0)
    retry = next(t for t in study.trials if t.retry_of == 0)
    assert retry.state is State.CANCELLED
    assert study.n_counted == 3


@pytest.mark.parametrize("value", [2.0, -1.0])
def test_a_result_of_an_item_that_has_another_value_by_now_changes_nothing(tmp_path, value):
    class Hasty(Study):
        def ask(self, n=1):
            trials = super().ask(n)
            for trial in trials:
                if trial.id == 1:
                    self.lose(trial, "somebody was hasty")
                    if value > 0:
                        self.attach(trial.item, 0.5)
            return trials

    def train(item, trial):
        return value if trial.id == 1 else 1.0

    with make(tmp_path / "journal", kind=Hasty, method="tw") as study:
        study.run(train, n_trials=4, executor=Here(), max_running=2, progress=False)
    assert (study.n_counted, study.trials[1].state) == (4, State.LOST)
    assert [event["value"] for event in events(tmp_path / "journal", "late")] == [value]


@pytest.fixture
def sigint_interrupts():
    """A background job inherits "ignore"."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("sigint_interrupts")
def test_ctrl_c_while_it_asks_starts_nothing_more():
    class Pressed(Study):
        def ask(self, n=1):
            if len(self.trials) == 2:
                os.kill(os.getpid(), signal.SIGINT)
            return super().ask(n)

    study = make(kind=Pressed)
    with pytest.raises(KeyboardInterrupt):
        study.run(numbered, n_trials=4, executor=Here(), max_running=1, progress=False)
    assert states(study) == ["done", "done", "lost"]
    study.run(numbered, n_trials=4, executor=Here(), max_running=1, progress=False)
    assert states(study) == ["done", "done", "lost", "done", "done"]
    assert study.trials[3].retry_of == 2


@pytest.mark.usefixtures("sigint_interrupts")
def test_ctrl_c_when_all_is_done_is_raised_too():
    class Closing(Here):
        def shutdown(self, wait=True, *, cancel_futures=False):
            super().shutdown()
            os.kill(os.getpid(), signal.SIGINT)

    study = make()
    with pytest.raises(KeyboardInterrupt):
        study.run(numbered, n_trials=2, executor=Closing, max_running=1, progress=False)
    assert states(study) == ["done"] * 2


def test_values_that_the_search_refuses_are_failures():
    study = make(method="tw")
    study.run(lambda item, trial: -1.0, n_trials=2, executor=Here(), max_running=1, progress=False)
    assert states(study) == ["failed", "failed"]
    assert "returned -1.0: " in study.trials[0].reason


def test_no_process_or_thread_is_left(tmp_path):
    threads = threading.active_count()
    study = make()
    with pytest.raises(TooManyFailures):
        study.run(everything, n_trials=9, max_running=2, max_failures=0, progress=False)

    class Full(type(study)):
        def tell(self, *args, **rest):
            raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        make(kind=Full).run(numbered, n_trials=9, max_running=2, progress=False)
    assert threading.active_count() == threads
    assert not [pid for pid in _children() if "serve(" in _command(pid)]


def _children():
    path = f"/proc/{os.getpid()}/task/{os.getpid()}/children"
    if not os.path.exists(path):
        pytest.skip("processes are read from /proc")
    with open(path) as file:
        return file.read().split()


def _command(pid):
    with open(f"/proc/{pid}/cmdline") as file:
        return file.read()


def test_progress_is_a_line_for_every_end(capsys):
    study = make()
    study.run(everything, n_trials=4, max_running=1)
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 4
    assert lines[1].startswith("[2/4]  trial 1  done       0.25        best 0.25  ")
    assert "trial 2  failed     RuntimeError: diverged" in lines[2]
    study.run(restless, n_trials=5, max_running=1, progress=False)
    assert capsys.readouterr().err == ""


def test_in_another_thread():
    study, failures = make(), []

    def work():
        try:
            study.run(numbered, n_trials=3, max_running=2, progress=False)
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert failures == []
    assert study.n_counted == 3


def test_one_run_at_a_time():
    study, refused = make(), []

    class Nested(Here):
        def submit(self, fn, /, *args):
            with pytest.raises(StudyError, match="run: expected no other run of the same study"):
                study.run(numbered, n_trials=3, progress=False)
            refused.append(args)
            return super().submit(fn, *args)

    study.run(numbered, n_trials=3, executor=Nested(), max_running=1, progress=False)
    assert (len(refused), states(study)) == (3, ["done"] * 3)


def test_time_in_the_queue_is_not_training():
    """More places than processors: every training has its own time limit."""
    study = make()
    study.run(restless, n_trials=12, max_running=6, timeout=5, progress=False)
    assert not [t for t in study.trials if t.reason and "timed out" in t.reason]


@pytest.mark.parametrize(
    ("wrong", "error", "message"),
    [
        ({"n_trials": 0}, ValueError, "n_trials: expected an integer >= 1, got 0"),
        ({"max_running": 0}, ValueError, "max_running: expected an integer >= 1"),
        ({"retries": -1}, ValueError, "retries: expected an integer >= 0"),
        ({"max_failures": 1.5}, TypeError, "max_failures: expected an integer"),
        ({"timeout": 0}, ValueError, "timeout: expected finite seconds > 0, got 0"),
        ({"timeout": "1 h"}, TypeError, "timeout: expected seconds or None, got '1 h'"),
        ({"executor": Here()}, TypeError, "max_running: expected the number of"),
        ({"executor": 4, "max_running": 1}, TypeError, "executor: expected .*, got int"),
        ({"executor": dict, "max_running": 1}, TypeError, "executor: .* returned dict"),
        ({"train": 3}, TypeError, "train: expected a function of an architecture and a trial"),
    ],
)
def test_arguments(wrong, error, message):
    study = make()
    begin = time.monotonic()
    arguments = {"train": numbered, "n_trials": 3, "progress": False, **wrong}
    with pytest.raises(error, match=message):
        study.run(**arguments)
    assert study.trials == []
    assert time.monotonic() - begin < 5
