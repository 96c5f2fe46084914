"""What `conf.py` makes: API pages, the order of the gallery, links that leave the site."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import inspect
import re
import shutil
import sys
import tempfile
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.nodes import make_refnode

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
    "adapters",
]


class ReadingOrder:
    """Sorts the gallery; examples that are not listed come last, by name."""

    def __init__(self, folder: str) -> None:
        pass

    def __call__(self, filename: str) -> tuple[int, str]:
        """Return what to sort by."""
        stem = Path(filename).stem
        return (ORDER.index(stem) if stem in ORDER else len(ORDER)), stem


def runnable(folder: Path) -> str:
    """Return a pattern of the examples whose libraries are installed; others are only shown."""
    paths = [path for path in sorted(folder.glob("*.py")) if _is_runnable(path)]
    return rf"/(?:{'|'.join(re.escape(path.name) for path in paths)})$"


def _is_runnable(path: Path) -> bool:
    needed = []
    for line in ast.parse(path.read_text()).body:  # not what is tried inside of other statements
        if isinstance(line, ast.Import):
            needed += [alias.name for alias in line.names]
        elif isinstance(line, ast.ImportFrom):
            needed.append(line.module or "")
    return all(map(_is_installed, needed))


def _is_installed(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:  # not even what it is in
        return False


def small_arguments(gallery: object, script: dict[str, str]) -> list[str]:
    """Return arguments that make an example short enough to be run with every build."""
    if Path(script["src_file"]).name == "train_digits.py":
        return ["--trials", "16", "--journal", f"{tempfile.mkdtemp()}/digits.jsonl"]
    return []


def write_api_pages(folder: Path) -> None:
    """Write a page for each section and module of `api_structure`."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    pages = api_structure.pages()
    index = ["API reference", "=============", ""]
    for section in api_structure.SECTIONS:
        modules = [module.__name__ for module in api_structure.modules(section)]
        if modules:
            index += [f".. rubric:: {section}", "", ".. toctree::", "   :hidden:", ""]
            index += [f"   {name}" for name in modules] + [""]
            index += [f"- :doc:`{name}`: {_summary(name)}" for name in modules] + [""]
        for name in modules:
            (folder / f"{name}.rst").write_text(_module_page(name, pages))
    (folder / "index.rst").write_text("\n".join(index))


def _summary(name: str) -> str:
    """Return the first sentence of a module's docstring."""
    return (importlib.import_module(name).__doc__ or "").strip().split("\n")[0]


def _module_page(name: str, pages: dict[str, list[str]]) -> str:
    """Return the page of a module: its docstring, its names, and a page for each of them."""
    module, documented = importlib.import_module(name), pages[name]
    lines = [name, "=" * len(name), "", f".. automodule:: {name}", "   :no-members:", ""]
    values = [item for item in documented if api_structure.is_value(getattr(module, item))]
    others = [item for item in documented if item not in values]
    if others:
        lines += [f".. currentmodule:: {name}", "", ".. autosummary::", "   :toctree: generated"]
        lines += ["   :nosignatures:", "", *(f"   {item}" for item in others), ""]
    for item in values:
        lines += [f".. autodata:: {name}.{item}", "   :no-value:", ""]
    elsewhere = {
        id(getattr(module, item)) for item in api_structure.names(module) if item not in documented
    }
    links = [
        f":py:obj:`~{page}.{item}`"
        for page, items in pages.items()
        for item in items
        if id(getattr(importlib.import_module(page), item)) in elsewhere
    ]
    if links:
        lines += [".. rubric:: Also here", "", ", ".join(links), ""]
    return "\n".join(lines)


def skip_members_of_others(
    app: Sphinx, what: str, name: str, member: object, skip: bool, options: object
) -> bool | None:
    """Leave out what a class inherits from other libraries: it is documented there."""
    function = member.fget if isinstance(member, property) else member
    if not inspect.isroutine(function):
        return None
    module = getattr(function, "__module__", None) or ""
    return None if module.split(".")[0] in ("otnas", "otnas_fast") else True


def keep_notation(
    app: Sphinx, what: str, name: str, member: object, options: object, lines: list[str]
) -> None:
    """Show the section "Notation" of a module as it is written."""
    if what != "module" or "Notation" not in lines:
        return
    start = lines.index("Notation")
    end = lines.index("", start)
    kept = ["    " + line for line in lines[start + 2 : end]]
    lines[start:end] = [".. rubric:: Notation", "", "::", "", *kept, ""]


_LINK = re.compile(r"\[([^]]*)\]\((?:\.\./)+((?:examples|benchmarks|tests|csrc|README|C)[^)]*)\)")


def link_to_repository(app: Sphinx, docname: str, source: list[str]) -> None:
    """Turn links to files outside of `docs` into links to the gallery, or into plain text."""
    if docname.startswith(("api/", "gallery/")):
        return

    def target(match: re.Match[str]) -> str:
        text, path = match.groups()
        if path == "examples":
            return f"[{text}](/gallery/index.rst)"
        in_gallery = path.startswith("examples/") and path.endswith(".py")
        return f"[{text}](/gallery/{Path(path).stem}.rst)" if in_gallery else text

    source[0] = _LINK.sub(target, source[0])


def find_by_last_names(
    app: Sphinx, env: BuildEnvironment, node: nodes.Element, contnode: nodes.Element
) -> nodes.Element | None:
    """Link `KDPP.sample` to the public name that ends so, in the package that speaks if in several.

    A single word in lower case is an argument. Names that have no page are shown without a link if
    otnas has them; others are a warning.
    """
    if node.get("refdomain") != "py":
        return None
    target = node["reftarget"]
    if re.fullmatch("[a-z][a-z0-9_]*", target):
        return contnode
    objects = env.domains["py"].objects
    found = [name for name in objects if name.endswith("." + target)]
    here = node.get("py:module") or ""
    if found:
        package = here.split(".")[0]
        best = min(found, key=lambda name: (name.split(".")[0] != package, len(name)))
        entry = objects[best]
        return make_refnode(app.builder, node["refdoc"], entry.docname, entry.node_id, contnode)
    return contnode if _exists(target) else None


def _exists(target: str) -> bool:
    """Tell whether a module of otnas has this name."""
    parts = target.split(".")
    if parts[0] in ("otnas", "otnas_fast"):
        try:
            return _has(importlib.import_module(".".join(parts[:-1])), parts[-1:])
        except ImportError:
            return False
    modules = [module for name, module in sys.modules.items() if name.startswith("otnas")]
    return any(_has(module, parts) for module in modules)


def _has(value: object, path: list[str]) -> bool:
    for name in path:
        value = getattr(value, name, None)
    return value is not None
