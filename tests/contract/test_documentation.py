"""The documentation says what is there, and its examples run."""

import doctest
import importlib
import importlib.util
import inspect
import pkgutil
import re
from pathlib import Path
from types import ModuleType

import pytest

DOCS = Path(__file__).parents[2] / "docs"
OPTIONAL = "otnas.integrations."  # adapters to libraries that may not be installed
OPTIONS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS


def load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


structure = load(DOCS / "api_structure.py")
PAGES = structure.pages()


def all_modules() -> list[str]:
    names = []
    for package in ("otnas_fast", "otnas"):
        names.append(package)
        path = importlib.import_module(package).__path__
        names += [info.name for info in pkgutil.walk_packages(path, package + ".")]
    return [name for name in names if not name.endswith("__main__")]


def source(name: str) -> str:
    path = importlib.util.find_spec(name).origin
    return Path(path).read_text() if path.endswith(".py") else ""


def with_examples() -> list[str]:
    return [name for name in all_modules() if ">>>" in source(name)]


def imported(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        if not name.startswith(OPTIONAL):
            raise
        pytest.skip(str(error))


@pytest.mark.parametrize("name", with_examples())
def test_examples_of_docstrings_run(name, tmp_path, monkeypatch):
    module = imported(name)
    monkeypatch.chdir(tmp_path)  # what an example writes
    runner = doctest.DocTestRunner(optionflags=OPTIONS)
    for test in doctest.DocTestFinder().find(module):
        report: list[str] = []
        runner.run(test, out=report.append)
        assert not report, "".join(report)


@pytest.mark.parametrize("folder", [DOCS, DOCS / "start", DOCS.parent], ids=lambda path: path.name)
def test_links_to_files_lead_somewhere(folder):
    for page in folder.glob("*.md"):
        for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text()):
            made = link.endswith(("gallery/index.rst", "api/index.rst"))  # with the site
            assert made or (folder / link).exists(), f"{page.name}: {link}"


def test_every_example_has_a_title():
    for path in (DOCS.parent / "examples").glob("*.py"):
        assert re.match(r'"""\n.+\n={3,}\n', path.read_text()), f"{path.name}: see examples/"


RUN = [*sorted((DOCS / "start").glob("*.md")), DOCS / "fast.md"]


@pytest.mark.parametrize("page", RUN, ids=lambda page: page.stem)
def test_code_of_pages_runs(page, tmp_path, monkeypatch):
    pytest.importorskip("cloudpickle")  # for a training function that is in no module
    monkeypatch.chdir(tmp_path)
    namespace = {"__name__": "__main__"}
    for block in re.findall(r"```python\n(.*?)```", page.read_text(), re.DOTALL):
        exec(compile(block, page.name, "exec"), namespace)


def test_every_public_name_has_a_page():
    documented = {
        id(getattr(importlib.import_module(page), item)) for page in PAGES for item in PAGES[page]
    }
    missing = []
    for name in all_modules():
        if name in structure.INTERNAL or "__all__" not in source(name):
            continue
        try:
            module = importlib.import_module(name)
        except ImportError:
            if not name.startswith(OPTIONAL):
                raise
            continue
        missing += [
            f"{name}.{item}"
            for item in module.__all__
            if id(value := getattr(module, item)) not in documented and not inspect.ismodule(value)
        ]
    assert not missing, f"their modules are missing in docs/api_structure.py: {missing}"


def test_every_public_name_has_an_example():
    """A class has one in its docstring or in a method's; values, errors, interfaces need none."""
    without = []
    for page, items in PAGES.items():
        module = importlib.import_module(page)
        for item in items:
            value = getattr(module, item)
            if structure.is_value(value):
                continue
            texts = [value.__doc__]
            if inspect.isclass(value):
                interface = inspect.isabstract(value) or getattr(value, "_is_protocol", False)
                if issubclass(value, BaseException) or interface:
                    continue
                texts += [member.__doc__ for member in vars(value).values()]
            if not any(">>>" in (text or "") for text in texts):
                without.append(f"{page}.{item}")
    assert not without, "\n".join(without)
