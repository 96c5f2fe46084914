"""The interface of every search space, whatever its architectures are."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any, Generic, TypeVar

import numpy as np
import numpy.typing as npt

from otnas import identities
from otnas.identities import DIGEST_SIZE, Digests, Keys

A = TypeVar("A")


class SearchSpace(ABC, Generic[A]):
    """A search space of architectures of type `A`: cells, or a user's parameters.

    A space is immutable, and all randomness comes from the generator passed in. Two architectures
    are the same to a space if they have the same `hash`. A search also needs them to be hashable by
    Python, as tuples and frozen dataclasses are, and equal if nothing distinguishes them.

    Attributes
    ----------
    name : str
        Shown in messages and results.
    """

    name: str

    @abstractmethod
    def random(self, rng: np.random.Generator) -> A:
        """Draw a valid architecture."""

    @abstractmethod
    def mutate(self, architecture: A, rng: np.random.Generator, /) -> A:
        """Draw a valid architecture near `architecture`.

        Raises
        ------
        TypeError, ValueError
            If it is not valid in this space.
        """

    @abstractmethod
    def neighbours(self, architecture: A, /) -> list[A]:
        """Return all valid architectures one step away, with different hashes, without itself.

        Raises
        ------
        TypeError, ValueError
            If it is not valid in this space.
        """

    @abstractmethod
    def is_valid(self, architecture: A, /) -> bool:
        """Whether the architecture belongs to this space."""

    @abstractmethod
    def format(self, architecture: A, /) -> str:
        """Write the architecture as text, from which `parse` makes an equal one."""

    @abstractmethod
    def parse(self, text: str) -> A:
        """Read what `format` writes.

        Raises
        ------
        ValueError
            If the text has another form or contains names that the space does not have.
        """

    @abstractmethod
    def enumerate(self) -> Enumerated[A]:
        """Return all architectures of the space in a fixed order.

        Raises
        ------
        ValueError
            If the space is too large.
        """

    @abstractmethod
    def digests(self, architectures: Iterable[A], /) -> Digests:
        """Return the hashes of many architectures as bytes, shape (n, 16); see `hash`."""

    def hash(self, architecture: A, /) -> str:
        """Return 32 hexadecimal digits, equal for what is one architecture to this space."""
        return self.digests([architecture]).tobytes().hex()

    def places(self, architectures: Iterable[A], /) -> dict[str, npt.NDArray[np.float64]]:
        """Describe n architectures place by place, for `otnas_fast.Embedding`.

        Returns
        -------
        dict of str to ndarray, shape (n, d_p)
            A block for every place at which something is chosen. The L1 distance of two rows, at
            most 1, is the distance of the two choices (`otnas.spaces.places`). Empty for spaces
            whose architectures are not a fixed number of choices.
        """
        return {}

    def unique(
        self, architectures: Iterable[A], /
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Group architectures that are the same to this space.

        Returns
        -------
        first : ndarray of int64, shape (g,)
            Position of the first member of every group, ascending.
        labels : ndarray of int64, shape (n,)
            Group of every architecture: number ``first[labels[i]]`` has the hash of number ``i``.
        """
        return identities.groups(self.digests(architectures))


class Enumerated(Sequence[A]):
    """Architectures of a space that can be looked up by their hashes.

    Attributes
    ----------
    cells : sequence of n architectures
    digests : ndarray of uint8, shape (n, 16)
        Hash of each architecture.

    Examples
    --------
    >>> from otnas import spaces
    >>> everything = spaces.get("nasbench201").enumerate()
    >>> len(everything), everything.digests.shape
    (15625, (15625, 16))
    """

    def __init__(self, cells: Sequence[A], digests: Digests) -> None:
        if digests.shape != (len(cells), DIGEST_SIZE):
            raise ValueError(
                f"digests: expected shape {(len(cells), DIGEST_SIZE)}, got {digests.shape}"
            )
        self.cells, self.digests = cells, digests

    @cached_property
    def hashes(self) -> npt.NDArray[np.str_]:
        """Hashes as 32 hexadecimal digits, shape (n,)."""
        text = np.frombuffer(self.digests.tobytes().hex().encode(), dtype="S32")
        return text.astype(np.str_)

    @cached_property
    def _sorted(self) -> tuple[Keys, npt.NDArray[np.int64]]:
        """Return the different keys in order, and the first position of each."""
        keys = identities.from_digests(self.digests)
        first = identities.firsts(keys)
        return keys[first], first

    def find(self, digests: Digests) -> npt.NDArray[np.int64]:
        """Return the positions of architectures, by hash.

        Parameters
        ----------
        digests : ndarray of uint8, shape (m, 16)
            As `SearchSpace.digests` returns.

        Returns
        -------
        ndarray of int64, shape (m,)
            Position of the first architecture with each hash, -1 where there is none. The cost is
            O(m log n).
        """
        keys, first = self._sorted
        at = identities.find(keys, identities.from_digests(digests))
        at[at >= 0] = first[at[at >= 0]]
        return at

    def index_of(self, hash: str) -> int:  # noqa: A002  (the name the interface gives it)
        """Return the position of the first architecture with this hash.

        Raises
        ------
        KeyError
            If there is none.
        """
        try:
            digest = np.frombuffer(bytes.fromhex(hash), dtype=np.uint8)
        except ValueError:
            digest = np.empty(0, dtype=np.uint8)
        if len(digest) != DIGEST_SIZE:
            raise KeyError(f"hash: expected 32 hexadecimal digits, got {hash!r}")
        found = int(self.find(digest[None, :])[0])
        if found < 0:
            raise KeyError(f"hash: expected that of some architecture, got {hash!r}")
        return found

    def __len__(self) -> int:
        return len(self.cells)

    def __getitem__(self, index: Any) -> Any:
        return self.cells[index]
