"""Things of one's own by name: registered by a program, or brought by a package of two files."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

import otnas
import otnas_fast
from otnas import spaces
from otnas.search import PoolSearch, methods
from otnas.search.baselines.random_search import RandomSearch
from otnas.search.cells.distances.tree_wasserstein import TreeWasserstein
from otnas.search.cells.kernels import KERNELS, KernelKind
from otnas.search.decision.rules import RULES, Rule
from otnas.search.methods import METHODS, Method
from otnas.tables.readers import READERS

SIZES = KernelKind("counts of operations", lambda _: TreeWasserstein("sizes"))


@dataclass(frozen=True)
class First(Rule):
    summary = "the first ones"

    def __call__(self, candidates, k, rng):
        return np.arange(k)


@pytest.fixture
def registered():
    added = []

    def add(registry, name, thing):
        added.append((registry, name))
        return registry.register(name, thing)

    yield add
    for registry, name in added:
        registry.unregister(name)


@pytest.mark.parametrize(
    ("literature", "ours"),
    [
        ("BANANAS", "bananas"),
        ("TPE", "optuna-tpe"),
        ("Regularised-Evolution", "evolution"),
        ("GP-BUCB", "bucb"),
        ("Local-Penalization:Weisfeiler-Lehman", "penalise:wl"),
        ("quality-k-DPP:tree-Wasserstein/WL", "kdpp-quality:tw/wl"),
    ],
)
def test_names_of_the_literature_are_understood(literature, ours):
    theirs, own = methods.get(literature), methods.get(ours)
    assert (theirs.summary, theirs.settings) == (own.summary, own.settings)
    assert literature not in methods.names()
    assert PoolSearch(gram=np.eye(5), seed=0, settings={}, batch_rule="GP-BUCB").ask(2)


def test_what_is_registered_is_found_by_name(registered):
    registered(KERNELS, "my-kernel", SIZES)
    registered(RULES, "my-rule", First)
    registered(METHODS, "my-method", Method("my-method", "draws", (), RandomSearch))
    registered(spaces.NAMES, "my-space", spaces.NASBench201)
    space = spaces.get("my-space")
    assert {"my-kernel", "my-rule", "my-method"} <= set(methods.names())
    pool = space.enumerate().cells[:100]
    for name in ("my-kernel", "my-rule:my-kernel", "my-method", "my-kernel/tw"):
        search = methods.make(name, space, seed=0, pool=pool, initial=2)
        search.tell(search.ask(2), [1.0, 2.0])
        assert len(search.ask(2)) == 2
    search = PoolSearch(gram=np.eye(9), batch_rule="my-rule", initial=1, seed=0)
    search.tell(search.ask(1), [1.0])
    assert len(search.ask(3)) == 3
    assert KERNELS.origin("my-kernel") == "registered"
    assert KERNELS.origin("tw") == "otnas"


@pytest.mark.parametrize(
    ("registry", "name", "thing", "kind", "message"),
    [
        (KERNELS, "tw", SIZES, ValueError, "name: expected one that is not in use, got the kernel"),
        (KERNELS, "a:b", SIZES, ValueError, "name: expected letters, digits"),
        (KERNELS, 3, SIZES, ValueError, "name: expected letters, digits"),
        (KERNELS, "sizes", SIZES, ValueError, "name: expected one that is no measure"),
        (KERNELS, "mine", 3, TypeError, "kernel: expected a KernelKind, got 3"),
        (RULES, "mine", len, TypeError, "rule: expected a dataclass that is a Rule"),
        (METHODS, "mine", len, TypeError, "method: expected a Method"),
        (METHODS, "mine", METHODS["random"], ValueError, "name: expected that of the method"),
        (READERS, "mine", 3, TypeError, "reader: expected a function"),
        (spaces.NAMES, "mine", 3, TypeError, "space: expected a function"),
    ],
)
def test_errors_name_the_argument(registry, name, thing, kind, message):
    with pytest.raises(kind, match=message):
        registry.register(name, thing)
    assert name == "tw" or name not in registry


MODULE = """
from dataclasses import dataclass
import numpy as np
from otnas import tables
from otnas.search.baselines.random_search import RandomSearch
from otnas.search.cells.distances.tree_wasserstein import TreeWasserstein
from otnas.search.cells.kernels import KernelKind
from otnas.search.decision.rules import Rule
from otnas.search.methods import Method
from otnas.spaces import NASBench201

