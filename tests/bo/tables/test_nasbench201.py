from __future__ import annotations

import io
import os
import pickle
import zipfile
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from benchmark_files import nasbench201, nats, write_pbz2

from otnas import spaces
from otnas.tables.readers import nasbench201 as reader
from otnas.tables.readers import nats as nats_reader
from otnas.tables.readers.restricted_pickle import RefusedPickleError

TEXTS = spaces.get("nasbench201").enumerate()[::4000].to_nasbench201()
CHOICE: dict[str, Any] = {"dataset": "cifar100", "epochs": 200, "seeds": "mean"}


def content() -> dict[str, Any]:
    """With the kinds of object that the official files have besides plain ones."""
    whole = nasbench201(TEXTS)
    for infos in whole["arch2infos"].values():
        for result in infos["full"]["all_results"].values():
            result["latency"] = [np.float64(0.0161), np.float32(0.5)]
            result["train_times"] = OrderedDict(result["train_times"])
            result["params"] = np.float64(result["params"])
    return whole


def by_hand(path: Path, whole: object, *, zipped: bool, protocol: int = 2) -> Path:
    """What torch.save writes for objects without tensors."""
    if zipped:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("archive/data.pkl", pickle.dumps(whole, protocol=protocol))
            archive.writestr("archive/version", "3\n")
        return path
    out = io.BytesIO()
    system = {"protocol_version": 1001, "little_endian": True, "type_sizes": {"int": 4}}
    for part in (0x1950A86A20F9469CFC6C, 1001, system, whole, []):
        pickle.dump(part, out, protocol=protocol)
    path.write_bytes(out.getvalue())
    return path


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("protocol", [2, 4])
def test_equals_the_same_results_from_nats(tmp_path: Path, zipped: bool, protocol: int) -> None:
    path = by_hand(tmp_path / "NAS.pth", content(), zipped=zipped, protocol=protocol)
    table = reader.read(path, **CHOICE)
    other = nats_reader.read(write_pbz2(tmp_path / "nats", nats(TEXTS)), **CHOICE)
    assert table.texts == other.texts
    assert list(table.metrics) == list(other.metrics)
    for metric, values in table.metrics.items():
        if metric != "latency":
            np.testing.assert_array_equal(values, other.metrics[metric])
    np.testing.assert_allclose(table.metrics["latency"], (0.0161 + 0.5) / 2)
    assert table.provenance.source == "NAS.pth"


@pytest.mark.parametrize("zipped", [False, True])
def test_files_of_torch_save(tmp_path: Path, zipped: bool) -> None:
    torch = pytest.importorskip("torch", reason="PyTorch writes the file of this test")
    whole = content()
    first = next(iter(whole["arch2infos"][0]["full"]["all_results"].values()))
    first["net_state_dict"] = OrderedDict(weight=torch.ones(3), half=torch.ones(2).half())
    path = tmp_path / "torch.pth"
    torch.save(whole, path, _use_new_zipfile_serialization=zipped)
    table = reader.read(path, **CHOICE)
    expected = reader.read(by_hand(tmp_path / "hand.pth", content(), zipped=True), **CHOICE)
    for metric, values in expected.metrics.items():
        np.testing.assert_array_equal(table.metrics[metric], values)


class Forbidden:
    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, ("exit 1",)


@pytest.mark.parametrize("zipped", [False, True])
def test_refuses_other_classes(tmp_path: Path, zipped: bool) -> None:
    path = by_hand(tmp_path / "file", {"meta_archs": [Forbidden()]}, zipped=zipped)
    with pytest.raises(RefusedPickleError, match=r"names (posix|nt)\.system"):
        reader.read(path, **CHOICE)


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.99])
def test_truncated(tmp_path: Path, zipped: bool, share: float) -> None:
    path = by_hand(tmp_path / "file", content(), zipped=zipped)
    data = path.read_bytes()
    path.write_bytes(data[: int(share * len(data))])
    with pytest.raises(ValueError, match=r"no file of torch\.save|no readable pickle"):
        reader.read(path, **CHOICE)


def test_other_files(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(pickle.dumps([1]) + pickle.dumps(2) + pickle.dumps(3))
    with pytest.raises(ValueError, match=r"is no file of torch\.save"):
        reader.read(path, **CHOICE)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme", "hello")
    with pytest.raises(ValueError, match="zip archive but not one of"):
        reader.read(path, **CHOICE)
    for whole in ([1, 2], {"state_dict": {}}, {"meta_archs": [], "arch2infos": {0: {}}}):
        with pytest.raises(ValueError, match="NAS-Bench-201"):
            reader.read(by_hand(path, whole, zipped=True), **CHOICE)
    with pytest.raises(FileNotFoundError):
        reader.read(tmp_path / "absent", **CHOICE)
