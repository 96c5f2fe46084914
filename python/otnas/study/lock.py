"""Locks on files, held by a process and freed by the system when it ends, however it ends.

A forked child inherits open files and with them the lock. It closes them at once: otherwise a
child that outlives its parent would lock out every other process.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from otnas.study.errors import LockedError

NAME = ".lock"
"""Of the file that stands for a folder."""

_held: weakref.WeakSet[IO[Any]] = weakref.WeakSet()


@contextlib.contextmanager
def folder(path: Path) -> Iterator[None]:
    """Lock a folder, which is created if needed, until the block ends.

    Raises
    ------
    LockedError
        If another process holds it.
    """
    path.mkdir(parents=True, exist_ok=True)
    # Opened without truncation: the text in it is the holder's.
    with open(path / NAME, "a+b") as file:
        if not try_lock(file):
            raise LockedError(
                f"{path}: in use by {_holder(path)}; wait for it or use another --out"
            )
        _held.add(file)
        file.truncate(0)
        file.write(f"process {os.getpid()}".encode())
        file.flush()
        yield


def wait_for(file: IO[Any], path: Path, seconds: float) -> None:
    """Lock an open file for as long as it stays open.

    Parameters
    ----------
    file, path
    seconds : float
        How long to wait for another process. A worker whose parent was killed needs a moment to
        notice; it still holds its journal then.

    Raises
    ------
    LockedError
        If another process still holds the file after that time.
    """
    end = time.monotonic() + seconds
    while not try_lock(file):
        if time.monotonic() > end:
            raise LockedError(f"{path}: another process is writing it")
        time.sleep(0.05)
    _held.add(file)


if sys.platform == "win32":  # pragma: no cover
    import msvcrt

    # Windows locks ranges of bytes, and nobody else may read those: one far behind the contents.
    _BYTE = 2**40

    def try_lock(file: IO[Any]) -> bool:
        """Lock an open file unless another process has; return whether it is locked now."""
        descriptor, position = file.fileno(), file.tell()
        os.lseek(descriptor, _BYTE, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        finally:
            os.lseek(descriptor, position, os.SEEK_SET)
        return True

else:
    import fcntl

    def try_lock(file: IO[Any]) -> bool:
        """Lock an open file unless another process has; return whether it is locked now."""
        try:
            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _close_in_child() -> None:
        for file in list(_held):
            with contextlib.suppress(OSError):
                file.close()

    os.register_at_fork(after_in_child=_close_in_child)


def _holder(path: Path) -> str:
    try:
        return (path / NAME).read_text(encoding="utf-8") or "another process"
    except OSError:
        return "another process"
