from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest

from otnas import identities, spaces
from otnas.tables import Provenance, Table, keys
from otnas_fast import CellArray

SPACE = spaces.get("nasbench201")
ALL = SPACE.enumerate().cells
ORIGIN = Provenance("data", "metric", None, "seeds", "file", None)


def table(**changes: Any) -> Table:
    error = np.random.default_rng(0).permutation(len(ALL)).astype(float)
    fields = {"name": "t", "space": "nasbench201", "cells": ALL, "provenance": ORIGIN}
    return Table(**{**fields, "metrics": {"validation_error": error}, **changes})


def test_isomorphic_nasbench201_cells_are_told_apart() -> None:
    whole = table()
    np.testing.assert_array_equal(whole.rows(ALL), np.arange(15_625))
    some = ALL[np.array([7, 3, 3])]
    assert whole.query(some)["validation_error"].tolist() == [
        whole.validation_error[row] for row in (7, 3, 3)
    ]
    with pytest.raises(ValueError, match=r"benchmark's form .* pruned"):
        whole.rows([ALL[100].prune()])
    assert whole.rows([]).shape == (0,)


def test_strings_and_pairs_can_be_asked_for() -> None:
    whole = table()
    text = whole.texts[1234]
    assert whole.rows([text]).tolist() == [1234]
    assert whole.rows([(ALL[1234].matrix, ALL[1234].ops)]).tolist() == [1234]
    assert whole.text(1234) == text


def test_best_and_entry() -> None:
    whole = table()
    best = whole.entry(whole.best)
    assert best.metrics == {"validation_error": 0.0}
    assert best.cell == ALL[best.row]
    assert best.text == best.cell.to_nasbench201()
    assert whole.entry(-1).row == 15_624
    with pytest.raises(IndexError):
        whole.entry(15_625)


def test_metric_that_is_not_there() -> None:
    with pytest.raises(KeyError, match="has no 'test_error', only validation_error"):
        table().metric("test_error")


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"metrics": {}}, "has no validation_error"),
        ({"metrics": {"validation_error": np.zeros(3)}}, r"expected shape \(15625,\)"),
        ({"metrics": {"validation_error": np.full(len(ALL), np.nan)}}, "NaN or infinite"),
        ({"known_keys": np.zeros((3, 2), dtype=np.uint64)}, r"known_keys: expected shape"),
        ({"cells": ALL[:0]}, "no architectures"),
    ],
)
def test_invalid_tables(changes: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        table(**changes)


def test_pickling() -> None:
    small = table(cells=ALL[:10], metrics={"validation_error": np.arange(10.0)})
    small.rows(ALL[:3])
    again = pickle.loads(pickle.dumps(small))
    assert again.rows(ALL[:10]).tolist() == list(range(10))


def test_custom_cells_are_found_up_to_isomorphism() -> None:
    space = spaces.get("nasbench101")
    cells = list(
        {space.hash(c): c for c in map(space.random, [np.random.default_rng(1)] * 20)}.values()
    )
    own = keys.of_cells("a space of one's own", CellArray.from_cells(cells))
    other = keys.of_cells("the same", CellArray.from_cells([c.canonical() for c in cells]))
    np.testing.assert_array_equal(own, other)
    assert len(identities.repeated(own)) == 0


def test_a_sample_has_architectures_with_their_errors() -> None:
    whole = table()
    cells, errors = whole.sample(50, seed=3)
    rows = whole.rows(cells)
    assert len(set(rows.tolist())) == 50
    np.testing.assert_array_equal(whole.validation_error[rows], errors)
    again = whole.sample(50, np.random.default_rng(3))
    np.testing.assert_array_equal(again[1], errors)
    assert not np.array_equal(whole.sample(50, seed=4)[1], errors)
    with pytest.raises(ValueError, match=r"n: expected at most 15625, all of table t, got 15626"):
        whole.sample(15_626, seed=0)
    with pytest.raises(ValueError, match="n: expected an integer >= 1, got 0"):
        whole.sample(0, seed=0)
