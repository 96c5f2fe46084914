"""128-bit identities of architectures: made, written, sorted, grouped and found by binary search.

A digest is 16 bytes, as hash functions give them. A key is the same as two unsigned 64-bit numbers,
the more significant first, so that keys sort like their 32 hexadecimal digits. Arrays of keys
replace dictionaries of Python objects: the 423,624 keys of NAS-Bench-101 take 6.8 MB and are
searched directly in the mapped file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Digests: TypeAlias = npt.NDArray[np.uint8]
"""Shape (n, 16)."""

Keys: TypeAlias = npt.NDArray[np.uint64]
"""Shape (n, 2)."""

DIGEST_SIZE = 16
HEX = re.compile(r"[0-9a-f]{32}")


def digests_of(data: Iterable[bytes]) -> Digests:
    """Return BLAKE2b digests, shape (n, 16): the same on every machine and in every run."""
    joined = b"".join(blake2b(part, digest_size=DIGEST_SIZE).digest() for part in data)
    return np.frombuffer(joined, dtype=np.uint8).reshape(-1, DIGEST_SIZE)


def text_digests(texts: Iterable[str]) -> Digests:
    """Return `digests_of` texts in UTF-8."""
    return digests_of(text.encode() for text in texts)


def from_hex(texts: Sequence[str]) -> Keys:
    """Return the keys written as 32 hexadecimal digits each.

    Raises
    ------
    ValueError
        If a text is not 32 lower-case hexadecimal digits; the message has its position.
    """
    for position, text in enumerate(texts):
        if not HEX.fullmatch(text):
            raise ValueError(
                f"hashes[{position}]: expected 32 lower-case hexadecimal digits, got {text!r}"
            )
    return from_bytes(bytes.fromhex("".join(texts)))


def from_bytes(data: bytes) -> Keys:
    """Return the keys of 16 bytes each."""
    return np.frombuffer(data, dtype=">u8").astype(np.uint64).reshape(-1, 2)


def to_hex(key: Keys) -> str:
    """Write one key, shape (2,), as 32 hexadecimal digits."""
    return f"{int(key[0]):016x}{int(key[1]):016x}"


def from_digests(digests: npt.NDArray[np.uint8]) -> Keys:
    """Return the keys of digests."""
    return from_bytes(np.ascontiguousarray(digests).tobytes())


def to_digests(keys: Keys) -> npt.NDArray[np.uint8]:
    """Return the inverse of `from_digests`, shape (n, 16)."""
    return np.frombuffer(keys.astype(">u8").tobytes(), dtype=np.uint8).reshape(-1, 16)


def order(keys: Keys) -> npt.NDArray[np.int64]:
    """Return the permutation that sorts the keys, stable."""
    return np.lexsort((keys[:, 1], keys[:, 0]))


def _runs(keys: Keys) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Return `order`, and which places in it begin a run of equal keys."""
    by_key = order(keys)
    begins = np.ones(len(keys), dtype=np.bool_)
    begins[1:] = (keys[by_key[1:]] != keys[by_key[:-1]]).any(axis=1)
    return by_key, begins


def firsts(keys: Keys) -> npt.NDArray[np.int64]:
    """Return the first position of each different key, in the order of keys."""
    by_key, begins = _runs(keys)
    return by_key[begins]


def repeated(keys: Keys) -> npt.NDArray[np.int64]:
    """Return the positions of keys that have occurred before, in increasing order."""
    by_key, begins = _runs(keys)
    return np.sort(by_key[~begins])


def groups(digests: Digests) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the first position of each group of equal digests, ascending, and the group of each.

    Shapes (g,) and (n,); groups are numbered in the order of their first positions.
    """
    by_key, begins = _runs(from_digests(digests))
    first = by_key[begins]
    number = np.empty(len(first), dtype=np.int64)
    number[np.argsort(first)] = np.arange(len(first))
    labels = np.empty(len(by_key), dtype=np.int64)
    labels[by_key] = number[np.cumsum(begins) - 1]
    return np.sort(first), labels


def find(ordered: Keys, wanted: Keys) -> npt.NDArray[np.int64]:
    """Return the position of every wanted key among ordered ones, or -1 where it is absent.

    Parameters
    ----------
    ordered : Keys, shape (n, 2)
        Strictly increasing.
    wanted : Keys, shape (m, 2)

    Returns
    -------
    ndarray of int64, shape (m,)
        In O(m log n).
    """
    high = ordered[:, 0]
    first = np.searchsorted(high, wanted[:, 0], side="left")
    last = np.searchsorted(high, wanted[:, 0], side="right")
    # Real digests practically never share their first half; where they do, walk along.
    for i in np.flatnonzero(last - first > 1):
        first[i] += np.searchsorted(ordered[first[i] : last[i], 1], wanted[i, 1])
    if len(ordered) == 0:
        return np.full(len(wanted), -1, dtype=np.int64)
    inside = np.minimum(first, len(ordered) - 1)
    return np.where((ordered[inside] == wanted).all(axis=1), inside, -1).astype(np.int64)
