"""The executors of the conformance suite."""

from __future__ import annotations

import executors
import pytest


@pytest.fixture(scope="module", params=executors.NAMES)
def executor(request, tmp_path_factory):
    """What `run` takes as `executor`: None, an executor, or a function that makes one."""
    with executors.make(request.param, tmp_path_factory.mktemp(request.param)) as made:
        yield made


@pytest.fixture
def options(executor):
    """The executor and as many places as it has workers."""
    return {"executor": executor, "max_running": executors.WORKERS}
