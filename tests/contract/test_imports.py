"""What an import costs, and what works without SciPy."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

BLOCKED = """
import sys
sys.modules["scipy"] = None  # as if it were not installed
import numpy as np
import otnas_fast as of
"""


def run(code: str) -> str:
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return result.stdout


@pytest.mark.parametrize("package", ["otnas_fast", "otnas"])
def test_an_import_takes_no_scipy_along(package):
    loaded = run(f"import sys, {package}; print(*sys.modules)").split()
    heavy = {"scipy", "matplotlib", "rich", "pyarrow", "torch", "optuna", "sklearn", "ot"}
    assert not heavy & set(loaded)


def test_without_scipy_all_works_but_some_dpps():
    code = """
X = np.random.default_rng(0).random((30, 4))
K = of.gram(of.Embedding({"x": X}))
assert of.KDPP(K).sample(3, rng=0).shape == (3,)
assert of.map_kdpp(K, 3).shape == (3,)
assert of.KernelKDPP(of.Embedding({"x": X})).n == 30
tree = of.TreeMetric([-1, 0], [0, 2.0])
assert of.tree_wasserstein(tree, [0, 1], [1, 0]) == 2.0
try:
    of.dpp.sample_mcmc(of.dpp.MatrixKernel(K), 3, rng=0)
except ImportError as error:
    print(error)
"""
    message = run(BLOCKED + code)
    assert re.match(r"otnas_fast: expected SciPy for scipy\.linalg\.lapack\.dpstrf, got", message)
