"""Experiments with known costs: what they record, and their fronts in all that reads them."""

from __future__ import annotations

import csv
import json
from dataclasses import replace

import numpy as np
import pytest
from experiment_helpers import configuration

from otnas import spaces, tables
from otnas.cli import main
from otnas.experiments import configuration as configurations
from otnas.experiments import searches
from otnas.experiments.configuration import ConfigurationError
from otnas.experiments.runner import plan, run
from otnas.experiments.task import open_table
from otnas.reading import fronts, results
from otnas.search.front import front
from otnas.study import JournalError, Study, journal
from otnas_fast import as_cells

BUDGET = 150.0


@pytest.fixture(autouse=True)
def table(small_table: tables.Table) -> tables.Table:
    """The small table with two costs, one of which is what training took."""
    flops = np.random.default_rng(1).uniform(1.0, 100.0, len(small_table))
    table = replace(small_table, metrics={**small_table.metrics, "flops": flops})
    tables.save(table, replace=True)
    open_table.cache_clear()
    return table


def run_costs(out, **changes):
    config = searches.resolve(
        configuration(
            methods=("random", "tw-2g"),
            trials=range(2),
            queries=20,
            batch_size=3,
            costs=("training_seconds", "flops"),
            budget={"training_seconds": BUDGET},
            objective="pareto",
            **changes,
        )
    )
    list(run(plan(config, out), out))
    return results.load(out)[0]


@pytest.fixture
def experiment(tmp_path):
    return run_costs(tmp_path / "out")


def test_journals_record_costs_and_never_exceed_the_budget(tmp_path, experiment, table):
    within = table.metrics["training_seconds"] <= BUDGET
    for path in (tmp_path / "out").rglob("*.jsonl"):
        header = journal.read(path).header
        assert header["configuration"]["costs"] == ["training_seconds", "flops"]
        assert header["configuration"]["budget"] == {"training_seconds": BUDGET}
        assert header["configuration"]["objective"] == "pareto"
        objective = header["search"]["settings"].get("objective")
        assert objective == ("pareto" if header["configuration"]["method"] == "tw-2g" else None)
        ends = header["search"]["domain"]["costs"]["reference"]
        assert ends["value"] == np.median(table.validation_error[within])
        assert ends["flops"] == table.metrics["flops"][within].max()
        for trial in Study.read(path).trials:
            row = table.texts.index(trial.item)
            assert trial.costs["flops"] == table.metrics["flops"][row]
            assert trial.costs["training_seconds"] <= BUDGET


def test_volumes_against_fronts_of_every_length(experiment, table):
    names = ["training_seconds", "flops"]
    rows = np.flatnonzero(table.metrics[names[0]] <= BUDGET)
    for trials in experiment.trials.values():
        for trial in trials:
            costs = np.column_stack([trial.costs[name] for name in names])
            whole = front(
                rows.tolist(),
                table.validation_error[rows],
                np.column_stack([table.metrics[name][rows] for name in names]),
                names,
                "minimise",
                trial.reference,
            ).hypervolume()
            slow = [
                front(
                    list(range(n)),
                    trial.validation_error[:n],
                    costs[:n],
                    names,
                    "minimise",
                    trial.reference,
                ).hypervolume()
                for n in range(1, len(trial) + 1)
            ]
            np.testing.assert_allclose(trial.volume, 100 * np.array(slow) / whole)
    assert 0 < experiment.curves("tw-2g", "volume")[:, -1].mean() <= 100
    found = experiment.front
    points = {
        (t.validation_error[i], t.costs[names[0]][i], t.costs[names[1]][i])
        for trials in experiment.trials.values()
        for t in trials
        for i in range(len(t))
    }
    best = {p for p in points if not any((np.array(q) <= p).all() for q in points - {p})}
    assert set(zip(found.values, *found.costs.values(), strict=True)) == best


def test_all_that_reads_shows_the_front(tmp_path, experiment, capsys):
    out = str(tmp_path / "out")
    assert main(["show", out]) == 0
    text = capsys.readouterr().out
    assert "trials: volume below the front, % of the table's" in text
    assert "budget: training_seconds <= 150" in text
    assert "equal networks: are rows with results of their own" in text
    lines = [line for line in text.splitlines() if line.rstrip().endswith("knee")]
    assert [line.split()[0] for line in lines] == [experiment.front.knee]
    assert main(["plot", out, "--format", "svg"]) == 0
    assert "trials-front.svg" in capsys.readouterr().out
    assert main(["report", out]) == 0
    page = (tmp_path / "out" / "report.html").read_text()
    assert page.count("<svg") == 3
    assert "has found most, at" in page
    assert "lowest mean regret" not in page
    file = tmp_path / "a.csv"
    assert main(["export", out, "--csv", str(file)]) == 0
    rows = list(csv.DictReader(file.read_text().splitlines()))
    trial = experiment.trials["tw-2g"][1]
    mine = [row for row in rows if (row["method"], row["trial"]) == ("tw-2g", "1")]
    assert [float(row["cost.flops"]) for row in mine] == trial.costs["flops"].tolist()
    assert [float(row["volume"]) for row in mine] == trial.volume.tolist()
    on_front = [i for i, row in enumerate(mine) if row["on_front"] == "True"]
    assert on_front == sorted(trial.front.items)


