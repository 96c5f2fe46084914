"""A `concurrent.futures` executor on `submitit`: trainings as jobs of a SLURM cluster."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from typing import Any

FASTEST, SLOWEST, GROWTH = 0.1, 15.0, 1.2
"""Seconds between checks of the jobs: at first, in the long run, and the growth factor."""


class JobFuture(Future[Any]):
    """The future of a job.

    Attributes
    ----------
    job : submitit.Job or None
        None before it is submitted. ``job.job_id`` is its number on the cluster.

    Examples
    --------
    >>> future = executor.submit(train, cell)  # doctest: +SKIP
    >>> future.job.job_id  # doctest: +SKIP
    """

    job: Any = None

    def cancel(self) -> bool:
        """Cancel the job, even if it is running."""
        cancelled = super().cancel()
        if cancelled and self.job is not None:
            with contextlib.suppress(Exception):  # it was never submitted, or is over
                self.job.cancel(check=False)
        return cancelled


class SubmititExecutor(Executor):
    """Submits jobs through submitit, and watches them from one thread.

    This needs submitit: ``pip install 'otnas[slurm]'``. Jobs that are submitted inside ``with
    executor.batch():`` become one array, as `otnas.Study.run` does when several places are free.

    Parameters
    ----------
    executor : submitit.Executor
        Set its partition, time and memory per job; see submitit's documentation.

    Examples
    --------
    >>> import submitit  # doctest: +SKIP
    >>> slurm = submitit.AutoExecutor(folder="jobs")  # doctest: +SKIP
    >>> slurm.update_parameters(timeout_min=120, gpus_per_node=1)  # doctest: +SKIP
    >>> with SubmititExecutor(slurm) as executor:  # doctest: +SKIP
    ...     study.run(train, n_trials=100, executor=executor, max_running=20)
    """

    # submitit raises what it has to say about a job's end, such as that it is preempted, in the
    # middle of what the job runs. A training would take that for an error of its own.
    own_process = True

    def __init__(self, executor: Any) -> None:
        if not callable(getattr(executor, "batch", None)):
            raise TypeError(
                f"executor: expected an executor of submitit, got {type(executor).__name__}"
            )
        self._executor = executor
        self._jobs: list[JobFuture] = []
        self._changed = threading.Condition()
        self._closed = False
        self._watcher: threading.Thread | None = None

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> JobFuture:
        """Submit a job; its exceptions become submitit's, with the traceback as text."""
        if self._closed:
            raise RuntimeError("cannot schedule new futures after shutdown")
        future = JobFuture()
        future.job = self._executor.submit(fn, *args, **kwargs)
        with self._changed:
            self._jobs.append(future)
            if self._watcher is None:
                self._watcher = threading.Thread(target=self._watch, daemon=True)
                self._watcher.start()
            self._changed.notify()
        return future

    @contextlib.contextmanager
    def batch(self) -> Iterator[None]:
        """Collect what is submitted inside the block into one array of jobs."""
        with self._changed:  # the watcher must not look at jobs that have no number yet
            with self._executor.batch():
                yield
            self._changed.notify()

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Wait for the jobs, or cancel them; the thread ends."""
        with self._changed:
            self._closed = True
            jobs = list(self._jobs)
            self._changed.notify()
        if cancel_futures:
            for future in jobs:
                future.cancel()
        if wait and self._watcher is not None:
            self._watcher.join()

    def _watch(self) -> None:
        pause = FASTEST
        while True:
            with self._changed:
                if not self._jobs and self._closed:
                    return
                if self._changed.wait(pause if self._jobs else None):
                    pause = FASTEST  # new jobs
                jobs = list(self._jobs)
            ended = [future for future in jobs if future.cancelled() or _is_done(future.job)]
            for future in ended:
                _settle(future)
            with self._changed:
                self._jobs = [future for future in self._jobs if future not in ended]
            pause = FASTEST if ended else min(pause * GROWTH, SLOWEST)


def _is_done(job: Any) -> bool:
    try:
        return bool(job.done())
    except Exception:
        return True  # `_settle` finds out the same, and tells


def _settle(future: JobFuture) -> None:
    """Set the future's result to that of the job."""
    if not future.set_running_or_notify_cancel():
        return
    try:
        error = future.job.exception()
        result = future.job.result() if error is None else None
    except Exception as unreadable:
        error, result = unreadable, None
    if error is None:
        future.set_result(result)
    else:
        future.set_exception(error)
