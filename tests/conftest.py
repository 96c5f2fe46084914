"""Tests see the installed package, however pytest was started."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# `python -m pytest` puts the checkout on the path, where otnas_fast/ would hide the installed one.
sys.path[:] = [entry for entry in sys.path if Path(entry).resolve() != ROOT]


def pytest_ignore_collect(config: pytest.Config) -> bool | None:
    """Keep tests out of a run of the benchmarks; None leaves the decision to others."""
    return True if config.getoption("--benchmark-only", default=False) else None
