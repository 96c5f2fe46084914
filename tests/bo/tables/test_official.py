"""Tables that answer the official calls, next to the official packages where those are there."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from benchmark_files import nasbench201, shared

from otnas import spaces, tables
from otnas.tables import official
from otnas.tables.readers import live_api, nats
from otnas.tables.readers import nasbench201 as reader

TEXTS = spaces.get("nasbench201").enumerate()[::4000].to_nasbench201()
CELL = official.ModelSpec([[0, 1, 1], [0, 0, 1], [0, 0, 0]], ["input", "conv3x3-bn-relu", "output"])


class Runs:
    """With the two dictionaries of ``nasbench.api.NASBench``, of one cell."""

    def __init__(self) -> None:
        self.digest = spaces.get("nasbench101").digests([(CELL.matrix, CELL.ops)]).tobytes().hex()
        adjacency = np.array(CELL.matrix, dtype=np.int8)
        self.fixed_statistics = {
            self.digest: {
                "module_adjacency": adjacency,
                "module_operations": CELL.ops,
                "trainable_parameters": 1234,
            }
        }
        run = {
            "final_training_time": 100.0,
            "final_train_accuracy": 1.0,
            "final_validation_accuracy": 0.92,
            "final_test_accuracy": 0.91,
        }
        self.computed_statistics = {self.digest: {108: [run] * 3}}


def test_nasbench101():
    runs = Runs()
    api = official.NASBench(live_api.from_nasbench(runs))
    fixed, computed = api.get_metrics_from_spec(CELL)
    # As there, but for what tables do not keep, and for three runs combined into one.
    expected = dict(runs.computed_statistics[runs.digest][108][0])
    del expected["final_train_accuracy"]
    assert computed == {108: [pytest.approx(expected)]}
    np.testing.assert_array_equal(fixed.pop("module_adjacency"), CELL.matrix)
    assert fixed == {"module_operations": CELL.ops, "trainable_parameters": 1234}
    assert list(api.hash_iterator()) == [runs.digest]
    assert api.get_metrics_from_hash(runs.digest)[1] == computed
    for _ in range(2):
        answer = api.query(CELL, epochs=108)
    assert answer["validation_accuracy"] == pytest.approx(0.92)
    assert answer["training_time"] == 100.0
    assert api.get_budget_counters() == (200.0, 216)
    assert api.is_valid(CELL)
    other = official.ModelSpec(CELL.matrix, ["input", "maxpool3x3", "output"])
    assert not api.is_valid(other)
    with pytest.raises(official.OutOfDomainError, match="not in table"):
        api.query(other)
    with pytest.raises(ValueError, match="epochs: expected 108, which the table has, got 36"):
        api.query(CELL, epochs=36)
    with pytest.raises(ValueError, match="stop_halfway: expected False"):
        api.query(CELL, stop_halfway=True)
    with pytest.raises(ValueError, match="table: expected one of nasbench101, got analog"):
        official.NASBench(tables.load("default"))


@pytest.fixture
def compared(tmp_path):
    """Our answers and those of the package nas-bench-201, to the same file."""
    torch = pytest.importorskip("torch", reason="nas-bench-201 needs PyTorch")
    theirs = pytest.importorskip("nas_201_api", reason="compares with the package nas-bench-201")
    path = tmp_path / "NAS-Bench-201-v1_1-096897.pth"
    torch.save(nasbench201(TEXTS), path)
    read = [
        reader.read(path, dataset=dataset, epochs=epochs, seeds="mean")
        for dataset in ("cifar10-valid", "cifar10", "cifar100")
        for epochs in (12, 200)
    ]
    loaded = torch.load(path, weights_only=False)  # written by this test
    return official.NASBench201API(*read), theirs.NASBench201API(loaded, verbose=False)


def same_answers(ours: Any, theirs: Any, rows: dict[int, int], datasets: list[str]) -> None:
    for row, index in rows.items():
        assert ours[row] == ours.arch(row) == theirs.arch(index)
        assert ours.query_index_by_arch(theirs.arch(index)) == row
        assert theirs.arch(index) in ours.query_by_arch(theirs.arch(index), "12")
        for dataset in datasets:
            for hp in ("12", "200"):
                mine = ours.get_more_info(row, dataset, hp=hp)
                official_one = theirs.get_more_info(index, dataset, hp=hp, is_random=False)
                assert set(mine) <= set(official_one)
                assert mine == pytest.approx({name: official_one[name] for name in mine})
                assert {"train-all-time", "train-per-time", "test-accuracy"} <= set(mine)
                assert ours.get_cost_info(row, dataset, hp) == pytest.approx(
                    {
                        name: value
                        for name, value in theirs.get_cost_info(index, dataset, hp).items()
                        if name in ("params", "flops", "latency")
                    },
                    rel=1e-6,
                )


def test_nas_bench_201(compared):
    ours, theirs = compared
    assert len(ours) == len(theirs)
    rows = {row: row for row in range(len(TEXTS))}
    same_answers(ours, theirs, rows, ["cifar10-valid", "cifar10", "cifar100"])
    assert ours.query_index_by_arch("|none~0|") == theirs.query_index_by_arch("|none~0|") == -1
    best = ours.find_best("cifar100", "x-valid", hp="200")
    assert best[1] == pytest.approx(theirs.find_best("cifar100", "x-valid", hp="200")[1])


def test_nats_bench():
    theirs = pytest.importorskip("nats_bench", reason="compares with the package nats-bench")
    folder = shared("reference/nats_tss_sample")
    api = theirs.create(str(folder), "tss", fast_mode=True, verbose=False)
    datasets = ["cifar10-valid", "cifar10", "cifar100", "ImageNet16-120"]
    read = [
        nats.read(folder, dataset=dataset, epochs=epochs, seeds="mean", incomplete=True)
        for dataset in datasets
        for epochs in (12, 200)
    ]
    ours = official.NASBench201API(*read)
    same_answers(ours, api, {0: 0, 1: 11, 2: 284}, datasets)
    accuracy, latency, seconds, used = ours.simulate_train_eval(1, "cifar10", hp="12")
    official_one = api.get_more_info(11, "cifar10-valid", hp="12", is_random=False)
    assert accuracy == pytest.approx(official_one["valid-accuracy"])
    assert seconds == used == pytest.approx(official_one["train-all-time"])
    assert latency > 0
    ours.reset_time()
    assert ours.used_time == 0.0


def test_what_no_table_has():
    table = tables.load("default")
    api = official.NASBench201API(table)
    hp, dataset = table.provenance.epochs, table.provenance.dataset
    if hp is None:
        with pytest.raises(ValueError, match="dataset, hp: expected one of"):
            api.get_more_info(0, dataset)
    assert api.query_index_by_arch(api[77]) == 77
    assert 0 <= api.random(0) < len(api)
    with pytest.raises(ValueError, match="dataset, hp: expected one of"):
        api.get_more_info(0, "cifar11", hp="12")
    with pytest.raises(ValueError, match="arch: expected one of NAS-Bench-201, got 'x'"):
        api.get_more_info("x", dataset)
    with pytest.raises(ValueError, match="tables: expected at least one"):
        official.NASBench201API()
    with pytest.raises(ValueError, match="metric_on_set"):
        api.find_best(dataset, "train")
