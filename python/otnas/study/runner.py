"""Runs the trainings of a study, several at a time, on any executor.

When a training ends, its outcome is first told to the study, and its place is filled again at once.
Only the process that runs this module knows the study; trainings return small records.
"""

from __future__ import annotations

import math
from collections import Counter, deque
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    CancelledError,
    Executor,
    Future,
    wait,
)
from contextlib import suppress

import numpy as np

from otnas import checks
from otnas.search.domain import ExhaustedError
from otnas.study.backend import Backend, ExecutorMaker
from otnas.study.errors import (
    BrokenExecutorError,
    JournalError,
    LockedError,
    StudyError,
    TooManyFailures,
)
from otnas.study.interrupts import Interrupts
from otnas.study.ledger import Ledger
from otnas.study.outcome import Outcome
from otnas.study.payload import Train
from otnas.study.pool import processors
from otnas.study.progress import Progress
from otnas.study.trial import Run, State, Trial

HOPELESS = 10
"""Consecutive losses per place, with no training ending in between, after which a run gives up."""


def run(
    study: Ledger,
    train: Train,
    *,
    n_trials: int,
    executor: Executor | ExecutorMaker | None = None,
    max_running: int | None = None,
    timeout: float | None = None,
    retries: int = 1,
    max_failures: int | None = None,
    progress: bool = True,
) -> None:
    """Train until `n_trials` trials of the study are done or failed: the method `Study.run`.

    Trials that earlier runs left running or lost are trained first. Running the same script again
    after a crash or Ctrl-C therefore finishes the job.

    Parameters
    ----------
    study : Study
    train : function (architecture, trial) -> float or mapping
        Returns an error, or a mapping with one under the key "value" and further metrics. An
        exception or a value that is not finite is a failure, which is not tried again.
    n_trials : int >= 1
        Number of trials that the study is to have in the end, including those of earlier runs.
    executor : concurrent.futures.Executor, or function that makes one, optional
        What runs the trainings; by default worker processes on this machine. An executor that is
        given is not shut down. If it breaks, the run ends, unless a function was given, which then
        makes another one.
    max_running : int >= 1, optional
        Number of trainings at the same time; by default the number of processors. It is required
        with an `executor`: the number of its workers.
    timeout : float > 0, optional
        Seconds that a training may take. Then it is killed where it runs, with all that it
        started, and has failed.
    retries : int >= 0
        How often the training of one item is repeated if it is lost because its worker died or
        could not be reached. After that, it counts as failed.
    max_failures : int >= 0, optional
        Number of failures in this run after which it gives up.
    progress : bool
        Whether to print a line on standard error for every trial that ends.

    Raises
    ------
    TypeError, ValueError
        If an argument has the wrong type or is out of range, or `train` cannot be pickled.
    TooManyFailures
        If more than `max_failures` trainings failed. The message has the first traceback.
    StudyError
        If another run of the same study is under way.
    BrokenExecutorError
        If the executor cannot go on, or cannot load `train`.
    KeyboardInterrupt
        After Ctrl-C. After the first, nothing more is asked for, and running trainings are awaited
        and told; a second one ends everything at once.

    Notes
    -----
    Whatever is raised, none of the run's own processes or threads is left. Trials that were running
    stay so in the study, and the next run takes them up.
    """
    n_trials = checks.integer("n_trials", n_trials, 1)
    if max_running is None:
        if executor is not None:
            raise TypeError("max_running: expected the number of the executor's workers, got None")
        max_running = processors()
    max_running = min(checks.integer("max_running", max_running, 1), n_trials)
    retries = checks.integer("retries", retries, 0)
    if max_failures is not None:
        max_failures = checks.integer("max_failures", max_failures, 0)
    if timeout is not None:
        if isinstance(timeout, bool) or not isinstance(timeout, (int, float, np.number)):
            raise TypeError(f"timeout: expected seconds or None, got {timeout!r}")
        if not 0 < timeout < math.inf:
            raise ValueError(f"timeout: expected finite seconds > 0, got {timeout}")
        timeout = float(timeout)
    if study.running_lock.locked():
        raise StudyError("run: expected no other run of the same study at the same time")
    with study.running_lock:
        backend = Backend(train, executor, max_running, timeout)
        shown = Progress(progress, n_trials)
        _Runner(study, backend, shown, n_trials, max_running, retries, max_failures).run()


