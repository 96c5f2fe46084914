"""Files in the official formats of the benchmarks, made from nothing."""

from __future__ import annotations

import base64
import bz2
import json
import os
import pickle
import struct
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from otnas_fast import _core

EPOCH_SEEDS = {
    12: {"cifar10-valid": (111, 777), "cifar10": (111,), "cifar100": (111,)},
    200: {"cifar10-valid": (777, 888), "cifar10": (777, 888, 999), "cifar100": (777, 888, 999)},
}


def shared(name: str) -> Path:
    """A file of the developers' shared folder; skips the test where that is absent."""
    default = Path(__file__).parents[3] / "shared"
    path = Path(os.environ.get("OTNAS_SHARED", default)) / name
    if not path.exists():
        pytest.skip(f"{path} is not there (OTNAS_SHARED names the folder of shared data)")
    return path


def masked_crc(data: bytes) -> bytes:
    crc = _core.crc32c(data)
    return struct.pack("<I", ((crc >> 15 | crc << 17 & 0xFFFFFFFF) + 0xA282EAD8) & 0xFFFFFFFF)


def tfrecord(data: bytes) -> bytes:
    length = struct.pack("<Q", len(data))
    return length + masked_crc(length) + data + masked_crc(data)


def varint(value: int) -> bytes:
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(out) + bytes([value])


def evaluation(*values: float) -> bytes:
    """EvaluationData: epoch, training time, accuracies of training, validation, test."""
    fields = b"".join(
        bytes([field << 3 | 1]) + struct.pack("<d", value)
        for field, value in enumerate(values, start=1)
        if value  # as the format does: zero is left out
    )
    return b"\x0a" + varint(len(fields)) + fields


def model_metrics(epochs: int, valid: float, test: float, seconds: float, parameters: int) -> bytes:
    return (
        evaluation(0.0, 0.0, 0.1, 0.1, 0.1)
        + evaluation(epochs / 2, seconds / 2, 0.5, valid / 2, test / 2)
        + evaluation(float(epochs), seconds, 0.99, valid, test)
        + b"\x10"
        + varint(parameters)
        + b"\x19"
        + struct.pack("<d", seconds + 1.0)
    )


def nasbench101_record(
    digest: str, epochs: int, matrix: Any, ops: Sequence[str], metrics: bytes
) -> bytes:
    adjacency = "".join(str(int(entry)) for row in matrix for entry in row)
    text = base64.b64encode(metrics).decode()
    return json.dumps([digest, epochs, adjacency, ",".join(ops), text]).encode()


def write_tfrecords(path: Path, records: Iterable[bytes]) -> Path:
    with path.open("wb") as file:
        for record in records:
            file.write(tfrecord(record))
    return path


def accuracy(index: int, dataset: str, epochs: int, seed: int, split: str, epoch: int) -> float:
    """A made-up accuracy in percent that differs in every argument."""
    spread = hash((index, len(dataset), epochs, seed, len(split), split[2:4] == "te", epoch))
    return 50.0 + spread % 40_000 / 1000


def trial(index: int, text: str, dataset: str, epochs: int, seed: int) -> dict[str, Any]:
    """ResultsCount.state_dict()."""
    splits = {"cifar10-valid": ("x-valid", "ori-test"), "cifar10": ("ori-test",)}.get(
        dataset, ("x-valid", "x-test", "ori-test")
    )
    keys = [(split, epoch) for split in splits for epoch in range(epochs)]
    return {
        "name": dataset,
        "net_state_dict": None,
        "train_acc1es": {epoch: 10.0 + epoch / 10 for epoch in range(epochs)},
        "train_acc5es": None,
        "train_losses": dict.fromkeys(range(epochs), 2.0),
        "train_times": dict.fromkeys(range(epochs), 10.0 + index),
        "arch_config": {"channel": 16, "num_cells": 5, "arch_str": text, "class_num": 10},
        "params": 0.802426 + index,
        "flop": 113.95137,
        "seed": seed,
        "epochs": epochs,
        "latency": [0.0161],
        "eval_names": list(splits),
        "eval_acc1es": {f"{s}@{e}": accuracy(index, dataset, epochs, seed, s, e) for s, e in keys},
        "eval_times": {f"{s}@{e}": 1.5 for s, e in keys},
        "eval_losses": {f"{s}@{e}": 0.5 for s, e in keys},
    }


