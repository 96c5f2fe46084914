"""Benchmarks run with ``pytest --benchmark-only``; plain ``pytest`` does not collect them.

They check answers, and print what was measured beside its target in one table at the end; with
``--targets`` a missed one fails. BLAS has one thread, for us and for the peers: what it does with
more depends on the neighbours.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import scipy.linalg  # noqa: F401  brings a BLAS of its own, which is to be loaded when one is limited
from threadpoolctl import threadpool_limits

from measure import environment
from targets import Targets

_TARGETS = pytest.StashKey[Targets]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--targets", action="store_true", help="let missed targets fail benchmarks")


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_TARGETS] = Targets(binding=config.getoption("--targets", default=False))


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Keep timings out of the test run; None leaves the decision to others."""
    return None if config.getoption("--benchmark-only") else True


@pytest.fixture
def targets(request: pytest.FixtureRequest) -> Iterator[Targets]:
    """Where a benchmark states what it measured and what it was to reach."""
    targets = request.config.stash[_TARGETS]
    before = len(targets.all)
    yield targets
    targets.check(since=before)


@pytest.fixture(autouse=True)
def _one_blas_thread() -> Iterator[None]:
    with threadpool_limits(1, user_api="blas"):
        yield


@pytest.fixture(autouse=True)
def _record_environment(request: pytest.FixtureRequest, _one_blas_thread: None) -> None:
    """Put CPU, threads available and versions beside every figure."""
    if "benchmark" in request.fixturenames:
        request.getfixturevalue("benchmark").extra_info.update(environment())


@pytest.hookimpl(trylast=True)  # below the tables of times
def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Print all targets in one table."""
    found = config.stash[_TARGETS].all
    if not found:
        return
    facts = ", ".join(f"{key} {value}" for key, value in environment().items())
    terminalreporter.section("targets")
    terminalreporter.write_line(facts)
    for target in found:
        terminalreporter.write_line(target.line)
    terminalreporter.write_line(f"{sum(t.is_met for t in found)} of {len(found)} are met")
