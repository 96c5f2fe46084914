from __future__ import annotations

import bz2
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from benchmark_files import EPOCH_SEEDS, accuracy, nats, shared, write_nats_folder, write_pbz2

from otnas import spaces
from otnas.tables.readers import nats as reader
from otnas.tables.readers.restricted_pickle import RefusedPickleError

TEXTS = spaces.get("nasbench201").enumerate()[::2500].to_nasbench201()
SPLITS = {
    "cifar10-valid": ("x-valid", "ori-test"),
    "cifar10": ("ori-test", "ori-test"),
    "cifar100": ("x-valid", "x-test"),
}


@pytest.fixture(scope="module", params=["folder", "file"])
def source(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("nats")
    if request.param == "folder":
        return write_nats_folder(folder / "NATS-tss-v1_0-3ffb9-simple", nats(TEXTS))
    return write_pbz2(folder / "NATS-tss-v1_0-3ffb9.pickle.pbz2", nats(TEXTS))


@pytest.mark.parametrize("dataset", list(SPLITS))
@pytest.mark.parametrize("epochs", [12, 200])
def test_mean_over_seeds(source: Path, dataset: str, epochs: int) -> None:
    table = reader.read(source, dataset=dataset, epochs=epochs, seeds="mean")
    assert table.texts == TEXTS
    assert table.name == f"nasbench201_{dataset}"
    seeds = EPOCH_SEEDS[epochs][dataset]
    for metric, split in zip(("validation_error", "test_error"), SPLITS[dataset], strict=True):
        for index in range(len(TEXTS)):
            each = [accuracy(index, dataset, epochs, s, split, epochs - 1) for s in seeds]
            assert table.metrics[metric][index] == pytest.approx(100 - np.mean(each), abs=1e-12)
    np.testing.assert_allclose(
        table.metrics["training_seconds"], epochs * (10.0 + np.arange(len(TEXTS)))
    )
    np.testing.assert_array_equal(
        table.metrics["parameters"], 802_426 + 1_000_000 * np.arange(len(TEXTS))
    )
    record = table.provenance
    assert (record.dataset, record.epochs) == (dataset, epochs)
    assert f"{len(TEXTS)} architectures with {len(seeds)}" in record.seeds
    assert any("serves as validation" in note for note in record.notes) == (dataset == "cifar10")


def test_metrics_that_some_lack_are_absent(tmp_path: Path) -> None:
    whole = nats(TEXTS[:3])
    for (dataset, _), result in whole["arch2infos"][1]["200"]["all_results"].items():
        if dataset == "cifar10-valid":
            del result["eval_acc1es"]["ori-test@199"]
            result["train_times"] = None
    path = write_pbz2(tmp_path / "file", whole)
    table = reader.read(path, dataset="cifar10-valid", epochs=200, seeds=777)
    assert list(table.metrics) == ["validation_error", "parameters", "flops", "latency"]
    assert table.provenance.notes == (
        "test_error is absent: only 2 of 3 architectures have it",
        "training_seconds is absent: only 2 of 3 architectures have it",
    )


def test_one_seed(source: Path) -> None:
    table = reader.read(source, dataset="cifar100", epochs=200, seeds=888)
    expected = [100 - accuracy(i, "cifar100", 200, 888, "x-valid", 199) for i in range(len(TEXTS))]
    np.testing.assert_array_equal(table.validation_error, expected)
    assert table.provenance.seeds == "seed 888 only"
    with pytest.raises(ValueError, match=r"7 of 7 architectures have no 200-epoch .* seeds=111"):
        reader.read(source, dataset="cifar100", epochs=200, seeds=111)


def test_dataset_that_is_not_there(source: Path) -> None:
    with pytest.raises(ValueError, match="7 of 7 architectures have no 12-epoch results on Image"):
        reader.read(source, dataset="ImageNet16-120", epochs=12, seeds="mean")


@pytest.mark.parametrize(
    "choice", [{"dataset": "cifar"}, {"epochs": 90}, {"seeds": 1}, {"seeds": "all"}]
)
def test_choice(tmp_path: Path, choice: dict[str, Any]) -> None:
    good: dict[str, Any] = {"dataset": "cifar10", "epochs": 12, "seeds": 111}
    with pytest.raises(ValueError, match=f"{next(iter(choice))}: (expected|unknown)"):
        reader.read(tmp_path, **good | choice)


def test_official_sample() -> None:
    """Accuracies as the files' own text has them, for all three architectures of the sample."""
    folder = shared("reference/nats_tss_sample")
    with pytest.raises(ValueError, match="3 of 15625 architectures only"):
        reader.read(folder, dataset="cifar10-valid", epochs=12, seeds=777)
    table = reader.read(folder, dataset="cifar10-valid", epochs=12, seeds=777, incomplete=True)
    assert table.provenance.notes == ("results of 3 of 15625 architectures only",)
    text = "|nor_conv_3x3~0|+|nor_conv_3x3~0|avg_pool_3x3~1|+|none~0|nor_conv_3x3~1|avg_pool_3x3~2|"
    got = table.query([text])
    assert got["test_error"] == pytest.approx(100 - 64.54, abs=1e-9)
    assert got["parameters"] == 802_426
    assert got["training_seconds"] == pytest.approx(12 * 12.462056795756022)


class Forbidden:
    def __reduce__(self) -> tuple[Any, ...]:
        return print, ("this must not run",)


def test_refuses_other_classes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write_nats_folder(tmp_path / "folder", nats(TEXTS[:2]))
    write_pbz2(folder / "000001.pickle.pbz2", {"12": Forbidden()})
    with pytest.raises(RefusedPickleError, match=r"000001.pickle.pbz2 names builtins.print"):
        reader.read(folder, dataset="cifar10", epochs=12, seeds=111)
    assert capsys.readouterr().out == ""


def read(path: Path) -> object:
    return reader.read(path, dataset="cifar10", epochs=12, seeds=111)


def test_damaged_files(tmp_path: Path) -> None:
    path = tmp_path / "NATS.pickle.pbz2"
    path.write_bytes(b"no bzip2")
    with pytest.raises(ValueError, match="is no bzip2 file, or damaged"):
        read(path)
    whole = bz2.compress(pickle.dumps(nats(TEXTS[:2])))
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ValueError, match=r"damaged|no readable pickle"):
        read(path)
    path.write_bytes(bz2.compress(pickle.dumps(nats(TEXTS[:2]))[:-100]))
    with pytest.raises(ValueError, match="no readable pickle"):
        read(path)
    with pytest.raises(FileNotFoundError, match="no NATS-Bench folder: it has no meta"):
        read(tmp_path)
    with pytest.raises(FileNotFoundError):
        read(tmp_path / "absent")


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ([1, 2], "expected a dictionary, got list"),
        ({"meta_archs": 3}, "no list of architectures"),
        ({"meta_archs": ["64:64:64:64:64"], "arch2infos": {}}, "size benchmark"),
        ({"meta_archs": TEXTS, "arch2infos": {99: {}}}, "no architecture's number"),
        ({"meta_archs": TEXTS, "arch2infos": {0: {"90": {}}}}, r"results of \['90'\] epochs"),
        ({"meta_archs": TEXTS, "arch2infos": {0: {"12": {}}}}, "no results as NAS-Bench-201"),
        ({"meta_archs": TEXTS, "arch2infos": {0: {"12": {"arch_str": TEXTS[1]}}}}, "are of"),
        ({"meta_archs": TEXTS, "arch2infos": {}}, "results of 0 of 7"),
    ],
)
def test_foreign_content(tmp_path: Path, content: object, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        read(write_pbz2(tmp_path / "file", content))
