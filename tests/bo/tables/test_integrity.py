"""Stored tables under turned bits, full disks, failing syncs, sudden death and two writers."""

from __future__ import annotations

import multiprocessing
from pathlib import Path

import faults
import numpy as np
import pytest

from otnas import spaces, tables
from otnas.tables import Provenance, Table, catalog, store
from otnas.tables.container import ContainerError
from otnas_fast import CellArray

WRITE = """
import sys
from pathlib import Path
from otnas.tables import store
store.write(store.read(Path(sys.argv[1])), Path(sys.argv[2]))
"""


def made(name: str = "made", count: int = 6) -> Table:
    space = spaces.get("nasbench101")
    rng = np.random.default_rng(1)
    cells = CellArray.from_cells([space.random(rng) for _ in range(count)])
    origin = Provenance("data", "metric", None, "seeds", "file", None)
    errors = {"validation_error": rng.uniform(size=count)}
    return Table(name, "nasbench101", cells, errors, origin)


def test_every_turned_bit_is_noticed(tmp_path: Path) -> None:
    path, damaged = tmp_path / "table", tmp_path / "damaged"
    store.write(made(), path)
    data = bytearray(path.read_bytes())
    for position in range(len(data)):
        for bit in range(8):
            data[position] ^= 1 << bit
            damaged.write_bytes(data)
            with pytest.raises(
                ContainerError, match=r"damaged|no otnas table file|earlier version"
            ):
                store.read(damaged)
            data[position] ^= 1 << bit


def test_bytes_too_many_or_too_few_are_noticed(tmp_path: Path) -> None:
    path = tmp_path / "table"
    store.write(made(), path)
    data = path.read_bytes()
    for other in (data + b"\0", data[:-1], data[: len(data) // 2], b""):
        path.write_bytes(other)
        with pytest.raises(ContainerError):
            store.read(path)


def test_a_table_of_the_format_without_check_sums_says_so(tmp_path: Path) -> None:
    path = tmp_path / "table"
    path.write_bytes(b"otnas table 1\n" + bytes(100))
    with pytest.raises(ContainerError, match="without check sums: import it again"):
        store.read(path)


@pytest.mark.parametrize("after", [0, 1, 100, 700, 1300])
def test_a_full_disk_leaves_nothing_and_names_the_file(tmp_path: Path, after: int) -> None:
    path = tmp_path / "table"
    with faults.disk_full(after=after), pytest.raises(OSError, match=str(path)):
        store.write(made(), path)
    assert list(tmp_path.iterdir()) == []
    store.write(made(), path)
    before = path.read_bytes()
    with faults.disk_full(after=after), pytest.raises(OSError, match=str(path)):
        store.write(made(count=9), path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_failing_sync_or_renaming_leaves_nothing(tmp_path: Path, call: str) -> None:
    path = tmp_path / "table"
    with faults.failing(call), pytest.raises(OSError, match=str(path)):
        store.write(made(), path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "death",
    [{"at_byte": n} for n in (0, 1, 500, 1400)]
    + [{"at_call": "fsync"}, {"after_call": "fsync"}, {"at_call": "replace"}],
)
def test_death_leaves_the_old_table(tmp_path: Path, death: dict[str, object]) -> None:
    new, path = tmp_path / "new", tmp_path / "old" / "table"
    store.write(made(count=9), new)
    store.write(made(), path)
    before = path.read_bytes()
    assert faults.run_dying(WRITE, new, path, **death).died  # type: ignore[arg-type]
    assert path.read_bytes() == before
    ending = faults.run_dying(WRITE, new, path, after_call="replace")
    assert ending.died
    assert len(store.read(path)) == 9


def _save(name: str, results: multiprocessing.Queue[str], start: object) -> None:
    table = made(name)
    start.wait()  # type: ignore[attr-defined]
    try:
        tables.save(table)
        results.put("saved")
    except FileExistsError as error:
        results.put(str(error))


def test_of_two_imports_of_one_name_at_once_one_is_refused(
    data_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Neither sees the other before it begins.
    monkeypatch.setattr(catalog, "check_free", lambda name, *, replace: None)
    context = multiprocessing.get_context("fork")
    for trial in range(5):
        results, start = context.Queue(), context.Event()
        both = [context.Process(target=_save, args=(f"t{trial}", results, start)) for _ in range(2)]
        for process in both:
            process.start()
        start.set()
        said = sorted(results.get(timeout=60) for _ in both)
        for process in both:
            process.join()
        assert said[1] == "saved"
        assert "File exists" in said[0]
        assert len(tables.load(f"t{trial}")) == 6
    assert len(list(catalog.folder().iterdir())) == 5


def test_without_hard_links_a_table_in_the_way_is_refused(data_folder: Path) -> None:
    with faults.failing("link"):
        tables.save(made())
        with pytest.raises(FileExistsError):
            tables.save(made())
    assert [path.name for path in catalog.folder().iterdir()] == ["made.otnas-table"]


def test_deep_nesting_in_a_header_breaks_no_listing(data_folder: Path) -> None:
    import struct

    from otnas.tables import container
    from otnas.tables.describe import overview
    from otnas_fast.formats import crc32c

    tables.save(made("good"))
    text = b"[" * 100_000 + b"]" * 100_000
    head = container.MAGIC + struct.pack("<QI", len(text), crc32c(text))
    catalog.path_of("deep").write_bytes(head + text)
    listing = overview()
    assert "good" in listing
    assert "deep" in listing
    assert "levels" in listing
