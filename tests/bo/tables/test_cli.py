from __future__ import annotations

import argparse
import csv
import errno
from pathlib import Path

import numpy as np
import pytest
from benchmark_files import (
    model_metrics,
    nasbench101_record,
    nats,
    write_nats_folder,
    write_tfrecords,
)

from otnas import spaces, storage, tables
from otnas.tables import analog, catalog, cli

TEXTS = spaces.get("nasbench201").enumerate()[::5000].to_nasbench201()


def otnas(*words: str | Path) -> int:
    parser = argparse.ArgumentParser(prog="otnas")
    cli.add_parser(parser.add_subparsers(dest="command", required=True))
    return cli.run(parser.parse_args([str(word) for word in words]))


@pytest.fixture
def tfrecord_file(tmp_path: Path) -> Path:
    space = spaces.get("nasbench101")
    cell = space.parse("conv3x3-bn-relu;0-1 1-2 0-2")
    records = [
        nasbench101_record(
            space.hash(cell), 108, cell.matrix, cell.ops, model_metrics(108, valid, 0.9, 5.0, 99)
        )
        for valid in (0.9, 0.8, 0.7)
    ]
    return write_tfrecords(tmp_path / "nasbench_only108.tfrecord", records)


@pytest.fixture
def csv_file(tmp_path: Path) -> Path:
    path = tmp_path / "mine.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["arch", "val", "acc"])
        writer.writerows([text, 0.5 + i / 10, 0.6] for i, text in enumerate(TEXTS))
    return path


def test_import_nasbench101(tfrecord_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert otnas("table", "import", "nasbench101", tfrecord_file) == 0
    out = capsys.readouterr().out
    assert "table:         nasbench\n" in out
    assert "mean over the 3 repeats" in out
    assert tables.load("nasbench").validation_error == pytest.approx([20.0])
    assert otnas("table", "import", "nasbench101", tfrecord_file, "--repeats", "2") == 1
    assert "there is a table nasbench already" in capsys.readouterr().err
    words = ["--repeats", "2", "--name", "second"]
    assert otnas("table", "import", "nasbench101", tfrecord_file, *words) == 0
    assert tables.load("second").validation_error == pytest.approx([30.0])
    assert otnas("table", "import", "nasbench101", tfrecord_file, "--replace") == 0


def test_import_nats(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write_nats_folder(tmp_path / "NATS-simple", nats(TEXTS))
    words = ["--dataset", "cifar100", "--epochs", "200", "--seeds", "777"]
    assert otnas("table", "import", "nats", folder, *words) == 0
    assert "seed 777 only" in capsys.readouterr().out
    assert tables.load("nasbench201_cifar100").texts == TEXTS
    with pytest.raises(SystemExit):  # neither epochs nor seeds are chosen silently
        otnas("table", "import", "nats", folder, "--dataset", "cifar100")
    assert "--epochs, --seeds" in capsys.readouterr().err


def test_import_csv(csv_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["table", "import", "csv", csv_file, "--space", "nasbench201", "--arch", "arch"]
    words += ["--valid", "val", "--test", "acc", "--name", "mine"]
    with pytest.raises(SystemExit):
        otnas(*words)
    assert "--unit, --metric" in capsys.readouterr().err
    assert otnas(*words, "--unit", "percent", "--metric", "accuracy") == 0
    assert "import again with that unit" in capsys.readouterr().out
    assert otnas(*words, "--unit", "fraction", "--metric", "accuracy", "--replace") == 0
    np.testing.assert_allclose(tables.load("mine").validation_error, [50.0, 40.0, 30.0, 20.0])


def test_list_and_info(csv_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    test_import_csv(csv_file, capsys)
    (catalog.folder() / f"broken{catalog.EXTENSION}").write_bytes(b"no table")
    capsys.readouterr()
    assert otnas("table", "list") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["NAME", "SPACE", "ARCHITECTURES", "DATASET", "EPOCHS", "SOURCE"]
    by_name = {line.split()[0]: line for line in lines}
    assert "nasbench201" in by_name["mine"]
    assert "mine.csv" in by_name["mine"]
    assert "cannot be read" in by_name["broken"]
    assert otnas("table", "info", "mine") == 0
    out = capsys.readouterr().out
    assert f"best:          {TEXTS[3]}" in out
    assert "validation_error 20%" in out
    assert otnas("table", "info", "broken") == 1
    assert "no otnas table file" in capsys.readouterr().err


@pytest.mark.skipif(not analog.is_installed(), reason="analog-nasbench is not installed")
def test_import_analog(capsys: pytest.CaptureFixture[str]) -> None:
    assert otnas("table", "info", "default") == 0
    assert "none, read from its package" in capsys.readouterr().out
    assert otnas("table", "import", "analog", "--objective", "analog_drift_60") == 0
    assert "analognasbench_analog_drift_60" in tables.names()


def test_errors_are_one_line_and_nonzero(
    tmp_path: Path, tfrecord_file: Path, csv_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    nb201 = ["--dataset", "cifar10", "--epochs", "12", "--seeds", "111"]
    own = ["--space", "nasbench101", "--arch", "arch", "--test", "acc", "--name", "x"]
    own += ["--unit", "fraction", "--metric", "accuracy"]
    for words in (
        ["nasbench101", tmp_path / "absent"],
        ["nasbench101", csv_file],
        ["nasbench101", tfrecord_file, "--epochs", "12"],
        ["nasbench101", tfrecord_file, "--name", "a/b"],
        ["nasbench101", tfrecord_file, "--name", "default"],
        ["nats", tfrecord_file, *nb201],
        ["nasbench201", tfrecord_file, *nb201],
        ["csv", csv_file, *own],
        ["parquet", csv_file, *own],
        *(["info", name] for name in ("nasbench", "nasbench201_cifar100", "nothing")),
    ):
        command = words if words[0] == "info" else ["import", *words]
        assert otnas("table", *command) == 1
        out, err = capsys.readouterr()
        assert (out, err.count("\n")) == ("", 1), words
        assert err.startswith("otnas table: ")
    assert not catalog.folder().exists() or list(catalog.folder().iterdir()) == []


@pytest.mark.parametrize(
    ("failure", "status"),
    [(OSError(errno.ENOSPC, "No space left on device"), 1), (KeyboardInterrupt(), 130)],
)
def test_failure_while_writing_leaves_nothing(
    tfrecord_file: Path,
    monkeypatch: pytest.MonkeyPatch,
    failure: BaseException,
    status: int,
) -> None:
    def fail(_: int) -> None:
        raise failure

    monkeypatch.setattr(storage.os, "fsync", fail)
    assert otnas("table", "import", "nasbench101", tfrecord_file) == status
    assert list(catalog.folder().iterdir()) == []
