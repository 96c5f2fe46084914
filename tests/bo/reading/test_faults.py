"""Disks that fill up and processes that die while results are written for people to read."""

from __future__ import annotations

from pathlib import Path

import experiment_helpers as helpers
import faults
import pytest
import studies

from otnas.reading import export, plots, report, results
from otnas.reading import studies as shown_studies
from otnas.study import Study

pytestmark = pytest.mark.usefixtures("small_table")

pytest.importorskip("matplotlib")

WRITE = """
import sys
from pathlib import Path
from otnas.reading import export, results
columns = export.columns(results.load(Path(sys.argv[1]))[0])
export.write_csv(columns, Path(sys.argv[2]))
print("written")
"""


@pytest.fixture
def out(tmp_path: Path) -> Path:
    helpers.run_all(helpers.configuration(methods=("adaptive",)), tmp_path / "out")
    return tmp_path / "out"


def _study_report(out: Path, folder: Path) -> None:
    path = out.parent / "study.jsonl"
    if not path.exists():
        with studies.study("pool", path) as study:
            studies.run(study, [3])
    shown_studies.write_report(Study.read(path), "mine", folder / "study.html")


def _columns(out: Path) -> export.Columns:
    return export.columns(results.load(out)[0])


WRITERS = {
    "report": lambda out, folder: report.write(results.load(out), folder / "report.html"),
    "study": _study_report,
    "csv": lambda out, folder: export.write_csv(_columns(out), folder / "rows.csv"),
    "parquet": lambda out, folder: export.write_parquet(_columns(out), folder / "rows"),
    "plot": lambda out, folder: plots.write(results.load(out)[0], folder, ["png"]),
}


@pytest.mark.parametrize("name", WRITERS)
def test_a_full_disk_or_a_failing_sync_leaves_what_was_there(
    out: Path, tmp_path: Path, name: str
) -> None:
    if name == "parquet":
        pytest.importorskip("pyarrow")
    write, folder = WRITERS[name], tmp_path / "written"
    folder.mkdir()
    if name == "study":
        write(out, tmp_path)  # makes the study
    for fault in (lambda: faults.disk_full(700), lambda: faults.failing("fsync")):
        with fault(), pytest.raises(OSError, match=str(folder)):
            write(out, folder)
        assert list(folder.iterdir()) == []
    write(out, folder)
    before = {path: path.read_bytes() for path in folder.iterdir()}
    for fault in (lambda: faults.disk_full(700), lambda: faults.failing("replace")):
        with fault(), pytest.raises(OSError, match=str(folder)):
            write(out, folder)
        assert {path: path.read_bytes() for path in folder.iterdir()} == before


@pytest.mark.parametrize(
    "death", [{"at_byte": 700}, {"at_call": "fsync"}, {"at_call": "replace"}], ids=str
)
def test_death_leaves_the_old_file(out: Path, tmp_path: Path, death: dict[str, str]) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("the old one")
    assert faults.run_dying(WRITE, out, path, **death).died  # type: ignore[arg-type]
    assert path.read_text() == "the old one"
    assert faults.run_dying(WRITE, out, path).stdout == "written\n"
    assert path.read_text().startswith("method,")
