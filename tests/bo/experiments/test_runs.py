from __future__ import annotations

import io
import itertools
import json
import multiprocessing
import os
import signal
import subprocess
import sys
import tracemalloc
from importlib.util import find_spec

import experiment_helpers as helpers
import pytest
from experiment_helpers import configuration, contents, run_all
from rich.console import Console

from otnas.commands.display import follow
from otnas.experiments import searches
from otnas.experiments.configuration import ConfigurationError
from otnas.experiments.task import Failed, Finished
from otnas.study import LockedError, Study, lock

pytestmark = pytest.mark.usefixtures("small_table")


def failures(events):
    return [event for event in events if isinstance(event, Failed)]


def test_a_journal_has_all_that_is_promised(tmp_path, small_table):
    assert not failures(run_all(configuration(trials=range(4, 5)), tmp_path))
    found = Study.read(tmp_path / "trials" / "adaptive" / "trial-0004.jsonl")
    assert found.header["seed"] == 4
    assert found.header["configuration"]["batch_size"] == 4
    assert set(found.header["versions"]) == {"python", "otnas", "numpy", "scipy", "pytest"}
    assert found.header["table"]["provenance"]["dataset"] == "<made> & up"
    assert found.header["table"]["lowest"]["test_error"] == small_table.metrics["test_error"].min()
    assert len(found.trials) == found.n_counted == 30
    assert len({trial.item for trial in found.trials}) == 30
    for number, trial in enumerate(found.trials):
        row = small_table.texts.index(trial.item)
        assert trial.id == number
        assert trial.value == small_table.validation_error[row]
        assert len(trial.metrics["hash"]) == 32
        for name, values in small_table.metrics.items():
            assert trial.metrics[name] == values[row]
        assert trial.asked <= trial.ended
        assert trial.seconds >= 0
    means = [trial.mean for trial in found.trials]
    assert means[:8] == [None] * 8
    assert means[8] == means[9] == means[10]
    assert means[11] is None
    assert found.trials[8].deviation == 1.0


@pytest.mark.parametrize("cut", [0, 5, 300, 0.2, 0.5, 0.9, 0.999])
def test_a_cut_journal_is_continued_to_the_same_end(tmp_path, cut):
    run_all(configuration(), tmp_path / "whole")
    run_all(configuration(), tmp_path / "cut")
    for path in (tmp_path / "cut").rglob("*.jsonl"):
        data = path.read_bytes()
        path.write_bytes(data[: int(cut * len(data)) if isinstance(cut, float) else cut])
    assert not failures(run_all(configuration(), tmp_path / "cut"))
    assert contents(tmp_path / "cut") == contents(tmp_path / "whole")


def test_optuna_continues_a_cut_journal(tmp_path):
    methods = ["optuna-tpe"] + ["optuna-gp"] * (find_spec("torch") is not None)
    config = searches.resolve(
        configuration(methods=(*methods, "random"), trials=range(1), queries=19, batch_size=2)
    )
    for out in ("whole", "cut"):
        tasks = helpers.plan(config, tmp_path / out)
        assert not failures(helpers.run(tasks, tmp_path / out))
    for path in (tmp_path / "cut").rglob("*.jsonl"):
        data = path.read_bytes()
        path.write_bytes(data[: int(0.7 * len(data))])
        assert 7 < Study.read(path).n_counted < 19
    assert not failures(helpers.run(tasks, tmp_path / "cut"))
    found = contents(tmp_path / "cut")
    assert found == contents(tmp_path / "whole")
    for header, _ in found.values():
        method = header["configuration"]["method"]
        assert ("optuna" in header["versions"]) == method.startswith("optuna")
        assert ("torch" in header["versions"]) == (method == "optuna-gp")
    asked = [
        [new["item"] for e in events for new in e["trials"] if e["event"] == "ask"]
        for _, events in found.values()
    ]
    assert len(asked) == len(methods) + 1
    # The initial design is that of all methods; what follows is not.
    assert len({tuple(cells[:7]) for cells in asked}) == 1
    assert len({tuple(cells) for cells in asked}) == len(asked)


def test_every_incomplete_batch_is_continued(tmp_path):
    config = configuration(trials=range(1), queries=19)
    run_all(config, tmp_path)
    (path,) = tmp_path.rglob("*.jsonl")
    whole, lines = contents(tmp_path), path.read_bytes().splitlines(keepends=True)
    for kept in range(len(lines) + 1):
        path.write_bytes(b"".join(lines[:kept]))
        run_all(config, tmp_path)
        assert contents(tmp_path) == whole
        assert path.read_bytes().startswith(b"".join(lines[:kept]))