def test_what_is_drawn(experiment):
    first, second, last = fronts.draw(experiment).axes
    assert [axes.get_xlabel() for axes in (first, second)] == ["training_seconds", "flops"]
    lines = {line.get_label(): line for line in second.lines}
    drawn = set(map(tuple, lines["front"].get_xydata().tolist()))
    found = experiment.front
    assert drawn == set(zip(found.costs["flops"], found.values, strict=True))
    assert sum(line.get_xdata().size for line in second.lines[:-2]) == 2 * 2 * 20
    (curve,) = (line for line in last.lines if line.get_label() == "tw-2g (n = 2)")
    mean = experiment.curves("tw-2g", "volume").mean(axis=0)
    np.testing.assert_allclose(curve.get_ydata(), mean[6:])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"costs": ("flop",)}, r"costs: unknown column of table small 'flop'; .* 'flops'\?"),
        ({"costs": (3,)}, "costs: expected names of columns"),
        ({"costs": ("flops",), "budget": {"flop": 3}}, "budget: .* that are in costs, got 'flop'"),
        (
            {"costs": ("flops",), "budget": {"flops": "x"}},
            "budget: expected a finite number for 'flops', got 'x'",
        ),
        ({"costs": ("flops",), "budget": {"flops": 1.5}}, "queries: .* of table small within the"),
        ({"budget": 3}, "budget: expected numbers by cost, got 3"),
        ({"objective": "pareto"}, "objective: expected costs beside 'pareto', got none"),
        ({"objective": "parto", "costs": ("flops",)}, r"objective: .*did you mean 'pareto'\?"),
        ({"merge": 1}, "merge: expected true or false, got 1"),
    ],
)
def test_mistakes_are_named(tmp_path, changes, message):
    with pytest.raises(ConfigurationError, match=message):
        plan(configuration(**changes), tmp_path)


def test_files_and_the_command_line_name_costs(tmp_path, capsys):
    path = tmp_path / "my.toml"
    path.write_text('costs = "latency"\nobjective = "pareto"\n[budget]\nlatency = 1\n')
    read = configurations.read(path)
    assert (read.costs, read.budget, read.objective) == (("latency",), {"latency": 1}, "pareto")
    path.write_text("costs = 3\n")
    with pytest.raises(ConfigurationError, match="costs: expected names of columns, got 3"):
        configurations.read(path)
    arguments = ["run", "batch", "--search-space", "small", "--methods", "random", "--jobs", "1"]
    arguments += ["--queries", "8", "--trials", "0:1", "--out", str(tmp_path / "o")]
    costs = ["--costs", "flops", "--budget", "flops=50", "--merge"]
    assert main([*arguments, *costs]) == 0
    (file,) = (tmp_path / "o").rglob("*.jsonl")
    found = journal.read(file).header["configuration"]
    assert (found["costs"], found["budget"], "merge" in found) == (
        ["flops"],
        {"flops": 50.0},
        False,
    )
    assert main([*arguments, "--budget", "flops"]) == 1
    assert "expected NAME=NUMBER such as latency=0.005, got 'flops'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"volume": ', '"volum": ', r"with table\.volume in its first line"),
        ('"costs": ["training_seconds", "flops"]', '"costs": [3]', "names in configuration.costs"),
        ('150.0}, "objective"', '"x"}, "objective"', "numbers in configuration.budget"),
        ('"reference": {"value"', '"reference": {"valeu"', "a reference point with 'value'"),
    ],
)
def test_damaged_headers_are_refused(tmp_path, experiment, old, new, message):
    file = tmp_path / "out" / "trials" / "tw-2g" / "trial-0000.jsonl"
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))
    with pytest.raises(JournalError, match=message):
        results.load(tmp_path / "out")


def test_rows_of_equal_networks_can_all_be_asked_for_unless_merged(tmp_path, table, capsys):
    """Half of the rows are the other half again, with edges in another place."""
    none, conv = "none", "nor_conv_3x3"
    texts = [
        f"|{a}~0|+|{b}~0|{none}~1|+|{c}~0|{none}~1|{none}~2|"
        for a in (conv, "skip_connect", none)
        for b in (conv, "skip_connect", none)
        for c in (conv, "avg_pool_3x3")
    ]
    small = replace(
        table,
        name="equal",
        cells=as_cells(texts),
        metrics={"validation_error": np.arange(len(texts), 0.0, -1.0)},
    )
    tables.save(small)
    n_distinct = len({spaces.get("nasbench201").hash(cell) for cell in small.cells})
    assert n_distinct < len(texts)
    base = configuration(search_space="equal", methods=("random",), trials=range(1), initial=2)
    for merge, n in ((False, len(texts)), (True, n_distinct)):
        config = searches.resolve(base.changed(merge=merge, queries=n, name=f"m{merge}"))
        list(run(plan(config, tmp_path), tmp_path))
        (trial,) = results.load(tmp_path / f"m{merge}")[0].trials["random"]
        assert len(set(trial.cells)) == len(trial) == n
        assert merge or trial.validation_error.min() == 1.0
    # Journals of before have no key, and went on as they do with `merge`.
    (file,) = (tmp_path / "mTrue").rglob("*.jsonl")
    assert "merge" not in json.loads(file.read_text().splitlines()[0])["configuration"]
    assert main(["show", str(tmp_path / "mTrue")]) == 0
    assert "equal networks: count as one" in capsys.readouterr().out
    again = searches.resolve(base.changed(queries=n_distinct, name="mTrue"))
    (event,) = [e for e in run(plan(again, tmp_path), tmp_path) if hasattr(e, "message")]
    assert "was written with configuration.merge = null, not false" in event.message
