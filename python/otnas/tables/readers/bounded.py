"""Limits on untrusted files: the bytes that an archive may expand to, the length of messages."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from otnas.storage import ARCHIVE_ERRORS

SMALLEST_LIMIT = 2**26
EXPANSION = 64
"""Compressed data may hold `EXPANSION` times as many bytes as the file has, or `SMALLEST_LIMIT`."""

_LONGEST_SHOWN = 80
_LONGEST_MESSAGE = 1000  # whatever part of a file it quotes


def read_compressed(stream: IO[bytes], path: Path, kind: str) -> bytes:
    """Return the whole decompressed contents of a file.

    Parameters
    ----------
    stream : file
        Of the decompressed bytes.
    path : Path
        The file itself, for its size and for messages.
    kind : str
        What it should be, for messages.

    Raises
    ------
    ValueError
        If it is damaged, or holds more than the limit.
    """
    try:
        limit = max(SMALLEST_LIMIT, EXPANSION * path.stat().st_size)
        data = stream.read(limit + 1)
    except ARCHIVE_ERRORS as error:
        raise ValueError(f"{path} is no {kind}, or damaged: {shown_text(error)}") from error
    if len(data) > limit:
        raise ValueError(f"{path}: expected at most {limit} bytes out of it, got more")
    return data


@contextlib.contextmanager
def reading(path: Path, kind: str) -> Iterator[None]:
    """Turn any error that a malformed file causes within the block into a ValueError.

    Readers examine untrusted nested data, any part of which may have any type.

    Parameters
    ----------
    path : Path
    kind : str
        What the file should be, for messages.

    Raises
    ------
    ValueError
        It names the file.
    """
    try:
        yield
    except ValueError as error:
        if path.name in str(error) and len(str(error)) <= _LONGEST_MESSAGE:
            raise
        raise ValueError(f"{path} is no {kind}, or damaged: {shown_text(error)}") from error
    except (LookupError, TypeError, AttributeError, ArithmeticError, RecursionError) as error:
        problem = f"{type(error).__name__} {shown_text(error)}"
        raise ValueError(f"{path} is no {kind}, or damaged: {problem}") from error


def shown(value: Any) -> str:
    """Return ``repr(value)`` for a message, shortened; for what nests or is large, its type."""
    if isinstance(value, (str, bytes, int, float, bool, type(None))):
        return shown_text(repr(value))
    return f"a {type(value).__name__}"


def shown_text(text: object) -> str:
    """Return ``str(text)`` for a message, shortened and printable."""
    plain = str(text).encode(errors="backslashreplace").decode()
    return plain if len(plain) <= _LONGEST_SHOWN else f"{plain[:_LONGEST_SHOWN]}..."
