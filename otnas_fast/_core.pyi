from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

PackedCells: TypeAlias = tuple[
    npt.NDArray[np.int64], npt.NDArray[np.uint32], npt.NDArray[np.uint8]
]  # not at run time

MAX_VERTICES: int
FIRST_ABSENT: int
INPUT: int
OUTPUT: int

class NumericalError(ValueError): ...

class Taxonomy:
    def __init__(
        self, names: Sequence[str], families: Sequence[int], alpha: float, absent: Sequence[str]
    ) -> None: ...
    def code(self, name: str) -> int | None: ...

class TreeMetric:
    def __init__(self, parents: Sequence[int], weights: Sequence[float]) -> None: ...
    @property
    def parents(self) -> list[int]: ...
    @property
    def weights(self) -> list[float]: ...
    @property
    def root(self) -> int: ...
    def embed(self, measures: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]: ...

def pack_adjacencies(
    matrices: Sequence[npt.NDArray[np.uint8]], ops: Sequence[bytes]
) -> PackedCells: ...
def parse_nasbench201(texts: Sequence[str], taxonomy: Taxonomy) -> PackedCells: ...
def format_nasbench201(cells: PackedCells, taxonomy: Taxonomy) -> list[str]: ...
def prune(cells: PackedCells) -> PackedCells: ...
def canonical(cells: PackedCells) -> PackedCells: ...
def ngram_tree(taxonomy: Taxonomy, ngram: int) -> tuple[TreeMetric, list[int], list[list[int]]]: ...
def max_layer_count(cells: PackedCells) -> int: ...
def fraction_grid(
    max_layers: int,
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]: ...
def block_sizes(taxonomy: Taxonomy, ngram: int, max_layers: int) -> list[int]: ...
def embed(
    cells: PackedCells, taxonomy: Taxonomy, ngram: int, max_layers: int, threads: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]: ...
def distinct_rows(
    vectors: npt.NDArray[np.float64],
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]: ...
def laplace_gram(
    a: npt.NDArray[np.float64],
    a_index: npt.NDArray[np.int64],
    b: npt.NDArray[np.float64],
    b_index: npt.NDArray[np.int64],
    scale: npt.NDArray[np.float64],
    variance: float,
    out: npt.NDArray[Any],
    threads: int,
) -> None: ...
def l1_distances(
    a: npt.NDArray[np.float64],
    a_index: npt.NDArray[np.int64],
    b: npt.NDArray[np.float64],
    b_index: npt.NDArray[np.int64],
    begin: int,
    end: int,
    out: npt.NDArray[Any],
    threads: int,
) -> None: ...
