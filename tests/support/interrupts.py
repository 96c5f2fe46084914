"""Ctrl-C at a chosen line of otnas, and once more while a search undoes what was done."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import otnas
from otnas.search import Search, threads

PACKAGES = Path(otnas.__file__).parents[1]
# Between two lines of a `with` of a lock no Ctrl-C can come, but a trace function can.
LOCKS = threads.__file__
Line = tuple[str, int]


@contextmanager
def watched(at_line: Callable[[Line], None]) -> Any:
    """Call a function with every line of otnas and otnas_fast before it is executed."""
    start = str(PACKAGES / "otnas")

    def on_line(frame: FrameType, event: str, _: object) -> Any:
        if event == "line":
            at_line((frame.f_code.co_filename[len(str(PACKAGES)) + 1 :], frame.f_lineno))
        return on_line

    def on_call(frame: FrameType, event: str, _: object) -> Any:
        file = frame.f_code.co_filename
        return on_line if file.startswith(start) and file != LOCKS else None

    before = sys.gettrace()
    sys.settrace(on_call)
    try:
        yield
    finally:
        sys.settrace(before)


def lines_of(call: Callable[[Any], Any], search: Any) -> tuple[Any, list[Line]]:
    """Return the result of a call on a search, and the different lines executed, in order."""
    lines: dict[Line, None] = {}
    with watched(lambda line: lines.setdefault(line)):
        result = call(search)
    return result, list(lines)


def interrupted(call: Callable[[Any], Any], search: Any, at: Line) -> bool:
    """Whether a call on a search came to a line, where it was interrupted; else it is made."""

    def interrupt(line: Line) -> None:
        if line == at:
            raise KeyboardInterrupt

    try:
        with watched(interrupt):
            call(search)
    except KeyboardInterrupt:
        return True
    return False


@contextmanager
def interrupted_undo(search: Search[Any], after: int) -> Any:
    """Interrupt the undo of a search after so many lines, once."""
    checkpoint, left = search.checkpoint, [after]

    def count(_: Line) -> None:
        left[0] -= 1
        if left[0] == 0:
            raise KeyboardInterrupt

    def watched_checkpoint() -> Callable[[], None]:
        undo = checkpoint()

        def undo_watched() -> None:
            with watched(count):
                undo()

        return undo_watched

    vars(search)["checkpoint"] = watched_checkpoint
    try:
        yield
    finally:
        vars(search).pop("checkpoint", None)
