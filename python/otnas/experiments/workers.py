"""Processes that run trials.

Each worker is sent one task at a time through a pipe and sends events back. A pool of the standard
library would give up all its work when one process dies; here only the trial of that process fails,
and the others go on.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator, Sequence
from multiprocessing import connection
from multiprocessing.connection import Connection
from typing import Any

from otnas.experiments.searches import SearchMaker
from otnas.experiments.task import Event, Failed, Finished, Task, perform

# Threads of numerical libraries do not survive a fork.
_CONTEXT = multiprocessing.get_context("spawn")


def run_parallel(tasks: Sequence[Task], make: SearchMaker, jobs: int) -> Iterator[Event]:
    """Run tasks in up to `jobs` processes, in order of their place in `tasks`.

    Closing the iterator, as an exception does, stops the processes; journals stay as they are.
    """
    waiting = iter(tasks)
    workers = [_Worker(make) for _ in range(min(jobs, len(tasks)))]
    try:
        for worker in workers:
            worker.give(next(waiting))
        while busy := [worker for worker in workers if worker.task is not None]:
            ready = connection.wait([worker.pipe for worker in busy])
            for worker in busy:
                if worker.pipe not in ready:
                    continue
                event = worker.receive()
                yield event
                if isinstance(event, Finished | Failed):
                    worker.task = None
                    task = next(waiting, None)
                    if task is not None:
                        worker.give(task)
    finally:
        for worker in workers:
            worker.stop()


class _Worker:
    """One process and this end of its pipe."""

    def __init__(self, make: SearchMaker) -> None:
        self._make = make
        self.task: Task | None = None
        self._start()

    def _start(self) -> None:
        self.pipe, other = _CONTEXT.Pipe()
        self._process = _CONTEXT.Process(target=_work, args=(other, self._make), daemon=True)
        with _interrupts_ignored():
            self._process.start()
        other.close()

    def give(self, task: Task) -> None:
        if not self._process.is_alive():
            self.stop()
            self._start()
        self.task = task
        with contextlib.suppress(OSError):  # it died just now: `receive` will tell
            self.pipe.send(task)

    def receive(self) -> Event:
        task = self.task
        try:
            event: Event = self.pipe.recv()
            return event
        except (EOFError, OSError):
            self._process.join(timeout=5)
            code = self._process.exitcode
            how = f"signal {-code}" if code is not None and code < 0 else f"status {code}"
            if task is None:  # pragma: no cover
                raise RuntimeError("a worker without a task ended") from None
            return Failed(task, f"its process ended with {how}")

    def stop(self) -> None:
        self._process.terminate()
        self._process.join()
        self.pipe.close()


def _work(pipe: Connection[Any, Any], make: SearchMaker) -> None:
    threading.Thread(target=_end_with_parent, daemon=True).start()
    with contextlib.suppress(EOFError, BrokenPipeError):
        while True:
            task: Task = pipe.recv()
            for event in perform(task, make):
                pipe.send(event)


@contextlib.contextmanager
def _interrupts_ignored() -> Iterator[None]:
    """Ignore Ctrl-C inside the block, and permanently in processes that are started there.

    Ctrl-C goes to the whole group of processes; the parent decides what it means.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may change it
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _end_with_parent() -> None:
    """End this process when its parent ends, even if that is killed: its results have no reader."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)
