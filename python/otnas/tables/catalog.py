"""Tables by name: those imported into the data folder, and those of installed packages."""

from __future__ import annotations

import re
from pathlib import Path

from otnas.spaces.nasbenchgraph import DATASETS
from otnas.storage import data_folder
from otnas.tables import store
from otnas.tables.readers import analog, nasbenchgraph
from otnas.tables.table import Table

DEFAULT = "default"
"""AnalogNAS-Bench, digital baseline accuracies: read from its package, never imported."""

EXTENSION = ".otnas-table"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")

_ALIASES = {"nasbench101": "nasbench", "nasbench101_cifar10": "nasbench"}

_NASBENCH101 = (
    "it is made from nasbench_only108.tfrecord (500 MB), which is at "
    "https://storage.googleapis.com/nasbench/nasbench_only108.tfrecord; then run: "
    "otnas table import nasbench101 nasbench_only108.tfrecord"
)
_NASBENCH201 = (
    "it is made from the folder NATS-tss-v1_0-3ffb9-simple or from NAS-Bench-201-v1_1-096897.pth, "
    "see https://github.com/D-X-Y/NATS-Bench and https://github.com/D-X-Y/NAS-Bench-201; then run: "
    "otnas table import nats NATS-tss-v1_0-3ffb9-simple "
    "--dataset {dataset} --epochs 200 --seeds mean "
    "(--epochs 12 --seeds 111 for the setting of Nguyen et al. 2021)"
)
_NATS_SIZE = (
    "it is made from the folder NATS-sss-v1_0-50262-simple, see "
    "https://github.com/D-X-Y/NATS-Bench; then run: otnas table import nats-size "
    "NATS-sss-v1_0-50262-simple --dataset {dataset} --epochs 90 --seeds mean"
)
_NATS_DATASETS = ("cifar10", "cifar10-valid", "cifar100", "ImageNet16-120")
_HOW_TO_GET = {
    "nasbench": _NASBENCH101,
    **{
        f"nasbench201_{dataset}": _NASBENCH201.format(dataset=dataset) for dataset in _NATS_DATASETS
    },
    **{f"nats_size_{dataset}": _NATS_SIZE.format(dataset=dataset) for dataset in _NATS_DATASETS},
}
_GRAPH = {nasbenchgraph.PREFIX + dataset: dataset for dataset in DATASETS}


class TableNotFoundError(LookupError):
    """There is no table of this name; the message says which file to get and how to import it."""


def folder() -> Path:
    """Return the folder of the imported tables; it need not exist."""
    return data_folder() / "tables"


def path_of(name: str) -> Path:
    """Return the file of an imported table; it need not exist.

    Raises
    ------
    ValueError
        If the name is not made of letters, digits, ``.``, ``_`` and ``-``.
    """
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ValueError(
            "name: expected at most 100 letters, digits, '.', '_' and '-', beginning with a letter "
            f"or digit, got {name!r}"
        )
    return folder() / f"{_ALIASES.get(name, name)}{EXTENSION}"


def names() -> list[str]:
    """Return the names that `load` finds now: those of installed packages first.

    Examples
    --------
    >>> "default" in names()
    True
    """
    stored = sorted(
        path.name.removesuffix(EXTENSION)
        for path in folder().glob(f"*{EXTENSION}")
        if _NAME.fullmatch(path.name.removesuffix(EXTENSION))
    )
    return list(dict.fromkeys((*of_packages(), *stored)))


def of_packages() -> list[str]:
    """Return the names of the tables that `load` reads from installed packages."""
    default = [DEFAULT] if analog.is_installed() else []
    return default + (list(_GRAPH) if nasbenchgraph.is_installed() else [])


def load(name: str = DEFAULT) -> Table:
    """Open a table.

    Parameters
    ----------
    name : str
        ``default``, ``analognasbench_`` followed by one of `readers.analog.OBJECTIVES`,
        ``nasbenchgraph_`` followed by one of `readers.nasbenchgraph.DATASETS`, or the name of an
        imported table: ``nasbench`` (NAS-Bench-101), ``nasbench201_cifar10``,
        ``nasbench201_cifar10-valid``, ``nasbench201_cifar100``, ``nasbench201_ImageNet16-120``,
        ``nats_size_cifar10`` and so on, or your own.

    Raises
    ------
    TableNotFoundError
        If there is no such table; the message says how to get it.
    ValueError, OSError
        If the name is none, or the table's file is damaged or cannot be read.

    Examples
    --------
    >>> table = load("default")
    >>> len(table), round(float(table.validation_error.min()), 2)
    (15625, 5.93)
    """
    path = path_of(name)
    if path.is_file():
        return store.read(path)
    if name == DEFAULT:
        return analog.load()
    objective = name.removeprefix(analog.PREFIX)
    if name.startswith(analog.PREFIX) and objective in analog.OBJECTIVES:
        return analog.load(objective=objective)
    if name in _GRAPH:
        return nasbenchgraph.load(_GRAPH[name])
    how = _HOW_TO_GET.get(_ALIASES.get(name, name))
    if how is None:
        known = ", ".join(dict.fromkeys((*names(), *_HOW_TO_GET)))
        how = f"the names known are {known}; 'otnas table import --help' shows how to add one"
    raise TableNotFoundError(f"table {name} is not there ({path}): {how}")


def save(table: Table, *, replace: bool = False) -> Path:
    """Save a table under its name in the data folder.

    Parameters
    ----------
    table : Table
    replace : bool, default False
        Whether a table of the same name is overwritten.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    FileExistsError
        If there is a table of this name and `replace` is false.
    ValueError, OSError
        If the name is none (``default`` is taken), or the file cannot be written.

    Examples
    --------
    >>> save(load("default"))  # doctest: +SKIP
    """
    check_name(table.name)
    path = path_of(table.name)
    check_free(table.name, replace=replace)
    try:
        store.write(table, path, replace=replace)
    except FileExistsError:  # another import of this name was faster
        check_free(table.name, replace=replace)
        raise
    return path


def check_name(name: str) -> None:
    """Refuse a name under which no table can be saved.

    Raises
    ------
    ValueError
    """
    path_of(name)
    if name == DEFAULT:
        raise ValueError(f"name: expected another than AnalogNAS-Bench's, got {DEFAULT!r}")


def check_free(name: str, *, replace: bool) -> None:
    """Refuse a name that is in use, unless it is to be replaced.

    Raises
    ------
    FileExistsError
    """
    if not replace and path_of(name).exists():
        raise FileExistsError(
            f"there is a table {name} already ({path_of(name)}); replace=True (--replace) writes "
            "over it, another name (--name) keeps both"
        )
