from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from otnas import cli
from otnas.cli import main
from otnas.commands import read as reading
from otnas.experiments.configuration import preset_text
from otnas.study import Study, lock
from otnas.tables import catalog

pytestmark = pytest.mark.usefixtures("small_table")

SMALL = ["--search-space", "small", "--trials", "0:2", "--initial", "5", "--queries", "12"]


def run(capsys, *arguments):
    status = main([str(argument) for argument in arguments])
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def test_from_run_to_report(tmp_path, capsys):
    out = tmp_path / "results"
    methods = ["--methods", "random,evolution", "--jobs", "1", "--out", out]
    assert run(capsys, "run", "sequential", *SMALL, *methods)[0] == 0
    assert run(capsys, "run", "batch", *SMALL, *methods)[0] == 0
    status, text, _ = run(capsys, "show", out, "--target", "1.5")
    assert status == 0
    assert "sequential: regret after 12 queries" in text
    assert "batch: regret after 12 queries" in text
    assert "regret <= 1.5" in text
    status, text, _ = run(capsys, "plot", out, "--format", "svg", "--oracle")
    assert status == 0
    names = ["sequential", "sequential-best", "batch", "batch-best"]
    assert text.split() == [str(out / "plots" / f"{name}.svg") for name in names]
    assert run(capsys, "report", out) == (0, f"{out / 'report.html'}\n", "")
    status, text, _ = run(capsys, "export", out / "batch", "--csv", tmp_path / "a.csv")
    assert (status, text) == (0, f"{tmp_path / 'a.csv'}: 48 rows\n")


def test_one_table_of_checkpoints(tmp_path, capsys, monkeypatch):
    methods = ["--methods", "random,evolution,local-search", "--jobs", "1", "--out", tmp_path]
    assert run(capsys, "run", "sequential", *SMALL, *methods)[0] == 0
    monkeypatch.setenv("COLUMNS", "40")
    arguments = ["--checkpoints", "8,12", "--reference", "random"]
    status, text, _ = run(capsys, "show", tmp_path, *arguments)
    assert status == 0
    assert "sequential: mean regret on the way, and minus that of random" in text
    lines = [line.split() for line in text.splitlines()]
    rows = [line[:3] for line in lines if line and line[0] in ("random", "evolution")]
    assert sorted(rows) == [
        [name, at, "2"] for name in ("evolution", "random") for at in ("12", "8")
    ]
    # No number is cut off, however narrow the terminal.
    assert "…" not in text
    assert "regret after" not in text
    status, text, _ = run(capsys, "show", tmp_path)
    assert status == 0
    assert "…" not in text