METHOD = Method("their-method", "draws", (), RandomSearch)
KERNEL = KernelKind("counts of operations", lambda _: TreeWasserstein("sizes"))

@dataclass(frozen=True)
class Last(Rule):
    summary = "the last ones"
    def __call__(self, candidates, k, rng):
        return np.arange(len(candidates.std))[-k:]

class TheirSpace(NASBench201):
    name = "their-space"

def read(path, *, name):
    errors = np.loadtxt(path)
    cells = TheirSpace().enumerate().cells[: len(errors)]
    provenance = tables.Provenance(
        dataset="-", metric="error", epochs=None, seeds="-", source=path.name, sha256=None
    )
    return tables.Table(name, "their-space", cells, {"validation_error": errors}, provenance)
"""

ENTRY_POINTS = """
[otnas.methods]
their-method = their_package:METHOD
[otnas.kernels]
their-kernel = their_package:KERNEL
broken-kernel = their_package:MISSING
tw = their_package:KERNEL
[otnas.rules]
their-rule = their_package:Last
[otnas.spaces]
their-space = their_package:TheirSpace
[otnas.readers]
their-format = their_package:read
"""


@pytest.fixture
def package(tmp_path):
    """Lay out a package as pip would, in a folder of its own; return its environment."""
    folder = tmp_path / "site"
    metadata = folder / "their_package-1.0.dist-info"
    metadata.mkdir(parents=True)
    (folder / "their_package.py").write_text(MODULE)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: their-package\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(ENTRY_POINTS)
    return {
        **os.environ,
        "PYTHONPATH": str(folder),
        "PYTHONWARNINGS": "error",
        "OTNAS_DATA": str(tmp_path / "data"),
    }


def otnas_command(*arguments: str, env: dict[str, str], cwd: Path) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "otnas.cli", *arguments],
        env=env,
        cwd=cwd,
        capture_output=True,
        text=True,
    )


def test_a_package_of_two_files(package, tmp_path):
    listed = otnas_command("methods", env=package, cwd=tmp_path)
    assert listed.returncode == 0, listed.stderr
    for line in (
        "their-method   method      draws (their-package)",
        "their-kernel   kernel      counts of operations (their-package)",
        "their-rule     batch rule  the last ones (their-package)",
    ):
        assert line in listed.stdout
    assert "the kernel 'broken-kernel' of their-package cannot be used: Attr" in listed.stdout
    assert "tw             kernel      tree-Wasserstein\n" in listed.stdout
    errors = tmp_path / "errors.txt"
    np.savetxt(errors, np.random.default_rng(0).uniform(5, 50, size=60))
    imported = otnas_command(
        *("table", "import", "their-format", str(errors), "--name", "their-table"),
        env=package,
        cwd=tmp_path,
    )
    assert imported.returncode == 0, imported.stderr
    ran = otnas_command(
        *("run", "batch", "--search-space", "their-table", "--trials", "0:1", "--jobs", "1"),
        *("--queries", "8", "--initial", "2", "--batch-size", "2"),
        *("--methods", "their-method", "their-rule:their-kernel"),
        env=package,
        cwd=tmp_path,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "2 of 2 trials are complete" in ran.stdout


def test_versions(tmp_path):
    printed = otnas_command("--version", env=dict(os.environ), cwd=tmp_path)
    assert printed.stdout == f"otnas {otnas.__version__}\n"
    assert otnas.__version__ == otnas_fast.__version__
    assert otnas.__version__[0].isdigit()
    with pytest.raises(AttributeError, match="has no attribute 'versoin'"):
        otnas.versoin
