"""Search, trials and journal of a study, which change together or not at all."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from otnas.search import Search
from otnas.study import header as headers
from otnas.study.errors import JournalError
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

    @contextmanager
    def all_or_nothing(self) -> Iterator[Callable[..., None]]:
        """Yield a function that applies an event; the events are written when the block ends.

        If anything fails or is interrupted, search, history and journal are as before.
        """
        journal = self._journal
        if journal is not None:
            journal.check_usable()
        undo_search, undo_history = self._search.checkpoint(), self.history.checkpoint()
        size = 0 if journal is None else journal.size
        events: list[dict[str, Any]] = []

        def write(kind: str, **contents: Any) -> None:
            event = {"event": kind, "time": time.time(), **contents}
            self.history.apply(event)
            events.append(event)

        try:
            yield write
            if journal is not None:
                journal.append(events)
        except BaseException:
            undo_search()
            undo_history()
            if journal is not None:
                journal.rewind(size)
            raise

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
