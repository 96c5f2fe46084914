from __future__ import annotations

import csv
import io
import re
import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser

import numpy as np
import pyarrow.parquet
import pytest
from experiment_helpers import configuration, cut_to, make, run_all, small_table

from otnas import tables
from otnas.experiments.task import open_table
from otnas.reading import (
    curves,
    export,
    graph_layout,
    pictures,
    plots,
    ranking,
    report,
    results,
    text,
)
from otnas.study import JournalError, journal

pytestmark = pytest.mark.usefixtures("small_table")


@pytest.fixture
def folder(tmp_path):
    run_all(configuration(methods=("adaptive", "other")), tmp_path / "out")
    return tmp_path / "out"


@pytest.fixture
def experiment(folder):
    return results.load(folder)[0]


def slow_rows(folder):
    """The exported rows by plain loops over the journals' lines."""
    for path in sorted(folder.rglob("*.jsonl")):
        contents, cells, best = journal.read(path), {}, None
        for event in contents.events:
            for entry in event["trials"]:
                if event["event"] == "ask":
                    cells[entry["id"]] = entry["item"]
                    continue
                errors = (entry["value"], entry["metrics"]["test_error"])
                if best is None or errors[0] < best[0]:
                    best = errors
                yield (
                    contents.header["configuration"]["method"],
                    contents.header["seed"],
                    entry["id"] + 1,
                    cells[entry["id"]],
                    *errors,
                    *best,
                )


def test_curves_against_loops(folder, experiment, small_table):
    lowest = small_table.metrics["test_error"].min()
    slow = list(slow_rows(folder))
    for method in ("adaptive", "other"):
        test_of_best = [row[7] for row in slow if row[0] == method]
        expected = np.array(test_of_best).reshape(3, 30)
        np.testing.assert_array_equal(experiment.curves(method, "error_of_best"), expected)
        np.testing.assert_allclose(experiment.curves(method), expected - lowest)
        test = np.array([row[5] for row in slow if row[0] == method]).reshape(3, 30)
        oracle = [[min(row[: i + 1]) - lowest for i in range(30)] for row in test.tolist()]
        np.testing.assert_allclose(experiment.curves(method, "oracle_regret"), oracle)


def test_export(folder, experiment, tmp_path):
    slow = list(slow_rows(folder))
    columns = export.columns(experiment)
    assert list(zip(*columns.values(), strict=True)) == slow
    path = tmp_path / "a.csv"
    assert export.write_csv(columns, path) == 180
    names, *lines = csv.reader(io.StringIO(path.read_text(encoding="utf-8")))
    assert names == list(columns)
    assert [tuple(map(str, row)) for row in slow] == [tuple(line) for line in lines]
    path = tmp_path / "a.parquet"
    assert export.write_parquet(columns, path) == 180
    stored = pyarrow.parquet.read_table(path)
    assert stored.column_names == names
    assert [tuple(row.values()) for row in stored.to_pylist()] == slow


def test_a_table_without_test_errors(tmp_path):
    tables.save(small_table(test_error=False), replace=True)
    open_table.cache_clear()
    run_all(configuration(trials=range(2)), tmp_path / "out")
    (experiment,) = results.load(tmp_path / "out")
    assert not experiment.has_test_error
    columns = export.columns(experiment)
    assert set(columns["test_error"]) == {None}
    export.write_parquet(columns, tmp_path / "a.parquet")
    assert pyarrow.parquet.read_table(tmp_path / "a.parquet")["test_error"].null_count == 60
    assert "validation error of the architecture" in report.render([experiment], oracle=True)


def test_ranking(folder, experiment):
    rows = ranking.rank(experiment, target=2.0)
    final = {row[:2]: row[7] for row in slow_rows(folder) if row[2] == 30}
    lowest = experiment.table["lowest"]["test_error"]
    means = {m: np.mean([final[m, t] - lowest for t in range(3)]) for m in ("adaptive", "other")}
    assert [row.method for row in rows] == sorted(means, key=means.get)
    for row in rows:
        assert row.regret.mean[0] == pytest.approx(means[row.method])
        assert row.regret.n == row.target.n == 3
        assert row.training == pytest.approx(150, abs=20)
    assert rows[0].versus is None
    assert rows[1].versus.comparison.difference == pytest.approx(
        means[rows[1].method] - rows[0].regret.mean[0]
    )
    assert rows[0].mean_rank + rows[1].mean_rank == pytest.approx(3.0)


