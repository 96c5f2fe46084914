"""Embeddings: each cell as three vectors whose L1 distances are tree-Wasserstein distances.

Notation
--------
n : cells; u <= n : distinct vectors among them; d : coordinates
blocks : operations (mass of every subtree of the n-gram tree times its edge), in-degree and
    out-degree (cumulative distribution over layers, on the grid of all fractions i / layers)
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from otnas_fast import _core
from otnas_fast import _validate as check
from otnas_fast._validate import FloatArray
from otnas_fast.cells import Architecture, CellArray, as_cells
from otnas_fast.taxonomy import Taxonomy

CELL_BLOCKS = ("operations", "indegree", "outdegree")


class Embedding:
    """Vectors of n items in named blocks; equal vectors are stored once.

    `embed` makes one from architectures. Make your own from any arrays whose L1 distances mean
    something: ``gram`` and ``distances`` take it all the same.

    Parameters
    ----------
    blocks : mapping of str to array_like, each of shape (n, d_b)
        Finite numbers.

    Attributes
    ----------
    vectors : ndarray, shape (u, d)
        The distinct vectors, blocks side by side.
    index : ndarray of int64, shape (n,)
        Which of them each item has.
    block_names, block_sizes : tuple
        Name and number of coordinates of each block.

    Notes
    -----
    ``len(e)``, ``e[i]`` (an Embedding of one item), ``e[2:5]``, ``e[mask]``, ``e[[3, 1]]``,
    `Embedding.concatenate` and pickling work as one would expect.
    """

    def __init__(self, blocks: dict[str, npt.ArrayLike]) -> None:
        if not isinstance(blocks, dict) or not blocks:
            raise TypeError("blocks must be a non-empty dict of block name to (n, d) array")
        arrays = {name: check.finite_matrix(a, f"blocks[{name!r}]") for name, a in blocks.items()}
        lengths = {name: len(a) for name, a in arrays.items()}
        if len(set(lengths.values())) > 1:
            raise ValueError(f"blocks must have equally many rows, got {lengths}")
        vectors, index = _core.distinct_rows(np.concatenate(list(arrays.values()), axis=1))
        sizes = tuple(a.shape[1] for a in arrays.values())
        self._set(vectors, index, tuple(arrays), sizes, None)

    def _set(
        self,
        vectors: FloatArray,
        index: npt.NDArray[np.int64],
        block_names: tuple[str, ...],
        block_sizes: tuple[int, ...],
        kind: _CellKind | None,
    ) -> Embedding:
        self.vectors, self.index = vectors, index
        self.block_names, self.block_sizes = block_names, block_sizes
        self._kind = kind
        return self

    @classmethod
    def _of_cells(cls, cells: CellArray, kind: _CellKind, threads: int) -> Embedding:
        compiled = kind.taxonomy._compiled
        vectors, index = _core.embed(cells._packed, compiled, kind.ngram, kind.max_layers, threads)
        sizes = tuple(_core.block_sizes(compiled, kind.ngram, kind.max_layers))
        return cls.__new__(cls)._set(vectors, index, CELL_BLOCKS, sizes, kind)

    @property
    def taxonomy(self) -> Taxonomy | None:
        """The search space, or None for an embedding of the user's own."""
        return self._kind.taxonomy if self._kind else None

    @property
    def ngram(self) -> int | None:
        """1 or 2, or None for an embedding of the user's own."""
        return self._kind.ngram if self._kind else None

    def block(self, name: str) -> FloatArray:
        """Vectors of one block, shape (n, d_b)."""
        if name not in self.block_names:
            raise ValueError(f"name must be one of {self.block_names}, got {name!r}")
        begin = sum(self.block_sizes[: self.block_names.index(name)])
        size = self.block_sizes[self.block_names.index(name)]
        return self.vectors[self.index, begin : begin + size]

    def to_array(self) -> FloatArray:
        """All vectors, shape (n, d), blocks side by side."""
        return self.vectors[self.index]

    @staticmethod
    def concatenate(embeddings: Iterable[Embedding]) -> Embedding:
        """Join embeddings of one space and one kind, items in the order given."""
        parts = list(embeddings)
        if not parts:
            raise ValueError("embeddings is empty: at least one is needed")
        parts = _aligned(parts, "embeddings")
        first = parts[0]
        offsets = np.cumsum([0, *(len(part.vectors) for part in parts[:-1])])
        stacked = np.concatenate([part.vectors for part in parts])
        distinct, position = _core.distinct_rows(stacked)
        index = np.concatenate(
            [part.index + offset for part, offset in zip(parts, offsets, strict=True)]
        )
        return first._with(distinct, position[index])

    def _with(self, vectors: FloatArray, index: npt.NDArray[np.int64]) -> Embedding:
        return Embedding.__new__(Embedding)._set(
            vectors, index, self.block_names, self.block_sizes, self._kind
        )

    def _with_layers(self, max_layers: int) -> Embedding:
        """Refine the degree blocks' grid: constant pieces of the CDFs are cut into shorter ones."""
        if self._kind is None or self._kind.max_layers == max_layers:
            return self
        old_points, old_lengths = _core.fraction_grid(self._kind.max_layers)
        points, lengths = _core.fraction_grid(max_layers)
        source = np.searchsorted(old_points, points, side="right") - 1
        share = lengths / old_lengths[source]
        operations, indegree, outdegree = np.split(
            self.vectors, np.cumsum(self.block_sizes)[:-1], axis=1
        )
        vectors = np.concatenate(
            [operations, indegree[:, source] * share, outdegree[:, source] * share], axis=1
        )
        sizes = (self.block_sizes[0], len(points), len(points))
        kind = _CellKind(self._kind.taxonomy, self._kind.ngram, max_layers)
        return Embedding.__new__(Embedding)._set(
            np.ascontiguousarray(vectors), self.index, self.block_names, sizes, kind
        )

    def __len__(self) -> int:
        return len(self.index)

    def __getitem__(self, item: int | slice | Sequence[int] | npt.NDArray[Any]) -> Embedding:
        chosen = self.index[item if isinstance(item, slice) else np.asarray(item)]
        used, index = np.unique(np.atleast_1d(chosen), return_inverse=True)
        return self._with(self.vectors[used], index.astype(np.int64).reshape(-1))

    def __repr__(self) -> str:
        blocks = ", ".join(
            f"{name}: {size}" for name, size in zip(self.block_names, self.block_sizes, strict=True)
        )
        return f"Embedding({len(self)} items, {len(self.vectors)} distinct; {blocks})"


