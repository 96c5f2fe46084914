"""Objects of the official packages. Those of PyPI are compared with our readers where installed."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from benchmark_files import nasbench201, nats_size, shared, write_nats_folder

from otnas import spaces
from otnas.tables.readers import live_api, nats
from otnas.tables.readers.trials201 import SIZE
from otnas.tables.table import Table

SPACE = spaces.get("nasbench101")
TEXTS = spaces.get("nasbench201").enumerate()[::4000].to_nasbench201()


def same(one: Table, other: Table) -> None:
    assert one.texts == other.texts
    assert set(one.metrics) == set(other.metrics)
    for metric, values in one.metrics.items():
        np.testing.assert_array_equal(values, other.metrics[metric])


def fake_nasbench() -> SimpleNamespace:
    """With the two dictionaries of ``nasbench.api.NASBench``."""
    rng = np.random.default_rng(0)
    api = SimpleNamespace(fixed_statistics={}, computed_statistics={})
    while len(api.fixed_statistics) < 5:
        cell = SPACE.random(rng).prune()
        digest = SPACE.hash(cell)
        api.fixed_statistics[digest] = {
            "module_adjacency": cell.matrix.astype(np.int8),
            "module_operations": list(cell.ops),
            "trainable_parameters": 1000 + len(api.fixed_statistics),
        }
        api.computed_statistics[digest] = {
            epochs: [
                {
                    "final_training_time": 100.0 * epochs + run,
                    "final_train_accuracy": 1.0,
                    "final_validation_accuracy": rng.uniform(),
                    "final_test_accuracy": rng.uniform(),
                }
                for run in range(3)
            ]
            for epochs in (36, 108)
        }
    return api


@pytest.mark.parametrize("epochs", [36, 108])
def test_nasbench(epochs: int) -> None:
    api = fake_nasbench()
    mean = live_api.from_nasbench(api, epochs=epochs)
    second = live_api.from_nasbench(api, epochs=epochs, repeats=1)
    assert mean.texts == sorted(api.fixed_statistics)
    for row, digest in enumerate(mean.texts):
        runs = api.computed_statistics[digest][epochs]
        accuracies = [run["final_test_accuracy"] for run in runs]
        assert mean.metrics["test_error"][row] == pytest.approx(100 - 100 * np.mean(accuracies))
        assert second.metrics["test_error"][row] == 100 * (1 - accuracies[1])
        assert second.metrics["training_seconds"][row] == 100 * epochs + 1
    assert mean.provenance.sha256 is None
    assert "SimpleNamespace" in mean.provenance.source


def test_nasbench_without_these_epochs() -> None:
    with pytest.raises(ValueError, match="0 runs of 4 epochs"):
        live_api.from_nasbench(fake_nasbench(), epochs=4)
    with pytest.raises(ValueError, match="epochs: expected"):
        live_api.from_nasbench(fake_nasbench(), epochs=5)


def test_other_objects() -> None:
    with pytest.raises(TypeError, match=r"like nasbench.api.NASBench, got int without fixed_stat"):
        live_api.from_nasbench(3)
    with pytest.raises(TypeError, match="got int without meta_archs, query_meta_info_by_index"):
        live_api.from_nasbench201(3, dataset="cifar10", epochs=12, seeds=111)


@pytest.mark.parametrize("dataset", ["cifar10-valid", "cifar10", "cifar100"])
@pytest.mark.parametrize("epochs", [12, 200])
def test_real_nas_bench_201(tmp_path: Path, dataset: str, epochs: int) -> None:
    """Our reader, our use of the official object, and the official object itself agree."""
    torch = pytest.importorskip("torch", reason="nas-bench-201 needs PyTorch")
    official = pytest.importorskip("nas_201_api", reason="compares with the package nas-bench-201")
    from otnas.tables.readers import nasbench201 as reader

    path = tmp_path / "NAS-Bench-201-v1_1-096897.pth"
    torch.save(nasbench201(TEXTS), path)
    api = official.NASBench201API(str_path(path), verbose=False)
    choice: dict[str, Any] = {"dataset": dataset, "epochs": epochs, "seeds": "mean"}
    table = reader.read(path, **choice)
    same(table, live_api.from_nasbench201(api, **choice))
    compare_with_queries(table, api, dataset, epochs, range(len(TEXTS)))


def str_path(path: Path) -> Any:
    """What NASBench201API is given: newer PyTorch refuses the file's set unless it is loaded so."""
    import torch

    return torch.load(path, weights_only=False)  # written by this test


@pytest.mark.parametrize("dataset", ["cifar10-valid", "cifar10", "cifar100", "ImageNet16-120"])
@pytest.mark.parametrize("epochs", [12, 200])
def test_real_nats_bench(dataset: str, epochs: int) -> None:
    official = pytest.importorskip("nats_bench", reason="compares with the package nats-bench")
    folder = shared("reference/nats_tss_sample")
    api = official.create(str(folder), "tss", fast_mode=True, verbose=False)
    choice: dict[str, Any] = {"dataset": dataset, "epochs": epochs, "seeds": "mean"}
    table = nats.read(folder, **choice, incomplete=True)
    same(table, live_api.from_nasbench201(api, **choice, indexes=[0, 11, 284]))
    compare_with_queries(table, api, dataset, epochs, [0, 11, 284])


@pytest.mark.parametrize("dataset", ["cifar10-valid", "cifar10", "cifar100", "ImageNet16-120"])
@pytest.mark.parametrize("epochs", [1, 12, 90])
def test_real_nats_bench_of_sizes(tmp_path: Path, dataset: str, epochs: int) -> None:
    """Our reader and the official one agree on files of the official layout."""
    official = pytest.importorskip("nats_bench", reason="compares with the package nats-bench")
    texts = ["8:8:8:8:8", "64:8:16:24:32", "64:64:64:64:64"]
    folder = write_nats_folder(tmp_path / "NATS-sss-v1_0-50262-simple", nats_size(texts))
    api = official.create(str(folder), "sss", fast_mode=True, verbose=False)
    choice: dict[str, Any] = {"dataset": dataset, "epochs": epochs, "seeds": "mean"}
    table = nats.read(folder, **choice, benchmark=SIZE)
    assert table.texts == list(api.meta_archs) == texts
    compare_with_queries(table, api, dataset, epochs, range(3))


def compare_with_queries(table: Table, api: Any, dataset: str, epochs: int, indexes: Any) -> None:
    for row, index in enumerate(indexes):
        info = api.get_more_info(index, dataset, hp=f"{epochs:02}", is_random=False)
        valid = "test-accuracy" if dataset == "cifar10" else "valid-accuracy"
        got = {name: values[row] for name, values in table.metrics.items()}
        assert got["validation_error"] == pytest.approx(100 - info[valid], abs=1e-9)
        assert got["test_error"] == pytest.approx(100 - info["test-accuracy"], abs=1e-9)
        assert got["training_seconds"] == pytest.approx(info["train-all-time"], rel=1e-12)
        cost = api.get_cost_info(index, dataset, hp=f"{epochs:02}")
        assert got["parameters"] == round(cost["params"] * 1e6)
        assert got["flops"] == pytest.approx(cost["flops"] * 1e6, rel=1e-12)
        assert got["latency"] == pytest.approx(cost["latency"], rel=1e-12)
