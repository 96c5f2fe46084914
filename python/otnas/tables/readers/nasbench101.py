"""NAS-Bench-101: ``nasbench_only108.tfrecord`` and ``nasbench_full.tfrecord`` (Ying et al. 2019).

Every record is one training run: a JSON list of module hash, epochs, adjacency matrix in rows of
zeros and ones, operations, and results (base64 of a protocol buffer, see `model_metrics`). Each
of the 423,624 cells was trained three times for 108 epochs and, in the full file, three times for
4, 12 and 36 epochs as well. The three repeats of a cell are known by their order only. The file is
read as a stream, of which a few numbers per run are kept.
"""

from __future__ import annotations

import binascii
import json
from array import array
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from otnas import identities
from otnas.tables import keys as key_arrays
from otnas.tables.provenance import Provenance, sha256_of
from otnas.tables.readers import model_metrics, tfrecord
from otnas.tables.readers.bounded import reading, shown, shown_text
from otnas.tables.readers.tfrecord import Progress, TFRecordError
from otnas.tables.table import Table
from otnas_fast import NASBENCH101, CellArray, as_cells
from otnas_fast.taxonomy import MAX_VERTICES

EPOCHS = (4, 12, 36, 108)
REPEATS = 3

_SPLIT = (
    "trained on 40,000 training images of CIFAR-10; validation: the other 10,000; test: the 10,000 "
    "test images"
)
_CHUNK = 16384


def read(
    path: Path,
    *,
    epochs: int = 108,
    repeats: int | str = "mean",
    name: str = "nasbench",
    progress: Progress | None = None,
) -> Table:
    """Read a NAS-Bench-101 file.

    Parameters
    ----------
    path : Path
    epochs : {108, 36, 12, 4}
        Runs of this many epochs are read; ``nasbench_only108.tfrecord`` has those of 108 only.
    repeats : {"mean", 0, 1, 2}
        The mean over a cell's three runs, or one of them by its place in the file.
    name : str, default "nasbench"
        Name of the table.
    progress : callable, optional
        Called with the bytes read so far and in total.

    Returns
    -------
    Table
        Rows by ascending module hash.

    Raises
    ------
    ValueError
        If the file is damaged (`TFRecordError`, with byte offset and count), not a NAS-Bench-101
        file, has no runs of these epochs, not three of every cell, or a hash that is not that of
        its cell.
    OSError
        If it cannot be read.

    Examples
    --------
    >>> table = read(Path("nasbench_only108.tfrecord"))  # doctest: +SKIP
    """
    check_choice(epochs, repeats)
    with reading(path, "NAS-Bench-101 file"):
        runs = _Runs(path, epochs)
        for record in tfrecord.read(path, progress):
            runs.add(record)
        return runs.table(name, repeats)


def check_choice(epochs: int, repeats: int | str) -> None:
    """Raise ValueError for epochs or repeats that NAS-Bench-101 does not have."""
    if epochs not in EPOCHS:
        raise ValueError(f"epochs: expected one of {', '.join(map(str, EPOCHS))}, got {epochs!r}")
    if repeats not in ("mean", *range(REPEATS)):
        raise ValueError(f"repeats: expected 'mean', 0, 1 or 2, got {repeats!r}")


def described(epochs: int, repeats: int | str) -> dict[str, Any]:
    """Return the fields of the provenance record that follow from the choice."""
    return {
        "dataset": "CIFAR-10",
        "metric": f"error after the last of {epochs} epochs, in percent",
        "epochs": epochs,
        "seeds": (
            f"mean over the {REPEATS} repeats of every cell"
            if repeats == "mean"
            else f"repeat {repeats} of 0 to {REPEATS - 1}, in the order of the file"
        ),
        "split": _SPLIT,
    }