def test_a_complete_run_is_left_as_it_is(tmp_path):
    run_all(configuration(), tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.jsonl")}
    assert not failures(run_all(configuration(), tmp_path))
    assert {path: path.read_bytes() for path in tmp_path.rglob("*.jsonl")} == before


def test_methods_and_trials_can_be_added(tmp_path):
    run_all(configuration(), tmp_path)
    before = contents(tmp_path)
    config = configuration(methods=("other", "adaptive"), trials=range(5))
    run_all(config, tmp_path)
    after = contents(tmp_path)
    assert len(after) == 10
    assert after.items() >= before.items()


def test_another_configuration_fails_and_leaves_the_journals(tmp_path):
    run_all(configuration(), tmp_path)
    before = contents(tmp_path)
    events = run_all(configuration(batch_size=5), tmp_path)
    assert len(failures(events)) == 3
    assert "batch_size = 4, not 5; use another file" in failures(events)[0].message
    assert contents(tmp_path) == before


def test_a_replay_that_differs_fails_and_leaves_the_journal(tmp_path):
    config = configuration(trials=range(1))
    run_all(config, tmp_path)
    (path,) = tmp_path.rglob("*.jsonl")
    lines = path.read_text().splitlines(keepends=True)[:12]
    record, other = json.loads(lines[5]), json.loads(lines[7])
    assert record["event"] == other["event"] == "ask"
    record["trials"][1]["item"] = other["trials"][0]["item"]
    lines[5] = json.dumps(record) + "\n"
    path.write_text("".join(lines))
    (failure,) = failures(run_all(config, tmp_path))
    assert "the journal has ['|" in failure.message
    assert path.read_text() == "".join(lines)


@pytest.mark.parametrize("complete", [True, False])
def test_a_result_that_the_table_contradicts_fails_and_leaves_the_journal(tmp_path, complete):
    config = configuration(trials=range(1))
    run_all(config, tmp_path)
    (path,) = tmp_path.rglob("*.jsonl")
    lines = path.read_text().splitlines(keepends=True)
    record = json.loads(lines[2])
    record["trials"][3]["value"] += 0.5
    # Cut after the first batch: a search that hears another error may ask for something else.
    lines = [*lines[:2], json.dumps(record) + "\n", *(lines[3:] if complete else ())]
    path.write_text("".join(lines))
    (failure,) = failures(run_all(config, tmp_path))
    assert "trial 3: the journal has the error" in failure.message
    assert "but table small has" in failure.message
    assert path.read_text() == "".join(lines)


def test_a_hundred_million_trials_start_at_once(tmp_path):
    tasks = helpers.plan(configuration(trials=range(99_999_999)), tmp_path)
    events = helpers.run(tasks, tmp_path, make=helpers.make)
    tracemalloc.start()
    try:
        console = Console(file=io.StringIO(), force_terminal=True)
        shown = follow(itertools.islice(events, 40), tasks, console)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    events.close()
    assert shown == []
    assert peak < 20e6  # a list of so many would be a thousand times that
    assert (len(tasks), tasks[-1].trial) == (99_999_999, 99_999_998)
    assert len(tasks[5:8]) == 3


@pytest.mark.parametrize("jobs", [2, 5])
def test_results_do_not_depend_on_jobs(tmp_path, jobs):
    config = configuration(methods=("adaptive", "other"))
    run_all(config, tmp_path / "1")
    events = run_all(config, tmp_path / "n", jobs=jobs)
    assert len([event for event in events if isinstance(event, Finished)]) == 6
    assert contents(tmp_path / "1") == contents(tmp_path / "n")


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_failing_method_does_not_take_others_down(tmp_path, jobs):
    config = configuration(methods=("failing", "adaptive"))
    events = run_all(config, tmp_path, jobs=jobs)
    assert [event.task.method for event in failures(events)] == ["failing"] * 3
    assert len([event for event in events if isinstance(event, Finished)]) == 3
    message = failures(events)[0].message
    assert message.startswith("RuntimeError: no (experiment_helpers.py:")
    assert "\n" not in message
    traces = list(tmp_path.rglob("*.failure.txt"))
    assert len(traces) == 3
    assert "luck" in traces[0].read_text()


def test_a_worker_that_dies_fails_its_trial_only(tmp_path):
    config = configuration(methods=("dying", "adaptive"))
    events = run_all(config, tmp_path, jobs=2)
    assert [event.message for event in failures(events)] == ["its process ended with status 7"] * 3
    assert len([event for event in events if isinstance(event, Finished)]) == 3


def test_more_queries_than_architectures(tmp_path):
    with pytest.raises(ConfigurationError, match=r"at most the 200 architectures of table small"):
        run_all(configuration(queries=201), tmp_path)


def test_jobs_below_one(tmp_path):
    with pytest.raises(ValueError, match=r"jobs: expected an integer >= 1, got 0"):
        run_all(configuration(), tmp_path, jobs=0)


def test_a_folder_in_use_is_refused(tmp_path):
    with (
        lock.folder(tmp_path),
        pytest.raises(LockedError, match=rf"in use by process {os.getpid()};"),
    ):
        run_all(configuration(), tmp_path)
    assert not failures(run_all(configuration(), tmp_path))


def test_the_lock_of_a_killed_process_does_not_block(tmp_path):
    code = (
        "import sys, time, pathlib\nfrom otnas.study import lock\n"
        "with lock.folder(pathlib.Path(sys.argv[1])):\n print('locked', flush=True)\n"
        " time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout.readline() == "locked\n"
        with pytest.raises(LockedError, match=rf"in use by process {holder.pid};"):
            run_all(configuration(), tmp_path)
        holder.send_signal(signal.SIGKILL)
    assert not failures(run_all(configuration(), tmp_path))


def test_stopping_the_iterator_ends_the_workers(tmp_path):
    config = configuration(settings={"adaptive": {"delay": 0.2}})
    tasks = helpers.plan(config, tmp_path)
    events = helpers.run(tasks, tmp_path, jobs=2, make=helpers.make)
    next(events)
    assert multiprocessing.active_children()
    events.close()
    assert not multiprocessing.active_children()
    run_all(config, tmp_path, jobs=3)
    assert len(contents(tmp_path)) == 3
