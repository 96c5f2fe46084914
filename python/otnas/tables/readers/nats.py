"""NATS-Bench: results of all architectures of its two search spaces, without PyTorch.

The benchmark of topologies (all NAS-Bench-201 cells, 12 and 200 epochs) comes as a folder
``NATS-tss-v1_0-3ffb9-simple`` (with a file of 100 KB per architecture) or as one file
``NATS-tss-v1_0-3ffb9.pickle.pbz2``: pickles compressed by bzip2
(https://github.com/D-X-Y/NATS-Bench). The benchmark of sizes (1, 12 and 90 epochs) comes as
``NATS-sss-v1_0-50262-simple`` or ``NATS-sss-v1_0-50262.pickle.pbz2``. Prefer the folder, which is
read one architecture at a time: the single file is one pickle that must be in memory as a whole.
"""

from __future__ import annotations

import bz2
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias

from otnas.tables.provenance import sha256_of
from otnas.tables.readers import restricted_pickle
from otnas.tables.readers.bounded import read_compressed, reading, shown_text
from otnas.tables.readers.tfrecord import Progress
from otnas.tables.readers.trials201 import SIZE, TOPOLOGY, Benchmark, Choice, Collector
from otnas.tables.table import Table

_EXTENSION = ".pickle.pbz2"


def read(
    path: Path,
    *,
    dataset: str,
    epochs: int,
    seeds: int | str,
    benchmark: Benchmark = TOPOLOGY,
    incomplete: bool = False,
    name: str | None = None,
    progress: Progress | None = None,
) -> Table:
    """Read one of the two benchmarks.

    Parameters
    ----------
    path : Path
        The ``-simple`` folder, or the single file.
    dataset : {"cifar10-valid", "cifar10", "cifar100", "ImageNet16-120"}
    epochs : int
        12 or 200 of topologies, 1, 12 or 90 of sizes.
    seeds : int or "mean"
        111, 777, 888 or 999 of topologies, 777, 888 or 999 of sizes.
    benchmark : {TOPOLOGY, SIZE}, default TOPOLOGY
    incomplete : bool, default False
        Whether a source without the results of some architectures is accepted.
    name : str, optional
        Name of the table; by default ``nasbench201_`` or ``nats_size_`` and the data set.
    progress : callable, optional
        Given the architectures read so far and in all.

    Raises
    ------
    FileNotFoundError, ValueError
        If the file is not there, not of this format, damaged, or incomplete.

    Examples
    --------
    >>> table = read(
    ...     Path("NATS-tss-v1_0-3ffb9-simple"), dataset="cifar100", epochs=200, seeds="mean"
    ... )  # doctest: +SKIP
    """
    choice = Choice(dataset, epochs, seeds, benchmark)
    with reading(path, "NATS-Bench benchmark"):
        return _table(path, choice, incomplete, name, progress)


def _table(
    path: Path, choice: Choice, incomplete: bool, name: str | None, progress: Progress | None
) -> Table:
    if path.is_dir():
        names, results = _folder(path)
    else:
        names, results = _single_file(path)
    _check_benchmark(names, choice.benchmark, path)
    epochs = choice.epochs
    hp = f"{epochs:02}"  # so the files call a schedule
    collector = Collector(choice, path.name)
    count = 0
    for index, by_epochs in results:
        if hp not in by_epochs:
            raise ValueError(
                f"{path}: architecture {index} has results of {shown_text(list(by_epochs))} "
                f"epochs, none of {epochs}"
            )
        collector.add(names[index], by_epochs[hp])
        count += 1
        if progress is not None and count % 64 == 0:
            progress(count, len(names))
    notes: tuple[str, ...] = ()
    if count < len(names):
        problem = f"results of {count} of {len(names)} architectures only"
        if not incomplete:
            raise ValueError(f"{path} has {problem}; incomplete=True (--incomplete) accepts that")
        notes = (problem,)
    default = f"{choice.benchmark.space}_{choice.dataset}"
    return collector.table(name or default, sha256_of(path), notes)


Results: TypeAlias = Iterator[tuple[int, Mapping[str, Any]]]


def _folder(path: Path) -> tuple[list[str], Results]:
    meta = path / f"meta{_EXTENSION}"
    if not meta.is_file():
        raise FileNotFoundError(f"{path} is no NATS-Bench folder: it has no {meta.name}")
    names = _names(_load(meta), meta)

    def results() -> Results:
        for index in range(len(names)):
            file = path / f"{index:06d}{_EXTENSION}"
            if file.is_file():
                yield index, _mapping(_load(file), file)

    return names, results()


def _single_file(path: Path) -> tuple[list[str], Results]:
    whole = _mapping(_load(path), path)
    names = _names(whole, path)
    by_index = _mapping(whole.get("arch2infos"), path)
    if not all(type(index) is int and 0 <= index < len(names) for index in by_index):
        raise ValueError(f"{path}: arch2infos has keys that are no architecture's number")
    return names, ((index, _mapping(by_index[index], path)) for index in sorted(by_index))


def _load(path: Path) -> Any:
    with bz2.open(path, "rb") as file:
        data = read_compressed(file, path, "bzip2 file")
    return restricted_pickle.loads(data, restricted_pickle.PLAIN_DATA, str(path))


def _names(meta: Any, path: Path) -> list[str]:
    names = _mapping(meta, path).get("meta_archs")
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ValueError(f"{path} has no list of architectures (meta_archs)")
    return names


def _check_benchmark(names: list[str], benchmark: Benchmark, path: Path) -> None:
    found, wanted = "topology", "size" if benchmark is SIZE else "topology"
    if any(":" in name for name in names[:1]):
        found = "size"
    if found != wanted:
        raise ValueError(
            f"{path} is the {found} benchmark of NATS-Bench, expected the {wanted} one"
        )


def _mapping(value: Any, path: Path) -> Mapping[Any, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"{path}: expected a dictionary, got {type(value).__name__}")
    return value
