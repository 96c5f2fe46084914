"""Compression of many strings into one, for a search's state in a journal."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Sequence

from otnas.nested import parse_json

LARGEST = 1 << 24
"""Largest size in bytes of unpacked strings."""


def packed(texts: Sequence[str]) -> str:
    """Return strings compressed into characters that JSON does not escape."""
    return base64.b64encode(zlib.compress(json.dumps(list(texts)).encode())).decode()


def unpacked(text: str) -> list[str]:
    """Return the strings that `packed` compressed.

    Raises
    ------
    ValueError
        If the text is damaged, or stands for more than 16 MiB.
    """
    reader = zlib.decompressobj()
    try:
        data = reader.decompress(base64.b64decode(text, validate=True), LARGEST)
    except zlib.error as error:
        raise ValueError(f"expected packed texts: {error}") from None
    if reader.unconsumed_tail or not reader.eof:
        raise ValueError(f"expected packed texts of at most {LARGEST} bytes, got more or half")
    texts = parse_json(data)
    if not isinstance(texts, list) or not all(isinstance(t, str) for t in texts):
        raise ValueError("expected packed texts, got something else")
    return texts
