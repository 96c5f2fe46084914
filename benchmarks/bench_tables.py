"""Tables: import of a NAS-Bench-101 file, opening, queries.

``OTNAS_BENCH_FULL=1`` makes and imports a file of the real size: 423,624 cells, three runs each.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from benchmark_files import model_metrics, nasbench101_record, write_tfrecords

from otnas import spaces
from otnas.spaces import parameter_counts
from otnas.tables import Provenance, Table, store
from otnas.tables.readers import nasbench101
from otnas_fast import CellArray
from targets import Targets

FULL = os.environ.get("OTNAS_BENCH_FULL") == "1"
CELLS = 423_624 if FULL else 20_000

MEASURE_IMPORT = """
import sys
from pathlib import Path
from otnas.tables import store
from otnas.tables.readers import nasbench101
store.write(nasbench101.read(Path(sys.argv[1])), Path(sys.argv[2]))
# Not getrusage: its peak is inherited from the process that started this one.
status = Path("/proc/self/status").read_text().split()
print(status[status.index("VmHWM:") + 1])
"""
MEASURE_OPEN = """
import sys, time
from pathlib import Path
from otnas.tables import store

def resident():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))

before, begin = resident(), time.perf_counter()
table = store.read(Path(sys.argv[1]))
opened = time.perf_counter() - begin
table.best
print(opened, (resident() - before) / 1024)
"""


@pytest.fixture(scope="module")
def cells() -> CellArray:
    enumerated = spaces.get("nasbench101").enumerate()
    return enumerated.cells if FULL else enumerated.cells[np.arange(CELLS) * 20]


@pytest.fixture(scope="module")
def tfrecord_file(cells: CellArray, tmp_path_factory: pytest.TempPathFactory) -> Path:
    digests = spaces.get("nasbench101").digests(cells)
    parameters = parameter_counts(cells).tolist()
    rng = np.random.default_rng(1)
    accuracies = rng.uniform(0.8, 0.95, size=(len(cells), 3, 2)).tolist()

    def records():  # type: ignore[no-untyped-def]
        for i, cell in enumerate(cells):
            matrix, ops, digest = cell.matrix.tolist(), cell.ops, digests[i].tobytes().hex()
            for valid, test in accuracies[i]:
                metrics = model_metrics(108, valid, test, 1234.5, parameters[i])
                yield nasbench101_record(digest, 108, matrix, ops, metrics)

    folder = tmp_path_factory.mktemp("nasbench101")
    return write_tfrecords(folder / "nasbench_only108.tfrecord", records())


@pytest.fixture(scope="module")
def table(cells: CellArray) -> Table:
    error = np.random.default_rng(2).uniform(5, 20, size=len(cells))
    names = ("validation_error", "test_error", "training_seconds", "parameters")
    return Table(
        name="made",
        space="nasbench101",
        cells=cells,
        metrics=dict.fromkeys(names, error),
        provenance=Provenance("none", "made up", None, "none", "none", None),
    )


def run(script: str, *args: Path) -> list[float]:
    command = [sys.executable, "-c", script, *map(str, args)]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return [float(word) for word in output.split()]


@pytest.mark.benchmark(group="import NAS-Bench-101")
def test_target_import(benchmark, targets: Targets, tfrecord_file: Path, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    begin = time.perf_counter()
    (kilobytes,) = benchmark.pedantic(
        run, args=(MEASURE_IMPORT, tfrecord_file, tmp_path / "table"), rounds=1
    )
    seconds = time.perf_counter() - begin
    benchmark.extra_info |= {
        "n": CELLS,
        "records": 3 * CELLS,
        "file_megabytes": tfrecord_file.stat().st_size / 1e6,
        "peak_megabytes": kilobytes / 1024,
    }
    # Three minutes for the whole file, and their share for a part.
    targets.at_most(f"import of {3 * CELLS:,} records", seconds, 180 * CELLS / 423_624, "s")
    targets.at_most(f"import of {3 * CELLS:,} records, peak", kilobytes / 1024, 1024, "MB")
    imported = nasbench101.read(tfrecord_file)
    assert len(imported) == CELLS
    np.testing.assert_array_equal(imported.metrics["parameters"], parameter_counts(imported.cells))


@pytest.mark.benchmark(group="open")
def test_target_open(benchmark, targets: Targets, table: Table, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "table"
    store.write(table, path)
    opened = benchmark(store.read, path)
    assert len(opened) == CELLS
    # In a process of its own: what opening costs the first time, and what stays resident.
    seconds, megabytes = np.min([run(MEASURE_OPEN, path) for _ in range(3)], axis=0)
    benchmark.extra_info |= {
        "n": CELLS,
        "first_open_seconds": float(seconds),
        "resident_megabytes": float(megabytes),
        "file_megabytes": path.stat().st_size / 1e6,
    }
    targets.at_most(f"open a table of {CELLS:,} cells", seconds * 1e3, 50, "ms")
    targets.at_most(f"open a table of {CELLS:,} cells, resident", megabytes, 100, "MB")


@pytest.mark.benchmark(group="query 1000 cells")
def test_query(benchmark, table: Table) -> None:  # type: ignore[no-untyped-def]
    rows = np.random.default_rng(3).integers(CELLS, size=1000)
    wanted = table.cells[rows]
    table.query(wanted)
    got = benchmark(table.query, wanted)
    np.testing.assert_array_equal(got["test_error"], table.metrics["test_error"][rows])


@pytest.mark.benchmark(group="query 1000 cells")
def test_query_naive(benchmark, table: Table) -> None:  # type: ignore[no-untyped-def]
    """The obvious version: a dictionary by hash, as the official API has, one cell at a time."""
    space = spaces.get("nasbench101")
    by_hash = {
        text: {name: float(values[row]) for name, values in table.metrics.items()}
        for row, text in enumerate(table.texts)
    }
    rows = np.random.default_rng(3).integers(CELLS, size=1000)
    wanted = list(table.cells[rows])
    got = benchmark(lambda: [by_hash[space.hash(cell)] for cell in wanted])
    assert [entry["test_error"] for entry in got] == table.metrics["test_error"][rows].tolist()
