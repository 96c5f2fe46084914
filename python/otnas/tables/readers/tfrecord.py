"""TFRecord files: records one after the other, each with two check sums.

A record is its length (8 bytes, little-endian), the masked CRC-32C of these 8 bytes, the data, and
the masked CRC-32C of the data
(https://www.tensorflow.org/tutorials/load_data/tfrecord#tfrecords_format_details).
"""

from __future__ import annotations

import os
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from otnas_fast.formats import crc32c

_HEADER = struct.Struct("<QI")
_FOOTER = struct.Struct("<I")
# No known table has records near this size: a longer one means a damaged or foreign file, and must
# not be taken as an amount of memory to ask for.
_LONGEST = 64 * 2**20
_PROGRESS_EVERY = 4096

Progress = Callable[[int, int], None]
"""Called now and then with the bytes read so far and the bytes in all."""


class TFRecordError(ValueError):
    """The file is no TFRecord file, or is damaged or cut short.

    Attributes
    ----------
    offset : int
        Byte offset of the record that cannot be read.
    count : int
        Records read before it.
    """

    def __init__(self, path: Path, problem: str, offset: int, count: int) -> None:
        super().__init__(f"{path}: {problem} at byte {offset}, after {count} good records")
        self.offset, self.count = offset, count


def masked_crc32c(data: bytes) -> int:
    """Return the CRC-32C of `data`, rotated and shifted as TFRecord files store it."""
    crc = crc32c(data)
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def read(path: Path, progress: Progress | None = None) -> Iterator[bytes]:
    """Yield the records of a file, check sums verified, one at a time.

    Parameters
    ----------
    path : Path
    progress : callable, optional
        See `Progress`.

    Raises
    ------
    TFRecordError
        At a record that is cut short or whose check sum is wrong.
    OSError
        If the file cannot be read.
    """
    with path.open("rb", buffering=2**20) as file:
        yield from _records(file, path, os.fstat(file.fileno()).st_size, progress)


def _records(file: BinaryIO, path: Path, size: int, progress: Progress | None) -> Iterator[bytes]:
    offset = count = 0
    while header := file.read(_HEADER.size):
        if len(header) < _HEADER.size:
            raise TFRecordError(path, "the file ends inside a record's length", offset, count)
        length, length_crc = _HEADER.unpack(header)
        if masked_crc32c(header[:8]) != length_crc:
            problem = (
                "wrong check sum of a record's length"
                if count
                else "no TFRecord file, or damaged: wrong check sum of the first record's length"
            )
            raise TFRecordError(path, problem, offset, count)
        if length > _LONGEST:
            raise TFRecordError(path, f"a record of {length} bytes", offset, count)
        data = file.read(length)
        footer = file.read(_FOOTER.size)
        if len(data) < length or len(footer) < _FOOTER.size:
            raise TFRecordError(path, "the file ends inside a record", offset, count)
        if masked_crc32c(data) != _FOOTER.unpack(footer)[0]:
            raise TFRecordError(path, "wrong check sum of a record's data", offset, count)
        offset += _HEADER.size + length + _FOOTER.size
        count += 1
        yield data
        if progress is not None and count % _PROGRESS_EVERY == 0:
            progress(offset, size)
    if count == 0:
        raise TFRecordError(path, "the file is empty", 0, 0)
    if progress is not None:
        progress(size, size)
