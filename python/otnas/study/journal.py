"""Journals of what was asked and told: one JSON object per line, on disk before a call returns.

The first line is a header, every other line an event (see `history`). Lines are only ever appended.
A process that is killed while it writes leaves at most one line without an end; that line was never
complete, and is cut off before the journal goes on. A write or sync that fails is taken back.
"""

from __future__ import annotations

import contextlib
import json
import os
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from otnas import checks
from otnas.nested import parse_json
from otnas.study import lock
from otnas.study.errors import JournalError, LockedError

FORMAT = "otnas-journal-3"
OLD_FORMAT = "otnas-journal-2"

LARGEST = 1 << 31
"""Largest size of a journal in bytes; 1,000 trials take about half a million."""

_START = b'{"kind": "header"'


@dataclass(frozen=True)
class Contents:
    """The complete lines of a journal.

    Attributes
    ----------
    header : dict
    events : list of dict
        The other lines.
    size : int
        Bytes up to the end of the last complete line.
    """

    header: dict[str, Any]
    events: list[dict[str, Any]]
    size: int


def read(path: Path) -> Contents | None:
    """Return the complete lines of a journal, or None if it has none.

    Raises
    ------
    JournalError
        If the file is no journal, or a complete line is damaged; the message has its number.
    OSError
        If it cannot be read.
    """
    with path.open("rb") as file:
        return _parse(_contents(file, path), path)


class Journal:
    """A journal open for appending, by one process.

    Parameters
    ----------
    path : Path
        The file, which is created with its folder if it does not exist.
    wait : float
        Seconds to wait for another process that has the journal open.
    sync : bool
        Whether `append` waits for the disk. Otherwise lines survive any end of the process, but the
        latest may be lost in a power cut.

    Attributes
    ----------
    contents : Contents or None
        What the file contained already.

    Raises
    ------
    JournalError
        If the file is not a journal or is damaged; it is left unchanged.
    LockedError
        If another process is writing it.
    """

    def __init__(self, path: Path, *, wait: float = 1.0, sync: bool = True) -> None:
        self.path, self._sync = path, sync
        self._process, self._broken = os.getpid(), False
        self._absolute = path.absolute()  # whoever changes the working directory keeps the file
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("a+b", buffering=0)
        try:
            lock.wait_for(self._file, path, wait)
            self._file.seek(0)
            self.contents = _parse(_contents(self._file, path), path)
            self.size = 0 if self.contents is None else self.contents.size
            # What the file has: also a line without an end, or one that is just being written.
            self._length: int | None = self._file.tell()
            if sync:
                _sync_folder(path.parent)
        except BaseException:
            self._file.close()
            raise

    def check_process(self) -> None:
        """Raise LockedError in a forked child: the journal is its parent's."""
        if os.getpid() != self._process:
            raise LockedError(
                f"{self.path}: opened by process {self._process}, of which this is a fork; "
                "only that one may write it"
            )

    def check_usable(self) -> None:
        """Raise if this process may not append.

        Raises
        ------
        LockedError
            See `check_process`.
        JournalError
            If the journal was closed, or a failed write could not be taken back.
        """
        self.check_process()
        if self._file.closed:
            raise JournalError(f"{self.path}: the journal is closed")
        if self._broken or self._length is None:
            raise JournalError(
                f"{self.path}: what is on the disk is uncertain since a write failed; open it again"
            )

    def append(self, records: Sequence[Mapping[str, Any]]) -> None:
        """Append one line per record; if that fails or is interrupted, the file is as before.

        Raises
        ------
        OSError
            If the lines cannot be written or synced; it names the file.
        LockedError, JournalError
            As `check_usable`, or if something else changed the file.
        """
        self.check_usable()
        self._check_file()
        lines = "".join(json.dumps(record, allow_nan=False) + "\n" for record in records).encode()
        before, whole = self.size, self._length == self.size
        try:
            self._length = None
            if not whole:
                self._file.truncate(before)  # a line without an end
            written = 0
            while written < len(lines):
                written += self._file.write(lines[written:])
            if self._sync:
                self._synced()
            self.size += written
            self._length = self.size
        except BaseException as error:
            self.rewind(before)
            if isinstance(error, OSError) and error.filename is None:
                error.filename = str(self.path)
            raise

    def rewind(self, size: int) -> None:
        """Remove what was appended since the file had this size; if interrupted, call it again."""
        if self.size == size and self._length is not None:
            return
        self._file.truncate(size)
        if self._sync and not self._broken:
            self._synced()
        self.size = self._length = size

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

    def _check_file(self) -> None:
        """Raise unless the path leads to the file that is open, and it is as it was left."""
        status, there = os.fstat(self._file.fileno()), None
        with contextlib.suppress(FileNotFoundError):
            there = os.stat(self._absolute)
        # On some network file systems a file has another number each time: look at its age, too.
        if there is None or not (os.path.samestat(status, there) or _alike(status, there)):
            raise JournalError(f"{self.path}: it was removed or replaced since it was opened")
        if status.st_size != self._length:
            raise JournalError(
                f"{self.path}: something else wrote to it: expected {self._length} bytes, got "
                f"{status.st_size}"
            )

    def _synced(self) -> None:
        try:
            os.fsync(self._file.fileno())
        except OSError:
            # The system may have dropped what it could not write: another sync proves nothing.
            self._broken = True
            raise


def _alike(one: os.stat_result, other: os.stat_result) -> bool:
    return (one.st_size, one.st_mtime_ns) == (other.st_size, other.st_mtime_ns)


def _contents(file: IO[bytes], path: Path) -> bytes:
    """Return the bytes of a regular file; devices and pipes may be endless."""
    status = os.fstat(file.fileno())
    if not stat.S_ISREG(status.st_mode) or status.st_size > LARGEST:
        what = "one that is too large" if stat.S_ISREG(status.st_mode) else "something else"
        raise JournalError(f"{path}: expected a file of at most {LARGEST} bytes, got {what}")
    return file.read()


def _sync_folder(folder: Path) -> None:
    """Sync a folder, so that the name of a new file survives a power cut."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:  # pragma: no cover  (systems that do not open folders)
        return
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _parse(data: bytes, path: Path) -> Contents | None:
    lines = data.split(b"\n")[:-1]  # what follows the last newline was cut off, or is empty
    if not lines:
        if not (data.startswith(_START) or _START.startswith(data)):
            raise JournalError(f"{path}: expected an otnas journal, got another file")
        return None
    records = [_record(line, path, number) for number, line in enumerate(lines, start=1)]
    header = records[0]
    if header.get("kind") != "header" or header.get("format") not in (FORMAT, OLD_FORMAT):
        got = checks.shown(header.get("format"))
        raise JournalError(f"{path}: expected a journal of format {FORMAT}, got {got}")
    return Contents(header, records[1:], sum(map(len, lines)) + len(lines))


def _record(line: bytes, path: Path, number: int) -> dict[str, Any]:
    try:
        record = parse_json(line, parse_constant=_no_constant)
    except ValueError as error:
        raise JournalError(f"{path}, line {number} is damaged: {error}") from None
    if not isinstance(record, dict):
        raise JournalError(
            f"{path}, line {number} is damaged: expected an object, got {checks.shown(record)}"
        )
    return record


def _no_constant(name: str) -> None:
    raise ValueError(f"expected JSON, got {name}")
