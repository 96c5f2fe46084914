"""Random cells for tests."""

from __future__ import annotations

import itertools

import numpy as np

from otnas_fast import NASBENCH101, NASBENCH201, Cell, Taxonomy

NB201_OPS = ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3")


def nb201_string(ops: tuple[str, ...]) -> str:
    return "|{}~0|+|{}~0|{}~1|+|{}~0|{}~1|{}~2|".format(*ops)


def all_nb201() -> list[str]:
    return [nb201_string(ops) for ops in itertools.product(NB201_OPS, repeat=6)]


def random_cell(
    rng: np.random.Generator, taxonomy: Taxonomy = NASBENCH101, max_vertices: int = 7
) -> Cell:
    """Any upper triangular cell, dangling vertices and unconnected ones included."""
    n = int(rng.integers(2, max_vertices + 1))
    matrix = np.triu(rng.random((n, n)) < rng.uniform(0.2, 0.9), 1)
    names = (*taxonomy.operations, *taxonomy.absent)
    ops = ["input", *rng.choice(names, size=n - 2), "output"]
    return Cell(matrix, [str(op) for op in ops], taxonomy)


def random_nb201(rng: np.random.Generator) -> Cell:
    return Cell.from_nasbench201(nb201_string(tuple(rng.choice(NB201_OPS, size=6))))


CUSTOM = Taxonomy(
    {"conv": ("c3", "c5", "c7"), "pool": ("max", "avg"), "skip": ("id",)},
    alpha=0.25,
    absent=("zero",),
    name="custom",
)

SPACES = {"nasbench101": NASBENCH101, "nasbench201": NASBENCH201, "custom": CUSTOM}
