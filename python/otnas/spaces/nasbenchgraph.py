"""NAS-Bench-Graph: 26,206 graph neural networks of four operations each (Qin et al. 2022)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property

import numpy as np
import numpy.typing as npt

from otnas.identities import Digests
from otnas.spaces import nasbenchgraph_ways as ways
from otnas.spaces.base import SpaceCells
from otnas.spaces.categorical import CategoricalSpace
from otnas.spaces.nasbenchgraph_ways import LINKS, OPERATIONS, SIZES, TAXONOMY
from otnas_fast import Architecture, Cell, CellArray, as_cells

PROTEINS_OPERATIONS = ("gcn", "sage", "arma", "fc", "skip")
"""The operations that were trained on the data set `proteins`."""

DATASETS = (
    "cora", "citeseer", "pubmed", "cs", "physics", "photo", "computers", "arxiv", "proteins"
)  # fmt: skip
"""The data sets on which the networks were trained."""


class NASBenchGraph(CategoricalSpace):
    """The networks of NAS-Bench-Graph; the cell is an input, four operations and an output.

    A place is the input of the second, third and fourth operation, or one of the four operations,
    in the numbering of the benchmark. All ways to write a network are read; `cell_of`, `parse`,
    `random`, `mutate` and `neighbours` return it as the benchmark writes it, and `hash` is the same
    for all ways. Four skip connections are not a network of the benchmark: for these, alone among
    the combinations of choices, `cell_of` returns a cell that is not valid.

    Parameters
    ----------
    operations : sequence of str, optional
        A part of `OPERATIONS`, in that order, with at least one besides ``skip``; by default all.
        `PROTEINS_OPERATIONS` gives the 2,021 networks of that data set.
    name : str, default "nasbenchgraph"

    Raises
    ------
    ValueError
        If the operations are not as described.

    Notes
    -----
    `format` writes links, then operations: ``0012;gcn,gat,sage,skip``.

    Examples
    --------
    >>> space = NASBenchGraph()
    >>> len(space.enumerate())
    26206
    >>> space.format(space.parse("0103;sage,gcn,gat,fc"))
    '0012;gat,sage,fc,gcn'
    >>> space.format(space.parse("0123;gat,skip,gcn,gin"))
    '0123;skip,gat,gcn,gin'
    """

    def __init__(
        self, operations: Sequence[str] = OPERATIONS, *, name: str = "nasbenchgraph"
    ) -> None:
        chosen = tuple(op for op in OPERATIONS if op in operations)
        if tuple(operations) != chosen or set(chosen) <= {"skip"}:
            raise ValueError(
                f"operations: expected some of {', '.join(OPERATIONS)} in this order, not skip "
                f"alone, got {tuple(operations)}"
            )
        self.name = name
        self.taxonomy = TAXONOMY
        self.choices = (
            *(tuple(map(str, range(size))) for size in SIZES[:3]),
            *(chosen,) * 4,
        )
        self._allowed = np.array([OPERATIONS.index(op) for op in chosen])
        written = ways.all_ways()
        used = np.isin(ways.digits_of(written.first)[:, 3:], self._allowed).all(axis=1)
        self._networks = np.flatnonzero(used)
        self._enumerated = SpaceCells(
            written.cells[self._networks], written.digests[self._networks]
        )

    def random(self, rng: np.random.Generator) -> Cell:
        """Draw one of the networks uniformly."""
        return self._enumerated[int(rng.integers(len(self._enumerated)))]

    def mutate(self, cell: Cell, rng: np.random.Generator) -> Cell:
        """Change the choice at one place, drawn uniformly, to another one, also drawn uniformly.

        This is repeated until the result is another network of the benchmark.
        """
        network = self._network_of(cell)
        written = ways.all_ways()
        digits = ways.digits_of(written.first[network])
        free = [place for place, allowed in enumerate(self.choices) if len(allowed) > 1]
        while True:
            changed = digits.copy()
            place = free[int(rng.integers(len(free)))]
            allowed = self._digits_at(place)
            others = allowed[allowed != digits[place]]
            changed[place] = others[int(rng.integers(len(others)))]
            mutant = int(written.network[changed @ ways.PLACES])
            if mutant not in (network, ways.NO_NETWORK):
                return written.cells[mutant]

    def neighbours(self, cell: Cell) -> list[Cell]:
        """Return all networks that can be written so as to differ from `cell` at one place.

        Every way to write the network is considered, so that the relation is symmetric.
        """
        network = self._network_of(cell)
        written = ways.all_ways()
        digits = ways.digits_of(written.ways(network))
        found = []
        for place in range(len(SIZES)):
            values = self._digits_at(place)
            changed = np.repeat(digits[:, None, :], len(values), axis=1)
            changed[:, :, place] = values
            found.append(written.network[(changed @ ways.PLACES).reshape(-1)])
        others = np.setdiff1d(np.concatenate(found), [network, ways.NO_NETWORK])
        return list(written.cells[others])

    def is_valid(self, cell: Cell) -> bool:
        """Whether the cell is a network of the benchmark, however it is written."""
        if not isinstance(cell, Cell) or cell.taxonomy != self.taxonomy:
            return False
        try:
            self._network_of(cell)
        except ValueError:
            return False
        return True

    def format(self, cell: Cell) -> str:
        """Write ``links;op,op,op,op``, as the cell has them."""
        self._require_valid(cell)
        return ways.text(int(ways.ways_of(as_cells([cell]))[0]))

    def parse(self, text: str) -> Cell:
        """Read ``links;op,op,op,op``, with one of the nine links or a renumbering of one."""
        if not isinstance(text, str):
            raise TypeError(f"text: expected a string, got {type(text).__name__}")
        links, separator, operations = text.partition(";")
        if not separator or not links.isascii() or len(links) != 4 or links[0] != "0":
            raise ValueError(f"text: expected the form '0012;gcn,gat,sage,skip', got {text!r}")
        try:
            cell = self.cell_of([*links[1:], *(op.strip() for op in operations.split(","))])
        except ValueError as error:
            raise ValueError(f"text {text!r}: {error}") from None
        if not self.is_valid(cell):
            raise ValueError(f"text: expected a network, got {text!r}, which only skips")
        return cell

    def values_of(self, cell: Cell) -> tuple[str, ...]:
        """Return inputs of operations 2 to 4 and the four operations in the benchmark's form."""
        digits = ways.digits_of(ways.all_ways().first[self._network_of(cell)]).tolist()
        return (*map(str, digits[:3]), *(OPERATIONS[digit] for digit in digits[3:]))

    def cell_of(self, values: Sequence[str]) -> Cell:
        """Return the network with these inputs and operations, as the benchmark writes it."""
        self._require_values(values)
        digits = np.array([*map(int, values[:3]), *map(OPERATIONS.index, values[3:])])
        written = ways.all_ways()
        number = int(digits @ ways.PLACES)
        network = int(written.network[number])
        return ways.packed(np.array([number]))[0] if network < 0 else written.cells[network]

    def digits(self, cells: CellArray | Iterable[Architecture]) -> npt.NDArray[np.int64]:
        """Return positions in `choices` of the values of `values_of`, shape (n, 7)."""
        networks = self._networks_of(as_cells(cells, self.taxonomy, name="cells"))
        digits = ways.digits_of(ways.all_ways().first[networks])
        digits[:, 3:] = np.searchsorted(self._allowed, digits[:, 3:])
        return digits

    def enumerate(self) -> SpaceCells:
        """Return all networks in the order of the benchmark's keys: by links, then operations."""
        return self._enumerated

    @cached_property
    def numbers(self) -> npt.NDArray[np.int64]:
        """The benchmark's numbers of all networks, ascending as in `enumerate`, shape (n,).

        The decimal digits are the position in `LINKS`, then those of the operations in
        `OPERATIONS`.
        """
        digits = ways.digits_of(ways.all_ways().first[self._networks])
        decimal = np.array((100, 10, 1))
        link = np.searchsorted(np.array(LINKS)[:, 1:] @ decimal, digits[:, :3] @ decimal)
        return np.asarray(10_000 * link + digits[:, 3:] @ np.array((1000, 100, 10, 1)))

    def _digits_at(self, place: int) -> npt.NDArray[np.int64]:
        return np.arange(SIZES[place]) if place < 3 else self._allowed

    def _network_of(self, cell: Cell) -> int:
        self._require_cell(cell)
        try:
            return int(self._networks_of(as_cells([cell]))[0])
        except ValueError:
            raise ValueError(
                f"cell: expected a valid cell of space {self.name}, got {cell!r}"
            ) from None

    def _networks_of(self, cells: CellArray) -> npt.NDArray[np.int64]:
        """Return the number of each network among all of the benchmark's, shape (n,)."""
        found: npt.NDArray[np.int64] = ways.all_ways().network[ways.ways_of(cells)]
        if not np.isin(found, self._networks).all():
            bad = cells[int(np.flatnonzero(~np.isin(found, self._networks))[0])]
            raise ValueError(f"cells: expected valid cells of space {self.name}, got {bad!r}")
        return found

    def _digests(self, cells: CellArray) -> Digests:
        written = ways.all_ways()
        return written.digests[written.network[ways.ways_of(cells)]]
