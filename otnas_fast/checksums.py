"""Check sums of bytes."""

from __future__ import annotations

from typing import Any

import numpy.typing as npt

from otnas_fast import _core


def crc32c(data: bytes | bytearray | memoryview | npt.NDArray[Any]) -> int:
    """Return the CRC-32C of contiguous bytes (RFC 3720, appendix B.4).

    Any change within 32 neighbouring bits changes it, a single bit in particular.

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
