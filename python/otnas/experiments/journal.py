"""Journals: what a trial asked and learnt, one JSON object a line, written as it happens.

The first line is a header (``"kind": "header"``), every other line one query (``"kind":
"query"``), numbered from 1. Lines are only ever appended. A process that is killed while it writes
leaves at most one line without an end; that line was never complete, and is cut off before the
trial goes on.

A line ``"kind": "versions"`` says that from there on other versions of the software ran.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from otnas.experiments import lock
from otnas.experiments.errors import JournalError

FORMAT = "otnas-journal-2"
TIMINGS = ("asked", "told", "overhead_seconds")
"""Keys of a query that differ between equal runs."""
FREE = ("started", "versions")
"""Keys of a header that may differ when a trial goes on."""

_START = b'{"kind": "header"'


@dataclass(frozen=True)
class Contents:
    """What a journal holds.

    Attributes
    ----------
    header : dict
    queries : list of dict
    versions : dict
        Of the software that wrote the end of it.
    size : int
        Bytes up to the end of the last complete line.
    """

    header: dict[str, Any]
    queries: list[dict[str, Any]]
    versions: dict[str, Any]
    size: int


def read(path: Path) -> Contents | None:
    """Return what a journal holds, without the torn line at its end; None without a whole line.

    Raises
    ------
    JournalError
        If the file is no journal, or a complete line is damaged; the message has its number.
    OSError
        If it cannot be read.
    """
    return _parse(path.read_bytes(), path)


class Journal:
    """A journal open for appending.

    Parameters
    ----------
    path : Path
        Made with its folder if it is not there; else continued.
    header : mapping
        Configuration, seed, table and versions, as JSON has them.

    Attributes
    ----------
    queries : list of dict
        The queries that were there already.

    Raises
    ------
    JournalError
        If the file is no journal, is damaged or has another header: it is left as it is.
    LockedError
        If another process is writing it.
    """

    def __init__(self, path: Path, header: Mapping[str, Any]) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file: IO[bytes] = path.open("a+b")
        try:
            lock.wait_for(self._file, path)
            self._continue(header)
        except BaseException:
            self._file.close()
            raise

    def _continue(self, header: Mapping[str, Any]) -> None:
        self._file.seek(0)
        data = self._file.read()
        found = _parse(data, self.path)
        self.queries: list[dict[str, Any]] = found.queries if found else []
        if found is None:
            self._file.truncate(0)
            self.append([{"kind": "header", "format": FORMAT, **header}])
            return
        _check_same(found.header, header, self.path)
        self._file.truncate(found.size)
        if found.versions != header.get("versions", {}) and not self._is_complete(header):
            self.append([{"kind": "versions", "versions": header.get("versions", {})}])

    def _is_complete(self, header: Mapping[str, Any]) -> bool:
        wanted = header.get("configuration", {}).get("queries")
        return wanted is not None and len(self.queries) >= wanted

    def append(self, records: Sequence[Mapping[str, Any]]) -> None:
        """Add a line a record; they are on the disk when this returns."""
        lines = "".join(json.dumps(record, allow_nan=False) + "\n" for record in records)
        self._file.write(lines.encode())
        self._file.flush()
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def without_timings(queries: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return queries without what differs between equal runs."""
    return [{k: v for k, v in query.items() if k not in TIMINGS} for query in queries]


def _parse(data: bytes, path: Path) -> Contents | None:
    lines = data.split(b"\n")[:-1]  # what follows the last newline was cut off, or is empty
    if not lines:
        if not (data.startswith(_START) or _START.startswith(data)):
            raise JournalError(f"{path}: expected an otnas journal, got another file")
        return None
    header: dict[str, Any] = {}
    queries: list[dict[str, Any]] = []
    versions: dict[str, Any] = {}
    for number, line in enumerate(lines, start=1):
        record = _record(line, path, number)
        kind = record.get("kind")
        if number == 1:
            if kind != "header" or record.get("format") != FORMAT:
                raise JournalError(
                    f"{path}: expected a journal of format {FORMAT}, got {record.get('format')!r}"
                )
            header, versions = record, record.get("versions", {})
        elif kind == "versions":
            versions = record.get("versions", {})
        elif kind == "query" and record.get("query") == len(queries) + 1:
            queries.append(record)
        else:
            raise JournalError(
                f"{path}, line {number}: expected query {len(queries) + 1}, "
                f"got {kind!r} {record.get('query')!r}"
            )
    size = sum(map(len, lines)) + len(lines)
    return Contents(header, queries, versions, size)


def _record(line: bytes, path: Path, number: int) -> dict[str, Any]:
    try:
        record = json.loads(line, parse_constant=_no_constant)
    except ValueError as error:
        raise JournalError(f"{path}, line {number} is damaged: {error}") from None
    if not isinstance(record, dict):
        raise JournalError(f"{path}, line {number} is damaged: expected an object, got {record!r}")
    return record


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _check_same(there: Mapping[str, Any], here: Mapping[str, Any], path: Path) -> None:
    # Through JSON, which has lists but no tuples.
    wanted = json.loads(json.dumps(dict(here), allow_nan=False))
    found = {key: value for key, value in there.items() if key not in ("kind", "format")}
    difference = _difference(
        {key: value for key, value in found.items() if key not in FREE},
        {key: value for key, value in wanted.items() if key not in FREE},
        "",
    )
    if difference:
        name, old, new = difference
        raise JournalError(
            f"{path}: the journal there was written with {name} = {old}, not {new}; "
            "use another --out, or the same settings to continue it"
        )


def _difference(old: Any, new: Any, name: str) -> tuple[str, str, str] | None:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in [*old, *(key for key in new if key not in old)]:
            inner = f"{name}.{key}" if name else str(key)
            found = _difference(old.get(key), new.get(key), inner)
            if found:
                return found
        return None
    return (
        None if old == new and type(old) is type(new) else (name, json.dumps(old), json.dumps(new))
    )
