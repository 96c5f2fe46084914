from __future__ import annotations

import base64
from pathlib import Path

import numpy as np
import pytest
from benchmark_files import model_metrics, nasbench101_record, shared, write_tfrecords

from otnas import spaces
from otnas.tables.readers import model_metrics as protobuf
from otnas.tables.readers import nasbench101
from otnas.tables.readers.tfrecord import TFRecordError
from otnas_fast import Cell, CellArray

SPACE = spaces.get("nasbench101")


def some_cells(count: int) -> list[Cell]:
    rng = np.random.default_rng(5)
    found: dict[str, Cell] = {}
    while len(found) < count:
        cell = SPACE.random(rng).prune()
        found.setdefault(SPACE.hash(cell), cell)
    return list(found.values())


CELLS = some_cells(12)


def numbers(index: int, epochs: int, run: int) -> tuple[float, float, float]:
    valid = 0.5 + index / 100 + run / 1000 + epochs / 10_000
    return valid, valid - 0.01, 100.0 * epochs + run


def records(epochs: tuple[int, ...] = (108,), runs: int = 3, cells: list[Cell] = CELLS):  # type: ignore[no-untyped-def]
    for run in range(runs):  # the runs of a cell need not follow each other
        for index, cell in enumerate(cells):
            for n in epochs:
                metrics = model_metrics(n, *numbers(index, n, run), 1_000_000 + index)
                yield nasbench101_record(SPACE.hash(cell), n, cell.matrix, cell.ops, metrics)


@pytest.mark.parametrize("epochs", [4, 12, 36, 108])
@pytest.mark.parametrize("repeats", ["mean", 0, 1, 2])
def test_round_trip(tmp_path: Path, epochs: int, repeats: int | str) -> None:
    path = write_tfrecords(tmp_path / "nasbench_full.tfrecord", records((4, 12, 36, 108)))
    table = nasbench101.read(path, epochs=epochs, repeats=repeats)
    assert table.texts == sorted(SPACE.hash(cell) for cell in CELLS)
    chosen = range(3) if repeats == "mean" else [repeats]
    got = table.query(CELLS)
    for index in range(len(CELLS)):
        runs = np.array([numbers(index, epochs, int(run)) for run in chosen])
        assert got["validation_error"][index] == np.mean(100.0 * (1.0 - runs[:, 0]))
        assert got["test_error"][index] == np.mean(100.0 * (1.0 - runs[:, 1]))
        assert got["training_seconds"][index] == np.mean(runs[:, 2])
        assert got["parameters"][index] == 1_000_000 + index
    assert table.provenance.epochs == epochs
    assert table.provenance.source == "nasbench_full.tfrecord"
    assert ("mean" in table.provenance.seeds) == (repeats == "mean")
    assert len(table.provenance.sha256 or "") == 64


def test_isomorphic_cells_and_hashes_are_found(tmp_path: Path) -> None:
    path = write_tfrecords(tmp_path / "file", records())
    table = nasbench101.read(path)
    canonical = [cell.canonical() for cell in CELLS]
    np.testing.assert_array_equal(table.rows(canonical), table.rows(CELLS))
    hashes = [SPACE.hash(cell) for cell in CELLS]
    np.testing.assert_array_equal(table.rows_of_hashes(hashes), table.rows(CELLS))
    other = some_cells(30)[-1]
    with pytest.raises(KeyError, match="1 of 2 architectures are not in table nasbench"):
        table.rows([CELLS[0], other])
    with pytest.raises(KeyError, match="number 0: 0000"):
        table.rows_of_hashes(["0" * 32])
    with pytest.raises(ValueError, match=r"hashes\[1\]: expected 32 lower-case hexadecimal"):
        table.rows_of_hashes(["0" * 32, "abc"])


def test_more_cells_than_a_chunk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_tfrecords(tmp_path / "file", records())
    whole = nasbench101.read(path)
    monkeypatch.setattr(nasbench101, "_CHUNK", 5)
    chunked = nasbench101.read(path)
    assert list(chunked.cells) == list(whole.cells)


def test_truncated_file_says_where(tmp_path: Path) -> None:
    path = write_tfrecords(tmp_path / "file", records())
    data = path.read_bytes()
    path.write_bytes(data[:-7])
    with pytest.raises(TFRecordError, match=r"at byte \d+, after 35 good records"):
        nasbench101.read(path)


GOOD = model_metrics(108, 0.9, 0.9, 1.0, 1)
ENDS = ("input", "output")
EDGE = [[0, 1], [0, 0]]


