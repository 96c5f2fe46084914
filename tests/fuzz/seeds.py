"""Small honest files of every format that otnas reads; fuzzers change them."""

from __future__ import annotations

import bz2
import io
import pickle
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from benchmark_files import (
    model_metrics,
    nasbench101_record,
    nats,
    tfrecord,
)
from benchmark_files import nasbench201 as nasbench201_content

from otnas import PoolSearch, Study, spaces
from otnas.tables import Provenance, Table, store
from otnas_fast import CellArray

TEXTS = (
    "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|none~0|none~1|avg_pool_3x3~2|",
    "|none~0|+|nor_conv_1x1~0|none~1|+|skip_connect~0|none~1|nor_conv_3x3~2|",
)

_POINTS = np.random.default_rng(0).random((40, 2))
GRAM = np.exp(-np.abs(_POINTS[:, None] - _POINTS).sum(axis=2))


def records() -> list[bytes]:
    """Three runs of two cells of NAS-Bench-101."""
    space = spaces.get("nasbench101")
    rng = np.random.default_rng(0)
    made = []
    for cell in (space.random(rng).prune() for _ in range(2)):
        for run in range(3):
            metrics = model_metrics(108, 0.9 + run / 100, 0.91, 1000.0, 2_694_282)
            digest = space.hash(cell)
            made.append(nasbench101_record(digest, 108, cell.matrix, cell.ops, metrics))
    return made


def tfrecords(contents: list[bytes]) -> bytes:
    return b"".join(tfrecord(content) for content in contents)


def slim(content: dict[str, Any]) -> dict[str, Any]:
    """Without what no reader looks at, so that changes hit what matters."""
    infos = content["arch2infos"]
    for by_epochs in infos.values():
        for results in by_epochs.values():
            for trial in results["all_results"].values():
                epochs = trial["epochs"]
                for key in ("train_acc1es", "train_losses", "eval_times", "eval_losses"):
                    trial[key] = None
                trial["eval_acc1es"] = {
                    key: value
                    for key, value in trial["eval_acc1es"].items()
                    if key.endswith(f"@{epochs - 1}")
                }
                trial["train_times"] = {}
            kept = {k: v for k, v in results["all_results"].items() if k[0] == "cifar10"}
            results["all_results"] = kept
    return content


def torch_pickle() -> bytes:
    content = slim(nasbench201_content(TEXTS))
    content["numbers"] = [np.float64(1.5), np.int64(3)]
    return pickle.dumps(content, protocol=2)


def torch_zip(data: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", data)
        archive.writestr("archive/version", b"3\n")
    return file.getvalue()


def torch_old(data: bytes) -> bytes:
    begin = (0x1950A86A20F9469CFC6C, 1001, {"little_endian": True})
    return b"".join(pickle.dumps(part, protocol=2) for part in begin) + data


def nats_pickle() -> bytes:
    return pickle.dumps(slim(nats(TEXTS)), protocol=4)


def csv() -> bytes:
    lines = ["arch,error,seconds,parameters"]
    lines += [f"{text},{5.5 + i},{100 + i},{1e6:g}" for i, text in enumerate(TEXTS)]
    lines.append('"{""matrix"": [[0, 1], [0, 0]], ""ops"": [""input"", ""output""]}",7,1,1')
    return "\n".join(lines).encode() + b"\n"


def parquet() -> bytes:
    import pyarrow
    import pyarrow.parquet

    file = io.BytesIO()
    columns = {"arch": list(TEXTS), "error": [5.5, 6.5], "seconds": [1.0, 2.0]}
    pyarrow.parquet.write_table(pyarrow.table({**columns, "parameters": [1, 2]}), file)
    return file.getvalue()


def table(folder: Path) -> bytes:
    space = spaces.get("nasbench101")
    rng = np.random.default_rng(1)
    cells = CellArray.from_cells([space.random(rng) for _ in range(4)])
    origin = Provenance("data", "metric", None, "seeds", "file", None)
    path = folder / "seed-table"
    errors = {"validation_error": rng.uniform(size=4)}
    store.write(Table("made", "nasbench101", cells, errors, origin), path)
    data = path.read_bytes()
    path.unlink()
    return data


def cells_cache() -> bytes:
    file = io.BytesIO()
    np.savez(file, version=np.array("otnas nasbench101 cells 1"), sizes=np.zeros(3, np.uint8))
    return file.getvalue()


def compressed(data: bytes) -> bytes:
    return bz2.compress(data, 1)


def journal(folder: Path) -> bytes:
    """A study of pool items in every state."""
    path = folder / "seed.jsonl"
    path.unlink(missing_ok=True)
    with Study(PoolSearch(gram=GRAM, seed=0), path, sync=False) as study:
        trials = study.ask(12)
        study.tell(trials[:8], [float(t.id) for t in trials[:8]], [{"x": t.id} for t in trials[:8]])
        study.fail(trials[8], "no luck")
        study.cancel(trials[9])
        study.lose(trials[10], "gone")
        study.retry(trials[10])
        study.tell(study.ask(2), [0.5, 0.7])
    return path.read_bytes()


def configuration() -> bytes:
    """Methods with settings."""
    return b"""name = "mine"
methods = ["tw-2g", "evolution", "kdpp-quality:tw"]
trials = "0:3"
initial = 5
queries = 20
candidates = "space"
costs = ["latency", "parameters"]
budget = { latency = 0.005 }
objective = "pareto"
merge = true
[settings.evolution]
population = 5
[settings.tw-2g]
kappa = 1.5
"""
