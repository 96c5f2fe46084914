"""Handling of the first and the second Ctrl-C."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from types import FrameType, TracebackType


class Interrupts:
    """Inside the block, the first Ctrl-C is noted, and the second raises KeyboardInterrupt.

    Nothing changes in threads other than the main one, or where Ctrl-C is ignored.

    Parameters
    ----------
    message : callable
        Returns what the first Ctrl-C writes to standard error; nothing is written if it is empty.
    """

    def __init__(self, message: Callable[[], str]) -> None:
        self._message = message
        self._count = 0
        self._before: object = None

    @property
    def asked_to_stop(self) -> bool:
        """Whether there was a Ctrl-C."""
        return self._count > 0

    def __enter__(self) -> Interrupts:
        if threading.current_thread() is threading.main_thread():
            before = signal.getsignal(signal.SIGINT)
            if before not in (signal.SIG_IGN, None):
                self._before = before
                signal.signal(signal.SIGINT, self._note)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)  # type: ignore[arg-type]

    def _note(self, number: int, frame: FrameType | None) -> None:
        self._count += 1
        if self._count == 1 and (message := self._message()):
            # Not `print`: the main thread may be printing just now.
            os.write(2, message.encode())
        if self._count == 2:
            raise KeyboardInterrupt
