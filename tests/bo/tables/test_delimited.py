from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from benchmark_files import shared

from otnas import spaces
from otnas.spaces import CellSpace
from otnas.tables import Table
from otnas.tables.readers.delimited import Columns, Meaning, Tolerance, read_csv, read_parquet
from otnas_fast import Cell, Taxonomy

SPACE101 = spaces.get("nasbench101")
TEXTS = spaces.get("nasbench201").enumerate()[::2000].to_nasbench201()
VALID = [10.0 + i for i in range(len(TEXTS))]
COLUMNS = Columns("architecture", valid="val", test="tst")
MEANING = Meaning("percent", "error", dataset="mine", epochs=3, seeds="one", split="mine too")


def write(path: Path, columns: dict[str, list[Any]]) -> Path:
    if path.suffix == ".parquet":
        pyarrow = pytest.importorskip("pyarrow", reason="writes Parquet")
        parquet = pytest.importorskip("pyarrow.parquet", reason="writes Parquet")
        parquet.write_table(pyarrow.table(columns), path)
        return path
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))
    return path


def read(path: Path, space: Any = "nasbench201", **changes: Any) -> Table:
    arguments = {"columns": COLUMNS, "meaning": MEANING, "name": "mine", **changes}
    reader = read_parquet if path.suffix == ".parquet" else read_csv
    return reader(path, space, arguments.pop("columns"), arguments.pop("meaning"), **arguments)


def columns(**changes: Any) -> dict[str, list[Any]]:
    return {"unused": TEXTS, "architecture": TEXTS, "val": VALID, "tst": VALID[::-1]} | changes


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_round_trip(tmp_path: Path, suffix: str) -> None:
    path = write(tmp_path / f"file.{suffix}", columns(sec=VALID, par=[7] * len(TEXTS)))
    table = read(path, columns=Columns("architecture", "val", "tst", "sec", "par"))
    assert table.texts == TEXTS
    expected = {
        "validation_error": VALID,
        "test_error": VALID[::-1],
        "training_seconds": VALID,
        "parameters": [7] * len(TEXTS),
    }
    assert {metric: values.tolist() for metric, values in table.metrics.items()} == expected
    record = table.provenance
    assert (record.dataset, record.epochs, record.seeds) == ("mine", 3, "one")
    assert (record.source, record.notes) == (f"file.{suffix}", ())


@pytest.mark.parametrize(
    ("unit", "metric", "values", "expected"),
    [
        ("percent", "error", [5.0, 100.0], [5.0, 100.0]),
        ("percent", "accuracy", [95.0, 0.0], [5.0, 100.0]),
        ("fraction", "error", [0.25, 1.0], [25.0, 100.0]),
        ("fraction", "accuracy", [0.75, 0.0], [25.0, 100.0]),
    ],
)
def test_declared_meaning(
    tmp_path: Path, unit: str, metric: str, values: list[float], expected: list[float]
) -> None:
    path = write(tmp_path / "file", {"architecture": TEXTS[:2], "val": values, "tst": values})
    table = read(path, meaning=Meaning(unit, metric))
    assert table.validation_error.tolist() == expected
    assert table.provenance.metric == f"error in percent, from {metric} as {unit}"


def test_values_that_contradict_the_declaration(tmp_path: Path) -> None:
    path = write(tmp_path / "file", columns())
    with pytest.raises(ValueError, match=r"'val': 8 values are outside 0 to 1, .*first is 10 on l"):
        read(path, meaning=Meaning("fraction", "error"))
    path = write(tmp_path / "file", columns(val=[-1.0, *VALID[1:]]))
    with pytest.raises(ValueError, match="1 values are outside 0 to 100"):
        read(path)


def test_small_percentages_are_believed_and_noted(tmp_path: Path) -> None:
    small = [0.1] * len(TEXTS)
    table = read(write(tmp_path / "file", columns(val=small)))
    assert table.validation_error.tolist() == small
    assert "at most 1 percent" in table.provenance.notes[0]
    both = read(
        write(tmp_path / "file", columns(val=small)), columns=Columns("architecture", "val")
    )
    assert len(both.provenance.notes) == 2


@pytest.mark.parametrize("given", [{"unit": "per cent"}, {"metric": "loss"}])
def test_unknown_declarations(given: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=f"{next(iter(given))}: unknown"):
        Meaning(**{"unit": "percent", "metric": "error"} | given)
    with pytest.raises(ValueError, match="duplicates: expected"):
        Tolerance(duplicates="last")
    with pytest.raises(ValueError, match="unknown: expected"):
        Tolerance(unknown="keep")


def test_one_column_serves_twice_and_says_so(tmp_path: Path) -> None:
    path = write(tmp_path / "file", columns())
    table = read(path, columns=Columns("architecture", test="tst"))
    assert set(table.metrics) == {"validation_error", "test_error"}
    assert table.validation_error.tolist() == table.metrics["test_error"].tolist() == VALID[::-1]
    assert "serves as validation and as test" in table.provenance.notes[0]
    with pytest.raises(ValueError, match="a validation or a test column"):
        read(path, columns=Columns("architecture"))


def test_duplicates(tmp_path: Path) -> None:
    archs = [*TEXTS[:7], TEXTS[0]]
    path = write(tmp_path / "file", columns(architecture=archs))
    with pytest.raises(ValueError, match=r"1 of 8 rows repeat .*none~0.*\(line 9\)"):
        read(path)
    first = read(path, tolerance=Tolerance(duplicates="first"))
    assert first.validation_error.tolist() == VALID[:7]
    assert "1 of 8 rows repeat" in first.provenance.notes[0]
    mean = read(path, tolerance=Tolerance(duplicates="mean"))
    assert mean.validation_error.tolist() == [(VALID[0] + VALID[7]) / 2, *VALID[1:7]]
    assert mean.texts == TEXTS[:7]


