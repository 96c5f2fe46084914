"""An extension module built from the installed package, as C and as C++, against the Python API."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import otnas_fast

pytest.importorskip("Cython", reason="Cython is not installed")
pytest.importorskip("setuptools", reason="setuptools is not installed")

ROOT = Path(__file__).parents[2]
SOURCE = Path(__file__).parent / "extension" / "example.pyx"
SETUP = """
from Cython.Build import cythonize
from setuptools import Extension, setup

names = ("example", "documented")
modules = [Extension(name, [name + ".pyx"], language={language!r}) for name in names]
setup(ext_modules=cythonize(modules))
"""
# The module's own constant, not the table's: a table that is too short is refused on import.
TOO_OLD = """
import ctypes, otnas_fast._core as core
table = (ctypes.c_int * 2)(1, 3)
new = ctypes.pythonapi.PyCapsule_New
new.restype, new.argtypes = ctypes.py_object, [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
name = b"otnas_fast.c_functions"
core.c_functions = lambda: new(ctypes.addressof(table), name, None)
import example
"""


def load(folder: Path, name: str):
    (path,) = folder.glob(f"{name}.*.so")
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module", params=["c", "c++"])
def example(request, tmp_path_factory):
    if not shutil.which("cc") and not shutil.which("gcc"):
        pytest.skip("no C compiler")
    folder = tmp_path_factory.mktemp("extension")
    shutil.copy(SOURCE, folder)
    documented = re.search("```cython\n(.*?)```", (ROOT / "docs" / "cython.md").read_text(), re.S)
    (folder / "documented.pyx").write_text(documented[1])
    (folder / "setup.py").write_text(SETUP.format(language=request.param))
    # Not optimised: the calls are tested, not their speed.
    environment = {**os.environ, "CFLAGS": "-O0 -Wall -Werror", "CXXFLAGS": "-O0"}
    build = [sys.executable, "setup.py", "-q", "build_ext", "--inplace"]
    result = subprocess.run(build, cwd=folder, env=environment, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr
    module = load(folder, "example")
    module.folder = folder
    return module


@pytest.fixture
def rng():
    return np.random.default_rng(5)


def test_the_table(example):
    version, count = example.table_size()
    assert version == 1
    promised = (ROOT / "tests" / "contract" / "c_functions.txt").read_text()
    assert count == promised.count("(*")


def test_cells(example):
    ops = ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3")
    rng = np.random.default_rng(1)
    texts = ["|{}~0|+|{}~0|{}~1|+|{}~0|{}~1|{}~2|".format(*rng.choice(ops, 6)) for _ in range(40)]
    cells = otnas_fast.as_cells(texts)
    taxonomy = cells.taxonomy
    families = [i for i, members in enumerate(taxonomy.families.values()) for _ in members]
    embedding = otnas_fast.embed(cells)
    arrays = (cells.offsets, cells.successors, cells.codes)
    families = np.array(families, dtype=np.intc)
    layers = taxonomy.max_layers
    found = example.embed(*arrays, families, taxonomy.alpha, layers)
    np.testing.assert_array_equal(found, embedding.to_array())
    with pytest.raises(ValueError, match=r"^cells: expected at most as many layers"):
        example.embed(*arrays, families, taxonomy.alpha, 2)
    with pytest.raises(ValueError, match=r"^codes: expected those of the taxonomy"):
        example.embed(*arrays, families[:2], taxonomy.alpha, layers)
    with pytest.raises(ValueError, match=r"^families: expected numbers from 0 without a gap"):
        example.embed(*arrays, families * 2, taxonomy.alpha, layers)


def test_distances_and_gram(example, rng):
    vectors = rng.random((9, 5))
    other = rng.random((4, 5))
    expected = otnas_fast.distances(
        otnas_fast.Embedding({"x": vectors[:, 1:4]}), otnas_fast.Embedding({"x": other[:, 1:4]})
    )
    np.testing.assert_array_equal(example.distances(vectors, other, 1, 4), expected[0])

    embedding = otnas_fast.Embedding({"x": vectors[[0, 1, 1, 2, 0]], "y": vectors[[0, 1, 1, 2, 0]]})
    whole = np.full((5, 8), -1.0)
    scale = np.repeat([1 / 0.5, 1 / 2.0], 5)
    example.gram(embedding.vectors, embedding.index, scale, 3.0, whole[:, 2:7])
    expected = otnas_fast.gram(embedding, lengthscales=[0.5, 2.0], variance=3.0)
    np.testing.assert_array_equal(whole[:, 2:7], expected)
    assert (whole[:, [0, 1, 7]] == -1.0).all()


def test_the_documented_example(example, rng):
    x = rng.random((6, 3))
    found = load(example.folder, "documented").laplace(x, 0.5)
    expected = otnas_fast.gram(otnas_fast.Embedding({"x": x}), lengthscales=0.5)
    np.testing.assert_array_equal(found, expected)


def test_trees(example, rng):
    parents = np.array([-1, 0, 0, 1, 1], dtype=np.intc)
    weights = np.array([0.0, 1.0, 2.0, 0.5, 0.25])
    mu, nu = rng.dirichlet(np.ones(5), size=(2, 6))
    tree = otnas_fast.TreeMetric(parents, weights)
    phi, distances = example.tree(parents, weights, mu, nu)
    np.testing.assert_array_equal(phi, tree.embed(mu))
    np.testing.assert_allclose(distances, otnas_fast.tree_wasserstein(tree, mu, nu), rtol=1e-14)
    with pytest.raises(ValueError, match=r"^mu, nu: expected equal total masses"):
        example.tree(parents, weights, mu, 2 * nu)
    with pytest.raises(ValueError, match="two roots"):
        example.tree(np.array([-1, -1, 0, 1, 1], dtype=np.intc), weights, mu, nu)


@pytest.mark.parametrize("n", [40, 5000])
def test_kdpp(example, rng, n):
    B = rng.standard_normal((n, 12))
    seeds = np.random.default_rng(3).integers(0, 2**64, size=20, dtype=np.uint64)
    rank, draws = example.sample(B, True, 4, seeds)
    assert rank == 12
    expected = otnas_fast.KDPP.from_factor(B).sample(4, rng=3, size=20)
    np.testing.assert_array_equal(draws, expected)


def test_kernels_of_dpps(example, rng):
    B = rng.standard_normal((30, 30))
    L = B @ B.T
    seeds = np.random.default_rng(3).integers(0, 2**64, size=20, dtype=np.uint64)
    _, draws = example.sample(L, False, 6, seeds)
    np.testing.assert_array_equal(draws, otnas_fast.KDPP(L).sample(6, rng=3, size=20))
    np.testing.assert_array_equal(example.greedy_map(L, 7), otnas_fast.map_kdpp(L, 7))


def test_errors(example, rng):
    B = rng.standard_normal((6, 2))
    seeds = np.arange(3, dtype=np.uint64)
    with pytest.raises(otnas_fast.NumericalError, match="rank 2"):
        example.sample(B, True, 3, seeds)
    with pytest.raises(ValueError, match=r"^L: expected a symmetric matrix"):
        example.greedy_map(np.triu(np.ones((3, 3))), 2)
    with pytest.raises(ValueError, match=r"^a, b: expected coordinates of magnitude at most"):
        example.distances(np.full((2, 2), np.nan), np.zeros((2, 2)), 0, 2)
    with pytest.raises(ValueError, match=r"^begin, end: expected a range of coordinates"):
        example.distances(np.zeros((2, 2)), np.zeros((2, 2)), 1, 3)
    with pytest.raises(ValueError, match=r"^index: expected numbers of vectors"):
        example.gram(np.zeros((2, 2)), np.array([2]), np.ones(2), 1.0, np.zeros((1, 1)))


def test_a_module_refuses_a_table_that_is_too_short(example):
    result = subprocess.run(
        [sys.executable, "-c", TOO_OLD], cwd=example.folder, capture_output=True, text=True
    )
    assert "ImportError: otnas_fast: expected at least the one" in result.stderr
