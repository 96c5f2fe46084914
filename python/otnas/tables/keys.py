"""Architectures as 16-byte keys, found by binary search.

A key is two unsigned 64-bit integers, the more significant first, so that keys sort like their 32
hexadecimal digits. Arrays of keys replace dictionaries of Python objects: the 423,624 keys of
NAS-Bench-101 take 6.8 MB and are searched directly in the mapped file.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from otnas import spaces
from otnas_fast import CellArray, as_cells

Keys = npt.NDArray[np.uint64]
"""Shape (n, 2)."""

HEX = re.compile(r"[0-9a-f]{32}")


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


def of_cells(space: str, cells: CellArray) -> Keys:
    """Return the keys under which tables of a space store the cells.

    In NAS-Bench-201 a key is the operations as given, since the benchmark trained isomorphic cells
    separately. In other built-in spaces it is the hash (in NAS-Bench-101 the official module hash),
    so that cells which are the same architecture have one key. In a user's space it is a digest of
    the canonical form.

    Raises
    ------
    ValueError
        If a NAS-Bench-201 cell is not in the form of the benchmark (it may have been pruned).
    """
    if space == "nasbench201":
        return _operations(cells)
    if space in spaces.NAMES:
        return from_digests(spaces.get(space).digests(cells))
    return _canonical_digests(cells)


def from_digests(digests: npt.NDArray[np.uint8]) -> Keys:
    """Return the keys of digests of 16 bytes, shape (n, 16), as `otnas.spaces` has them."""
    return from_bytes(np.ascontiguousarray(digests).tobytes())


def to_digests(keys: Keys) -> npt.NDArray[np.uint8]:
    """Return the inverse of `from_digests`, shape (n, 16)."""
    return np.frombuffer(keys.astype(">u8").tobytes(), dtype=np.uint8).reshape(-1, 16)


def _operations(cells: CellArray) -> Keys:
    """Return keys of NAS-Bench-201 cells: the codes of the eight vertices are the key."""
    sizes = np.diff(cells.offsets)
    form = as_cells(["|none~0|+|none~0|none~1|+|none~0|none~1|none~2|"]).successors
    if not (sizes == len(form)).all() or not (cells.successors.reshape(-1, 8) == form).all():
        raise ValueError(
            "cells of nasbench201: expected the benchmark's form |op~0|+|op~0|op~1|+..., not pruned"
        )
    keys = np.zeros((len(cells), 2), dtype=np.uint64)
    keys[:, 0] = np.frombuffer(cells.codes.tobytes(), dtype=">u8")
    return keys


def _canonical_digests(cells: CellArray) -> Keys:
    if len(cells):
        cells = cells.canonical()
    codes, successors = cells.codes.tobytes(), cells.successors.astype("<u4").tobytes()
    ends = cells.offsets.tolist()
    digests = [
        hashlib.blake2b(codes[i:j] + successors[4 * i : 4 * j], digest_size=16).digest()
        for i, j in pairwise(ends)
    ]
    return from_bytes(b"".join(digests))


def order(keys: Keys) -> npt.NDArray[np.int64]:
    """Return the permutation that sorts the keys, stable."""
    return np.lexsort((keys[:, 1], keys[:, 0]))


def repeated(keys: Keys) -> npt.NDArray[np.int64]:
    """Return the positions of keys that have occurred before, in increasing order."""
    by_key = order(keys)
    ordered = keys[by_key]
    again = (ordered[1:] == ordered[:-1]).all(axis=1)
    return np.sort(by_key[1:][again])


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