class _Runs:
    """The runs read so far, as columns."""

    _METRICS = ("validation_error", "test_error", "training_seconds")

    def __init__(self, path: Path, epochs: int) -> None:
        self.path, self.epochs = path, epochs
        self.records = 0
        self.other_epochs: set[int] = set()
        self.row_of: dict[bytes, int] = {}
        self.runs_of_row = bytearray()
        self.parameters = array("d")
        # REPEATS numbers a row.
        self.columns = {metric: array("d") for metric in self._METRICS}
        self.waiting: list[tuple[npt.NDArray[np.uint8], list[str]]] = []
        self.packed: list[CellArray] = []

    def add(self, record: bytes) -> None:
        self.records += 1
        try:
            digest, epochs, adjacency, operations, results = json.loads(record)
            if type(epochs) is not int:
                raise TypeError(f"epochs: expected an integer, got {shown(epochs)}")
            if epochs != self.epochs:
                self.other_epochs.add(epochs)
                return
            metrics = model_metrics.parse(binascii.a2b_base64(results))
            final = metrics.evaluations[2]
            row = self.row_of.get(key := bytes.fromhex(digest))
            if row is None:
                row = self._new_row(key, adjacency, operations, metrics.parameters)
        except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
            raise ValueError(
                f"{self.path}: record {self.records} is not one of NAS-Bench-101 "
                f"({shown_text(error)})"
            ) from error
        run = self.runs_of_row[row]
        if run == REPEATS:
            raise ValueError(
                f"{self.path}: record {self.records} is run {run + 1} of cell {digest} with "
                f"{epochs} epochs, expected {REPEATS}"
            )
        self.runs_of_row[row] += 1
        place = REPEATS * row + run
        columns = self.columns
        columns["validation_error"][place] = 100.0 * (1.0 - final.validation_accuracy)
        columns["test_error"][place] = 100.0 * (1.0 - final.test_accuracy)
        columns["training_seconds"][place] = final.training_seconds

    def _new_row(self, key: bytes, adjacency: str, operations: str, parameters: int) -> int:
        if len(key) != 16:
            raise ValueError(f"a module hash of {len(key)} bytes")
        ops = operations.split(",")
        if len(ops) > MAX_VERTICES:
            raise ValueError(f"expected at most {MAX_VERTICES} operations, got {len(ops)}")
        if len(adjacency) != len(ops) ** 2:
            raise ValueError(f"{len(ops)} operations, {len(adjacency)} matrix entries")
        matrix = np.frombuffer(adjacency.encode(), dtype=np.uint8) - ord("0")
        self.waiting.append((matrix.reshape(len(ops), len(ops)), ops))
        if len(self.waiting) == _CHUNK:
            self._pack()
        row = self.row_of[key] = len(self.row_of)
        self.runs_of_row.append(0)
        self.parameters.append(float(parameters))
        for column in self.columns.values():
            column.extend((np.nan,) * REPEATS)
        return row

    def _pack(self) -> None:
        """Turn matrices into flat arrays now and then: a matrix object is ten times its content."""
        done = sum(map(len, self.packed))
        name = f"{self.path}: cells after the first {done}"
        self.packed.append(as_cells(self.waiting, NASBENCH101, name=name))
        self.waiting = []

    def table(self, name: str, repeats: int | str) -> Table:
        if not self.row_of:
            others = ", ".join(map(str, sorted(self.other_epochs)))
            raise ValueError(
                f"{self.path} has no runs of {self.epochs} epochs, only of {others or 'none'}"
            )
        counts = np.frombuffer(self.runs_of_row, dtype=np.uint8)
        if (counts != REPEATS).any():
            raise ValueError(
                f"{self.path}: {int((counts != REPEATS).sum())} of {len(counts)} cells do not have "
                f"{REPEATS} runs of {self.epochs} epochs; is the file whole?"
            )
        if self.waiting:
            self._pack()
        cells = _concatenated(self.packed)
        self.packed = []
        keys = identities.from_bytes(b"".join(self.row_of))
        self._check_hashes(cells, keys)
        order = identities.order(keys)
        metrics = {"parameters": np.array(self.parameters)[order]}
        for metric, values in self.columns.items():
            runs = np.array(values).reshape(-1, REPEATS)[order]
            metrics[metric] = runs.mean(axis=1) if repeats == "mean" else runs[:, int(repeats)]
        return Table(
            name=name,
            space="nasbench101",
            cells=cells[order],
            metrics={metric: metrics[metric] for metric in (*self._METRICS, "parameters")},
            provenance=Provenance(
                **described(self.epochs, repeats),
                source=self.path.name,
                sha256=sha256_of(self.path),
            ),
            known_keys=keys[order],
        )

    def _check_hashes(self, cells: CellArray, keys: identities.Keys) -> None:
        wrong = np.flatnonzero((key_arrays.of_cells("nasbench101", cells) != keys).any(axis=1))
        if len(wrong):
            i = int(wrong[0])
            raise ValueError(
                f"{self.path}: {len(wrong)} module hashes are not those of their cells, "
                f"the first is {identities.to_hex(keys[i])} of {cells[i]}"
            )


def _concatenated(parts: list[CellArray]) -> CellArray:
    sizes = np.concatenate([np.diff(part.offsets) for part in parts])
    return CellArray(
        np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        np.concatenate([part.successors for part in parts]),
        np.concatenate([part.codes for part in parts]),
        parts[0].taxonomy,
    )


__all__ = ["EPOCHS", "REPEATS", "TFRecordError", "read"]