def test_ranking_on_the_way(folder, experiment):
    rows = {row.method: row for row in ranking.rank(experiment, at=20)}
    regret = {m: experiment.curves(m) for m in rows}
    for method, row in rows.items():
        assert row.queries == 20
        assert row.regret.mean[0] == pytest.approx(np.mean([r[19] for r in regret[method]]))
        mean = np.mean([np.mean(r[7:20]) for r in regret[method]])
        assert row.anytime.mean[0] == pytest.approx(mean)
        assert list(row.checkpoints) == [10, 15, 20]
        assert row.checkpoints[10] == pytest.approx(np.mean([r[9] for r in regret[method]]))
    assert ranking.rank(experiment, at=1)[0].queries == 1
    assert ranking.rank(experiment, at=999)[0].queries == 30
    with pytest.raises(ValueError, match="at: expected a number of queries of at least 1, got 0"):
        ranking.rank(experiment, at=0)


def test_standings_against_loops(folder, experiment):
    lowest = experiment.table["lowest"]["test_error"]
    regret = {row[:3]: row[7] - lowest for row in slow_rows(folder)}
    reference, rows = ranking.standings(experiment, [9, 30], "other")
    assert reference == "other"
    assert [row.queries for row in rows] == [9, 9, 30, 30]
    for row in rows:
        values = [regret[row.method, trial, row.queries] for trial in range(3)]
        assert row.regret.n == 3
        assert row.regret.mean[0] == pytest.approx(np.mean(values))
        assert min(values) <= row.regret.low[0] <= row.regret.mean[0] <= row.regret.high[0]
        if row.method == "other":
            assert row.versus is None
            continue
        others = [regret["other", trial, row.queries] for trial in range(3)]
        assert row.versus.difference == pytest.approx(np.mean(values) - np.mean(others))
        assert row.versus.losses == sum(a > b for a, b in zip(values, others, strict=True))
    for first, second in (rows[:2], rows[2:]):
        assert first.regret.mean[0] <= second.regret.mean[0]
    # The best at the last checkpoint is the reference unless one is named.
    assert ranking.standings(experiment, [9, 30])[0] == rows[2].method
    assert ranking.standings(experiment, [9])[0] == rows[0].method


def test_standings_of_trials_that_are_so_far(folder):
    for name, queries in (("other/trial-0001", 11), ("other/trial-0002", 3)):
        path = folder / "trials" / f"{name}.jsonl"
        cut_to(path, queries)
    (experiment,) = results.load(folder)
    _, rows = ranking.standings(experiment, [3, 11, 30], "adaptive")
    found = {(row.method, row.queries): row for row in rows}
    assert [found["other", at].regret.n for at in (3, 11, 30)] == [3, 2, 1]
    assert [found["other", at].versus.n for at in (3, 11, 30)] == [3, 2, 1]
    assert found["adaptive", 30].regret.n == 3
    for path in (folder / "trials" / "other").glob("*"):
        cut_to(path, 5)
    (experiment,) = results.load(folder)
    reference, rows = ranking.standings(experiment, [5, 30])
    assert reference == "adaptive"
    assert [(row.method, row.queries) for row in rows][-1] == ("adaptive", 30)
    assert len(rows) == 3
    # A reference that is not so far compares with nobody.
    _, rows = ranking.standings(experiment, [30], "other")
    assert [row.versus for row in rows] == [None]
    (line,) = text.standings(experiment, "other", rows).rows
    assert line[:3] == ["adaptive", "30", "3"]
    assert line[4:] == ["-", "-"]


@pytest.mark.parametrize("mark", [0, 31])
def test_checkpoints_that_are_not_there(experiment, mark):
    with pytest.raises(
        ValueError, match=rf"checkpoints: expected numbers from 1 to 30, got {mark}"
    ):
        ranking.standings(experiment, [5, mark])


def test_an_unknown_reference(experiment):
    with pytest.raises(
        ValueError, match=r"reference: unknown method 'othr'; did you mean 'other'\?"
    ):
        ranking.standings(experiment, [5], "othr")


def test_incomplete_trials_shorten_the_comparison_and_are_named(folder):
    path = folder / "trials" / "other" / "trial-0001.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:5]) + lines[5][:9])  # header; 7 and 4 asked and told
    (experiment,) = results.load(folder)
    rows = ranking.rank(experiment)
    assert rows[0].queries == experiment.length("other") == 11
    assert experiment.length("adaptive") == 30
    assert "not complete: other 1 (11/30)" in text.trials(experiment)
    report.render([experiment])


def test_journals_that_cannot_be_compared_are_refused(folder, tmp_path):
    run_all(configuration(methods=("other",), batch_size=2), tmp_path / "b")
    (tmp_path / "b" / "trials" / "other").rename(folder / "trials" / "third")
    with pytest.raises(JournalError, match="expected batch_size = 4 as its neighbours, got 2"):
        results.load(folder)


