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


def private_uses(source: str) -> list[int]:
    """Return lines that import a private module or name of otnas_fast, or take one from it."""
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
            lines += [node.lineno] * (base.split(".")[0] in aliases)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            # importlib.import_module("otnas_fast._core") and the like
            lines += [node.lineno] * node.value.startswith("otnas_fast._")
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
    ],
)
def test_private_uses_are_seen(line):
    assert private_uses(line) == [len(line.splitlines())]


def test_otnas_does_not_reach_behind_otnas_fast():
    assert private_uses("from otnas_fast import Cell\nself._core = Cell.__name__") == []
    offending = []
    for path in sources("python/otnas", ".py"):
        assert not imported(path) & {"tests", "benchmarks"}, path
        text = path.read_text(encoding="utf-8")
        for number in private_uses(text):
            where = f"{path.relative_to(ROOT)}:{number}"
            offending.append(f"{where}: {text.splitlines()[number - 1].strip()}")
    assert not offending, "\n".join(offending)


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
