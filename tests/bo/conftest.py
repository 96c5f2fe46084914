from __future__ import annotations

from pathlib import Path

import experiment_helpers as helpers
import pytest

from otnas import tables
from otnas.experiments.task import open_table


@pytest.fixture
def small_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tables.Table:
    """A table `small` of 200 cells, in a data folder of its own."""
    monkeypatch.setenv("OTNAS_DATA", str(tmp_path / "data"))
    open_table.cache_clear()
    table = helpers.small_table()
    tables.save(table)
    return table


@pytest.fixture(scope="session")
def kept_files() -> Path:
    """Files that are kept for ever."""
    return Path(__file__).parents[1] / "data"
