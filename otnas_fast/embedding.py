"""Embeddings: each cell as vectors whose L1 distances are tree-Wasserstein distances.

Notation
--------
n : cells; u <= n : distinct vectors among them; d : coordinates
blocks : one per measure (see `embed`): operations (mass of each subtree of the n-gram tree times
    its edge), in-degree and out-degree (cumulative distribution over layers, on the grid of all
    fractions i / layers), prefix and suffix (mass of every beginning of a word in the trie of the
    words that paths read as), sizes (counts of operations, paths / 4), depth, terminals
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from otnas_fast import _core
from otnas_fast import _validate as check
from otnas_fast._alignment import aligned
from otnas_fast._kind import CellKind
from otnas_fast._sparse import SparseBlock, concatenated
from otnas_fast._validate import FloatArray
from otnas_fast.cells import Architecture, CellArray, as_cells
from otnas_fast.measures import PATH_MEASURES, PRESETS, MeasureNames, block_name, chosen_measures
from otnas_fast.taxonomy import INPUT, OUTPUT, Taxonomy

CELL_BLOCKS = ("operations", "indegree", "outdegree")
_WORD_END = 255


class Embedding:
    """Vectors of n items in named blocks; equal vectors are stored once.

    `embed` makes one from architectures. You can make your own from any arrays whose L1 distances
    mean something: ``gram`` and ``distances`` accept both.

    Parameters
    ----------
    blocks : mapping of str to array_like, each of shape (n, d_b)
        Numbers of magnitude at most 1e300.

    Attributes
    ----------
    vectors : ndarray, shape (u, d)
        The distinct vectors of the dense blocks, side by side. The blocks ``prefix`` and ``suffix``
        are sparse and kept apart; `block` and `to_array` show them like the others.
    index : ndarray of int64, shape (n,)
        Which of the distinct vectors each item has.
    block_names, block_sizes : tuple
        Name and number of coordinates of each block.

    Raises
    ------
    TypeError, ValueError
        For anything else. The arrays cannot be written to.

    Notes
    -----
    ``len(e)``, ``e[i]`` (an Embedding of one item), ``e[2:5]``, ``e[mask]``, ``e[[3, 1]]``,
    `Embedding.concatenate` and pickling work as one would expect. The coordinates of sparse blocks
    are the words that occur; embeddings made apart are brought onto common words when compared.

    Examples
    --------
    >>> len(Embedding({"width": [[1.0], [2.0]], "depth": [[3.0], [3.0]]}))
    2
    """

    def __init__(self, blocks: Mapping[str, npt.ArrayLike]) -> None:
        if not isinstance(blocks, Mapping) or not blocks:
            check.wrong("blocks", "a non-empty dict of block name to (n, d) array", blocks)
        for name in blocks:
            if not isinstance(name, str):
                check.wrong("blocks", "names as strings", name)
        arrays = {
            name: check.vectors(a, f"blocks[{check.shown(name)}]") for name, a in blocks.items()
        }
        lengths = {name: len(a) for name, a in arrays.items()}
        if len(set(lengths.values())) > 1:
            raise ValueError(f"blocks: expected equally many rows, got {lengths}")
        vectors, index = _core.distinct_rows(np.concatenate(list(arrays.values()), axis=1))
        sizes = {name: a.shape[1] for name, a in arrays.items()}
        self._set(vectors, index, sizes, {}, None)

    def _set(
        self,
        vectors: FloatArray,
        index: npt.NDArray[np.int64],
        sizes: dict[str, int],
        sparse: dict[str, SparseBlock],
        kind: CellKind | None,
    ) -> Embedding:
        self._vectors, self._index = check.read_only(vectors), check.read_only(index)
        self._sizes, self._sparse, self._kind = sizes, sparse, kind
        return self

    @classmethod
    def _of_cells(cls, cells: CellArray, kind: CellKind, threads: int) -> Embedding:
        packed, compiled = cells._packed, kind.taxonomy._compiled
        dense = [measure for measure in kind.measures if measure not in PATH_MEASURES]
        vectors, index = _core.embed(packed, compiled, dense, kind.max_layers, threads)
        sparse = {}
        for measure in kind.measures:
            if measure in PATH_MEASURES:
                rows, position, words = _core.embed_paths(
                    packed, compiled, measure == "suffix", kind.decay, threads
                )
                sparse[measure] = SparseBlock(*rows, position, tuple(words))
        return cls.__new__(cls)._set(vectors, index, kind.sizes(sparse), sparse, kind)

    @property
    def vectors(self) -> FloatArray:
        """The distinct vectors of the dense blocks, shape (u, d)."""
        return self._vectors

    @property
    def index(self) -> npt.NDArray[np.int64]:
        """Which of the distinct vectors each item has, shape (n,)."""
        return self._index

    @property
    def block_names(self) -> tuple[str, ...]:
        """Name of each block."""
        return tuple(self._sizes)

    @property
    def block_sizes(self) -> tuple[int, ...]:
        """Number of coordinates of each block."""
        return tuple(self._sizes.values())

    @property
    def taxonomy(self) -> Taxonomy | None:
        """The search space, or None for an embedding of the user's own."""
        return self._kind.taxonomy if self._kind else None

    @property
    def measures(self) -> tuple[str, ...] | None:
        """What the blocks describe, or None for an embedding of the user's own."""
        return self._kind.measures if self._kind else None

    @property
    def ngram(self) -> int | None:
        """1 or 2, or None for an embedding without operations or of the user's own."""
        for measure in self.measures or ():
            if block_name(measure) == "operations":
                return int(measure[-1])
        return None

    @property
    def nbytes(self) -> int:
        """Memory held by the vectors and indices."""
        sparse = [array for block in self._sparse.values() for array in block.arrays]
        return sum(array.nbytes for array in (self.vectors, self.index, *sparse))

    def block(self, name: str) -> FloatArray:
        """Return the vectors of one block, shape (n, d_b)."""
        if name not in self.block_names:
            raise ValueError(f"name: expected one of {self.block_names}, got {check.shown(name)}")
        if name in self._sparse:
            return self._sparse[name].to_array()
        return self.vectors[self.index, self._columns(name)]

    def words(self, name: str) -> list[tuple[str, ...]]:
        """Return what each coordinate of the block ``prefix`` or ``suffix`` stands for.

        Each stands for the beginning of a word of operations. A whole word ends with ``"output"``,
        or with ``"input"`` in the block ``suffix``, whose words are read backwards.
        """
        if self._kind is None or name not in self._sparse:
            raise ValueError(
                f"name: expected one of {tuple(self._sparse)}, got {check.shown(name)}"
            )
        names = dict(enumerate(self._kind.taxonomy.operations))
        names[_WORD_END] = OUTPUT if name == "prefix" else INPUT
        return [tuple(names[code] for code in word) for word in self._sparse[name].vocabulary]

    def to_array(self) -> FloatArray:
        """Return all vectors, shape (n, d), blocks side by side."""
        if not self._sparse:
            return self.vectors[self.index]
        return np.concatenate([self.block(name) for name in self.block_names], axis=1)

    @staticmethod
    def concatenate(embeddings: Iterable[Embedding]) -> Embedding:
        """Join embeddings of one space and one kind, items in the order given."""
        parts = list(embeddings)
        if not parts:
            raise ValueError("embeddings: expected at least one, got none")
        for part in parts:
            if not isinstance(part, Embedding):
                check.wrong("embeddings", "Embedding objects", part)
        parts = aligned(parts, "embeddings")
        first = parts[0]
        offsets = np.cumsum([0, *(len(part.vectors) for part in parts[:-1])])
        stacked = np.concatenate([part.vectors for part in parts])
        distinct, position = _core.distinct_rows(stacked)
        index = np.concatenate(
            [part.index + offset for part, offset in zip(parts, offsets, strict=True)]
        )
        sparse = {
            name: concatenated([part._sparse[name] for part in parts]) for name in first._sparse
        }
        return first._with(distinct, position[index], sparse)

    def _with(
        self,
        vectors: FloatArray,
        index: npt.NDArray[np.int64],
        sparse: dict[str, SparseBlock],
        kind: CellKind | None = None,
    ) -> Embedding:
        """Return an embedding of the same blocks; only a new `kind` may change dense sizes."""
        sizes = self._sizes | {name: len(block.vocabulary) for name, block in sparse.items()}
        if kind is not None:
            points = len(_core.fraction_grid(kind.max_layers)[0])
            sizes |= {name: points for name in sizes if name in ("indegree", "outdegree")}
        return Embedding.__new__(Embedding)._set(vectors, index, sizes, sparse, kind or self._kind)

    def _columns(self, name: str) -> slice:
        """Return the columns of `vectors` that hold a dense block."""
        begin = 0
        for other, size in self._sizes.items():
            if other == name:
                return slice(begin, begin + size)
            begin += 0 if other in self._sparse else size
        raise KeyError(name)

    @property
    def _compiled(self) -> _core.Blocks:
        """The blocks in the form that the core takes; keeps the arrays alive."""
        blocks = _core.Blocks()
        for name in self.block_names:
            if name in self._sparse:
                part = self._sparse[name]
                size = len(part.vocabulary)
                blocks.add_sparse(part.offsets, part.coordinates, part.values, part.index, size)
            else:
                columns = self._columns(name)
                blocks.add_dense(self.vectors, self.index, columns.start, columns.stop)
        return blocks

    def _with_layers(self, max_layers: int) -> Embedding:
        """Refine the degree blocks' grid: constant pieces of the CDFs are cut into shorter ones."""
        if self._kind is None or self._kind.max_layers == max_layers:
            return self
        old_points, old_lengths = _core.fraction_grid(self._kind.max_layers)
        points, lengths = _core.fraction_grid(max_layers)
        source = np.searchsorted(old_points, points, side="right") - 1
        share = lengths / old_lengths[source]
        pieces = []
        for name in self.block_names:
            if name in self._sparse:
                continue
            piece = self.vectors[:, self._columns(name)]
            pieces.append(piece[:, source] * share if name in ("indegree", "outdegree") else piece)
        vectors = np.concatenate(pieces, axis=1) if pieces else self.vectors
        kind = self._kind._replace(max_layers=max_layers)
        return self._with(np.ascontiguousarray(vectors), self.index, self._sparse, kind)

    def _with_sparse(self, sparse: dict[str, SparseBlock]) -> Embedding:
        return self._with(self.vectors, self.index, sparse) if sparse else self

    def groups(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Group the items whose vectors are equal.

        Returns
        -------
        first : ndarray of int64, shape (g,)
            The first item of each group.
        labels : ndarray of int64, shape (n,)
            The group of each item.
        """
        parts = np.stack([self.index, *(block.index for block in self._sparse.values())])
        _, first, labels = np.unique(parts, axis=1, return_index=True, return_inverse=True)
        return first.astype(np.int64), labels.reshape(-1).astype(np.int64)

    def __len__(self) -> int:
        return len(self.index)

    def __getitem__(self, item: int | slice | Sequence[int] | npt.NDArray[Any]) -> Embedding:
        key = item if isinstance(item, slice) else np.asarray(item)
        used, index = np.unique(np.atleast_1d(self.index[key]), return_inverse=True)
        sparse = {
            name: block.take(np.atleast_1d(block.index[key]))
            for name, block in self._sparse.items()
        }
        return self._with(self.vectors[used], index.astype(np.int64).reshape(-1), sparse)

    def __reduce__(self) -> tuple[Any, ...]:
        return _unpickled, (self._vectors, self._index, self._sizes, self._sparse, self._kind)

    def __repr__(self) -> str:
        blocks = ", ".join(
            f"{name}: {size}" for name, size in zip(self.block_names, self.block_sizes, strict=True)
        )
        distinct = f", {len(self.vectors)} distinct" if not self._sparse else ""
        return f"Embedding({len(self)} items{distinct}; {blocks})"


def _unpickled(
    vectors: FloatArray,
    index: npt.NDArray[np.int64],
    sizes: dict[str, int],
    sparse: dict[str, SparseBlock],
    kind: CellKind | None,
) -> Embedding:
    """Rebuild an embedding from a pickle, which may be damaged."""
    vectors, index = check.vectors(vectors, "vectors"), check.frozen(index, "int64", "index")
    expected = kind.sizes(sparse) if kind else sizes
    if (
        sizes != expected
        or not all(type(size) is int and size >= 0 for size in sizes.values())
        or sum(size for name, size in sizes.items() if name not in sparse) != vectors.shape[1]
    ):
        raise ValueError(f"sizes: expected the blocks' sizes, got {check.shown(sizes)}")
    if len(index) and not (index.min() >= 0 and index.max() < len(vectors)):
        raise ValueError(f"index: expected numbers from 0 to {len(vectors) - 1}, got others")
    for name, block in sparse.items():
        if len(block.index) != len(index) or block.lacks_words or kind is None:
            raise ValueError(f"sparse[{name!r}]: expected vectors of as many items, got others")
    return Embedding.__new__(Embedding)._set(vectors, index, sizes, sparse, kind)


def embed(
    archs: CellArray | Iterable[Architecture],
    *,
    ngram: int | None = None,
    measures: MeasureNames | None = None,
    decay: float = 1.0,
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
        1 counts single operations, 2 also the ordered pairs joined by an edge: short for the
        presets ``"tw"`` and ``"tw-2g"``.
    measures : str or sequence of str, optional
        Used instead of `ngram`: measures to describe cells by, one block each in the order given:

        ``"operations-1"``, ``"operations-2"``
            operations by the operation tree, without or with ordered pairs; at most one of the two
        ``"indegree"``, ``"outdegree"``
            degrees by layers
        ``"prefix"``, ``"suffix"``
            words of operations along the paths from input to output, read forwards or backwards,
            by the trie of words: which operations follow each other
        ``"sizes"``
            count of each operation and number of paths / 4, by L1 distance
        ``"depth"``
            edges of the shortest and of the longest path from input to output, by L1 distance
        ``"terminals"``
            out-degree of the input, in-degree of the output, and 2 for an edge from input to
            output, by L1 distance

        or the presets ``"tw"``, ``"tw-2g"`` (Nguyen et al. 2021), ``"tw-path"`` (operations-2,
        degrees, paths and sizes) and ``"tw-full"`` (``"tw-path"``, depth and terminals), alone or
        with others, as in ``("tw-2g", "sizes")``.
    decay : float in (0, 1], default 1.0
        Each level of the tries of words has edges this many times as long as the level above.
    taxonomy : Taxonomy, optional
        The search space; by default, the built-in one that knows all operations.
    threads : int, optional
        By default, all that the process may use; the result does not depend on it.

    Returns
    -------
    Embedding
        Blocks ``operations``, ``indegree``, ``outdegree`` (Nguyen et al. 2021, Section 3), or those
        of `measures`; see docs/maths.md.

    Raises
    ------
    TypeError, ValueError
        See `as_cells`; also for an invalid `ngram`, `measures` or `decay`, for `ngram` together
        with `measures`, and for ``prefix`` or ``suffix`` of a cell whose paths read as more than
        100,000 different beginnings of words.

    Examples
    --------
    >>> embed(["|none~0|+|none~0|none~1|+|nor_conv_3x3~0|none~1|none~2|"]).block_names
    ('operations', 'indegree', 'outdegree')
    """
    chosen = chosen_measures(ngram, measures) or PRESETS["tw-2g"]
    decay = check.positive(decay, "decay")
    if decay > 1.0:
        raise ValueError(f"decay: expected a number in (0, 1], got {decay}")
    cells = as_cells(archs, taxonomy)
    layers = max(cells.taxonomy.max_layers or 2, _core.max_layer_count(cells._packed))
    kind = CellKind(cells.taxonomy, chosen, layers, decay)
    return Embedding._of_cells(cells, kind, check.threads(threads))
