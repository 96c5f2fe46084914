"""A block of an embedding whose vectors have few nonzero coordinates.

Notation
--------
n : items; u : distinct vectors among them; d : coordinates, one per word of the vocabulary
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from otnas_fast import _core
from otnas_fast import _validate as check
from otnas_fast._validate import FloatArray

Vocabulary = tuple[bytes, ...]


@dataclass(frozen=True, eq=False)
class SparseBlock:
    """n vectors over a vocabulary; the u distinct ones are kept by their nonzero coordinates.

    Attributes
    ----------
    offsets : ndarray of int64, shape (u + 1,)
        Vector ``i`` owns the entries ``offsets[i]`` to ``offsets[i + 1]`` (exclusive).
    coordinates : ndarray of int32
        Positions in the vocabulary, each once within a vector; -1 for a word it lacks.
    values : ndarray of float64
        In (0, 1]: shares of paths.
    index : ndarray of int64, shape (n,)
        Which vector each item has.
    vocabulary : tuple of bytes, length d
        What the coordinates stand for, sorted: operation codes, 255 where the word ends.

    Raises
    ------
    TypeError, ValueError
        For arrays that describe no vectors: what the core takes for granted is checked here.
    """

    offsets: npt.NDArray[np.int64]
    coordinates: npt.NDArray[np.int32]
    values: FloatArray
    index: npt.NDArray[np.int64]
    vocabulary: Vocabulary

    def __post_init__(self) -> None:
        for name, dtype in (
            ("offsets", "int64"),
            ("coordinates", "int32"),
            ("values", "float64"),
            ("index", "int64"),
        ):
            object.__setattr__(self, name, check.frozen(getattr(self, name), dtype, name))
        if not isinstance(self.vocabulary, tuple) or not all(
            isinstance(word, bytes) for word in self.vocabulary
        ):
            check.wrong("vocabulary", "a tuple of words", self.vocabulary)
        offsets, entries = self.offsets, len(self.values)
        if (
            len(offsets) == 0
            or offsets[0] != 0
            or offsets[-1] != entries
            or (np.diff(offsets) < 0).any()
            or len(self.coordinates) != entries
        ):
            raise ValueError("offsets: expected boundaries that fit the entries, got others")
        _require_within(self.coordinates, -1, len(self.vocabulary), "coordinates")
        _require_within(self.index, 0, len(offsets) - 1, "index")
        if entries and not (self.values.min() > 0.0 and self.values.max() <= 1.0):
            raise ValueError("values: expected shares in (0, 1], got others")

    def __reduce__(self) -> tuple[Any, ...]:
        return SparseBlock, (*self.arrays, self.vocabulary)

    @property
    def lacks_words(self) -> bool:
        """Whether the vocabulary lacks words of the vectors."""
        return bool(len(self.coordinates) and self.coordinates.min() < 0)

    @property
    def arrays(self) -> tuple[npt.NDArray[np.generic], ...]:
        """All arrays, for checks of overlap and counts of bytes."""
        return self.offsets, self.coordinates, self.values, self.index

    def to_array(self) -> FloatArray:
        """Return all vectors, shape (n, d)."""
        dense = np.zeros((len(self.offsets) - 1, len(self.vocabulary)))
        dense[np.repeat(np.arange(len(dense)), np.diff(self.offsets)), self.coordinates] = (
            self.values
        )
        return dense[self.index]

    def take(self, index: npt.NDArray[np.int64]) -> SparseBlock:
        """Return the block of items that have the vectors `index`; unused vectors are dropped."""
        used, position = np.unique(index, return_inverse=True)
        sizes = np.diff(self.offsets)[used]
        offsets = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        entries = np.arange(offsets[-1]) + np.repeat(self.offsets[used] - offsets[:-1], sizes)
        return SparseBlock(
            offsets,
            self.coordinates[entries],
            self.values[entries],
            position.astype(np.int64).reshape(-1),
            self.vocabulary,
        )

    def onto(self, vocabulary: Vocabulary) -> SparseBlock:
        """Express the vectors in another vocabulary; a word that it lacks gets coordinate -1.

        Vectors keep the order of their entries, so sums over them stay the same to the last bit.
        """
        if vocabulary is self.vocabulary or vocabulary == self.vocabulary:
            return self
        position = {word: i for i, word in enumerate(vocabulary)}
        moved = np.array([position.get(word, -1) for word in self.vocabulary], dtype=np.int32)
        coordinates = moved[self.coordinates] if len(moved) else self.coordinates
        return replace(self, coordinates=coordinates, vocabulary=vocabulary)


def _require_within(values: npt.NDArray[Any], low: int, high: int, name: str) -> None:
    """Refuse integers outside [low, high)."""
    if len(values) and not (values.min() >= low and values.max() < high):
        raise ValueError(
            f"{name}: expected numbers from {low} to {high - 1}, "
            f"got some from {values.min()} to {values.max()}"
        )


def merged(parts: Sequence[SparseBlock]) -> list[SparseBlock]:
    """Bring blocks onto the union of their vocabularies."""
    first = parts[0].vocabulary
    if all(part.vocabulary is first or part.vocabulary == first for part in parts):
        return list(parts)
    union = tuple(sorted(set().union(*(part.vocabulary for part in parts))))
    return [part.onto(union) for part in parts]


def concatenated(parts: Sequence[SparseBlock]) -> SparseBlock:
    """Join the items of blocks with one vocabulary."""
    ends = np.cumsum([0, *(len(part.values) for part in parts)])
    offsets = [part.offsets[1:] + end for part, end in zip(parts, ends[:-1], strict=True)]
    firsts = np.cumsum([0, *(len(part.offsets) - 1 for part in parts)])
    index = [part.index + first for part, first in zip(parts, firsts[:-1], strict=True)]
    rows, position = _core.distinct_sparse_rows(
        np.concatenate([[0], *offsets]).astype(np.int64),
        np.concatenate([part.coordinates for part in parts]),
        np.concatenate([part.values for part in parts]),
    )
    return SparseBlock(*rows, position[np.concatenate(index)], parts[0].vocabulary)
