"""Files on disks that fail."""

from __future__ import annotations

from typing import IO, Any


class Half:
    """A file that takes only so many bytes at a time, and after `room` bytes raises."""

    def __init__(self, file: IO[bytes], step: int, room: int, error: BaseException) -> None:
        self._file, self._step, self._room, self._error = file, step, room, error

    def write(self, data: bytes) -> int:
        if self._room <= 0:
            raise self._error
        written = self._file.write(data[: min(self._step, self._room)])
        self._room -= written
        return written

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)
