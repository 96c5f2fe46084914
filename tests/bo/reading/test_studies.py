"""`otnas show | plot | report` of a study's file."""

from __future__ import annotations

import csv
import re
import xml.etree.ElementTree as ElementTree

import numpy as np
import pyarrow.parquet
import pytest
import studies

from otnas import PoolSearch
from otnas.cli import main
from otnas.reading import fronts
from otnas.reading import studies as reading
from otnas.study import Run, Study


@pytest.fixture(params=studies.BOTH)
def path(request, tmp_path):
    """A study with every state, and runs of two workers."""
    path = tmp_path / "mine.jsonl"
    with studies.study(request.param, path, objective="train.py 2") as study:
        studies.mixed(study)
        first, second, third = study.ask(3)
        study.tell(first, 0.25, run=Run(100.0, 110.0, "here:1"))
        study.tell(second, 9.5, run=Run(100.0, 104.0, "here:2"))
        trace = "Traceback ...\n  File a\nValueError: <b>no & memory</b>\n"
        study.fail(third, trace, run=Run(112.0, 122.0, "here:1"))
    return path


def shown(capsys, *arguments):
    status = main([str(argument) for argument in arguments])
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def test_show(path, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    status, text, _ = shown(capsys, "show", path)
    study = Study.read(path)
    assert status == 0
    assert "objective: train.py 2" in text
    assert "direction: minimise" in text
    assert f"otnas {study.versions['otnas']}" in text
    assert "trials: 19: 3 running, 10 done, 3 failed, 1 cancelled, 2 lost" in text
    assert f"best: 0.25, trial 16: {reading._item(study.best)}" in text
    assert "…" not in text
    assert "ValueError: <b>no & memory</b>" in text
    rows = [line.split() for line in text.splitlines()]
    assert ["here:1", "2", "1", "20.0", "91", "%"] in rows
    assert ["here:2", "1", "0", "4.0", "100", "%"] in rows
    best = text[text.index("best trials") : text.index("last trials")]
    values = [float(line.split()[2]) for line in best.splitlines() if " done " in line]
    expected = sorted(t.value for t in study.trials if t.value is not None)[:10]
    assert values == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("kept", ["journal-2-trial", "journal-2-pool", "journal-3-pool"])
def test_journals_of_every_format(kept_files, capsys, kept, tmp_path):
    file = kept_files / f"{kept}.jsonl"
    status, text, _ = shown(capsys, "show", file)
    assert status == 0
    assert "best trials" in text
    assert "time used per worker" not in text  # nobody says who trained
    out = tmp_path / "page.html"
    assert shown(capsys, "report", file, "--out", out) == (0, f"{out}\n", "")
    if kept == "journal-2-trial":
        assert "method: tw-2g" in text


def test_plot(path, capsys):
    status, text, _ = shown(capsys, "plot", path, "--format", "svg,png")
    assert status == 0
    svg, png = (path.with_suffix(f".{kind}") for kind in ("svg", "png"))
    assert text.split() == [str(svg), str(png)]
    assert ElementTree.fromstring(svg.read_bytes()).tag.endswith("svg")
    assert png.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("direction", ["minimise", "maximise"])
def test_what_is_drawn(tmp_path, direction):
    with studies.study("pool", direction=direction) as study:
        trials = study.ask(5)
        study.tell(trials[0], 3.0)
        study.fail(trials[1], "no")
        study.tell(trials[2:], [4.0, 2.0, 5.0])
        (axes,) = reading.draw(study, "mine").axes
    lines = {line.get_label(): line for line in axes.lines}
    assert lines["value"].get_xydata().tolist() == [[0, 3], [2, 4], [3, 2], [4, 5]]
    best = [3, 3, 2, 2] if direction == "minimise" else [3, 4, 4, 5]
    assert lines["best so far"].get_ydata().tolist() == best
    assert list(lines["failed"].get_xdata()) == [1]


def test_report(path, capsys):
    page = path.with_suffix(".html")
    assert shown(capsys, "report", path) == (0, f"{page}\n", "")
    text = page.read_text(encoding="utf-8")
    assert text.count("<svg") == 1
    assert "ValueError: &lt;b&gt;no &amp; memory&lt;/b&gt;" in text
    assert not re.search(r"https?:|url\((?!#)|@import|<script|<b>", text)
    assert "time used per worker" in text
    assert "<h3>Settings</h3>" in text


def test_a_study_without_trials(tmp_path, capsys):
    path = tmp_path / "new.jsonl"
    studies.study("pool", path).close()
    status, text, _ = shown(capsys, "show", path)
    assert (status, "trials: none yet" in text) == (0, True)
    assert shown(capsys, "report", path)[0] == 0
    assert shown(capsys, "plot", path)[0] == 0


def test_export(path, capsys):
    study = Study.read(path)
    for kind in ("csv", "parquet"):
        out = path.with_suffix(f".{kind}")
        assert shown(capsys, "export", path, f"--{kind}", out) == (0, f"{out}: 19 rows\n", "")
    rows = list(csv.DictReader(path.with_suffix(".csv").read_text().splitlines()))
    stored = pyarrow.parquet.read_table(path.with_suffix(".parquet")).to_pylist()
    for trial, row, kept in zip(study.trials, rows, stored, strict=True):
        assert (row["state"], row["item"]) == (trial.state.value, reading._item(trial))
        assert (row["value"], kept["value"]) == (str(trial.value or ""), trial.value)
        assert row["run_worker"] == (trial.run.worker if trial.run else "")
    assert "on_front" not in rows[0]


def test_export_of_numbers_beyond_64_bits(tmp_path, capsys):
    path, numbers = tmp_path / "a.jsonl", [2**64 - 1, -1, 10**30]
    with studies.make(path) as study:
        study.tell(study.ask(3), [1.0, 2.0, 3.0], [{"seed": number} for number in numbers])
    for kind in ("csv", "parquet"):
        assert shown(capsys, "export", path, f"--{kind}", tmp_path / kind)[0] == 0
    stored = pyarrow.parquet.read_table(tmp_path / "parquet")["metric.seed"].to_pylist()
    rows = list(csv.DictReader((tmp_path / "csv").read_text().splitlines()))
    assert stored == [row["metric.seed"] for row in rows] == [str(number) for number in numbers]


@pytest.mark.parametrize("reference", [None, {"value": 4.0}])
def test_the_front_of_a_study_with_costs(tmp_path, capsys, reference):
    path = tmp_path / "costs.jsonl"
    costs, ends = {"latency": studies.POINTS[:, 0]}, reference
    search = PoolSearch(gram=studies.GRAM, seed=0, initial=4, costs=costs, reference=ends)
    with Study(search, path) as study:
        for n in (4, 2, 3):
            trials = study.ask(n)
            study.tell(trials, [3.0 - trial.costs["latency"] for trial in trials[:-1]] + [2.9])
        study.fail(study.ask(), "no")
        front = study.front
        ends = {
            "value": max(trial.value for trial in study.trials if trial.value is not None),
            "latency": max(t.costs["latency"] for t in study.trials if t.value is not None),
            **(reference or {}),
        }
    status, text, _ = shown(capsys, "show", path)
    assert status == 0
    assert f"front: {len(front)} trials, the knee is trial {front.knee.id}" in text
    assert f"hypervolume: {front.hypervolume(ends):.6g}, up to value {ends['value']:.4g}" in text
    (line,) = (line for line in text.splitlines() if line.rstrip().endswith("knee"))
    assert line.split()[:2] == ["trial", f"{front.knee.id}:"]
    first, last = fronts.draw_study(Study.read(path)).axes
    lines = {line.get_label(): line for line in first.lines}
    assert len(lines["tried"].get_xdata()) == 9
    np.testing.assert_array_equal(lines["front"].get_ydata(), front.values)
    assert last.lines[0].get_ydata()[-1] == pytest.approx(front.hypervolume(ends))
    status, text, _ = shown(capsys, "plot", path, "--format", "svg")
    assert text.split() == [str(tmp_path / f"costs{end}.svg") for end in ("", "-front")]
    assert shown(capsys, "report", path)[0] == 0
    assert path.with_suffix(".html").read_text().count("<svg") == 2
    assert shown(capsys, "export", path, "--csv", tmp_path / "a.csv")[0] == 0
    rows = list(csv.DictReader((tmp_path / "a.csv").read_text().splitlines()))
    on_front = [int(row["id"]) for row in rows if row["on_front"] == "True"]
    assert on_front == sorted(trial.id for trial in front.items)
    assert float(rows[0]["cost.latency"]) == study.trials[0].costs["latency"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["show", "{}", "--at", "5"], "--at: expected a folder with it, got the file"),
        (["show", "{}", "--target", "0"], "--target: expected a folder with it"),
        (["show", "{}", "--checkpoints", "5"], "--checkpoints: expected a folder with it"),
        (["plot", "{}", "--oracle"], "--oracle: expected a folder with it"),
        (["report", "{}", "--at", "5"], "--at: expected a folder with it"),
        (["show", "{}x"], "expected a folder with journals of 'otnas run', got none"),
    ],
)
def test_mistakes(tmp_path, capsys, arguments, message):
    path = tmp_path / "new.jsonl"
    studies.study("pool", path).close()
    status, _, error = shown(capsys, *(a.format(path) for a in arguments))
    assert status == 1
    assert error.startswith("otnas: ")
    assert message in error


def test_a_damaged_file(tmp_path, capsys):
    path = tmp_path / "new.jsonl"
    path.write_text("dear diary\n")
    status, _, error = shown(capsys, "show", path)
    assert status == 1
    assert "line 1 is damaged" in error
