"""Tables made from objects that the official packages have already loaded.

``nasbench.api.NASBench``, ``nas_201_api.NASBench201API`` and the topology object of
``nats_bench.create``. None of these packages is imported: the objects are recognised by their
attributes.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from otnas import identities
from otnas.tables.provenance import Provenance
from otnas.tables.readers import nasbench101
from otnas.tables.readers.trials201 import Choice, Collector
from otnas.tables.table import Table
from otnas_fast import NASBENCH101, as_cells


def from_nasbench(
    api: Any, *, epochs: int = 108, repeats: int | str = "mean", name: str = "nasbench"
) -> Table:
    """Take the results out of a ``nasbench.api.NASBench`` object.

    Parameters
    ----------
    api : NASBench
        Or anything with its ``fixed_statistics`` and ``computed_statistics``.
    epochs, repeats, name
        As for `otnas.tables.readers.nasbench101.read`.

    Raises
    ------
    TypeError, ValueError
        If the object is not of that kind or has no such results.

    Examples
    --------
    >>> from nasbench import api  # doctest: +SKIP
    >>> table = from_nasbench(api.NASBench("nasbench_only108.tfrecord"))  # doctest: +SKIP
    """
    _require(api, "nasbench.api.NASBench", "fixed_statistics", "computed_statistics")
    nasbench101.check_choice(epochs, repeats)
    hashes = sorted(api.fixed_statistics)
    modules = [api.fixed_statistics[digest] for digest in hashes]
    runs = []
    for digest in hashes:
        found = api.computed_statistics[digest].get(epochs, [])
        if len(found) != nasbench101.REPEATS:
            raise ValueError(
                f"api has {len(found)} runs of {epochs} epochs of cell {digest}, "
                f"expected {nasbench101.REPEATS}"
            )
        runs.append(
            [
                [
                    100.0 * (1.0 - run["final_validation_accuracy"]),
                    100.0 * (1.0 - run["final_test_accuracy"]),
                    run["final_training_time"],
                ]
                for run in found
            ]
        )
    numbers = np.array(runs, dtype=np.float64).reshape(len(hashes), nasbench101.REPEATS, 3)
    chosen = numbers.mean(axis=1) if repeats == "mean" else numbers[:, int(repeats)]
    pairs = [(module["module_adjacency"], module["module_operations"]) for module in modules]
    parameters = [module["trainable_parameters"] for module in modules]
    return Table(
        name=name,
        space="nasbench101",
        cells=as_cells(pairs, NASBENCH101, name="api"),
        metrics={
            "validation_error": np.ascontiguousarray(chosen[:, 0]),
            "test_error": np.ascontiguousarray(chosen[:, 1]),
            "training_seconds": np.ascontiguousarray(chosen[:, 2]),
            "parameters": np.array(parameters, dtype=np.float64),
        },
        provenance=Provenance(
            **nasbench101.described(epochs, repeats),
            source=f"object of {_qualified_name(api)}",
            sha256=None,
        ),
        known_keys=identities.from_hex(hashes),
    )


def from_nasbench201(
    api: Any,
    *,
    dataset: str,
    epochs: int,
    seeds: int | str,
    indexes: Iterable[int] | None = None,
    name: str | None = None,
) -> Table:
    """Take the results out of a ``NASBench201API`` or a NATS-Bench topology object.

    Parameters
    ----------
    api : NASBench201API or NATStopology
        Or anything with ``meta_archs`` and ``query_meta_info_by_index(index, hp)``.
    dataset, epochs, seeds, name
        As for `otnas.tables.readers.nasbench201.read`.
    indexes : iterable of int, optional
        Architectures taken; by default all of them, which an object in fast mode loads one by one.

    Raises
    ------
    TypeError, ValueError
        If the object is not of that kind or has no such results.

    Examples
    --------
    >>> from nats_bench import create  # doctest: +SKIP
    >>> api = create("NATS-tss-v1_0-3ffb9-simple", "tss", fast_mode=True)  # doctest: +SKIP
    >>> table = from_nasbench201(api, dataset="cifar10", epochs=200, seeds="mean")  # doctest: +SKIP
    """
    _require(api, "nas_201_api.NASBench201API", "meta_archs", "query_meta_info_by_index")
    collector = Collector(Choice(dataset, epochs, seeds), _described(api))
    texts = api.meta_archs
    for index in range(len(texts)) if indexes is None else indexes:
        results = api.query_meta_info_by_index(int(index), str(epochs))
        collector.add(texts[index], _plain(results))
    count = len(collector)
    notes = (f"results of {count} of {len(texts)} architectures only",) * (count < len(texts))
    return collector.table(name or f"nasbench201_{dataset}", None, notes)


def _plain(results: Any) -> dict[str, Any]:
    """Return the ``state_dict`` of an ``ArchResults`` object."""
    return {
        "arch_str": results.arch_str,
        "dataset_seed": results.dataset_seed,
        "all_results": {key: vars(result) for key, result in results.all_results.items()},
    }


def _require(api: Any, kind: str, *attributes: str) -> None:
    missing = [attribute for attribute in attributes if not hasattr(api, attribute)]
    if missing:
        raise TypeError(
            f"api: expected like {kind}, got {type(api).__name__} without {', '.join(missing)}"
        )


def _described(api: Any) -> str:
    file = getattr(api, "filename", None)
    return f"object of {_qualified_name(api)}" + (f" made from {file}" if file else "")


def _qualified_name(api: Any) -> str:
    return f"{type(api).__module__}.{type(api).__qualname__}"
