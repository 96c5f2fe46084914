"""Kernels that a user gives: a matrix, a function of blocks, an embedding."""

from __future__ import annotations

import numpy as np
import pytest

from otnas import PoolSearch
from otnas.gp import CallableKernel, PrecomputedKernel
from otnas_fast import Embedding, gram

N = 90


@pytest.fixture
def points():
    return np.random.default_rng(0).random((N, 3))


@pytest.fixture
def matrix(points):
    return gram(Embedding({"x": points}), lengthscales=0.5)


def run(search, values, queries=40):
    asked = []
    while len(asked) < queries:
        items = search.ask(1 if len(asked) % 2 else 3)
        search.tell(items, values[items])
        asked += items
    return asked


def test_matrix_and_blocks_of_it_choose_the_same(points, matrix):
    values = 1 + ((points - 0.3) ** 2).sum(axis=1)
    whole = run(PoolSearch(gram=matrix, seed=1), values)
    blocks = run(PoolSearch(gram=lambda r, c: matrix[np.ix_(r, c)], n_items=N, seed=1), values)
    assert whole == blocks
    assert values[whole].min() == values.min()
    assert run(PoolSearch(PrecomputedKernel(matrix), seed=1), values) == whole


def test_an_embedding_is_a_kernel(points):
    values = 1 + ((points - 0.3) ** 2).sum(axis=1)
    asked = run(PoolSearch(Embedding({"x": points}), seed=1), values)
    assert len(set(asked)) == len(asked)
    assert values[asked].min() == values.min()


def test_callable_kernel_equals_the_matrix(matrix):
    by_blocks = CallableKernel(lambda rows, cols: matrix[np.ix_(rows, cols)], N)
    precomputed = PrecomputedKernel(matrix)
    theta = np.array([0.4])
    rows, cols = np.array([3, 1]), np.arange(N)
    assert by_blocks.n_items == N
    np.testing.assert_array_equal(
        by_blocks.block(rows, cols, theta), precomputed.block(rows, cols, theta)
    )
    np.testing.assert_array_equal(
        by_blocks.diagonal(cols, theta), precomputed.diagonal(cols, theta)
    )
    np.testing.assert_array_equal(
        by_blocks.training(rows).gram(theta), precomputed.training(rows).gram(theta)
    )


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({}, TypeError, "kernel, gram: expected one of the two, got none"),
        ({"kernel": Embedding({"x": np.eye(3)}), "gram": np.eye(3)}, TypeError, "got both"),
        (
            {"gram": lambda r, c: np.ones((r.size, c.size))},
            TypeError,
            "n_items: expected an",
        ),
        ({"gram": np.eye(3), "n_items": 3}, TypeError, "n_items: expected None unless"),
        ({"gram": lambda r, c: 1.0, "n_items": 0}, ValueError, "n_items: expected"),
        ({"gram": np.ones((2, 3))}, ValueError, "gram: expected shape"),
        ({"gram": np.array([[1.0, np.nan], [np.nan, 1.0]])}, ValueError, "gram: expected finite"),
    ],
)
def test_bad_descriptions_are_refused(arguments, error, message):
    with pytest.raises(error, match=message):
        PoolSearch(**arguments)


@pytest.mark.parametrize(
    ("block", "message"),
    [
        (lambda rows, cols: np.ones(3), "block of shape"),
        (lambda rows, cols: np.full((rows.size, cols.size), np.nan), "finite"),
    ],
)
def test_bad_blocks_are_refused(block, message):
    search = PoolSearch(gram=block, n_items=20, initial=2, seed=0)
    items = search.ask(2)

    def use_the_kernel():
        search.tell(items, [1.0, 2.0])
        search.ask(1)

    with pytest.raises(ValueError, match=f"gram: expected .*{message}"):
        use_the_kernel()
