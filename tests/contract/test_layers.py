"""The house has one direction: csrc, bindings, otnas_fast, otnas. Right may use left."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LONGEST = 400  # lines of a hand-written file


def sources(folder: str, *endings: str) -> list[Path]:
    found = [p for p in (ROOT / folder).rglob("*") if p.suffix in endings]
    assert found, f"nothing to check in {folder}"
    return found


def imported(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.split(".")[0])
    return names


def test_the_core_knows_no_python():
    words = re.compile(r"pybind11|Python\.h|\bpy::|PyObject|numpy")
    for path in sources("csrc", ".hpp", ".cpp", ".inl"):
        assert not words.search(path.read_text()), path


def test_pybind_is_included_in_one_place():
    including = [
        path.name
        for path in sources("bindings", ".hpp", ".cpp")
        if "<pybind11/" in path.read_text()
    ]
    assert including == ["pybind.hpp"]


def test_otnas_fast_needs_numpy_and_scipy_only():
    allowed = {*sys.stdlib_module_names, "numpy", "scipy", "otnas_fast"}
    for path in sources("otnas_fast", ".py", ".pyi"):
        assert imported(path) <= allowed, path


def private_members() -> set[str]:
    """Return the private names that classes of otnas_fast have."""
    found: set[str] = set()
    for path in sources("otnas_fast", ".py", ".pyi"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                found |= {n.name for n in ast.walk(node) if isinstance(n, ast.FunctionDef)}
                found |= {n.attr for n in ast.walk(node) if isinstance(n, ast.Attribute)}
    return {name for name in found if re.fullmatch("_(?!_).*", name)}


PRIVATE_MEMBERS = private_members()


def private_uses(source: str) -> list[int]:
    """Return lines that import a private module or name of otnas_fast, or take one from it.

    A private name of its classes is taken if it is anything's but the object's own (`self`).
    """
    tree, lines = ast.parse(source), []
    aliases: set[str] = set()  # names that stand for otnas_fast or a module of it
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.split(".")[0] == "otnas_fast":
                    aliases.add(alias.asname or "otnas_fast")
                    lines += [node.lineno] * ("._" in alias.name)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "otnas_fast":
            private = any(alias.name.startswith("_") for alias in node.names)
            lines += [node.lineno] * ("._" in str(node.module) or private)
            # Modules have small letters, as functions do: those have nothing private to take.
            aliases |= {alias.asname or alias.name for alias in node.names if alias.name.islower()}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and re.fullmatch("_(?!_).*", node.attr):
            base = ast.unparse(node.value)
            member = node.attr in PRIVATE_MEMBERS and base not in ("self", "cls", "super()")
            lines += [node.lineno] * (member or base.split(".")[0] in aliases)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            # importlib.import_module("otnas_fast._core") and the like
            lines += [node.lineno] * node.value.startswith("otnas_fast._")
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in ("getattr", "setattr"):
            name = node.args[1]
            taken = isinstance(name, ast.Constant) and name.value in PRIVATE_MEMBERS
            lines += [node.lineno] * taken
    return sorted(set(lines))


@pytest.mark.parametrize(
    "line",
    [
        "import otnas_fast._core",
        "import otnas_fast._core as core",
        "from otnas_fast import _core",
        "from otnas_fast import gram, _core as core",
        "from otnas_fast._core import gram",
        "from otnas_fast.cells import _prepared",
        "import otnas_fast\notnas_fast._core.gram()",
        "import otnas_fast as of\nof.cells._prepared(3)",
        "from otnas_fast import cells\ncells._prepared(3)",
        "import importlib\nimportlib.import_module('otnas_fast._core')",
        "from otnas_fast import Embedding\nEmbedding._with_layers",
        "def of(cell):\n    return cell._compiled",
        "self.taxonomies[0]._compiled",
        "getattr(embedding, '_sparse')",
    ],
)
def test_private_uses_are_seen(line):
    assert private_uses(line) == [len(line.splitlines())]


def test_otnas_does_not_reach_behind_otnas_fast():
    assert private_uses("from otnas_fast import Cell\nself._core = Cell.__name__") == []
    offending = []
    of_tests = {"tests", "benchmarks", *(p.stem for p in sources("tests/support", ".py"))}
    for path in sources("python/otnas", ".py"):
        assert not imported(path) & of_tests, path
        text = path.read_text(encoding="utf-8")
        for number in private_uses(text):
            where = f"{path.relative_to(ROOT)}:{number}"
            offending.append(f"{where}: {text.splitlines()[number - 1].strip()}")
    assert not offending, "\n".join(offending)


# From the ground up: a room of otnas may use those before it.
ROOMS = (
    *("arrays", "nested", "storage", "checks", "identities", "registry"),
    *("gp", "spaces", "tables"),
    *(f"search.{name}" for name in ("settings", "extras", "threads", "packing", "transaction")),
    *(f"search.{name}" for name in ("random_state", "availability", "known", "costs")),
    *(f"search.{name}" for name in ("decision", "domain", "front", "cells", "tradeoffs", "base")),
    *(f"search.{name}" for name in ("bayesian", "cell_search", "pool_search", "baselines")),
    *("search.methods", "search"),
    *("study", "integrations", "experiments", "reading", "commands", "cli"),
)
NOBODY_USES = ("integrations",)


def room(module: str) -> str | None:
    """Return the room of a module, of `search` the room within it; None for otnas itself."""
    parts = module.split(".")[1:]
    found = [".".join(parts[:n]) for n in (2, 1) if ".".join(parts[:n]) in ROOMS]
    assert found or not parts, f"{module} is in no room: name it in ROOMS"
    return found[0] if found else None


def used_modules(source: str) -> set[str]:
    """Return the modules of otnas that a file imports, wherever in it."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            whole = [f"{node.module}.{alias.name}" for alias in node.names]
            found |= {name if is_module(name) else str(node.module) for name in whole}
    return {name for name in found if name.split(".")[0] == "otnas"}


