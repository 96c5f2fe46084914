"""The obvious version of NAS-Bench-101's module hash, from its definition."""

from __future__ import annotations

import hashlib

import numpy as np
import numpy.typing as npt

LABELS = {
    "input": -1,
    "output": -2,
    "conv3x3-bn-relu": 0,
    "conv1x1-bn-relu": 1,
    "maxpool3x3": 2,
}


def _md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()


def slow_module_hash(matrix: list[list[int]], ops: tuple[str, ...]) -> str:
    """Hash a pruned module."""
    vertices = range(len(ops))
    after = [[w for w in vertices if matrix[v][w]] for v in vertices]
    before = [[w for w in vertices if matrix[w][v]] for v in vertices]
    own = [_md5(str((len(after[v]), len(before[v]), LABELS[ops[v]]))) for v in vertices]
    for _ in vertices:
        own = [
            _md5(
                "|".join(
                    [
                        "".join(sorted(own[w] for w in before[v])),
                        "".join(sorted(own[w] for w in after[v])),
                        own[v],
                    ]
                )
            )
            for v in vertices
        ]
    return _md5(str(sorted(own)))


def random_module(rng: np.random.Generator) -> tuple[npt.NDArray[np.int64], list[str]]:
    """Any upper triangular matrix of 2 to 9 vertices whose ends are joined, and operations."""
    n = int(rng.integers(2, 10))
    matrix = np.triu(rng.random((n, n)) < rng.uniform(0.2, 0.9), 1).astype(np.int64)
    matrix[0, n - 1] |= not matrix.any()
    inner = rng.choice(["conv3x3-bn-relu", "conv1x1-bn-relu", "maxpool3x3"], size=n - 2)
    return matrix, ["input", *(str(op) for op in inner), "output"]
