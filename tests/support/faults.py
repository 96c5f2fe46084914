"""Disks that fill up, syncs that fail, processes that die: whatever is written, and by whomever.

In this process::

    with faults.disk_full(after=1000):       # no file grows past 1000 bytes: a short write,
        store.write(table, path)             # then OSError
    with faults.failing("fsync", nth=2):     # the second call of os.fsync raises OSError(EIO)
        ...
    with faults.failing("replace"):          # or "link", "rename", "open", "unlink", ...
        ...

In a child, which ends as by SIGKILL, no handler or ``finally`` run::

    faults.run_dying(code, path, at_byte=1000)       # while a file grows past its 1000th byte
    faults.run_dying(code, path, at_call="fsync")    # just before the call of os.fsync ...
    faults.run_dying(code, path, after_call="link")  # ... or just after the call of os.link
    faults.run_dying(code, path, after_seconds=0.3)

``code`` is Python text that finds the further arguments in ``sys.argv[1:]``; what is returned says
whether the child died (`Ending.died`) or ended before it could.
"""

from __future__ import annotations

import contextlib
import errno
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


@contextlib.contextmanager
def disk_full(after: int) -> Iterator[None]:
    """No file of this process grows past `after` bytes: what does not fit is an error (EFBIG).

    The kernel does it, so buffered files, NumPy and the like are no exception, and a write that
    begins below the limit is cut short first, as on a full disk.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (after, hard))  # Python ignores SIGXFSZ
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextlib.contextmanager
def failing(call: str, *, nth: int = 1, code: int = errno.EIO) -> Iterator[list[int]]:
    """The nth call of the function ``os.call``, and every later one, raises ``OSError(code)``.

    Yields a list with one element, the number of calls so far.
    """
    real, calls = getattr(os, call), [0]

    def replaced(*args: Any, **kwargs: Any) -> Any:
        calls[0] += 1
        if calls[0] >= nth:
            raise OSError(code, os.strerror(code))
        return real(*args, **kwargs)

    setattr(os, call, replaced)
    try:
        yield calls
    finally:
        setattr(os, call, real)


@dataclass(frozen=True)
class Ending:
    """How a child ended."""

    died: bool
    returncode: int
    stdout: str
    stderr: str


_DYING = """
import os, resource, signal, sys
at_byte, call, nth, after = {at_byte!r}, {call!r}, {nth!r}, {after!r}

def dying():
    os.kill(os.getpid(), signal.SIGKILL)

if at_byte is not None:
    # As of now the kernel ends the process that writes past the limit, in the middle of the write.
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_FSIZE, (at_byte, resource.RLIM_INFINITY))
if call is not None:
    real, calls = getattr(os, call), 0

    def replaced(*args, **kwargs):
        global calls
        calls += 1
        if calls == nth and not after:
            dying()
        result = real(*args, **kwargs)
        if calls == nth:
            dying()
        return result

    setattr(os, call, replaced)
exec(compile({code!r}, "<child>", "exec"), {{"__name__": "__main__"}})
"""


def run_dying(
    code: str,
    *arguments: object,
    at_byte: int | None = None,
    at_call: str | None = None,
    after_call: str | None = None,
    nth: int = 1,
    after_seconds: float | None = None,
) -> Ending:
    """Run Python code in a child that dies at the point given; see the module's description."""
    script = _DYING.format(
        at_byte=at_byte,
        call=at_call or after_call,
        nth=nth,
        after=after_call is not None,
        code=code,
    )
    child = subprocess.Popen(
        [sys.executable, "-B", "-c", script, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        out, err = child.communicate(timeout=60.0 if after_seconds is None else after_seconds)
    except subprocess.TimeoutExpired:
        child.kill()
        out, err = child.communicate()
    died = child.returncode in (-signal.SIGKILL, -signal.SIGXFSZ)
    return Ending(died, child.returncode, out, err)
