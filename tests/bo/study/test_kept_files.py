"""Journals of every format that there was, kept in tests/data: they open for ever.

Those of format 3 were written by `studies.mixed` with `studies.study("pool")` and
`studies.study("turns")`. If a change makes them refuse, it also makes users' studies refuse.
"""

from __future__ import annotations

import math
import shutil
import subprocess
import sys

import pytest
import studies

from otnas.study import JournalError, State, Study


def test_an_experiments_trial_of_format_2(kept_files):
    study = Study.read(kept_files / "journal-2-trial.jsonl")
    assert study.n_counted == len(study.trials) == 12
    assert study.header["configuration"]["method"] == "tw-2g"
    assert study.versions["otnas"] == "0.1.0"
    assert study.direction == "minimise"
    assert study.best.id == 11
    first, last = study.trials[0], study.trials[-1]
    assert first.item.startswith("|avg_pool_3x3~0|+|skip_connect~0|none~1|")
    assert (first.state, first.value, first.mean) == (State.DONE, 19.8964, None)
    assert first.metrics == {"validation_error": 19.8964, "test_error": 19.8964}
    assert (last.mean, last.deviation) == (7.108294469815437, 0.21616046094525163)
    assert last.asked == 1795540168.8786566
    assert last.ended == 1795540168.8871982
    assert last.seconds == 0.008323665000034453


def test_a_pool_search_of_format_2(kept_files):
    study = Study.read(kept_files / "journal-2-pool.jsonl")
    assert [t.item for t in study.trials] == [10, 7, 5, 2, 4, 3]
    assert [t.value for t in study.trials] == [1.0, 2.0, None, 0.5, 3.0, None]
    assert [t.state.value for t in study.trials] == [
        *("done", "done", "failed", "done", "done", "running")
    ]
    assert study.best.item == 2
    assert study.header["search"] == {"method": "pool", "n_items": 12}


@pytest.mark.parametrize("kept", ["journal-2-trial", "journal-2-pool"])
def test_format_2_is_read_but_not_continued(kept_files, tmp_path, kept):
    path = tmp_path / "a.jsonl"
    shutil.copy(kept_files / f"{kept}.jsonl", path)
    before = path.read_bytes()
    with pytest.raises(JournalError, match="otnas-journal-2, which can be read but not continued"):
        studies.study("pool", path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("name", ["pool", "turns"])
def test_format_3_is_read_and_continued(kept_files, tmp_path, name):
    path = tmp_path / "a.jsonl"
    shutil.copy(kept_files / f"journal-3-{name}.jsonl", path)
    before = path.read_bytes()
    read = Study.read(path)
    assert [t.state.value for t in read.trials] == [
        *("done", "done", "done", "done", "done", "failed"),
        *("lost", "done", "lost", "cancelled", "done", "failed"),
        *("running", "done", "running", "running"),
    ]
    with studies.study(name, path) as study:
        assert len(study.trials) == 16
        assert path.read_bytes().startswith(before)
        study.cancel(6, "given up")
        study.tell(study.running, [5.0, 6.0, 7.0])
        assert study.n_counted == 13
        assert [trial.id for trial in study.ask(2)] == [16, 17]
    assert path.read_bytes().startswith(before)


def test_reading_needs_no_search(kept_files):
    """Nor its packages, nor a kernel, nor a space."""
    code = """
import sys
from otnas.study import Study
def refuse(*arguments, **options):
    raise AssertionError("made a search")
from otnas.search.base import Search
Search.__init__ = refuse
study = Study.read(sys.argv[1])
print(len(study.trials), study.n_counted, len(study.running), study.best.value)
"""
    path = kept_files / "journal-3-turns.jsonl"
    found = subprocess.run(
        [sys.executable, "-c", code, path], capture_output=True, text=True, check=True
    )
    assert found.stdout.split()[:3] == ["16", "10", "3"]


def test_reading_leaves_the_file_alone(kept_files, tmp_path):
    path = tmp_path / "a.jsonl"
    whole = (kept_files / "journal-3-pool.jsonl").read_bytes()
    path.write_bytes(whole[:-20])  # a torn line
    path.chmod(0o400)
    assert len(Study.read(path).trials) == 14
    assert path.read_bytes() == whole[:-20]
    path.chmod(0o600)
    path.write_bytes(b"")
    with pytest.raises(JournalError, match="expected a journal, got one without a whole line"):
        Study.read(path)
    with pytest.raises(FileNotFoundError):
        Study.read(tmp_path / "b.jsonl")


def test_trials_as_a_data_frame(kept_files):
    pandas = pytest.importorskip("pandas")
    study = Study.read(kept_files / "journal-3-pool.jsonl")
    frame = study.to_pandas()
    assert isinstance(frame, pandas.DataFrame)
    assert list(frame["id"]) == list(range(16))
    assert list(frame["state"]) == [t.state.value for t in study.trials]
    assert frame["metric.size"].dropna().tolist() == [3.0]
    assert frame["metric.note"].dropna().tolist() == ["é"]
    assert frame["value"].min() == study.best.value
    assert {"run_started", "run_ended", "run_worker", "attempt", "reason"} <= set(frame.columns)
    records = study.to_records()
    assert records[7]["metric.size"] == 3
    assert not any(isinstance(v, float) and math.isnan(v) for r in records for v in r.values())
