"""How networks of NAS-Bench-Graph are written, and which ways describe the same one.

Notation
--------
links : where the four operations of a network take their input from, in order: 0 the network's
    input, i the i-th operation. ``0012``: the first two read the input, the third reads the first,
    the fourth reads the second. Operations that no other reads feed the output.
way : a number whose digits to the bases `SIZES` are the links of operations 2 to 4 and the
    operations 1 to 4

Of the 24 x 9^4 ways, many describe one network, for two reasons. Operations can be numbered in
several ways, which leaves nine links. Moreover, a skip connection passes on what it reads, so the
benchmark moves it next to the input wherever that changes nothing: where others read it, where it
alone reads its source, and where only skip connections come before it (the raw input has other
dimensions than the outputs of operations, so it does not reach the output).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import permutations, product
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from otnas.identities import text_digests
from otnas_fast import CellArray, Taxonomy
from otnas_fast.taxonomy import INPUT_CODE, OUTPUT_CODE

Links: TypeAlias = tuple[int, ...]

OPERATIONS = ("gat", "gcn", "gin", "cheb", "sage", "arma", "graph", "fc", "skip")
"""In the order in which the benchmark lists them."""

LINKS: tuple[Links, ...] = (
    (0, 0, 0, 0), (0, 0, 0, 1), (0, 0, 1, 1),
    (0, 0, 1, 2), (0, 0, 1, 3), (0, 1, 1, 1),
    (0, 1, 1, 2), (0, 1, 2, 2), (0, 1, 2, 3),
)  # fmt: skip
"""Links up to renumbering, in the order in which the benchmark lists them."""

TAXONOMY = Taxonomy(
    {
        "attention": ("gat",),
        "spectral": ("gcn", "cheb", "arma"),
        "spatial": ("gin", "sage", "graph"),
        "fully connected": ("fc",),
        "skip": ("skip",),
    },
    alpha=0.3,
    max_layers=6,
    name="nasbenchgraph",
)

SIZES = (2, 3, 4, 9, 9, 9, 9)
"""Choices for the inputs of operations 2 to 4, and for operations 1 to 4."""

PLACES = np.append(np.cumprod(SIZES[:0:-1])[::-1], 1)
"""What a digit of a way counts."""

NO_NETWORK = -1
"""The number that stands for four skip connections, which are not a network."""

_CODES = np.array([TAXONOMY.codes[op] for op in OPERATIONS], dtype=np.uint8)
_ALL_LINKS = tuple(product(range(1), range(2), range(3), range(4)))
_SKIP = OPERATIONS.index("skip")


class Ways:
    """Which network each of the 24 x 9^4 ways to write one describes.

    A way is the number whose digits to the bases `SIZES` are the choices.

    Attributes
    ----------
    network : ndarray of int64, shape (157464,)
        Number of the network, `NO_NETWORK` for four skip connections.
    first : ndarray of int64, shape (26206,)
        The way in which the benchmark writes each network.
    cells : CellArray
        The networks as the benchmark writes them.
    digests : ndarray of uint8, shape (26207, 16)
        Digest of the text of each network, and one for `NO_NETWORK`.
    """

    def __init__(self) -> None:
        operations = np.array(list(product(range(len(OPERATIONS)), repeat=4)))
        skips = operations == _SKIP
        of_links = []
        for links in _ALL_LINKS:
            number = np.empty(len(operations), dtype=np.int64)
            for pattern in product((False, True), repeat=4):
                rows = np.flatnonzero((skips == pattern).all(axis=1))
                lifted, order = _with_skips_first(links, pattern)
                number[rows] = _smallest(lifted, operations[rows][:, order])
            of_links.append(number)
        numbers = np.concatenate(of_links)
        no_network = np.tile(skips.all(axis=1), len(_ALL_LINKS))
        self.first, index = np.unique(numbers[~no_network], return_inverse=True)
        self.network = np.full(len(numbers), NO_NETWORK, dtype=np.int64)
        self.network[~no_network] = index.reshape(-1)
        self.cells = packed(self.first)
        # The last, for "no network", is no other's.
        self.digests = text_digests([*map(text, self.first), "no network"])
        self._by_network = np.argsort(self.network, kind="stable")
        self._ends = np.searchsorted(self.network[self._by_network], np.arange(len(self.first) + 1))

    def ways(self, network: int) -> npt.NDArray[np.int64]:
        """Return all ways to write one network."""
        return self._by_network[self._ends[network] : self._ends[network + 1]]


@lru_cache(maxsize=1)
def all_ways() -> Ways:
    """Return the shared `Ways`, made on first use (0.4 s)."""
    return Ways()


def _with_skips_first(links: Links, skips: Sequence[bool]) -> tuple[Links, list[int]]:
    """Move skip connections next to the input where that changes nothing.

    Parameters
    ----------
    links : tuple of 4 int
    skips : sequence of 4 bool
        Which operations are skip connections.

    Returns
    -------
    links : tuple of 4 int
        The new ones.
    order : list of 4 int
        Where each operation was before.
    """
    order, at = [0, 1, 2, 3], 0
    while at < 4:
        pattern = [skips[i] for i in order]
        if pattern[at] and _movable(links, at, pattern):
            moved, new_order = _moved(links, at), [order[at], *order[:at], *order[at + 1 :]]
            if moved != links or [skips[i] for i in new_order] != pattern:
                links, order, at = moved, new_order, 0
                continue
        at += 1
    return links, order


def _movable(links: Links, at: int, skips: Sequence[bool]) -> bool:
    """Whether skip connection number `at`, from 0, can stand next to the input instead."""
    is_read = at + 1 in links
    reads_alone = links.count(links[at]) == 1
    source = links[at]
    while source and skips[source - 1]:
        source = links[source - 1]
    return is_read or reads_alone or source == 0


def _moved(links: Links, at: int) -> Links:
    """Return the links with operation number `at` next to the input, before all others."""
    others = [
        links[at] if source == at + 1 else source for i, source in enumerate(links) if i != at
    ]
    return (0, *(source + 1 if source <= at else source for source in others))


def _smallest(links: Links, operations: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return the way in which the benchmark numbers operations (m, 4) of the same links."""
    ways = []
    for order in permutations(range(4)):
        new = {0: 0, **{old + 1: i + 1 for i, old in enumerate(order)}}
        renumbered = tuple(new[links[old]] for old in order)
        if renumbered in LINKS:
            digits = np.empty((len(operations), 7), dtype=np.int64)
            digits[:, :3], digits[:, 3:] = renumbered[1:], operations[:, order]
            ways.append(digits @ PLACES)
    return np.asarray(np.min(ways, axis=0))


