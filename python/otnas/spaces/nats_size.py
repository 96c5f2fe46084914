"""NATS-Bench, size search space: 32,768 networks, five widths each (Dong et al. 2021)."""

from __future__ import annotations

from collections.abc import Iterable

from otnas.arrays import FloatArray
from otnas.spaces import places
from otnas.spaces.sequence import SequenceSpace
from otnas_fast import Architecture, Cell, CellArray, Taxonomy

WIDTHS = tuple(str(width) for width in range(8, 72, 8))
"""Numbers of channels that a layer can have, in order."""

LAYERS = 5

TAXONOMY = Taxonomy({width: (width,) for width in WIDTHS}, max_layers=LAYERS + 2, name="nats_size")


class NATSSize(SequenceSpace):
    """The networks of NATS-Bench's size search space; the cell is a chain of five widths.

    `enumerate` lists them in the order of the benchmark's numbers. A mutation changes one width to
    any other, as in the evolution published with the benchmark; a neighbour differs in one width.

    Notes
    -----
    `format` gives the benchmark's text, ``64:64:64:64:64``. The taxonomy of the cells does not know
    that widths are ordered; `places` does.

    Examples
    --------
    >>> space = NATSSize()
    >>> space.format(space.enumerate()[1])
    '8:8:8:8:16'
    """

    def __init__(self) -> None:
        super().__init__(TAXONOMY, LAYERS)

    def format(self, cell: Cell) -> str:
        """Write the widths in order, separated by colons."""
        return super().format(cell).replace(",", ":")

    def parse(self, text: str) -> Cell:
        """Read widths separated by colons."""
        if isinstance(text, str) and "," in text:
            raise ValueError(f"text: expected the form '64:64:64:64:64', got {text!r}")
        return super().parse(text.replace(":", ",") if isinstance(text, str) else text)

    def places(self, cells: CellArray | Iterable[Architecture]) -> dict[str, FloatArray]:
        """Describe n networks layer by layer: blocks ``place1`` to ``place5`` of shape (n, 1).

        Widths lie on a chain: distances are proportional to differences, and 8 and 64 are 1 apart.
        """
        position = self.digits(cells) / (len(WIDTHS) - 1)
        return {f"place{i + 1}": places.chain(position[:, i]) for i in range(LAYERS)}
