"""A process that trains, and the functions by which any process can train.

It is not one of `multiprocessing`, whose processes may not be started by daemonic ones, such as
Dask's workers, and share the terminal's Ctrl-C. A worker leads its own session, so that it can be
killed with all that it started, and Ctrl-C reaches the main process only, which decides what it
means.
"""

from __future__ import annotations

import contextlib
import math
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Mapping
from multiprocessing import Pipe, process, spawn
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Any

from otnas.study.outcome import Outcome, attempt, run_since
from otnas.study.payload import Payload, unpack
from otnas.study.trial import Trial

PATIENCE = 5.0
"""Seconds that an idle worker gets to end by itself, with the exit handlers of its script."""

MOMENT = 1.0
"""Seconds that a process whose pipe has closed gets to end by itself, so that we learn how."""

GLANCE = 0.2
"""Seconds between checks whether the process at the other end is still alive."""

_Pipe = Connection


class WorkerLost(RuntimeError):  # noqa: N818
    """The process of a training ended before the training did."""


def perform(
    payload: Payload,
    trial: Trial,
    token: str,
    timeout: float | None = None,
    *,
    worker: Worker | None = None,
) -> Outcome:
    """Train where this is called, or in a process started from there if there is a time limit.

    Parameters
    ----------
    payload : Payload
    trial : Trial
    token : str
        Token of the run, which makes calls differ, so that no executor answers one from its cache.
    timeout : float, optional
        Seconds from the call of the training function after which its process is killed.
    worker : Worker, optional
        The worker to train in; it is used again.

    Raises
    ------
    WorkerLost
        If a process that was started for the training ended before it did.
    """
    if worker is not None:
        return worker.call(payload, trial, timeout)
    if timeout is None:
        return attempt(payload, trial)
    with Worker() as worker:
        return worker.call(payload, trial, timeout)


class Worker:
    """A process that trains one trial after another, started when needed and again after a kill.

    Calls must come from one thread at a time, except those of `kill`.

    Parameters
    ----------
    environment : mapping of str to str, optional
        Further variables for the process; those of this process take precedence.
    """

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        self._environment = {**(environment or {}), **os.environ}
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._pipe: _Pipe | None = None
        self._closed = False

    def __enter__(self) -> Worker:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        if error is not None:
            self.kill()
        self.close()

    def call(self, payload: Payload, trial: Trial, timeout: float | None = None) -> Outcome:
        """Train; kill the process if it takes more seconds than `timeout`.

        The clock starts when the training function is called: the start of the process and the
        loading of modules do not count.

        Raises
        ------
        WorkerLost
            If the process ends meanwhile, for any reason.
        """
        try:
            running, pipe = self._start()
            pipe.send(_message(payload, trial))
            _wait(pipe, running)
            answer = pipe.recv()  # that it begins, or that it cannot
            if isinstance(answer, Outcome):
                return answer
            started = time.time()
            if not _wait(pipe, running, timeout):
                self._end()
                reason = f"timed out: killed after {timeout:g} s"
                return Outcome(run_since(started, running.pid), reason=reason)
            outcome: Outcome = pipe.recv()
            return outcome
        except (EOFError, OSError):
            raise WorkerLost(f"its process ended with {self._end(MOMENT)}") from None
        except BaseException:
            self._end()
            raise

    def dismiss(self) -> None:
        """Tell the idle process to end; it is not started again."""
        with self._lock:
            self._closed = True
            if self._pipe is not None:
                with contextlib.suppress(OSError):
                    self._pipe.send(None)

    def close(self, patience: float = PATIENCE) -> None:
        """End the process: gracefully if that takes no more seconds than `patience`."""
        self.dismiss()
        if self._pipe is not None:
            with contextlib.suppress(OSError):
                self._pipe.poll(max(patience, 0.0))  # its end closes with the process
        self._end()

    def kill(self) -> None:
        """Kill the process, with all that it started; a call that waits for it raises.

        The pipe is left to the thread that may be reading it.
        """
        with self._lock:
            self._closed = True
            if self._process is not None and self._process.returncode is None:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(self._process.pid, signal.SIGKILL)

    def _start(self) -> tuple[subprocess.Popen[bytes], _Pipe]:
        with self._lock:
            if self._closed:
                raise WorkerLost("it was stopped before it began")
            if self._process is None or self._pipe is None:
                self._pipe, theirs = Pipe()
                with theirs:
                    try:
                        self._process = _popen(theirs.fileno(), self._environment)
                    except OSError as error:  # no memory, too many processes
                        raise WorkerLost(f"its process could not be started: {error}") from error
            return self._process, self._pipe

    def _end(self, moment: float = 0.0) -> str:
        """Kill the process, if it does not end in a moment, and its group; say how it ended."""
        with self._lock:
            running, self._process = self._process, None
            pipe, self._pipe = self._pipe, None
            if pipe is not None:
                pipe.close()
            if running is None:
                return "the run"
            with contextlib.suppress(subprocess.TimeoutExpired):
                running.wait(moment)
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(running.pid, signal.SIGKILL)
            code = running.wait()
        return f"signal {-code}" if code < 0 else f"status {code}"