def digits_of(numbers: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return the digits of ways to write a network, shape (..., 7)."""
    digits: npt.NDArray[np.int64] = np.asarray(numbers)[..., None] // PLACES % SIZES
    return digits


def text(number: int) -> str:
    """Write a way as ``links;op,op,op,op``."""
    digits = digits_of(np.array(number)).tolist()
    links = "".join(map(str, (0, *digits[:3])))
    return f"{links};{','.join(OPERATIONS[digit] for digit in digits[3:])}"


def packed(numbers: npt.NDArray[np.int64]) -> CellArray:
    """Return cells with the choices of ways to write them."""
    digits = digits_of(numbers)
    n = len(digits)
    sources = np.concatenate([np.zeros((n, 1), dtype=np.int64), digits[:, :3]], axis=1)
    successors = np.zeros((n, 6), dtype=np.uint32)
    for vertex in range(1, 5):
        successors[np.arange(n), sources[:, vertex - 1]] |= np.uint32(1 << vertex)
    successors[:, :5][successors[:, :5] == 0] = 1 << 5
    codes = np.empty((n, 6), dtype=np.uint8)
    codes[:, 0], codes[:, 1:5], codes[:, 5] = INPUT_CODE, _CODES[digits[:, 3:]], OUTPUT_CODE
    offsets = 6 * np.arange(n + 1, dtype=np.int64)
    return CellArray(offsets, successors.reshape(-1), codes.reshape(-1), TAXONOMY)


def ways_of(cells: CellArray) -> npt.NDArray[np.int64]:
    """Return the ways in which cells are written, shape (n,); the inverse of `packed`.

    Raises
    ------
    ValueError
        If a cell is not four operations with one input each, of which those that no other reads
        feed the output.
    """
    sizes = np.diff(cells.offsets)
    if not (sizes == 6).all():
        raise ValueError(f"cells: expected six vertices, got {sizes[sizes != 6][0]}")
    successors = cells.successors.reshape(-1, 6)
    reads = successors[:, :, None] >> np.arange(6, dtype=np.uint32) & 1  # (n, from, to)
    leaf = reads[:, 1:5, 1:5].sum(axis=2) == 0
    if (
        (reads[:, :, 1:5].sum(axis=1) != 1).any()
        or (reads[:, 1:5, 5] != leaf).any()
        or reads[:, 0, 5].any()
    ):
        raise ValueError("cells: expected operations of one input, all read or results, got others")
    sources = reads[:, :5, 1:5].argmax(axis=1)
    operation_of = np.zeros(256, dtype=np.int64)
    operation_of[_CODES] = np.arange(len(OPERATIONS))
    digits = [sources[:, 1:], operation_of[cells.codes.reshape(-1, 6)[:, 1:5]]]
    numbers: npt.NDArray[np.int64] = np.concatenate(digits, axis=1) @ PLACES
    return numbers
