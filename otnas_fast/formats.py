"""What readers of files need: check sums, and a check of pickles before they are loaded."""

from __future__ import annotations

from typing import Any

import numpy.typing as npt

from otnas_fast import _core
from otnas_fast import _validate as check


def crc32c(data: bytes | bytearray | memoryview | npt.NDArray[Any]) -> int:
    """Return the CRC-32C of contiguous bytes (RFC 3720, appendix B.4).

    Any change within 32 neighbouring bits, in particular of a single bit, changes the sum.

    Raises
    ------
    TypeError, ValueError
        For anything but contiguous bytes.

    Examples
    --------
    >>> hex(crc32c(b"123456789"))
    '0xe3069283'
    """
    return _core.crc32c(data)


def check_pickle(data: bytes | bytearray | memoryview, begin: int = 0) -> int:
    """Check a pickle (protocols 0 to 5) without building anything.

    Even a loader that allows only harmless types can be made to crash, by hashing tuples that are
    nested a million deep, or to ask for memory out of proportion to the file.

    Parameters
    ----------
    data : bytes-like
    begin : int
        Position at which the pickle begins.

    Returns
    -------
    int
        The position just after the pickle.

    Raises
    ------
    ValueError
        For tuples nested deeper than 64, lengths beyond the end of the data, memo numbers larger
        than the pickle, opcodes that plain data does not need, and data that is not a pickle.

    Examples
    --------
    >>> import pickle
    >>> data = pickle.dumps([1, 2])
    >>> check_pickle(data) == len(data)
    True
    """
    return _core.check_pickle(data, check.integer(begin, "begin", minimum=0, maximum=2**62))
