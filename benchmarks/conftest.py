"""Benchmarks run with ``pytest --benchmark-only``; plain ``pytest`` does not collect them."""

from __future__ import annotations

from pathlib import Path

import pytest

from measure import environment


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Keep timings out of the test run; None leaves the decision to others."""
    return None if config.getoption("--benchmark-only") else True


@pytest.fixture(autouse=True)
def _record_environment(request: pytest.FixtureRequest) -> None:
    """Put CPU, threads available and versions beside every figure."""
    if "benchmark" in request.fixturenames:
        request.getfixturevalue("benchmark").extra_info.update(environment())
