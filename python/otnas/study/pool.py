"""An executor of our own worker processes."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from queue import SimpleQueue
from typing import Any

from otnas.study.worker import PATIENCE, Worker

_THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


class WorkerPool(Executor):
    """Independent worker processes: if one dies, only its own training is lost.

    A function that is submitted runs in a thread and gets a `Worker` as its argument `worker`.
    Numerical libraries in the workers share the processors, unless variables of the environment
    such as ``OMP_NUM_THREADS`` say otherwise.

    Parameters
    ----------
    size : int >= 1
        Number of processes; each is started when it is first needed.
    """

    def __init__(self, size: int) -> None:
        share = str(max(1, processors() // size))
        environment = dict.fromkeys(_THREAD_VARIABLES, share)
        self._workers = [Worker(environment) for _ in range(size)]
        self._idle: SimpleQueue[Worker] = SimpleQueue()
        for worker in self._workers:
            self._idle.put(worker)
        self._threads = ThreadPoolExecutor(size, thread_name_prefix="otnas-worker")

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Call ``fn(*args, worker=worker, **kwargs)`` as soon as a worker is free."""
        return self._threads.submit(self._call, fn, args, kwargs)

    def _call(self, fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        worker = self._idle.get()
        try:
            return fn(*args, worker=worker, **kwargs)
        finally:
            self._idle.put(worker)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Wait for running trainings and end the processes; without `wait`, kill them."""
        if not wait:
            self.kill_workers()
            return
        self._threads.shutdown(cancel_futures=cancel_futures)
        for worker in self._workers:
            worker.dismiss()
        end = time.monotonic() + PATIENCE  # of all together
        for worker in self._workers:
            worker.close(end - time.monotonic())

    def kill_workers(self) -> None:
        """Kill the processes with all that they run; none is left when this returns."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        for worker in self._workers:
            worker.kill()
        self.shutdown()


def processors() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