def test_plots_can_be_opened_and_are_reproducible(experiment, tmp_path):
    written = plots.write(experiment, tmp_path, ["png", "pdf", "svg"], oracle=True)
    assert [path.name for path in written] == [
        f"{name}.{kind}" for name in ("trials", "trials-best") for kind in ("png", "pdf", "svg")
    ]
    data = [path.read_bytes() for path in written]
    for path, content in zip(written, data, strict=True):
        if path.suffix == ".png":
            assert content.startswith(b"\x89PNG")
        elif path.suffix == ".pdf":
            assert content.startswith(b"%PDF")
            assert content.rstrip().endswith(b"%%EOF")
        else:
            assert ElementTree.fromstring(content).tag.endswith("svg")
    plots.write(experiment, tmp_path, ["png", "pdf", "svg"], oracle=True)
    assert [path.read_bytes() for path in written] == data


def test_bands_do_not_hide_each_other(experiment):
    regrets = experiment.trials["other"]
    for i in range(5):
        experiment.trials[f"more-{i}"] = regrets
    figure = curves.draw(experiment)
    for axes in figure.axes:
        assert len(axes.collections) == curves.MOST_BANDS
        assert len(axes.lines) >= 7
    assert "band of the best 5" in figure.axes[1].get_title(loc="left")
    assert "batches of 4" in figure.axes[0].get_title(loc="left")


class Page(HTMLParser):
    """Collects what a page would load, its identifiers and its open elements."""

    def __init__(self):
        super().__init__()
        self.loads, self.ids, self.open, self.tags = [], [], [], set()

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        for name, value in attributes:
            if name in ("src", "href", "xlink:href", "data", "action", "srcset"):
                self.loads.append(value)
            if name == "id":
                self.ids.append(value)
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_the_report_needs_nothing_else(folder, tmp_path):
    run_all(configuration(name="second"), folder)
    page = report.render(results.load(folder), target=1.0, oracle=True)
    parser = Page()
    parser.feed(page)
    assert not parser.open
    assert all(value.startswith("#") and value[1:] in parser.ids for value in parser.loads)
    assert len(set(parser.ids)) == len(parser.ids)
    assert not re.search(r"https?:|url\((?!#)|@import|<script", page)
    assert page.count("<svg") == 4
    assert len(re.findall('<svg role="img" aria-label="[^"]{40,}"', page)) == 4
    assert "prefers-color-scheme: dark" in page


def test_the_report_escapes_what_it_is_given(experiment):
    page = report.render([experiment])
    assert "&lt;made&gt; &amp; up" in page
    assert "<made>" not in page
    parser = Page()
    parser.feed(page)
    assert "made" not in parser.tags
    assert "|" in page  # the cells


def test_best_cells(experiment, small_table):
    found = pictures.best_found(experiment, limit=3)
    columns = export.columns(experiment)
    every = sorted(set(zip(columns["validation_error"], columns["cell"], strict=True)))
    assert [(item.validation_error, item.text) for item in found] == every[:3]
    assert found[0].cell.to_nasbench201() == found[0].text


def test_one_trial_of_one_method(tmp_path):
    run_all(configuration(trials=range(1)), tmp_path)
    (experiment,) = results.load(tmp_path)
    assert not re.search(r"\bnan\b", report.render([experiment]), re.IGNORECASE)


def test_layout_of_a_graph():
    # A chain 0-1-2-3 with the edge 0-3, which must not run through 1 and 2.
    matrix = np.zeros((4, 4), dtype=bool)
    matrix[[0, 1, 2, 0], [1, 2, 3, 3]] = True
    drawing = graph_layout.place(matrix)
    assert drawing.vertices[:, 1].tolist() == [0.0, -1.0, -2.0, -3.0]
    across = drawing.edges[0, 3]
    assert across.shape == (4, 2)
    for vertex, point in zip(drawing.vertices[1:3], across[1:3], strict=True):
        assert abs(vertex[0] - point[0]) > 0.5
    assert set(drawing.edges) == {(0, 1), (1, 2), (2, 3), (0, 3)}


@pytest.mark.parametrize("seed", range(5))
def test_boxes_of_a_layer_do_not_touch(seed):
    matrix = np.triu(np.random.default_rng(seed).random((9, 9)) < 0.4, 1)
    places = graph_layout.place(matrix).vertices
    for u, v in zip(*np.triu_indices(9, 1), strict=True):
        if places[u, 1] == places[v, 1]:
            assert abs(places[u, 0] - places[v, 0]) > 1.1


def test_make_is_importable_in_workers():
    assert make.__module__ == "experiment_helpers"