def arch_results(index: int, text: str, epochs: int) -> dict[str, Any]:
    """ArchResults.state_dict()."""
    seeds = EPOCH_SEEDS[epochs]
    return {
        "arch_index": index,
        "arch_str": text,
        "all_results": {
            (dataset, seed): trial(index, text, dataset, epochs, seed)
            for dataset, chosen in seeds.items()
            for seed in chosen
        },
        "dataset_seed": {dataset: list(chosen) for dataset, chosen in seeds.items()},
        "clear_net_done": True,
    }


def nasbench201(texts: Sequence[str]) -> dict[str, Any]:
    """What NAS-Bench-201-v1_1-096897.pth holds."""
    return {
        "meta_archs": list(texts),
        "total_archs": len(texts),
        "arch2infos": {
            index: {"less": arch_results(index, text, 12), "full": arch_results(index, text, 200)}
            for index, text in enumerate(texts)
        },
        "evaluated_indexes": set(range(len(texts))),
    }


def nats(texts: Sequence[str]) -> dict[str, Any]:
    """What NATS-tss-v1_0-3ffb9.pickle.pbz2 holds."""
    whole = nasbench201(texts)
    whole["arch2infos"] = {
        index: {"12": infos["less"], "200": infos["full"]}
        for index, infos in whole["arch2infos"].items()
    }
    return whole


SIZE_EPOCH_SEEDS = {1: (777,), 12: (777,), 90: (777, 888, 999)}
DATASETS = ("cifar10-valid", "cifar10", "cifar100", "ImageNet16-120")


def size_trial(index: int, text: str, dataset: str, epochs: int, seed: int) -> dict[str, Any]:
    """ResultsCount.state_dict() of a network of the size benchmark."""
    genotype = "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+..."
    result = trial(index, text, dataset, epochs, seed)
    result["arch_config"] = {
        "name": "infer.shape.tiny",
        "channels": text,
        "arch_str": text,
        "genotype": genotype,
        "class_num": 10,
    }
    # As the files have it: seeds as text, the same latency for all seeds, times in order.
    return result | {
        "seed": str(seed),
        "latency": [0.01 + index / 1000],
        "train_times": OrderedDict(result["train_times"]),
    }


def nats_size(texts: Sequence[str]) -> dict[str, Any]:
    """What NATS-sss-v1_0-50262.pickle.pbz2 holds."""
    return {
        "meta_archs": list(texts),
        "total_archs": len(texts),
        "arch2infos": {
            index: OrderedDict(
                (
                    f"{epochs:02}",
                    {
                        "arch_index": index,
                        "arch_str": text,
                        "all_results": {
                            (dataset, seed): size_trial(index, text, dataset, epochs, seed)
                            for seed in seeds
                            for dataset in DATASETS
                        },
                        "dataset_seed": {dataset: list(seeds) for dataset in DATASETS},
                        "clear_net_done": True,
                    },
                )
                for epochs, seeds in SIZE_EPOCH_SEEDS.items()
            )
            for index, text in enumerate(texts)
        },
        "evaluated_indexes": set(range(len(texts))),
    }


def write_pbz2(path: Path, content: object) -> Path:
    path.write_bytes(bz2.compress(pickle.dumps(content, protocol=4)))
    return path


def write_nats_folder(path: Path, whole: Mapping[str, Any]) -> Path:
    path.mkdir()
    meta = {**whole, "arch2infos": None, "evaluated_indexes": set()}
    write_pbz2(path / "meta.pickle.pbz2", meta)
    for index, infos in whole["arch2infos"].items():
        write_pbz2(path / f"{index:06d}.pickle.pbz2", infos)
    return path
