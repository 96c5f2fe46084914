"""A user's own spaces, and where files are kept."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otnas.spaces import CellSpace, SequenceSpace
from otnas.storage import data_folder, written_atomically
from otnas_fast import Cell, Taxonomy

OPS = Taxonomy({"conv": ("c3", "c5"), "pool": ("max",)}, absent=("zero",), name="mine")


def test_counts_agree_with_nasbench101() -> None:
    for max_vertices, count in ((2, 1), (3, 7), (4, 91), (5, 2532)):
        assert len(CellSpace(OPS, max_vertices, 9).enumerate()) == count


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=50, deadline=None)
def test_hash_does_not_depend_on_numbering(seed: int) -> None:
    rng = np.random.default_rng(seed)
    space = CellSpace(OPS, 10)
    cell = space.random(rng)
    order = np.concatenate([[0], 1 + rng.permutation(len(cell) - 2), [len(cell) - 1]])
    shuffled = Cell(cell.matrix[np.ix_(order, order)], [cell.ops[i] for i in order], space.taxonomy)
    assert space.hash(shuffled) == space.hash(cell)


def test_hash_is_stable() -> None:
    """Files written today must be readable tomorrow: this digest never changes."""
    space = CellSpace(OPS, 5)
    assert space.hash(space.parse("c3,max;0-1 0-2 1-3 2-3")) == "38327522c9dcf96ed7b98e19e1310c64"


def test_absent_operations_are_pruned() -> None:
    space = CellSpace(OPS, 5)
    cell = space.parse("zero,c3;0-1 1-3 0-2 2-3")
    assert space.is_valid(cell)
    assert space.hash(cell) == space.hash(space.parse("c3;0-1 1-2"))
    rng = np.random.default_rng(0)
    assert all("zero" not in space.mutate(cell, rng).ops for _ in range(10))
    assert all("zero" not in neighbour.ops for neighbour in space.neighbours(cell))


def test_predicate_is_kept_everywhere() -> None:
    space = CellSpace(OPS, 5, valid=lambda cell: cell.ops.count("c3") == 1)
    rng = np.random.default_rng(0)
    cell = space.random(rng)
    seen = [cell, *(space.mutate(cell, rng) for _ in range(20)), *space.neighbours(cell)]
    assert all(each.prune().ops.count("c3") == 1 for each in [*seen, *space.enumerate()])
    impossible = CellSpace(OPS, 3, valid=lambda cell: False, name="impossible")
    with pytest.raises(ValueError, match=r"impossible: none of 10.... drawn cells was valid"):
        impossible.random(rng)
    assert len(impossible.enumerate()) == 0


def test_limits_of_enumeration() -> None:
    with pytest.raises(
        ValueError, match="too large to enumerate: max_vertices: expected at most 7"
    ):
        CellSpace(OPS, 8).enumerate()
    many = Taxonomy({"op": [f"op{i}" for i in range(100)]})
    with pytest.raises(ValueError, match=r"too large to enumerate: .* more than 1000000 cells"):
        CellSpace(many, 7).enumerate()
    with pytest.raises(ValueError, match=r"has 205891132094649 cells, the limit is 1000000"):
        SequenceSpace(OPS, 30).enumerate()


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"max_vertices": 1}, ValueError, "max_vertices: expected an integer from 2 to 32, got 1"),
        (
            {"max_vertices": 33},
            ValueError,
            "max_vertices: expected an integer from 2 to 32, got 33",
        ),
        ({"max_vertices": 4.0}, TypeError, "max_vertices: expected an integer, got 4.0"),
        (
            {"max_vertices": 4, "max_edges": 0},
            ValueError,
            "max_edges: expected an integer >= 1, got 0",
        ),
        ({"max_vertices": 4, "valid": 3}, TypeError, "valid: expected a callable, got int"),
        (
            {"max_vertices": 4, "edge_probability": 0.0},
            ValueError,
            r"edge_probability: expected a number in \(0, 1\], got 0.0",
        ),
    ],
)
def test_arguments(arguments: dict[str, object], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        CellSpace(OPS, **arguments)  # type: ignore[arg-type]


def test_taxonomy_arguments() -> None:
    for make in (lambda t: CellSpace(t, 4), lambda t: SequenceSpace(t, 4)):
        with pytest.raises(TypeError, match="taxonomy: expected a Taxonomy, got str"):
            make("conv")
        with pytest.raises(ValueError, match=r"without ',', ';'.*got 'a,b'"):
            make(Taxonomy({"op": ["a,b"]}))


def test_sequences() -> None:
    space = SequenceSpace(OPS, 3, choices=[["c3", "c5"], ["max"], ["c3", "max"]])
    assert [space.format(cell) for cell in space.enumerate()] == [
        "c3,max,c3",
        "c3,max,max",
        "c5,max,c3",
        "c5,max,max",
    ]
    cell = space.parse("c3,max,c3")
    assert cell.ops == ("input", "c3", "max", "c3", "output")
    assert {space.format(n) for n in space.neighbours(cell)} == {"c5,max,c3", "c3,max,max"}
    rng = np.random.default_rng(0)
    assert {space.format(space.mutate(cell, rng)) for _ in range(30)} == {"c5,max,c3", "c3,max,max"}
    fixed = SequenceSpace(OPS, 1, choices=[["max"]])
    assert fixed.mutate(fixed.parse("max"), rng) == fixed.parse("max")
    assert not space.is_valid(SequenceSpace(OPS, 3).parse("max,max,c3"))


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"positions": 0}, ValueError, "positions: expected an integer from 1 to 30, got 0"),
        ({"positions": True}, TypeError, "positions: expected an integer, got True"),
        (
            {"positions": 2, "choices": 3},
            TypeError,
            "choices: expected one entry a position, got 3",
        ),
        ({"positions": 2, "choices": [["c3"]]}, ValueError, "one entry a position, got 1"),
        ({"positions": 1, "choices": ["c3"]}, TypeError, r"choices\[0\]: expected a non-empty"),
        ({"positions": 1, "choices": [["c7"]]}, ValueError, r"choices\[0\]: expected distinct"),
    ],
)
def test_sequence_arguments(
    arguments: dict[str, object], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        SequenceSpace(OPS, **arguments)  # type: ignore[arg-type]


def test_sequence_texts() -> None:
    space = SequenceSpace(OPS, 2)
    with pytest.raises(ValueError, match="text: expected 2 blocks, got 1"):
        space.parse("c3")
    with pytest.raises(ValueError, match="one of c3, c5, max at position 1, got 'c7'"):
        space.parse("c3,c7")


def test_data_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("OTNAS_DATA", str(tmp_path))
    assert data_folder() == tmp_path
    monkeypatch.delenv("OTNAS_DATA")
    assert data_folder().name == "otnas"
    if sys.platform == "linux":
        monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
        assert data_folder() == tmp_path / "otnas"


def interrupted(path: Path) -> None:
    with written_atomically(path) as file:
        file.write(b"half")
        raise KeyboardInterrupt


def test_atomic_writing(tmp_path: Path) -> None:
    path = tmp_path / "new folder" / "file"
    with written_atomically(path) as file:
        file.write(b"old")
    with pytest.raises(KeyboardInterrupt):
        interrupted(path)
    assert path.read_bytes() == b"old"
    assert list(path.parent.iterdir()) == [path]
