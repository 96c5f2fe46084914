"""The public names of otnas, page by page: the one list that makes the API pages and their tests.

A page is a module. Its names are its ``__all__``, or what it defines itself where it has none; a
name that an earlier page has already is mentioned, not documented twice.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import typing
from collections.abc import Iterator
from types import ModuleType

SECTIONS: dict[str, list[str]] = {
    "Search and train": [
        "otnas",
        "otnas.search",
        "otnas.search.methods",
        "otnas.study",
        "otnas.study.slurm",
    ],
    "Search spaces and benchmark tables": [
        "otnas.spaces",
        "otnas.tables",
        "otnas.tables.official",
        "otnas.tables.readers.nasbench101",
        "otnas.tables.readers.nasbench201",
        "otnas.tables.readers.nats",
        "otnas.tables.readers.analog",
        "otnas.tables.readers.delimited",
        "otnas.tables.readers.live_api",
    ],
    "Models and settings": [
        "otnas.gp",
        "otnas.search.decision.settings",
        "otnas.search.decision.rules",
        "otnas.search.cells.proposals",
    ],
    "Adapters": ["otnas.integrations"],
    "The compiled part": [
        "otnas_fast",
        "otnas_fast.dpp",
        "otnas_fast.enumeration",
        "otnas_fast.formats",
    ],
}
"""Section titles and modules. A package that is not there (an adapter not installed) has no page;
`otnas.integrations` stands for itself and the modules in it."""

INTERNAL = {
    "otnas.search.cells.distances",
    "otnas_fast.pairwise",
}
"""Modules that have an ``__all__`` for their neighbours in the package, not for users."""


def modules(section: str) -> list[ModuleType]:
    """Return the modules of a section that can be imported here."""
    found = []
    for name in SECTIONS[section]:
        try:
            module = importlib.import_module(name)
        except ModuleNotFoundError:
            continue
        found.append(module)
        if name == "otnas.integrations":
            found += list(_submodules(module))
    return found


def _submodules(package: ModuleType) -> Iterator[ModuleType]:
    for info in pkgutil.iter_modules(package.__path__, package.__name__ + "."):
        if not info.name.rpartition(".")[2].startswith("_"):
            try:
                module = importlib.import_module(info.name)
            except ImportError:  # its library is not installed
                continue
            if hasattr(module, "__all__"):
                yield module


def names(module: ModuleType) -> list[str]:
    """Return the public names of a module."""
    listed = getattr(module, "__all__", None)
    if listed is not None:
        return list(listed)
    return [
        name
        for name, value in vars(module).items()
        if not name.startswith("_")
        and (inspect.isclass(value) or inspect.isroutine(value))
        and value.__module__ == module.__name__
    ]


def is_value(value: object) -> bool:
    """Tell whether a public name is a value or an alias of types, not a class or function."""
    if typing.get_origin(value) is not None:
        return True
    return not (inspect.isclass(value) or inspect.isroutine(value))


def pages() -> dict[str, list[str]]:
    """Return the names that each module's page documents, by module, in the order of the pages."""
    seen: set[int] = set()
    result = {}
    for section in SECTIONS:
        for module in modules(section):
            mine = result[module.__name__] = []
            for name in names(module):
                value = getattr(module, name)
                if inspect.ismodule(value) or (not is_value(value) and id(value) in seen):
                    continue
                seen.add(id(value))
                mine.append(name)
    return result