def test_unknown_architectures(tmp_path: Path) -> None:
    archs: list[str] = [f"nonsense {i}" for i in range(6)] + TEXTS[6:8]
    path = write(tmp_path / "file", columns(architecture=archs))
    with pytest.raises(
        ValueError, match=r"6 of 8 rows are not architectures of nasbench201: nonsense 0 \(line 2\)"
    ):
        read(path)
    table = read(path, tolerance=Tolerance(unknown="skip"))
    assert table.texts == TEXTS[6:]
    assert table.validation_error.tolist() == VALID[6:]
    assert "and 1 more" in table.provenance.notes[0]
    path = write(tmp_path / "file", columns(architecture=["x"] * 8))
    with pytest.raises(ValueError, match="no architectures of nasbench201"):
        read(path, tolerance=Tolerance(unknown="skip"))


def test_nasbench101_cells_as_json_and_as_hashes(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    cells = {SPACE101.hash(c := SPACE101.random(rng)): c for _ in range(8)}
    as_json = [
        json.dumps(
            {"matrix": cell.matrix.tolist(), "ops": cell.ops}
            if i % 2
            else [cell.matrix.tolist(), cell.ops]
        )
        for i, cell in enumerate(cells.values())
    ]
    table = read(write(tmp_path / "a", columns(architecture=as_json)), "nasbench101")
    assert table.texts == sorted(cells)
    assert table.query(cells.values())["validation_error"].tolist() == VALID
    hashes = [*list(cells)[:-1], "0" * 32]
    path = write(tmp_path / "b", columns(architecture=hashes))
    with pytest.raises(ValueError, match=r"1 of 8 rows are not .*nasbench101: 0{32} \(line 9\)"):
        read(path, "nasbench101")
    other = read(path, "nasbench101", tolerance=Tolerance(unknown="skip"))
    assert other.texts == sorted(hashes[:-1])
    assert other.query(list(cells.values())[:-1])["validation_error"].tolist() == VALID[:-1]


def test_space_of_ones_own(tmp_path: Path) -> None:
    space = CellSpace(Taxonomy({"f": ["a", "b"]}, name="own"), max_vertices=4, max_edges=6)
    cell = Cell([[0, 1, 1, 0], [0, 0, 0, 1], [0, 0, 0, 1], [0, 0, 0, 0]],
                ["input", "a", "b", "output"], space.taxonomy)  # fmt: skip
    twin = Cell(cell.matrix, ["input", "b", "a", "output"], space.taxonomy)
    rows = {"architecture": [space.format(cell)], "val": [3.0], "tst": [4.0]}
    table = read(write(tmp_path / "file", rows), space)
    assert table.query([twin])["test_error"].tolist() == [4.0]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", r"no column 'architecture'; its columns are \[\]"),
        ("architecture,val\n", "no column 'tst'"),
        ("architecture,val,tst,val\n", "more than one column 'val'"),
        ("architecture,val,tst\n", "has no rows"),
        ("architecture,val,tst\na,1\n", "line 2: expected 3 values, got 2"),
        ("architecture,val,tst\na,1,good\n", "line 2, column 'tst': expected a number, got 'good'"),
        ("architecture,val,tst\na,1,nan\n", "'tst': 1 values are missing .* on line 2"),
        ('architecture,val,tst\n"a"b,1,2\n', "no CSV file"),
    ],
)
def test_bad_csv(tmp_path: Path, text: str, problem: str) -> None:
    path = tmp_path / "file"
    path.write_text(text)
    with pytest.raises(ValueError, match=problem):
        read(path)


def test_bad_parquet(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow", reason="reads Parquet")
    path = tmp_path / "file.parquet"
    path.write_bytes(b"no parquet at all")
    with pytest.raises(ValueError, match="is no Parquet file, or damaged"):
        read(path)
    with pytest.raises(ValueError, match="no column 'tst'"):
        read(write(path, {"architecture": TEXTS[:1], "val": [1.0]}))
    with pytest.raises(ValueError, match="column 'val': expected numbers"):
        read(write(path, {"architecture": TEXTS[:1], "val": ["x"], "tst": [1.0]}))
    with pytest.raises(ValueError, match="'tst': 1 values are missing"):
        read(write(path, {"architecture": TEXTS[:2], "val": [1.0, 2.0], "tst": [1.0, None]}))


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_whole_nasbench101(tmp_path: Path, suffix: str) -> None:
    data = np.load(shared("data/nb101_test_accuracy_108.npz"))
    path = write(
        tmp_path / f"file.{suffix}",
        {
            "hash": SPACE101.enumerate().hashes.tolist(),
            "accuracy": (data["accuracy_x29952"] / 29952).tolist(),
            "params": data["params"].tolist(),
        },
    )
    table = read(
        path,
        "nasbench101",
        columns=Columns("hash", test="accuracy", parameters="params"),
        meaning=Meaning("fraction", "accuracy"),
    )
    assert len(table) == 423_624
    best = table.entry(table.best)
    assert (best.row, best.text) == (4789, "02e5a0247bbdcf2860b7e96f74961594")
    assert round(best.metrics["validation_error"], 3) == 5.682
    assert best.metrics["parameters"] == 32_426_634
    assert SPACE101.hash(best.cell) == best.text