class _CellKind:
    """What two embeddings of cells must share for their vectors to be comparable."""

    def __init__(self, taxonomy: Taxonomy, ngram: int, max_layers: int) -> None:
        self.taxonomy, self.ngram, self.max_layers = taxonomy, ngram, max_layers


def _aligned(parts: list[Embedding], name: str) -> list[Embedding]:
    """Bring embeddings onto common coordinates, or say why they have none."""
    first = parts[0]
    for part in parts[1:]:
        if part.block_names != first.block_names or (part._kind is None) != (first._kind is None):
            raise ValueError(f"{name} mixes blocks {first.block_names} and {part.block_names}")
        if first._kind is None or part._kind is None:
            if part.block_sizes != first.block_sizes:
                raise ValueError(
                    f"{name} mixes block sizes {first.block_sizes} and {part.block_sizes}"
                )
        elif part._kind.taxonomy != first._kind.taxonomy:
            raise ValueError(
                f"{name} mixes search spaces: {first.taxonomy!r} and {part.taxonomy!r}"
            )
        elif part._kind.ngram != first._kind.ngram:
            raise ValueError(f"{name} mixes ngram={first.ngram} and ngram={part.ngram}")
    layers = [part._kind.max_layers for part in parts if part._kind]
    return [part._with_layers(max(layers)) for part in parts] if layers else parts


def embed(
    archs: CellArray | Iterable[Architecture],
    *,
    ngram: int = 2,
    taxonomy: Taxonomy | None = None,
    threads: int | None = None,
) -> Embedding:
    """Embed architectures once, to compare them many times.

    Parameters
    ----------
    archs : sequence of architectures
        NAS-Bench-201 strings, pairs (matrix, ops), `Cell` objects; see `as_cells`. They are
        pruned first.
    ngram : {1, 2}, default 2
        Count single operations, or also the ordered pairs joined by an edge.
    taxonomy : Taxonomy, optional
        The search space; by default the built-in one that knows all operations.
    threads : int, optional
        By default all that the process may use. Results do not depend on it.

    Returns
    -------
    Embedding
        Blocks ``operations``, ``indegree``, ``outdegree`` (Nguyen et al. 2021, Section 3).

    Raises
    ------
    TypeError, ValueError
        See `as_cells`; and for another `ngram`.
    """
    ngram = check_ngram(ngram)
    cells = as_cells(archs, taxonomy)
    layers = max(cells.taxonomy.max_layers or 2, _core.max_layer_count(cells._packed))
    return Embedding._of_cells(
        cells, _CellKind(cells.taxonomy, ngram, layers), check.threads(threads)
    )


def check_ngram(ngram: object) -> int:
    """Return ngram, 1 or 2; anything else is refused."""
    if check.integer(ngram, "ngram") not in (1, 2):
        raise ValueError(f"ngram must be 1 or 2, got {ngram}")
    return check.integer(ngram, "ngram")
