"""NAS-Bench-Graph: results of graph neural networks, from the package ``nas-bench-graph``.

The package's data files are read; its code is not imported. A file is a pickled dictionary of
network number -> {``valid_perf``, ``perf``, ``latency``, ``para``}; for the numbers see
`NASBenchGraph.numbers`. They are made with all nine operations on the data set `proteins` too, on
which only five of them were trained.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import numpy as np

from otnas import checks, identities, spaces
from otnas.spaces import NASBenchGraph
from otnas.spaces.nasbenchgraph import DATASETS
from otnas.tables.provenance import Provenance, sha256_of
from otnas.tables.readers import restricted_pickle
from otnas.tables.table import Table

PREFIX = "nasbenchgraph_"
"""Tables are named by this and the data set."""

PACKAGE = "nas-bench-graph"

_METRICS = ("valid_perf", "perf", "latency", "para")


def is_installed() -> bool:
    """Whether the package is installed."""
    return importlib.util.find_spec("nas_bench_graph") is not None


def data_file(dataset: str) -> Path:
    """Return a data file of the installed package.

    Raises
    ------
    FileNotFoundError
        If the package is not installed; the message has the command that installs it.
    """
    spec = importlib.util.find_spec("nas_bench_graph")
    if spec is not None and spec.origin is not None:
        path = Path(spec.origin).parent / "light" / f"{dataset}.bench"
        if path.is_file():
            return path
    raise FileNotFoundError(
        f"table {PREFIX}{dataset} comes with the package {PACKAGE}, which is not installed: "
        "pip install 'otnas[run]'"
    )


def load(dataset: str, *, path: Path | None = None, name: str | None = None) -> Table:
    """Read the results of all networks on one data set.

    Parameters
    ----------
    dataset : str
        One of `DATASETS`.
    path : Path, optional
        By default, the file of the installed package.
    name : str, optional
        Name of the table; by default `PREFIX` and the data set.

    Returns
    -------
    Table
        Validation and test performance differ. The metrics ``latency`` and ``parameters`` are as
        tabulated: the package states no units.

    Raises
    ------
    FileNotFoundError, ValueError
        If there is no such data set, the package or the file is missing, or the file does not have
        the expected form.
    """
    checks.choice("dataset", dataset, DATASETS, "data set")
    path = data_file(dataset) if path is None else path
    space = cast(NASBenchGraph, spaces.get(PREFIX + dataset))
    everything = space.enumerate()
    results = restricted_pickle.load(path, restricted_pickle.PLAIN_DATA)
    if not isinstance(results, dict) or not results:
        raise ValueError(f"{path}: expected a dictionary of networks, got {type(results).__name__}")
    if not all(isinstance(key, int) for key in results):
        raise ValueError(f"{path}: expected numbers of networks, got {set(map(type, results))}")
    numbers = np.array(sorted(results), dtype=np.int64)
    unknown = np.setdiff1d(numbers, space.numbers)
    if len(unknown):
        raise ValueError(f"{path}: {unknown[0]} is the number of no network of space {space.name}")
    rows = np.searchsorted(space.numbers, numbers)
    values = np.array([_results(results[number], path) for number in numbers.tolist()])
    return Table(
        name=name or PREFIX + dataset,
        space=space.name,
        cells=everything.cells[rows],
        metrics={
            "validation_error": 100.0 - 100.0 * values[:, 0],
            "test_error": 100.0 - 100.0 * values[:, 1],
            "latency": values[:, 2].copy(),
            "parameters": values[:, 3].copy(),
        },
        provenance=Provenance(
            dataset=dataset,
            metric="100 minus the performance that the package tabulates, in percent",
            epochs=None,
            seeds="one result a network",
            source=f"{PACKAGE}, {path.name}",
            sha256=sha256_of(path),
            split="validation chooses (valid_perf), test is reported (perf)",
            notes=("latency and parameters are as tabulated: the package states no units",),
        ),
        known_keys=identities.from_digests(everything.digests[rows]),
    )


def _results(result: Any, path: Path) -> list[float]:
    """Return the four results of a network."""
    if not isinstance(result, Mapping) or not all(
        isinstance(result.get(name), float | int) for name in _METRICS
    ):
        raise ValueError(f"{path}: expected the numbers {', '.join(_METRICS)}, got {result!r}")
    if not all(0.0 <= result[name] <= 1.0 for name in _METRICS[:2]):
        raise ValueError(f"{path}: expected performances from 0 to 1, got {result!r}")
    return [float(result[name]) for name in _METRICS]
