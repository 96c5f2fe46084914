"""A file of named arrays that opens without being read.

Layout: a magic line, the length of the header (8 bytes, little-endian), the header (JSON: free
fields and, under ``"sections"``, element type, shape and byte offset of every array), then the
arrays, each beginning at a multiple of 64. Reading maps the file into memory; the operating system
brings in the pages that are touched. Nothing in the file is code. (A zip of arrays, as NumPy writes
it, cannot be mapped; Arrow files would make PyArrow a requirement.)
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

from otnas.storage import written_atomically

MAGIC = b"otnas table 1\n"
_LENGTH = struct.Struct("<Q")
_ALIGNMENT = 64
_LONGEST_HEADER = 2**20
_DTYPES = ("<f8", "<i8", "<u8", "<u4", "|u1")


class ContainerError(ValueError):
    """The file is not of this format, or is damaged or cut short."""


def write(path: Path, header: Mapping[str, Any], arrays: Mapping[str, npt.NDArray[Any]]) -> None:
    """Write a file: all of it or nothing.

    See `otnas.storage.written_atomically`: a full disk or Ctrl-C leaves no half-written file.

    Parameters
    ----------
    path : Path
    header : mapping
        Fields that JSON can hold; not ``"sections"``.
    arrays : mapping of str to ndarray
        Of float64, int64, uint64, uint32 or uint8.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    plain = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    head = _lay_out(header, plain)
    with written_atomically(path) as file:
        file.write(head)
        for array in plain.values():
            file.write(bytes(-file.tell() % _ALIGNMENT))
            file.write(array.data)


def _lay_out(header: Mapping[str, Any], arrays: Mapping[str, npt.NDArray[Any]]) -> bytes:
    """Return what comes before the arrays."""
    sections: dict[str, dict[str, Any]] = {}
    offset = 0
    for name, array in arrays.items():
        dtype = array.dtype.newbyteorder("<").str
        if dtype not in _DTYPES:
            raise TypeError(f"array {name!r}: expected one of {_DTYPES}, got {dtype}")
        sections[name] = {"dtype": dtype, "shape": list(array.shape), "offset": offset}
        offset += -(-array.nbytes // _ALIGNMENT) * _ALIGNMENT
    text = json.dumps({**header, "sections": sections}, ensure_ascii=False).encode()
    start = -(-(len(MAGIC) + _LENGTH.size + len(text)) // _ALIGNMENT) * _ALIGNMENT
    text = text.ljust(start - len(MAGIC) - _LENGTH.size)
    return MAGIC + _LENGTH.pack(len(text)) + text


def read_header(path: Path) -> dict[str, Any]:
    """Return the header of a file.

    Raises
    ------
    ContainerError, OSError
        If it is not of this format, or cannot be read.
    """
    with path.open("rb") as file:
        if file.read(len(MAGIC)) != MAGIC:
            raise ContainerError(f"{path} is no otnas table file")
        (length,) = _LENGTH.unpack(file.read(_LENGTH.size).ljust(_LENGTH.size, b"\0"))
        if not 0 < length <= _LONGEST_HEADER:
            raise ContainerError(f"{path}: damaged header (said to be {length} bytes long)")
        text = file.read(length)
    try:
        header = json.loads(text)
    except ValueError as error:
        raise ContainerError(f"{path}: damaged header: {error}") from None
    if not isinstance(header, dict) or not isinstance(header.get("sections"), dict):
        raise ContainerError(f"{path}: the header has no sections")
    header["_start"] = len(MAGIC) + _LENGTH.size + length
    return header


def read(path: Path) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
    """Return the header and the arrays, mapped into memory, not writable.

    Raises
    ------
    ContainerError, OSError
        If the file is not of this format, is cut short, or cannot be read.
    """
    header = read_header(path)
    sections, start = header.pop("sections"), header.pop("_start")
    with path.open("rb") as file:
        memory = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    return header, {name: _section(path, memory, start, name, sections[name]) for name in sections}


def _section(
    path: Path, memory: mmap.mmap, start: int, name: str, section: Any
) -> npt.NDArray[Any]:
    try:
        dtype, shape, offset = section["dtype"], section["shape"], section["offset"]
        sizes_valid = all(type(size) is int and size >= 0 for size in (*shape, offset))
    except (TypeError, KeyError):
        sizes_valid = False
    if not sizes_valid or dtype not in _DTYPES:
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
    return np.frombuffer(memory, dtype=dtype, count=count, offset=begin).reshape(shape)