def is_module(name: str) -> bool:
    path = (ROOT / "python").joinpath(*name.split("."))
    return path.is_dir() or path.with_suffix(".py").is_file()


def imports_back_up(module: str, source: str) -> list[str]:
    """Return what a module imports from rooms above its own, or from a room that nobody uses."""
    own = room(module)
    assert own is not None
    other = [(name, room(name)) for name in sorted(used_modules(source))]
    return [
        f"{module} imports {name}"
        for name, there in other
        if there not in (None, own)
        and (ROOMS.index(str(there)) > ROOMS.index(own) or there in NOBODY_USES)
    ]


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("otnas.gp.fit", "from otnas.search import Search"),
        ("otnas.search.decision.decide", "from otnas.search.cells.pool import CellPool"),
        ("otnas.search.cells.items", "def f():\n    from otnas.search import base"),
        ("otnas.search.pool_search", "import otnas.study.journal"),
        ("otnas.study.study", "if TYPE_CHECKING:\n    from otnas import commands"),
        ("otnas.reading.report", "from otnas.integrations.sklearn import GramRows"),
    ],
)
def test_imports_back_up_are_seen(module, line):
    assert len(imports_back_up(module, line)) == 1


def test_no_room_of_otnas_uses_one_above_it():
    back = []
    for path in sources("python/otnas", ".py"):
        parts = path.relative_to(ROOT / "python").with_suffix("").parts
        module = ".".join(parts[: -1 if parts[-1] == "__init__" else None])
        if module != "otnas":
            back += imports_back_up(module, path.read_text(encoding="utf-8"))
    assert not back, "\n".join(back)


def test_the_stub_names_what_the_compiled_module_has():
    from otnas_fast import _core

    stub = ast.parse((ROOT / "otnas_fast" / "_core.pyi").read_text())
    declared = {n.name for n in stub.body if isinstance(n, ast.FunctionDef | ast.ClassDef)}
    for node in stub.body:
        # Type aliases exist for the type checker only.
        if isinstance(node, ast.AnnAssign) and ast.unparse(node.annotation) != "TypeAlias":
            declared.add(ast.unparse(node.target))
    compiled = {name for name in dir(_core) if not name.startswith("_")}
    assert declared == compiled


@pytest.mark.parametrize(
    "folder", ["csrc", "bindings", "otnas_fast", "python", "tests", "benchmarks"]
)
def test_no_file_is_too_long(folder):
    for path in sources(folder, ".py", ".pyi", ".hpp", ".cpp", ".inl"):
        assert len(path.read_text().splitlines()) <= LONGEST, path


def test_the_checkout_does_not_hide_the_installed_package():
    code = "import otnas_fast, otnas; print(otnas_fast.gram([]).shape)"
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "(0, 0)"


def test_tests_see_the_installed_package():
    import otnas_fast

    assert Path(otnas_fast.__file__).parent != ROOT / "otnas_fast"