def test_run_alone_runs_all_presets_and_reads_them(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    arguments = ["--methods", "random", "--jobs", "1", "--initial", "5", "--queries", "12"]
    status, text, _ = run(capsys, "run", *arguments, "--trials", "0:1")
    assert status == 0
    out = tmp_path / "runs" / "default"
    names = {"sequential", "batch", "front", "plots", "report.html"}
    assert {path.name for path in out.iterdir()} >= names
    assert (out / "plots" / "front-front.png").exists()
    order = ["sequential: regret after 12", "batch: regret after 12", "front: volume below"]
    assert [text.index(title) for title in order] == sorted(map(text.index, order))


def test_which_presets_run_alone(tmp_path, capsys, monkeypatch):
    """Those of the default table on another one; and none whose table is not there."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(reading, "everything", lambda out: None)
    monkeypatch.setattr(catalog.nasbenchgraph, "is_installed", lambda: False)
    for table in ("small", "default"):
        arguments = ["run", "--methods", "random", "--jobs", "1", "--trials", "0:1"]
        arguments += SMALL[:2] if table == "small" else []
        status, text, _ = run(capsys, *arguments, "--initial", "5", "--queries", "6")
        assert status == 0
        found = {path.name for path in (tmp_path / "runs" / table).iterdir() if path.is_dir()}
        assert found == {"sequential", "batch"}
    assert text.startswith("front: left out, as table nasbenchgraph_arxiv comes with a package")
    assert "pip install 'otnas[run]'" in text.splitlines()[0]


def test_a_copied_preset(tmp_path, capsys):
    assert run(capsys, "run", "--show-preset", "batch") == (0, preset_text("batch"), "")
    path = tmp_path / "my.toml"
    path.write_text(preset_text("batch").replace('name = "batch"', 'name = "mine"'))
    arguments = ["--config", path, *SMALL, "--methods", "random", "--out", tmp_path / "o"]
    assert run(capsys, "run", *arguments, "--jobs", "1")[0] == 0
    assert len(list((tmp_path / "o" / "mine" / "random").glob("*.jsonl"))) == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "seqential"], "preset: unknown preset 'seqential'; did you mean 'sequential'?"),
        (["run", "batch", "--methods", "evoluton"], "did you mean 'evolution'?"),
        (["run", "batch", "--trials", "3"], "trials: expected FIRST:END such as '0:5', got '3'"),
        (["run", "batch", "--jobs", "0"], "--jobs: expected an integer >= 1, got 0"),
        (["run", "batch", "--config", "x.toml"], "expected a preset or --config, got both"),
        (["run", "--config", "x.toml"], "x.toml"),
        (["run", "batch", "--search-space", "no-such"], "table no-such is not there"),
        (["run", "batch", "--search-space", "small"], "queries: expected at most the 200 archit"),
        (["show", ".", "--reference", "tw"], "--reference: expected --checkpoints with it"),
        (["show", ".", "--checkpoints", "5", "--at", "5"], "neither --target nor --at"),
        (["show", "nowhere"], "nowhere: expected a folder with journals of 'otnas run', got none"),
        (["plot", "."], ".: expected a folder with journals of 'otnas run', got one without"),
    ],
)
def test_mistakes(tmp_path, monkeypatch, capsys, arguments, message):
    monkeypatch.chdir(tmp_path)
    status, _, error = run(capsys, *arguments)
    assert status == 1
    assert error.startswith("otnas: ")
    assert message in error


@pytest.mark.parametrize(
    "arguments",
    [
        ["plot", ".", "--format", "gif"],
        ["show", ".", "--checkpoints", "5,x"],
        ["export", "."],
        ["run", "batch", "--queries", "many"],
        [],
    ],
)
def test_wrong_usage_is_status_2(arguments, capsys):
    with pytest.raises(SystemExit) as error:
        main(arguments)
    assert error.value.code == 2


def test_a_number_of_queries_alone_is_enough(tmp_path, capsys):
    small = ["--search-space", "small", "--trials", "0:1", "--queries", "40"]
    arguments = ["run", "batch", *small, "--methods", "random", "--jobs", "1", "--out", tmp_path]
    assert run(capsys, *arguments)[0] == 0  # the preset begins with 50
    (path,) = tmp_path.rglob("*.jsonl")
    found = Study.read(path)
    assert found.n_counted == found.header["configuration"]["initial"] == 40
    # What somebody gave is taken at its word.
    status, _, error = run(capsys, *arguments, "--initial", "41")
    assert (status, "initial: expected at most queries (40), got 41" in error) == (1, True)


def test_the_commands_of_the_documentation():
    """Each is a command that there is; a kind of file is read by the reader of that kind."""
    text = (Path(__file__).parents[3] / "docs" / "experiments.md").read_text(encoding="utf-8")
    lines = [
        shlex.split(line, comments=True)
        for line in text.splitlines()
        if line.startswith("    otnas ")
    ]
    assert len(lines) > 5
    for line in lines:
        options = cli._parser().parse_args(line[1:])
        if line[1:3] == ["table", "import"]:
            kinds = {"NATS-t": "nats", "NATS-s": "nats-size", "nasben": "nasbench101"}
            assert line[3] == kinds[Path(options.path).name[:6]]


def test_a_second_process_is_refused(tmp_path, capsys):
    with lock.folder(tmp_path):
        status, _, error = run(capsys, "run", "batch", *SMALL, "--out", tmp_path, "--jobs", "1")
    assert status == 1
    assert error == (
        f"otnas: {tmp_path}: in use by process {os.getpid()}; wait for it or use another --out\n"
    )


def test_a_failed_trial_is_status_1(tmp_path, capsys):
    arguments = ["run", "batch", *SMALL, "--methods", "random", "--out", tmp_path, "--jobs", "1"]
    assert run(capsys, *arguments)[0] == 0
    status, text, _ = run(capsys, *arguments, "--batch-size", "3")
    assert status == 1
    assert text.count("failed: random, trial") == 2
    assert "0 of 2 trials are complete" in text


def test_export_of_two_experiments_says_which(tmp_path, capsys):
    for preset in ("sequential", "batch"):
        arguments = [*SMALL, "--methods", "random", "--out", tmp_path, "--jobs", "1"]
        assert run(capsys, "run", preset, *arguments)[0] == 0
    assert run(capsys, "export", tmp_path, "--csv", tmp_path / "a.csv")[0] == 0
    names, *lines = (tmp_path / "a.csv").read_text().splitlines()
    assert names.startswith("experiment,method,trial,query,")
    assert {line.partition(",")[0] for line in lines} == {"sequential", "batch"}
    assert len(lines) == 48
    assert run(capsys, "export", tmp_path, "--parquet", tmp_path / "a.parquet")[0] == 0


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_ctrl_c_is_130_and_leaves_journals_that_go_on(tmp_path, jobs):
    arguments = ["run", "sequential", "--search-space", "small", "--methods", "tw-2g"]
    arguments += ["--queries", "190", "--trials", "0:9", "--jobs", jobs, "--out", str(tmp_path)]
    command = [sys.executable, "-m", "otnas.cli", *arguments]
    with subprocess.Popen(
        command,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # A background job, as a test run may be, passes on that Ctrl-C is ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as run:
        end = time.monotonic() + 60
        while not any(tmp_path.rglob("*.jsonl")) and time.monotonic() < end:
            time.sleep(0.02)
        os.killpg(run.pid, signal.SIGINT)  # as a terminal does
        error = run.communicate(timeout=30)[1]
    assert run.returncode == 130
    assert error.splitlines()[-1] == "otnas: stopped; the same command goes on"
    assert "Traceback" not in error
    assert main(["show", str(tmp_path)]) in (0, 1)  # 1: no query yet


def test_earlier_searches_are_named_on_the_command_line(tmp_path, capsys):
    out = tmp_path / "results"
    rest = ["--methods", "tw-2g,random", "--jobs", "1"]
    assert run(capsys, "run", "sequential", *SMALL, *rest, "--out", out / "first")[0] == 0
    journal = next((out / "first").rglob("tw-2g/*.jsonl"))
    prior = ["--prior", "small:30", journal]
    assert run(capsys, "run", "sequential", *SMALL, *rest, *prior, "--out", out / "next")[0] == 0
    read = [Study.read(path) for path in sorted((out / "next").rglob("tw-2g/*.jsonl"))]
    assert len(read) == 2
    described = [study.header["search"]["domain"]["features"] for study in read]
    assert [source["n_results"] for source in described[0]] == [30, 12]
    assert described[0][0] != described[1][0]  # other results of the table in each trial
    assert described[0][1] == described[1][1]
    drawn = Study.read(next((out / "next").rglob("random/*.jsonl")))
    assert "features" not in drawn.header["search"]["domain"]
    # The same command goes on, here with nothing left to do.
    assert run(capsys, "run", "sequential", *SMALL, *rest, *prior, "--out", out / "next")[0] == 0
    status, _, text = run(capsys, "run", "sequential", *SMALL, *rest, "--prior", "smal:30")
    assert status != 0
    assert "prior: smal:30: " in text
