"""A file of named arrays that opens without being read.

Layout: a magic line, the length of the header (8 bytes, little-endian), its CRC-32C (4 bytes), the
header (JSON: free fields and, under ``"sections"``, element type, shape, byte offset and CRC-32C of
every array), then the arrays, each beginning at a multiple of 64, with zeros in between.
Reading maps the file into memory and goes over it once to verify the check sums, so that corruption
is detected. Nothing in the file is code. (A zip of arrays, as NumPy writes it, cannot be mapped;
Arrow files would make PyArrow a requirement.)
"""

from __future__ import annotations

import json
import mmap
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from otnas.nested import NestingError, parse_json
from otnas.storage import written_atomically
from otnas_fast.formats import crc32c

MAGIC = b"otnas table 2\n"
_WITHOUT_CHECK_SUMS = b"otnas table 1\n"
_HEAD = struct.Struct("<QI")
_ALIGNMENT = 64
LONGEST_HEADER = 2**20
"""Bytes of a header; a longer one is refused."""
_DTYPES = ("<f8", "<i8", "<u8", "<u4", "|u1")


class ContainerError(ValueError):
    """The file is not of this format, is damaged, or is truncated."""


def write(
    path: Path,
    header: Mapping[str, Any],
    arrays: Mapping[str, npt.NDArray[Any]],
    *,
    replace: bool = True,
) -> None:
    """Write a file: all of it or nothing.

    See `otnas.storage.written_atomically`: a full disk or Ctrl-C leaves no half-written file.

    Parameters
    ----------
    path : Path
    header : mapping
        Fields that JSON can hold; not ``"sections"``.
    arrays : mapping of str to ndarray
        Of float64, int64, uint64, uint32 or uint8.
    replace : bool, default True
        Whether a file that is there is replaced.

    Raises
    ------
    ValueError
        If the header has more than `LONGEST_HEADER` bytes.
    OSError
        If the file cannot be written, or is there and `replace` is false.
    """
    plain = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    head = _lay_out(header, plain)
    with written_atomically(path, replace=replace) as file:
        file.write(head)
        for array in plain.values():
            file.write(array.tobytes() if not array.size else array.data)
            file.write(bytes(-file.tell() % _ALIGNMENT))


def _lay_out(header: Mapping[str, Any], arrays: Mapping[str, npt.NDArray[Any]]) -> bytes:
    """Return what comes before the arrays."""
    sections: dict[str, dict[str, Any]] = {}
    offset = 0
    for name, array in arrays.items():
        dtype = array.dtype.newbyteorder("<").str
        if dtype not in _DTYPES:
            raise TypeError(f"array {name!r}: expected one of {_DTYPES}, got {dtype}")
        sections[name] = {
            "dtype": dtype,
            "shape": list(array.shape),
            "offset": offset,
            "crc32c": crc32c(_bytes_of(array)),
        }
        offset += -(-array.nbytes // _ALIGNMENT) * _ALIGNMENT
    text = json.dumps({**header, "sections": sections}, ensure_ascii=False).encode()
    start = -(-(len(MAGIC) + _HEAD.size + len(text)) // _ALIGNMENT) * _ALIGNMENT
    text = text.ljust(start - len(MAGIC) - _HEAD.size)
    if len(text) > LONGEST_HEADER:
        raise ValueError(f"header: expected at most {LONGEST_HEADER} bytes, got {len(text)}")
    return MAGIC + _HEAD.pack(len(text), crc32c(text)) + text


def _bytes_of(array: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    return array.reshape(-1).view(np.uint8)


def read_header(path: Path) -> dict[str, Any]:
    """Return the header of a file.

    Raises
    ------
    ContainerError, OSError
        If it is not of this format, or cannot be read.
    """
    with path.open("rb") as file:
        magic = file.read(len(MAGIC))
        if magic == _WITHOUT_CHECK_SUMS:
            raise ContainerError(
                f"{path} was written by an earlier version, without check sums: import it again"
            )
        if magic != MAGIC:
            raise ContainerError(f"{path} is no otnas table file")
        length, checksum = _HEAD.unpack(file.read(_HEAD.size).ljust(_HEAD.size, b"\0"))
        if not 0 < length <= LONGEST_HEADER:
            raise ContainerError(f"{path}: damaged header (said to be {length} bytes long)")
        text = file.read(length)
    if crc32c(text) != checksum:
        raise ContainerError(f"{path}: damaged header (wrong check sum)")
    try:
        header = parse_json(text)
    except (ValueError, NestingError) as error:
        raise ContainerError(f"{path}: damaged header: {error}") from None
    if not isinstance(header, dict) or not isinstance(header.get("sections"), dict):
        raise ContainerError(f"{path}: the header has no sections")
    header["_start"] = len(MAGIC) + _HEAD.size + length
    return header


def read(path: Path) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
    """Return the header and the arrays, mapped into memory, not writable, check sums verified.

    Raises
    ------
    ContainerError, OSError
        If the file is not of this format, is cut short, or cannot be read.
    """
    header = read_header(path)
    sections, start = header.pop("sections"), header.pop("_start")
    with path.open("rb") as file:
        memory = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    arrays = {name: _section(path, memory, start, name, sections[name]) for name in sections}
    end = start
    for name in sorted(sections, key=lambda name: sections[name]["offset"]):
        begin, size = start + sections[name]["offset"], arrays[name].nbytes
        # Sections follow each other: no byte of the file is left that no check sum covers.
        if begin != end or any(memory[begin + size : begin + size + -size % _ALIGNMENT]):
            raise ContainerError(f"{path} is damaged: expected nothing around section {name!r}")
        end = begin + size + -size % _ALIGNMENT
    if end != len(memory):
        raise ContainerError(f"{path} is damaged: expected {end} bytes, got {len(memory)}")
    return header, arrays


def _section(
    path: Path, memory: mmap.mmap, start: int, name: str, section: Any
) -> npt.NDArray[Any]:
    try:
        dtype, shape, offset = section["dtype"], section["shape"], section["offset"]
        checksum = section["crc32c"]
        sizes_valid = len(shape) <= 2 and all(
            type(size) is int and 0 <= size < 2**48 for size in (*shape, offset)
        )
    except (TypeError, KeyError):
        sizes_valid = False
    if not sizes_valid or not isinstance(dtype, str) or dtype not in _DTYPES:
        raise ContainerError(f"{path}: damaged description of section {name!r}")
    count = 1
    for size in shape:
        count *= size
    begin, nbytes = start + offset, count * np.dtype(dtype).itemsize
    if begin % _ALIGNMENT or begin + nbytes > len(memory):
        raise ContainerError(
            f"{path} is cut short: section {name!r} ends at byte {begin + nbytes}, "
            f"the file at {len(memory)}"
        )
    array = np.frombuffer(memory, dtype=dtype, count=count, offset=begin)
    if crc32c(_bytes_of(array)) != checksum:
        raise ContainerError(f"{path} is damaged: wrong check sum of section {name!r}")
    return array.reshape(shape)
