from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from otnas import spaces, tables
from otnas.tables import Provenance, Table, TableNotFoundError, catalog
from otnas.tables.readers import analog

PAPER_NAMES = [
    "nasbench",
    "nasbench201_cifar10",
    "nasbench201_cifar100",
    "nasbench201_ImageNet16-120",
]


def made(name: str) -> Table:
    cells = spaces.get("nasbench201").enumerate()[:3]
    origin = Provenance("data", "metric", None, "seeds", "file", None)
    return Table(name, "nasbench201", cells, {"validation_error": np.arange(3.0)}, origin)


def test_save_load_names(data_folder: Path) -> None:
    before = tables.names()
    path = tables.save(made("nasbench201_cifar100"))
    assert path.is_relative_to(data_folder)
    tables.save(made("a.b-c_1"))
    assert tables.names() == [*before, "a.b-c_1", "nasbench201_cifar100"]
    assert tables.load("nasbench201_cifar100").validation_error.tolist() == [0.0, 1.0, 2.0]


def test_names_are_not_reused_silently() -> None:
    tables.save(made("mine"))
    with pytest.raises(FileExistsError, match=r"there is a table mine already .*--replace"):
        tables.save(made("mine"))
    tables.save(made("mine"), replace=True)


@pytest.mark.parametrize("name", ["../up", "", "a/b", ".hidden", "-x", "a" * 101, "a b"])
def test_bad_names(name: str) -> None:
    with pytest.raises(ValueError, match="name: expected at most 100 letters"):
        tables.save(made(name))
    with pytest.raises(ValueError, match="name: expected at most 100 letters"):
        tables.load(name)


def test_default_is_taken() -> None:
    with pytest.raises(ValueError, match=r"name: expected another .*, got 'default'"):
        tables.save(made("default"))


@pytest.mark.parametrize("name", PAPER_NAMES)
def test_missing_table_says_how_to_get_it(name: str) -> None:
    with pytest.raises(TableNotFoundError) as caught:
        tables.load(name)
    message = str(caught.value)
    assert "https://" in message
    if name == "nasbench":
        assert "otnas table import nasbench101 nasbench_only108.tfrecord" in message
    else:
        dataset = name.removeprefix("nasbench201_")
        assert f"otnas table import nats NATS-tss-v1_0-3ffb9-simple --dataset {dataset}" in message


def test_unknown_name_lists_the_known_ones() -> None:
    tables.save(made("mine"))
    with pytest.raises(TableNotFoundError, match=r"known are .*mine.*nasbench, .*import --help"):
        tables.load("nothing")


def test_nasbench101_is_another_name_of_nasbench() -> None:
    assert catalog.path_of("nasbench101") == catalog.path_of("nasbench")


def test_default_without_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    assert "default" not in tables.names()
    with pytest.raises(FileNotFoundError, match=r"pip install 'otnas\[run\]'"):
        tables.load()


needs_analog = pytest.mark.skipif(
    not analog.is_installed(), reason="the package analog-nasbench is not installed"
)


@needs_analog
def test_default() -> None:
    table = tables.load()
    assert "default" in tables.names()
    assert sorted(table.texts) == sorted(
        spaces.get("nasbench201").enumerate().cells.to_nasbench201()
    )
    assert len(table) == 15_625
    best = table.entry(table.best)
    assert best.metrics["validation_error"] == best.metrics["test_error"]
    assert 5.5 < best.metrics["test_error"] < 6.5
    assert table.provenance.sha256 is not None


@needs_analog
@pytest.mark.parametrize("objective", list(analog.OBJECTIVES))
def test_objectives(objective: str) -> None:
    table = tables.load(f"analognasbench_{objective}")
    assert objective in table.provenance.metric
    assert table.validation_error.min() >= 0
    assert table.validation_error.max() <= 100
    # The file's first record, as it is stored: all six operations are skip_connect.
    skip = "|skip_connect~0|+|skip_connect~0|skip_connect~1|+|" + (
        "skip_connect~0|skip_connect~1|skip_connect~2|"
    )
    first = {"baseline": 60.7836, "noisy": 10.0, "baseline_drift_60": 10.0, "analog": 57.49,
             "analog_drift_60": 87.4944, "analog_drift_2592000": 46.86}  # fmt: skip
    if objective in first:
        assert table.query([skip])["test_error"] == pytest.approx(100 - first[objective])


def test_unknown_objective() -> None:
    with pytest.raises(ValueError, match="objective: unknown objective"):
        analog.load(objective="fast")
    with pytest.raises(TableNotFoundError):
        tables.load("analognasbench_fast")
