"""Search, trials and journal of a study, which change together or not at all."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from functools import wraps
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from otnas.search import Search
from otnas.search.transaction import Undo
from otnas.study import header as headers
from otnas.study.errors import JournalError, StudyError
from otnas.study.history import History, damage_named
from otnas.study.journal import FORMAT, Journal
from otnas.study.resume import resume


class Recorder:
    """A new search, its history, and the journal from which they continue.

    Parameters
    ----------
    search : Search, new
    header : mapping
    path : Path, optional
        The journal; without one everything stays in memory.
    sync, verify : bool
        See `Study`.

    Attributes
    ----------
    history : History
    """

    def __init__(
        self,
        search: Search[Any],
        header: Mapping[str, Any],
        path: Path | None,
        *,
        sync: bool,
        verify: bool,
    ) -> None:
        self._search = search
        self.history = History(header, search.domain.from_json)
        self._turn = threading.RLock()
        self._events: list[dict[str, Any]] | None = None  # of the call that is under way
        self._journal = None if path is None else Journal(path, sync=sync)
        if self._journal is not None:
            try:
                self._begin(self._journal, header, verify)
            except BaseException:
                self._journal.close()
                raise

    @property
    def path(self) -> Path | None:
        """The journal's path."""
        return None if self._journal is None else self._journal.path

    def close(self) -> None:
        """Close the journal."""
        if self._journal is not None:
            self._journal.close()

    @property
    def turn(self) -> threading.RLock:
        """The lock of the thread that changes the study.

        Raises
        ------
        LockedError
            In a forked child, where nobody might release it.
        """
        if self._journal is not None:
            self._journal.check_process()
        return self._turn

    def checkpoint(self) -> Undo:
        """Return a function that undoes the call that begins now, and may itself be repeated.

        Raises
        ------
        LockedError, JournalError
            See `Journal.check_usable`.
        StudyError
            If another call is under way in this thread, such as one that a signal interrupted.
        """
        journal = self._journal
        if journal is not None:
            journal.check_usable()
        if self._events is not None:
            raise StudyError("expected no call inside another one, nor after one half undone")
        undo_search, undo_history = self._search.checkpoint(), self.history.checkpoint()
        size = 0 if journal is None else journal.size

        def undo() -> None:
            if self._events is not None:
                undo_search()
                undo_history()
                if journal is not None:
                    journal.rewind(size)
                self._events = None

        return undo

    def begin(self) -> None:
        """Begin a call."""
        self._events = []

    def write(self, kind: str, **contents: Any) -> None:
        """Apply an event, which is written when the call ends."""
        event = {"event": kind, "time": time.time(), **contents}
        self.history.apply(event)
        if self._events is not None:
            self._events.append(event)

    def commit(self) -> None:
        """Write the events of the call that ends."""
        if self._journal is not None and self._events:
            self._journal.append(self._events)
        self._events = None

    def _begin(self, journal: Journal, header: Mapping[str, Any], verify: bool) -> None:
        """Write the header of a new journal, or continue an existing one."""
        contents = journal.contents
        if contents is None:
            journal.append([{"kind": "header", "format": FORMAT, **header}])
            return
        if contents.header["format"] != FORMAT:
            raise JournalError(
                f"{journal.path}: expected a journal of format {FORMAT}, got one of "
                f"{contents.header['format']}, which can be read but not continued"
            )
        headers.check_same(contents.header, header, journal.path)
        with damage_named(journal.path, 1):
            self.history = History(contents.header, self._search.domain.from_json)
        resume(self._search, self.history, contents.events, journal.path, verify=verify)
        if self.history.versions != header["versions"]:
            event = {"event": "versions", "versions": header["versions"]}
            journal.append([event])
            self.history.apply(event)


class Recorded(Protocol):
    """An object whose changes are recorded."""

    _recorder: Recorder


P = ParamSpec("P")
R = TypeVar("R")
S = TypeVar("S", bound=Recorded)


def all_or_nothing(method: Callable[Concatenate[S, P], R]) -> Callable[Concatenate[S, P], R]:
    """Make a method that calls `Recorder.write` change search, history and journal together.

    If it fails or is interrupted, all are as before. Threads take turns.
    """

    @wraps(method)
    def whole(self: S, /, *args: P.args, **rest: P.kwargs) -> R:
        recorder = self._recorder
        with recorder.turn:
            undo = recorder.checkpoint()
            # Not a context manager, whose end can be interrupted before it begins. The outer
            # handler is for Ctrl-C while the inner one is at work.
            try:
                try:
                    recorder.begin()
                    result = method(self, *args, **rest)
                    recorder.commit()
                except BaseException:
                    undo()
                    raise
            except BaseException:
                undo()
                raise
            return result

    return whole