def _popen(handle: int, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    path = [entry or process.ORIGINAL_DIR or os.getcwd() for entry in sys.path]  # type: ignore[attr-defined]
    code = (
        f"import sys; sys.path[:] = {path!r}; "
        f"from otnas.study.worker import serve; serve({handle}, {os.getpid()})"
    )
    return subprocess.Popen(
        [spawn.get_executable(), "-c", code],
        pass_fds=[handle],
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        env=environment,
    )


def _message(payload: Payload, trial: Trial) -> tuple[dict[str, Any] | None, Payload, bytes]:
    data = pickle.dumps(trial)
    if not payload.needs_main and b"__main__" not in data:
        return None, payload, data
    script = spawn.get_preparation_data("otnas worker")
    keys = ("sys_argv", "init_main_from_name", "init_main_from_path")
    return {key: script[key] for key in keys if key in script}, payload, data


def _wait(pipe: _Pipe, running: subprocess.Popen[bytes], timeout: float | None = None) -> bool:
    """Wait until there is something to read or `timeout` seconds are over; tell which.

    Raises
    ------
    EOFError
        If the process ended; what it started may hold the pipe open.
    """
    end = math.inf if timeout is None else time.monotonic() + timeout
    while (left := end - time.monotonic()) > 0:
        if pipe.poll(min(left, GLANCE)):
            return True
        if running.poll() is not None:
            if pipe.poll():
                return True
            raise EOFError
    return pipe.poll()


def serve(handle: int, parent: int) -> None:
    """Run as the process of a `Worker`: train what comes through a pipe until told to end.

    Parameters
    ----------
    handle : int
        File descriptor of the pipe.
    parent : int
        Process at its other end; when it is gone, nobody wants the results.
    """
    os.set_inheritable(handle, False)
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    pipe: _Pipe = Connection(handle)
    with contextlib.suppress(EOFError, BrokenPipeError, ConnectionResetError):
        while (message := pipe.recv()) is not None:
            answer = _answer(pipe, *message)
            for stream in (sys.stdout, sys.stderr):
                with contextlib.suppress(AttributeError, OSError, ValueError):  # closed or none
                    stream.flush()
            pipe.send(answer)
    # The pipe stays open until the system closes it: to the other end it is the process's end.
    globals()["_pipe"] = pipe


def _answer(pipe: _Pipe, script: dict[str, Any] | None, payload: Payload, data: bytes) -> Outcome:
    started = time.time()
    try:
        if script is not None:
            _load_script(script)
        trial: Trial = pickle.loads(data)  # through a pipe that only the parent holds
        unpack(payload.data)
    except Exception:
        return Outcome(run_since(started), reason=traceback.format_exc(), loaded=False)
    pipe.send(None)
    return attempt(payload, trial)


def _load_script(script: dict[str, Any]) -> None:
    """Run the user's script as a module that is not the main one, as `multiprocessing` does.

    A script that starts processes whenever it is loaded gets the known error meanwhile.
    """
    current = process.current_process()
    current._inheriting = True  # type: ignore[attr-defined]
    try:
        spawn.prepare(script)
    finally:
        del current._inheriting  # type: ignore[attr-defined]


def _end_with(parent: int) -> None:
    """End this process, and what it started, when its parent does, even if that is killed."""
    while os.getppid() == parent:
        time.sleep(GLANCE)
    os.killpg(os.getpid(), signal.SIGKILL)
