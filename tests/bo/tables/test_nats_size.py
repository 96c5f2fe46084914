from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from benchmark_files import (
    SIZE_EPOCH_SEEDS,
    accuracy,
    nats,
    nats_size,
    write_nats_folder,
    write_pbz2,
)

from otnas import cli, spaces, tables
from otnas.tables.readers import nats as reader
from otnas.tables.readers.trials201 import SIZE

SPACE = spaces.get("nats_size")
TEXTS = [SPACE.format(cell) for cell in SPACE.enumerate()[::5000]]
SPLITS = {
    "cifar10-valid": ("x-valid", "ori-test"),
    "cifar10": ("ori-test", "ori-test"),
    "cifar100": ("x-valid", "x-test"),
    "ImageNet16-120": ("x-valid", "x-test"),
}


@pytest.fixture(scope="module", params=["folder", "file"])
def source(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("nats")
    if request.param == "folder":
        return write_nats_folder(folder / "NATS-sss-v1_0-50262-simple", nats_size(TEXTS))
    return write_pbz2(folder / "NATS-sss-v1_0-50262.pickle.pbz2", nats_size(TEXTS))


@pytest.mark.parametrize("dataset", list(SPLITS))
@pytest.mark.parametrize("epochs", [1, 12, 90])
def test_mean_over_seeds(source: Path, dataset: str, epochs: int) -> None:
    choice: dict[str, Any] = {"dataset": dataset, "epochs": epochs, "seeds": "mean"}
    table = reader.read(source, **choice, benchmark=SIZE)
    assert (table.name, table.space, table.texts) == (f"nats_size_{dataset}", "nats_size", TEXTS)
    for metric, split in zip(("validation_error", "test_error"), SPLITS[dataset], strict=True):
        for index in range(len(TEXTS)):
            seeds = SIZE_EPOCH_SEEDS[epochs]
            each = [accuracy(index, dataset, epochs, s, split, epochs - 1) for s in seeds]
            assert table.metrics[metric][index] == pytest.approx(100 - np.mean(each), abs=1e-12)
    np.testing.assert_allclose(table.metrics["latency"], 0.01 + np.arange(len(TEXTS)) / 1000)
    np.testing.assert_allclose(table.metrics["flops"], 113.95137e6)
    np.testing.assert_array_equal(table.rows([SPACE.parse(TEXTS[3])]), [3])


def test_one_seed(source: Path) -> None:
    choice: dict[str, Any] = {"dataset": "cifar100", "benchmark": SIZE}
    table = reader.read(source, epochs=90, seeds=888, **choice)
    expected = [100 - accuracy(i, "cifar100", 90, 888, "x-valid", 89) for i in range(len(TEXTS))]
    np.testing.assert_array_equal(table.validation_error, expected)
    with pytest.raises(ValueError, match=r"7 of 7 architectures have no 12-epoch .* seeds=888"):
        reader.read(source, epochs=12, seeds=888, **choice)


def test_choices(source: Path, tmp_path: Path) -> None:
    good: dict[str, Any] = {"dataset": "cifar10", "epochs": 90, "seeds": "mean", "benchmark": SIZE}
    for change, message in (
        ({"epochs": 200}, "epochs: expected 1 or 12 or 90, got 200"),
        ({"seeds": 111}, "seeds: expected 'mean' or one of 777, 888, 999, got 111"),
    ):
        with pytest.raises(ValueError, match=message):
            reader.read(source, **good | change)
    with pytest.raises(ValueError, match=r"is the size benchmark of NATS-Bench, expected the topo"):
        reader.read(source, dataset="cifar10", epochs=12, seeds="mean")
    topology = write_pbz2(
        tmp_path / "tss", nats(["|none~0|+|none~0|none~1|+|none~0|none~1|none~2|"])
    )
    with pytest.raises(
        ValueError, match=r"is the topology benchmark of NATS-Bench, expected the s"
    ):
        reader.read(topology, **good)
    with pytest.raises(ValueError, match=r"architectures: text: expected one of 8, .*, got '7'"):
        reader.read(write_pbz2(tmp_path / "sss", nats_size(["7:8:8:8:8"])), **good)


def test_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write_nats_folder(tmp_path / "NATS-sss-v1_0-50262-simple", nats_size(TEXTS))
    arguments = ["--dataset", "cifar100", "--epochs", "90", "--seeds", "mean"]
    assert cli.main(["table", "import", "nats-size", str(folder), *arguments]) == 0
    assert "nats_size_cifar100" in capsys.readouterr().out
    assert tables.load("nats_size_cifar100").texts == TEXTS
    with pytest.raises(
        tables.TableNotFoundError, match=r"otnas table import nats-size .* cifar10 "
    ):
        tables.load("nats_size_cifar10")
