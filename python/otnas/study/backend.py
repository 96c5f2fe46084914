"""The executor of a run's trainings, made by the run or by its user."""

from __future__ import annotations

import math
import secrets
from collections.abc import Callable
from concurrent.futures import Executor, Future
from contextlib import AbstractContextManager, nullcontext
from functools import partial

from otnas.study.errors import BrokenExecutorError
from otnas.study.outcome import Outcome
from otnas.study.payload import Train, pack
from otnas.study.pool import WorkerPool
from otnas.study.trial import Trial
from otnas.study.worker import perform

ExecutorMaker = Callable[[], Executor]


class Backend:
    """Submits trials to an executor, and makes another one if that is possible and needed.

    The executor needs only ``submit`` with positional arguments. If it has a context manager
    ``batch``, several trials are submitted inside it. If its ``own_process`` is true, trainings run
    in processes of their own also without a time limit.

    Parameters
    ----------
    train : Train
    executor : Executor, function that makes one, or None
        None stands for a `WorkerPool`. An executor that is given belongs to the user and is not
        shut down.
    max_running : int >= 1
    timeout : float, optional

    Raises
    ------
    TypeError
        If `executor` or `train` is something else.
    """

    def __init__(
        self,
        train: Train,
        executor: Executor | ExecutorMaker | None,
        max_running: int,
        timeout: float | None,
    ) -> None:
        self._make: ExecutorMaker | None = None
        if executor is None:
            self._make = partial(WorkerPool, max_running)
        elif not isinstance(executor, Executor):
            if not callable(executor):
                raise TypeError(
                    "executor: expected a concurrent.futures.Executor, a function that makes one, "
                    f"or None, got {type(executor).__name__}"
                    + (
                        "; client.get_executor(pure=False) returns one"
                        if hasattr(executor, "get_executor")
                        else ""
                    )
                )
            self._make = executor
        self._payload = pack(train, own_workers=executor is None)
        self._token, self._timeout = secrets.token_hex(8), timeout
        self._executor = executor if isinstance(executor, Executor) else self._made()

    def batch(self, n: int) -> AbstractContextManager[object]:
        """Return a context in which to submit `n` trials."""
        batch = getattr(self._executor, "batch", None)
        return nullcontext() if n < 2 or batch is None else batch()

    def submit(self, trial: Trial) -> Future[Outcome]:
        """Submit a trial; exceptions of the future are faults of the executor."""
        timeout = self._timeout
        if timeout is None and getattr(self._executor, "own_process", False):
            timeout = math.inf
        return self._executor.submit(perform, self._payload, trial, self._token, timeout)

    @property
    def can_renew(self) -> bool:
        """Whether another executor can be made."""
        return self._make is not None

    def renew(self, reason: str) -> None:
        """Make another executor for one that is broken.

        Raises
        ------
        BrokenExecutorError
            If the user gave the executor itself.
        """
        if self._make is None:
            raise BrokenExecutorError(
                f"executor: it is broken ({reason}). Running again goes on with what was lost; "
                "with a function that makes an executor, a run makes another by itself"
            )
        self._leave()
        self._executor = self._made()

    def close(self) -> None:
        """Shut the executor down if it was made here; by now nothing runs in it."""
        if self._make is not None:
            self._executor.shutdown()

    def kill(self) -> None:
        """Leave at once; an executor that was made here is ended as far as possible."""
        if self._make is not None:
            self._leave()

    def _leave(self) -> None:
        # `ProcessPoolExecutor` has the method since Python 3.14, and ours.
        kill_workers = getattr(self._executor, "kill_workers", None)
        if kill_workers is not None:
            kill_workers()
        else:
            self._executor.shutdown(wait=False)

    def _made(self) -> Executor:
        executor = self._make() if self._make is not None else None
        if not isinstance(executor, Executor):
            raise TypeError(
                "executor: expected a function that makes a concurrent.futures.Executor, "
                f"got one that returned {type(executor).__name__}"
            )
        return executor
