"""Macro spaces: a sequence of blocks, one chosen at each position."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from functools import cached_property
from itertools import product
from math import prod

import numpy as np
import numpy.typing as npt

from otnas import checks
from otnas.identities import Digests, text_digests
from otnas.spaces.base import SpaceCells
from otnas.spaces.categorical import CategoricalSpace
from otnas.spaces.text import check_names
from otnas_fast import Architecture, Cell, CellArray, Taxonomy, as_cells
from otnas_fast.taxonomy import INPUT_CODE, MAX_VERTICES, OUTPUT_CODE

MAX_ENUMERATED_CELLS = 1_000_000


class SequenceSpace(CategoricalSpace):
    """Sequences of p blocks; the cell is the chain input -> block -> ... -> block -> output.

    Parameters
    ----------
    taxonomy : Taxonomy
        The blocks, with similar ones in families.
    positions : int
        p, 1 to 30.
    choices : sequence of sequences of str, length p, optional
        Blocks allowed at each position; by default all blocks. To allow an empty position, add a
        block that stands for it, in a family of its own.
    name : str, optional
        Shown in messages; by default the taxonomy's.

    Raises
    ------
    TypeError, ValueError
        If a number is out of range, a block is unknown or repeated, or a name contains ``,`` or
        ``;``.

    Notes
    -----
    `format` gives the blocks in order, separated by commas.

    Examples
    --------
    >>> from otnas_fast import Taxonomy
    >>> blocks = Taxonomy({"mb": ["mb3", "mb6"], "identity": ["id"]})
    >>> space = SequenceSpace(blocks, positions=8)
    >>> len(space.enumerate())
    6561
    """

    def __init__(
        self,
        taxonomy: Taxonomy,
        positions: int,
        *,
        choices: Sequence[Sequence[str]] | None = None,
        name: str | None = None,
    ) -> None:
        if not isinstance(taxonomy, Taxonomy):
            raise TypeError(f"taxonomy: expected a Taxonomy, got {type(taxonomy).__name__}")
        check_names(taxonomy)
        positions = checks.integer("positions", positions, 1, MAX_VERTICES - 2)
        self.taxonomy = taxonomy
        self.name = taxonomy.name if name is None else name
        self.positions = positions
        if choices is None:
            choices = [taxonomy.operations] * self.positions
        if not isinstance(choices, Collection):
            raise TypeError(f"choices: expected one entry a position, got {choices!r}")
        if len(choices) != self.positions:
            raise ValueError(f"choices: expected one entry a position, got {len(choices)} entries")
        self.choices = tuple(
            _blocks(blocks, f"choices[{i}]", taxonomy) for i, blocks in enumerate(choices)
        )

    @property
    def size(self) -> int:
        """Number of sequences."""
        return prod(len(blocks) for blocks in self.choices)

    def random(self, rng: np.random.Generator) -> Cell:
        """Draw a block at every position uniformly from those allowed."""
        return self._make([blocks[int(rng.integers(len(blocks)))] for blocks in self.choices])

    def mutate(self, cell: Cell, rng: np.random.Generator) -> Cell:
        """Change the block at one position, drawn uniformly, to another one, also drawn uniformly.

        Positions with a single allowed block are left alone; if all are, the cell is returned.
        """
        self._require_valid(cell)
        blocks = list(cell.ops[1:-1])
        free = [i for i, allowed in enumerate(self.choices) if len(allowed) > 1]
        if not free:
            return cell
        position = free[int(rng.integers(len(free)))]
        others = [block for block in self.choices[position] if block != blocks[position]]
        blocks[position] = others[int(rng.integers(len(others)))]
        return self._make(blocks)

    def neighbours(self, cell: Cell) -> list[Cell]:
        """Return all sequences that differ from `cell` at one position."""
        self._require_valid(cell)
        blocks = list(cell.ops[1:-1])
        return [
            self._make([*blocks[:position], block, *blocks[position + 1 :]])
            for position, allowed in enumerate(self.choices)
            for block in allowed
            if block != blocks[position]
        ]

    def is_valid(self, cell: Cell) -> bool:
        """Whether the cell is a chain of p blocks, each allowed at its position."""
        if not isinstance(cell, Cell) or cell.taxonomy != self.taxonomy:
            return False
        if len(cell) != self.positions + 2 or not (cell.matrix == self._matrix).all():
            return False
        return all(op in allowed for op, allowed in zip(cell.ops[1:-1], self.choices, strict=True))

    def format(self, cell: Cell) -> str:
        """Write the blocks in order, separated by commas."""
        self._require_valid(cell)
        return ",".join(cell.ops[1:-1])

    def parse(self, text: str) -> Cell:
        """Read blocks separated by commas."""
        if not isinstance(text, str):
            raise TypeError(f"text: expected a string, got {type(text).__name__}")
        blocks = [block.strip() for block in text.split(",")]
        if len(blocks) != self.positions:
            raise ValueError(f"text: expected {self.positions} blocks, got {len(blocks)}: {text!r}")
        for i, (block, allowed) in enumerate(zip(blocks, self.choices, strict=True)):
            if block not in allowed:
                raise ValueError(
                    f"text: expected one of {', '.join(allowed)} at position {i}, got {block!r}"
                )
        return self._make(blocks)

    def values_of(self, cell: Cell) -> tuple[str, ...]:
        """Return the p blocks in order."""
        self._require_valid(cell)
        return tuple(cell.ops[1:-1])

    def cell_of(self, values: Sequence[str]) -> Cell:
        """Return the chain of p blocks."""
        self._require_values(values)
        return self._make(values)

    def digits(self, cells: CellArray | Iterable[Architecture]) -> npt.NDArray[np.int64]:
        """Return positions in `choices` of the p blocks, shape (n, p)."""
        packed = as_cells(cells, self.taxonomy, name="cells")
        form = np.append(2 << np.arange(self.positions + 1), 0)
        sizes = np.diff(packed.offsets)
        if (
            not (sizes == len(form)).all()
            or (packed.successors.reshape(-1, len(form)) != form).any()
        ):
            raise ValueError(f"cells: expected chains of {self.positions} blocks, got others")
        codes = packed.codes.reshape(-1, len(form))[:, 1:-1]
        digits = np.empty(codes.shape, dtype=np.int64)
        for place, allowed in enumerate(self.choices):
            digit_of_code = np.full(256, -1)
            digit_of_code[[self.taxonomy.codes[block] for block in allowed]] = range(len(allowed))
            digits[:, place] = digit_of_code[codes[:, place]]
        if (digits < 0).any():
            raise ValueError(f"cells: expected blocks that {self.name} allows there, got others")
        return digits

    def enumerate(self) -> SpaceCells:
        """Return all sequences in lexicographic order of `choices` (the last position fastest).

        Raises
        ------
        ValueError
            If there are more than a million.
        """
        return self._enumerated

    @cached_property
    def _enumerated(self) -> SpaceCells:
        if self.size > MAX_ENUMERATED_CELLS:
            raise ValueError(
                f"space {self.name} is too large to enumerate: it has {self.size} cells, the limit "
                f"is {MAX_ENUMERATED_CELLS}"
            )
        code_of = self.taxonomy.codes
        allowed = [[code_of[block] for block in blocks] for blocks in self.choices]
        cells = self._pack(np.array(list(product(*allowed)), dtype=np.uint8))
        return SpaceCells(cells, self._digests(cells))

    @cached_property
    def _matrix(self) -> npt.NDArray[np.uint8]:
        return np.eye(self.positions + 2, k=1, dtype=np.uint8)

    def _make(self, blocks: Sequence[str]) -> Cell:
        codes = [self.taxonomy.codes[block] for block in blocks]
        return self._pack(np.array([codes], dtype=np.uint8))[0]

    def _pack(self, codes: npt.NDArray[np.uint8]) -> CellArray:
        """Return the chains of blocks (n, p)."""
        vertices = self.positions + 2
        all_codes = np.empty((len(codes), vertices), dtype=np.uint8)
        all_codes[:, 0], all_codes[:, 1:-1], all_codes[:, -1] = INPUT_CODE, codes, OUTPUT_CODE
        successors = np.append(2 << np.arange(vertices - 1), 0).astype(np.uint32)
        offsets = vertices * np.arange(len(codes) + 1, dtype=np.int64)
        return CellArray(
            offsets, np.tile(successors, len(codes)), all_codes.reshape(-1), self.taxonomy
        )

    def _digests(self, cells: CellArray) -> Digests:
        # A chain is its own canonical form.
        return text_digests(",".join(cell.ops[1:-1]) for cell in cells)


def _blocks(blocks: Sequence[str], argument: str, taxonomy: Taxonomy) -> tuple[str, ...]:
    if isinstance(blocks, str) or not blocks:
        raise TypeError(f"{argument}: expected a non-empty sequence of blocks, got {blocks!r}")
    unknown = [block for block in blocks if block not in taxonomy.operations]
    if unknown or len(set(blocks)) < len(blocks):
        raise ValueError(
            f"{argument}: expected distinct operations of {taxonomy!r}, got {tuple(blocks)}"
        )
    return tuple(blocks)
