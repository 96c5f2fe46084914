from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from otnas import cli, spaces, tables
from otnas.tables.describe import describe, overview
from otnas.tables.readers import nasbenchgraph as reader
from otnas.tables.readers.restricted_pickle import RefusedPickleError

installed = pytest.mark.skipif(not reader.is_installed(), reason="nas-bench-graph is not installed")

RANGES = {  # validation performance, best test performance, largest latency and parameters
    "cora": (0.157, 0.8193, 0.8313, 0.0085, 3.464),
    "citeseer": (0.245, 0.7280, 0.7157, 0.0161, 8.113),
    "pubmed": (0.649, 0.8113, 0.7860, 0.0189, 0.581),
    "cs": (0.071, 0.9213, 0.9126, 0.0154, 1.077),
    "physics": (0.506, 0.9400, 0.9300, 0.1033, 4.862),
    "photo": (0.329, 0.9407, 0.9279, 0.0248, 0.834),
    "computers": (0.642, 0.9190, 0.8558, 0.0128, 0.116),
    "arxiv": (0.389, 0.7367, 0.7239, 0.1322, 0.269),
    "proteins": (0.731, 0.8533, 0.7926, 0.5752, 1.083),
}


@installed
@pytest.mark.parametrize("dataset", list(RANGES))
def test_tables_of_the_package(dataset: str) -> None:
    name = f"nasbenchgraph_{dataset}"
    assert name in tables.names()
    table = tables.load(name)
    lowest, highest, best_test, latency, parameters = RANGES[dataset]
    assert table.space == ("nasbenchgraph_proteins" if dataset == "proteins" else "nasbenchgraph")
    assert len(table) == (2_021 if dataset == "proteins" else 26_206)
    assert table.validation_error.min() == pytest.approx(100 - 100 * highest, abs=0.005)
    assert table.validation_error.max() == pytest.approx(100 - 100 * lowest, abs=0.05)
    assert table.metric("test_error").min() == pytest.approx(100 - 100 * best_test, abs=0.005)
    assert table.metric("latency").max() == pytest.approx(latency, abs=5e-5)
    assert table.metric("parameters").max() == pytest.approx(parameters, abs=5e-4)
    assert not np.array_equal(table.validation_error, table.metric("test_error"))


@installed
def test_results_are_those_of_the_files_numbers() -> None:
    """Key 10000 of cora is link 1 with four times gat."""
    with reader.data_file("cora").open("rb") as file:
        official = pickle.load(file)
    table = tables.load("nasbenchgraph_cora")
    space = spaces.get("nasbenchgraph_cora")
    got = table.query([space.parse("0001;gat,gat,gat,gat")])
    assert got["validation_error"][0] == pytest.approx(100 - 100 * official[10000]["valid_perf"])
    assert got["test_error"][0] == pytest.approx(100 - 100 * official[10000]["perf"])
    assert got["latency"][0] == official[10000]["latency"]
    assert got["parameters"][0] == official[10000]["para"]
    # However a network is written, it is found.
    assert table.rows([space.parse("0020;gat,gcn,gin,fc")]) == table.rows(
        [space.parse("0001;gcn,gat,fc,gin")]
    )


@installed
def test_texts_and_listing() -> None:
    table = tables.load("nasbenchgraph_proteins")
    assert table.text(0) == spaces.get("nasbenchgraph").format(table.cells[0])
    assert table.texts[:2] == [table.text(0), table.text(1)]
    assert "latency and parameters are as tabulated" in describe(table, Path("none"))
    (line,) = [line for line in overview().splitlines() if "_proteins" in line.split()[0]]
    assert line.split()[:5] == [table.name, table.space, "2,021", "proteins", "-"]


@installed
def test_an_imported_table_goes_first() -> None:
    path = tables.save(reader.load("cora", name="nasbenchgraph_proteins"))
    again = tables.load("nasbenchgraph_proteins")
    assert (again.provenance.dataset, len(again)) == ("cora", 26_206)
    assert path.is_file()
    assert tables.names().count("nasbenchgraph_proteins") == 1


def test_a_table_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text('arch,err\n"0020;gat,gcn,gin,fc",5.5\n"0123;skip,gcn,gin,fc",6.5\n')
    arguments = ["--space", "nasbenchgraph", "--arch", "arch", "--test", "err"]
    meaning = ["--unit", "percent", "--metric", "error", "--name", "mine"]
    assert cli.main(["table", "import", "csv", str(path), *arguments, *meaning]) == 0
    table = tables.load("mine")
    assert sorted(table.texts) == ["0001;gcn,gat,fc,gin", "0123;skip,gcn,gin,fc"]


def test_package_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader.importlib.util, "find_spec", lambda name: None)
    assert not reader.is_installed()
    with pytest.raises(FileNotFoundError, match="comes with the package nas-bench-graph"):
        tables.load("nasbenchgraph_arxiv")
    assert not any(name.startswith("nasbenchgraph") for name in tables.names())


GOOD = {"valid_perf": 0.5, "perf": np.float64(0.25), "latency": 0.001, "para": np.float64(2.0)}


def write(path: Path, content: Any) -> Path:
    path.write_bytes(pickle.dumps(content))
    return path


def test_numpy_scalars(tmp_path: Path) -> None:
    table = reader.load("cora", path=write(tmp_path / "cora", {88887: GOOD, 1111: GOOD}))
    assert table.texts == ["0000;gcn,gcn,gcn,gcn", "0123;skip,skip,skip,fc"]
    assert {name: values.tolist() for name, values in table.metrics.items()} == {
        "validation_error": [50.0, 50.0],
        "test_error": [75.0, 75.0],
        "latency": [0.001, 0.001],
        "parameters": [2.0, 2.0],
    }


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([GOOD], "expected a dictionary of networks, got list"),
        ({}, "expected a dictionary of networks"),
        ({"a": GOOD}, "expected numbers of networks"),
        ({88888: GOOD}, "88888 is the number of no network"),
        ({90000: GOOD}, "90000 is the number of no network"),
        ({1111: {**GOOD, "perf": "x"}}, "expected the numbers valid_perf, perf, latency, para"),
        ({1111: 0.5}, "expected the numbers"),
        ({1111: {**GOOD, "perf": 81.3}}, "expected performances from 0 to 1"),
        ({1111: {**GOOD, "valid_perf": float("nan")}}, "expected performances from 0 to 1"),
    ],
)
def test_foreign_content(tmp_path: Path, content: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        reader.load("cora", path=write(tmp_path / "cora", content))


def test_other_data_sets_and_code(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"dataset: unknown data set 'mnist'; .* valid: cora, "):
        reader.load("mnist")
    with pytest.raises(ValueError, match=r"10 is the number of no network of .*_proteins"):
        reader.load("proteins", path=write(tmp_path / "proteins", {10: GOOD}))
    with pytest.raises(RefusedPickleError, match=r"names builtins\.print"):
        reader.load("cora", path=write(tmp_path / "cora", {1111: print}))