class _Runner:
    """What is under way in a run."""

    def __init__(
        self,
        study: Ledger,
        backend: Backend,
        progress: Progress,
        n_trials: int,
        max_running: int,
        retries: int,
        max_failures: int | None,
    ) -> None:
        self._study, self._backend, self._progress = study, backend, progress
        self._n_trials, self._max_running = n_trials, max_running
        self._retries, self._max_failures = retries, max_failures
        self._flying: dict[Future[Outcome], Trial] = {}
        # Futures of trials that were given up but may still end.
        self._given_up: dict[Future[Outcome], Trial] = {}
        self._to_retry: deque[Trial] = deque()
        # By first attempt. A run that was killed has not lost its trials by their own fault:
        # only losses of this run count.
        self._losses: Counter[int] = Counter()
        self._suspects: set[int] = set()
        self._losses_in_a_row = 0
        self._failures, self._first_failure = 0, ""
        self._interrupts = Interrupts(self._message)

    def run(self) -> None:
        with self._interrupts:
            try:
                self._take_up()
                self._fill()
                while self._flying:
                    self._land()
                    self._fill()
                self._backend.close()
            except BaseException:
                for future in self._flying:
                    future.cancel()
                self._backend.kill()
                raise
            if self._interrupts.asked_to_stop:
                raise KeyboardInterrupt

    def _message(self) -> str:
        if not self._progress.shown:
            return ""
        n = len(self._flying)
        return f"\nwaiting for {n} trainings that are running; Ctrl-C again leaves at once\n"

    def _take_up(self) -> None:
        """Offer again what earlier runs left running or lost."""
        left = self._study.running
        if left:
            self._study.lose(left, "the run that started it ended before it")
        families: dict[int, list[Trial]] = {}
        for trial in self._study.trials:
            families.setdefault(_first(trial), []).append(trial)
        for attempts in families.values():
            last = attempts[-1]
            if last.state is State.LOST and all(t.state is State.LOST for t in attempts):
                self._to_retry.append(last)

    def _fill(self) -> None:
        """Start as many trainings as there are places: retries first, then one `ask`."""
        while (free := self._n_free()) > 0:
            trials: list[Trial] = []
            while self._to_retry and len(trials) < free:
                with suppress(StudyError):  # somebody asked for the item again meanwhile
                    trials.append(self._study.retry(self._to_retry.popleft()))
            if len(trials) < free:
                trials += self._ask(free - len(trials))
            if not trials:
                return
            if self._interrupts.asked_to_stop:
                self._study.lose(trials, "the run was stopped before it began")
            else:
                self._start(trials)

    def _n_free(self) -> int:
        if self._interrupts.asked_to_stop:
            return 0
        places = 1 if self._suspects else self._max_running
        return min(places, self._n_trials - self._study.n_counted) - len(self._flying)

    def _ask(self, n: int) -> list[Trial]:
        """Return up to `n` new trials; fewer if there are no more items."""
        for fewer in range(n, 0, -1):
            try:
                return self._study.ask(fewer)
            except ExhaustedError:
                continue
        return []

    def _start(self, trials: list[Trial]) -> None:
        broken = None
        with self._backend.batch(len(trials)):
            for trial in trials:
                try:
                    self._flying[self._backend.submit(trial)] = trial
                except RuntimeError as error:  # BrokenExecutor is one, as is one that is shut down
                    broken = f"{type(error).__name__}: {error}"
                    self._study.lose(trial, f"it could not be submitted: {broken}")
                    self._to_retry.append(trial)
        if broken is not None:
            self._break(broken)

    def _land(self) -> None:
        """Wait until a training ends, and tell the study what ended."""
        ended, _ = wait([*self._flying, *self._given_up], return_when=FIRST_COMPLETED)
        broken = None
        for future in ended:
            given_up = future in self._given_up
            trial = self._given_up.pop(future) if given_up else self._flying[future]
            try:
                error = future.exception()
            except CancelledError as cancelled:
                error = cancelled
            if error is None:
                self._told(trial, future.result())
            elif given_up or self._state(trial) is not State.RUNNING:
                pass
            elif isinstance(error, CancelledError):
                self._study.cancel(trial, "it was cancelled in its executor")
                self._report(trial)
            elif isinstance(error, BrokenExecutor):
                broken = f"{type(error).__name__}: {error}"
                continue  # `_break` wants to know what was under way
            else:
                self._lose(trial, f"{type(error).__name__}: {error}")
            self._flying.pop(future, None)
        if broken is not None:
            self._break(broken)

    def _told(self, trial: Trial, outcome: Outcome) -> None:
        """Tell the study how a training ended, possibly too late to count."""
        self._losses_in_a_row = 0
        self._suspects.discard(_first(trial))
        if not outcome.loaded:
            raise BrokenExecutorError(
                "train: it cannot be loaded where it is to run. A script needs "
                "`if __name__ == '__main__':` before what starts the run, and the modules of train "
                f"must be importable there.\n{outcome.reason}"
            )
        state = self._state(trial)
        if outcome.reason is not None:
            if state is State.RUNNING:
                self._fail(trial, outcome.reason, outcome.run)
            return
        value, ran = outcome.value, outcome.run
        try:
            self._study.tell(trial, value, outcome.metrics, run=ran)
        except (JournalError, LockedError):
            raise
        except ValueError as refused:
            # A StudyError if it was given up, or another trial of its item has ended; else a value
            # such as a negative error where logarithms are modelled.
            if state is State.RUNNING:
                self._fail(trial, f"returned {value}: {refused}", ran)
            else:
                self._study.late(trial, value)
            return
        self._report(trial)
        if state is State.LOST:
            self._drop_retries(trial)

    def _fail(self, trial: Trial, reason: str, ran: Run | None = None) -> None:
        self._study.fail(trial, reason, run=ran)
        self._report(trial)
        self._failures += 1
        self._first_failure = self._first_failure or reason
        if self._max_failures is not None and self._failures > self._max_failures:
            raise TooManyFailures(
                f"{self._failures} trainings failed, and max_failures is {self._max_failures}; "
                f"the first failure:\n{self._first_failure}"
            )

    def _lose(self, trial: Trial, reason: str, *, shared: bool = False) -> None:
        """Record that a training was lost, and repeat it unless its retries are used up.

        If several are lost when an executor breaks, one may have caused it and the others are
        innocent: in the end each is tried alone.
        """
        first = _first(trial)
        self._losses[first] += 1
        self._losses_in_a_row += 1
        if self._losses[first] > self._retries and not (shared and self._retries):
            self._suspects.discard(first)
            self._fail(trial, f"lost {self._losses[first]} times, at last because {reason}")
            return
        if self._losses[first] > self._retries:
            self._suspects.add(first)
        self._study.lose(trial, reason)
        self._report(trial)
        self._to_retry.append(trial)
        if self._losses_in_a_row > HOPELESS * self._max_running:
            raise BrokenExecutorError(
                f"executor: {self._losses_in_a_row} trainings were lost one after another, "
                f"at last because {reason}"
            )

    def _break(self, reason: str) -> None:
        """Go on after a breakdown of the executor, which takes all its trainings along."""
        for future, trial in list(self._flying.items()):
            if future.done() and not future.cancelled() and future.exception() is None:
                del self._flying[future]
                self._told(trial, future.result())
        lost, self._flying = self._flying, {}
        self._given_up |= lost
        if not self._backend.can_renew:
            self._study.lose(list(lost.values()), reason)
        else:
            for trial in lost.values():
                self._lose(trial, reason, shared=len(lost) > 1)
        self._backend.renew(reason)

    def _drop_retries(self, trial: Trial) -> None:
        """Drop retries of a training that ended after all; the study has cancelled them."""
        first = _first(trial)
        self._to_retry = deque(t for t in self._to_retry if _first(t) != first)
        for future, other in list(self._flying.items()):
            if _first(other) == first and other.id != trial.id:
                self._given_up[future] = self._flying.pop(future)
                future.cancel()

    def _state(self, trial: Trial) -> State:
        return self._study.trials[trial.id].state

    def _report(self, trial: Trial) -> None:
        self._progress.ended(self._study.trials[trial.id], self._study)


def _first(trial: Trial) -> int:
    return trial.id if trial.retry_of is None else trial.retry_of
