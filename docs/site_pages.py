"""What `conf.py` makes: API pages, the order of the gallery, links that leave the site."""

from __future__ import annotations

import importlib
import inspect
import re
import shutil
from pathlib import Path

import api_structure

ORDER = [
    "train_digits",
    "custom_space",
    "parameter_space",
    "any_kernel",
    "molecules",
    "pareto_front",
    "cell_and_tree",
    "posterior",
    "kdpp_subsets",
    "paper_experiments",
]


class ReadingOrder:
    """Sorts the gallery; examples that are not listed come last, by name."""

    def __init__(self, folder: str) -> None:
        pass

    def __call__(self, filename: str) -> tuple[int, str]:
        stem = Path(filename).stem
        return (ORDER.index(stem) if stem in ORDER else len(ORDER)), stem


SMALL = {"train_digits.py": ["--trials", "16", "--journal", "../build/site-runs/digits.jsonl"]}


def small_arguments(gallery: object, script: dict[str, str]) -> list[str]:
    """Return arguments that make an example short enough to be run with every build."""
    return SMALL.get(Path(script["src_file"]).name, [])


def write_api_pages(folder: Path) -> None:
    """Write a page for each section and module of `api_structure`."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    pages = api_structure.pages()
    index = ["API reference", "=============", ""]
    for section in api_structure.SECTIONS:
        modules = [module.__name__ for module in api_structure.modules(section)]
        if modules:
            index += [f".. rubric:: {section}", "", ".. toctree::", "   :maxdepth: 1", ""]
            index += [f"   {name}" for name in modules] + [""]
        for name in modules:
            (folder / f"{name}.rst").write_text(_module_page(name, pages[name]))
    (folder / "index.rst").write_text("\n".join(index))


def _module_page(name: str, documented: list[str]) -> str:
    """Return the page of a module: its docstring, its names, and a page for each of them."""
    module = importlib.import_module(name)
    lines = [name, "=" * len(name), "", f".. automodule:: {name}", "   :no-members:", ""]
    values = [item for item in documented if _is_value(getattr(module, item))]
    others = [item for item in documented if item not in values]
    if others:
        lines += [f".. currentmodule:: {name}", "", ".. autosummary::", "   :toctree: generated"]
        lines += ["   :nosignatures:", "", *(f"   {item}" for item in others), ""]
    for item in values:
        lines += [f".. autodata:: {name}.{item}", "   :no-value:", ""]
    elsewhere = [item for item in api_structure.names(module) if item not in documented]
    if elsewhere:
        lines += [".. rubric:: Also here", "", ", ".join(f"`{item}`" for item in elsewhere), ""]
    return "\n".join(lines)


def _is_value(value: object) -> bool:
    return not (inspect.isclass(value) or inspect.isroutine(value))


_LINK = re.compile(r"\[([^]]*)\]\(\.\./([^)]*)\)")


def link_to_repository(app: object, docname: str, source: list[str]) -> None:
    """Turn links to files outside of `docs` into links to the gallery, or into plain text."""
    if docname.startswith(("api/", "gallery/")):
        return

    def target(match: re.Match[str]) -> str:
        text, path = match.groups()
        if path.startswith("examples/") and path.endswith(".py"):
            return f"[{text}](/gallery/{Path(path).stem}.rst)"
        return text

    source[0] = _LINK.sub(target, source[0])