@pytest.mark.parametrize(
    ("record", "problem"),
    [
        (b"not json", "record 1 is not one of NAS-Bench-101"),
        (b'["00", 108]', "record 1 is not one of"),
        (b'{"a": 1}', "record 1 is not one of"),
        (nasbench101_record("00" * 16, 108, EDGE, ENDS, b"\x0a\x7f"), "cut short"),
        (nasbench101_record("00" * 16, 108, EDGE, ENDS, b""), "record 1 is not one of"),
        (nasbench101_record("00" * 16, 108, EDGE[:1], ENDS, GOOD), "2 operations, 2 matrix entr"),
        (nasbench101_record("00" * 15, 108, EDGE, ENDS, GOOD), "15 bytes"),
    ],
)
def test_foreign_records(tmp_path: Path, record: bytes, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        nasbench101.read(write_tfrecords(tmp_path / "file", [record]))


def test_unknown_operation(tmp_path: Path) -> None:
    ops = ("input", "conv9x9", "output")
    matrix = [[0, 1, 0], [0, 0, 1], [0, 0, 0]]
    metrics = model_metrics(108, 0.9, 0.9, 1.0, 1)
    record = nasbench101_record("00" * 16, 108, matrix, ops, metrics)
    with pytest.raises(ValueError, match=r"expected operations .* got 'conv9x9'"):
        nasbench101.read(write_tfrecords(tmp_path / "file", [record] * 3))


def test_wrong_hash(tmp_path: Path) -> None:
    metrics = model_metrics(108, 0.9, 0.9, 1.0, 1)
    record = nasbench101_record("12" * 16, 108, [[0, 1], [0, 0]], ("input", "output"), metrics)
    with pytest.raises(ValueError, match=f"1 module hashes are not .* {'12' * 16}"):
        nasbench101.read(write_tfrecords(tmp_path / "file", [record] * 3))


def test_missing_and_surplus_runs(tmp_path: Path) -> None:
    path = write_tfrecords(tmp_path / "file", records(runs=2))
    with pytest.raises(ValueError, match="12 of 12 cells do not have 3 runs of 108 epochs"):
        nasbench101.read(path)
    with pytest.raises(ValueError, match="no runs of 36 epochs, only of 108"):
        nasbench101.read(path, epochs=36)
    with pytest.raises(ValueError, match="record 37 is run 4 of cell"):
        nasbench101.read(write_tfrecords(tmp_path / "file", records(runs=4)))


@pytest.mark.parametrize("choice", [{"epochs": 200}, {"repeats": 3}, {"repeats": "median"}])
def test_choice(tmp_path: Path, choice: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=f"{next(iter(choice))}: expected"):
        nasbench101.read(tmp_path / "not there", **choice)  # type: ignore[arg-type]


def test_protocol_buffer_skips_unknown_fields() -> None:
    message = model_metrics(108, 0.9, 0.8, 1e4, 2**31 - 1)
    extra = b"\x25abcd" + b"\xba\x3e\x02hi" + b"\x80\x7d\x01"  # fields 4 (32 bits), 999, 2000
    parsed = protobuf.parse(extra + message)
    assert parsed == protobuf.parse(message)
    assert parsed.parameters == 2**31 - 1
    assert parsed.evaluations[2] == protobuf.Evaluation(108.0, 1e4, 0.99, 0.9, 0.8)
    assert parsed.evaluations[0].training_seconds == 0.0


def test_protocol_buffer_of_the_official_library() -> None:
    # SerializeToString() of the message in the package protobuf, one check point with a path.
    text = (
        "Ci0JAAAAAAAAAAARAAAAAAAAAAAZmpmZmZmZuT8hmpmZmZmZuT8pmpmZmZmZuT8KMgkAAAAAAABLQBEAAAAAAEh/"
        "QBkAAAAAAADoPyFmZmZmZmbmPykAAAAAAADmPzIDYS9iCi0JAAAAAAAAW0ARAAAAAABCj0AZAAAAAAAA8D8hAAAA"
        "AAAA7D8pAAAAAAAA6D8QipW7DxkAAAAAAECPQA=="
    )
    parsed = protobuf.parse(base64.b64decode(text))
    assert parsed.parameters == 32_426_634
    assert parsed.evaluations == (
        protobuf.Evaluation(0.0, 0.0, 0.1, 0.1, 0.1),
        protobuf.Evaluation(54.0, 500.5, 0.75, 0.7, 0.6875),
        protobuf.Evaluation(108.0, 1000.25, 1.0, 0.875, 0.75),
    )


@pytest.mark.parametrize("message", [b"\x0b", b"\x09\x00", b"\x0a\x05abc", b"\x10" + b"\xff" * 11])
def test_damaged_protocol_buffer(message: bytes) -> None:
    with pytest.raises(ValueError, match="protocol buffer"):
        protobuf.parse(message)


def test_best_of_the_real_accuracies(tmp_path: Path) -> None:
    """The official best cell, through a file in the official format of the 500 cells around it."""
    data = np.load(shared("data/nb101_test_accuracy_108.npz"))
    everything = SPACE.enumerate()
    chosen = np.arange(4500, 5000)
    cells: CellArray = everything.cells[chosen]
    lines = []
    for i, cell in zip(chosen.tolist(), cells, strict=True):
        accuracy, parameters = int(data["accuracy_x29952"][i]) / 29952, int(data["params"][i])
        metrics = model_metrics(108, accuracy, accuracy, 1.0, parameters)
        digest = str(everything.hashes[i])
        lines += 3 * [nasbench101_record(digest, 108, cell.matrix, cell.ops, metrics)]
    table = nasbench101.read(write_tfrecords(tmp_path / "file", lines))
    best = table.entry(table.best)
    assert best.text == "02e5a0247bbdcf2860b7e96f74961594"
    assert round(best.metrics["test_error"], 3) == 5.682
    assert best.metrics["parameters"] == 32_426_634
