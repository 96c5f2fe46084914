from __future__ import annotations

import errno
import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from otnas import spaces, storage
from otnas.spaces import CellSpace
from otnas.tables import Provenance, Table, container, store
from otnas.tables.container import ContainerError
from otnas_fast import CellArray, Taxonomy
from otnas_fast.formats import crc32c

ORIGIN = Provenance("data", "metric", 3, "seeds", "file", "ab" * 32, "split", ("one", "two"))


def table(space_name: str = "nasbench101", count: int = 50) -> Table:
    space = spaces.get(space_name)
    rng = np.random.default_rng(1)
    found = {space.format(cell): cell for cell in (space.random(rng) for _ in range(count))}
    cells = list({space.hash(cell): cell for cell in found.values()}.values())
    names = ("validation_error", "test_error", "a metric of its own")
    return Table(
        name="made",
        space=space_name,
        cells=CellArray.from_cells(cells),
        metrics={name: rng.uniform(size=len(cells)) for name in names},
        provenance=ORIGIN,
    )


@pytest.mark.parametrize("space", ["nasbench101", "nasbench201"])
def test_round_trip(tmp_path: Path, space: str) -> None:
    made, path = table(space), tmp_path / "table"
    store.write(made, path)
    opened = store.read(path)
    assert (opened.name, opened.space, opened.provenance) == ("made", space, ORIGIN)
    assert list(opened.cells) == list(made.cells)
    assert opened.cells.taxonomy is made.cells.taxonomy
    assert opened.texts == made.texts
    assert list(opened.metrics) == list(made.metrics)
    for name, values in opened.query(made.cells).items():
        np.testing.assert_array_equal(values, made.metrics[name])
    summary = store.read_summary(path)
    assert (summary.space, summary.architectures) == (space, len(made))
    assert (summary.metrics, summary.provenance) == (tuple(made.metrics), ORIGIN)


def test_taxonomy_of_ones_own(tmp_path: Path) -> None:
    taxonomy = Taxonomy({"f": ["a", "b"], "g": ["c"]}, alpha=0.3, absent=["-"], name="own")
    space = CellSpace(taxonomy, max_vertices=5, max_edges=7)
    rng = np.random.default_rng(1)
    cells = list(
        {space.hash(cell): cell for cell in (space.random(rng) for _ in range(30))}.values()
    )
    error = np.arange(len(cells), dtype=float)
    made = Table(
        "own", space.name, CellArray.from_cells(cells), {"validation_error": error}, ORIGIN
    )
    store.write(made, tmp_path / "table")
    opened = store.read(tmp_path / "table")
    assert opened.cells.taxonomy == taxonomy
    np.testing.assert_array_equal(opened.rows(cells), np.arange(len(cells)))


def test_arrays_are_mapped_and_read_only(tmp_path: Path) -> None:
    store.write(table(), tmp_path / "table")
    opened = store.read(tmp_path / "table")
    for array in (opened.validation_error, opened.cells.codes, opened.keys):
        assert not array.flags.writeable
        assert not array.flags.owndata


@pytest.mark.parametrize("share", [0.0, 0.001, 0.01, 0.3, 0.999])
def test_truncated(tmp_path: Path, share: float) -> None:
    path = tmp_path / "table"
    store.write(table(), path)
    data = path.read_bytes()
    path.write_bytes(data[: int(share * len(data))])
    with pytest.raises(ContainerError, match=r"no otnas table|damaged|cut short"):
        store.read(path)


def rewritten(path: Path, change: Any) -> None:
    """The file with its header changed, check sum included."""
    data = path.read_bytes()
    begin = len(container.MAGIC) + 12
    (length,) = struct.unpack("<Q", data[begin - 12 : begin - 4])
    header = json.loads(data[begin : begin + length])
    change(header)
    text = json.dumps(header, separators=(",", ":")).encode().ljust(length)
    assert len(text) == length
    head = container.MAGIC + struct.pack("<QI", length, crc32c(text))
    path.write_bytes(head + text + data[begin + length :])


@pytest.mark.parametrize(
    "change",
    [
        lambda h: h["sections"]["codes"].update(dtype="|O"),
        lambda h: h["sections"]["codes"].update(dtype="|i"),
        lambda h: h["sections"]["codes"].update(shape=[-1]),
        lambda h: h["sections"]["codes"].update(shape=None),
        lambda h: h["sections"]["codes"].update(offset=1),
        lambda h: h["sections"]["codes"].update(offset=2**62),
        lambda h: h["sections"]["keys"].update(shape=[1]),
        lambda h: h["sections"].pop("keys"),
        lambda h: h["provenance"].pop("notes"),
        lambda h: h["provenance"].update(epochs="3"),
        lambda h: h["taxonomy"].update(alpha=7),
        lambda h: h.pop("sections"),
    ],
)
def test_damaged_header(tmp_path: Path, change: Any) -> None:
    path = tmp_path / "table"
    store.write(table(), path)
    rewritten(path, change)
    with pytest.raises(ContainerError):
        store.read(path)


@pytest.mark.parametrize(
    ("name", "index", "value", "problem"),
    [
        ("offsets", 0, 1, "boundaries that fit"),
        ("offsets", -1, 7, "boundaries that fit"),
        ("offsets", 3, -5, "other sizes"),
        ("offsets", 3, 10**9, "other sizes"),
        ("successors", 0, 1, "later vertices"),
        ("successors", 2, 1 << 31, "later vertices"),
        ("codes", 1, 77, "those of the taxonomy"),
    ],
)
def test_cells_that_would_break_the_core(
    tmp_path: Path, name: str, index: int, value: int, problem: str
) -> None:
    path = tmp_path / "table"
    store.write(table(), path)
    header, arrays = container.read(path)
    changed = {key: array.copy() for key, array in arrays.items()}
    changed[name][index] = value
    container.write(tmp_path / "other", header, changed)
    with pytest.raises(ContainerError, match=problem):
        store.read(tmp_path / "other")


@pytest.mark.parametrize("failure", [OSError(errno.ENOSPC, "disk full"), KeyboardInterrupt()])
def test_nothing_is_left_after_a_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failure: BaseException
) -> None:
    path = tmp_path / "table"

    def fail(_: int) -> None:
        raise failure

    monkeypatch.setattr(storage.os, "fsync", fail)
    with pytest.raises(type(failure)):
        store.write(table(), path)
    assert list(tmp_path.iterdir()) == []
    monkeypatch.undo()
    store.write(table(count=5), path)
    before = path.read_bytes()
    monkeypatch.setattr(storage.os, "fsync", fail)
    with pytest.raises(type(failure)):
        store.write(table(), path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_other_element_types_are_refused(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="array 'a': expected one of"):
        container.write(tmp_path / "file", {}, {"a": np.zeros(3, dtype=np.float32)})
    assert list(tmp_path.iterdir()) == []
