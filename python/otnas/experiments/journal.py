"""Journals: what a run asked and learnt, one JSON object a line, written as it happens.

The first line is a header (``"kind": "header"``) with the configuration; every other line is one
query. Lines are only ever appended, so a run that is stopped at any moment leaves a file that can
be read up to there.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO

FORMAT = "otnas-journal-1"


class JournalWriter:
    """Append-only writer of one journal.

    Parameters
    ----------
    path : Path
        A new file; its folder is created.
    header : mapping
        The configuration of the run, as JSON has it.

    Raises
    ------
    FileExistsError
        If the file is there already: nothing recorded is ever overwritten.
    """

    def __init__(self, path: Path, header: Mapping[str, Any]) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._file: TextIO = path.open("x", encoding="utf-8")
        self.append({"kind": "header", "format": FORMAT, **header})
        self.flush()

    def append(self, record: Mapping[str, Any]) -> None:
        """Add one line."""
        self._file.write(json.dumps(record, allow_nan=False) + "\n")

    def flush(self) -> None:
        """Make sure that everything appended is on the disk."""
        self._file.flush()
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Flush and close."""
        if not self._file.closed:
            self.flush()
            self._file.close()

    def __enter__(self) -> JournalWriter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def read_journal(path: Path) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return the header and the queries of a journal.

    A last line that is not complete (the run was killed while writing it) is left out.

    Raises
    ------
    ValueError
        If the file is no journal, or a line before the last is damaged; the message has its number.
    """
    lines = path.read_text(encoding="utf-8").split("\n")
    complete = lines[:-1]  # what follows the last newline was cut off, or is empty
    records = []
    for number, line in enumerate(complete, start=1):
        try:
            records.append(json.loads(line))
        except json.JSONDecodeError as error:
            raise ValueError(f"{path}, line {number} is damaged: {error}") from None
    if not records or records[0].get("format") != FORMAT:
        raise ValueError(f"{path} is no otnas journal")
    return records[0], records[1:]
