"""Two runs compared, and tables for papers and programs."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest

from otnas.cli import main
from otnas.experiments.configuration import preset_text
from otnas.reading import results
from otnas.reading.formats import FORMATS
from otnas.reading.paired import paired
from otnas.reading.text import TextTable

pytestmark = pytest.mark.usefixtures("small_table")

SMALL = ["--search-space", "small", "--initial", "5", "--queries", "12", "--jobs", "1"]


@pytest.fixture
def two_runs(tmp_path, capsys):
    """Trials 0 to 3 and 1 to 4 of different populations."""
    config = tmp_path / "other.toml"
    for name, trials, n in (("a", "0:4", 4), ("b", "1:5", 9)):
        config.write_text(
            preset_text("sequential") + f"\n[settings.evolution]\npopulation = {n}\nsample = 3\n"
        )
        arguments = ["--config", str(config), *SMALL, "--methods", "random,evolution"]
        out = ["--trials", trials, "--out", str(tmp_path / name)]
        assert main(["run", *arguments, *out]) == 0
    capsys.readouterr()
    return tmp_path / "a", tmp_path / "b"


def test_trials_of_the_same_number_are_compared(two_runs):
    first, second = (results.load(path) for path in two_runs)
    (found,) = paired(first, second)
    assert found.queries == 12
    by_method = {pair.method: pair for pair in found.pairs}
    # Nothing about random search has changed.
    same = by_method["random"].versus.comparison
    assert (same.n, same.ties, same.difference, same.p_value) == (3, 3, 0.0, 1.0)
    regrets = [
        {trial.trial: trial.regret[11] for trial in run[0].trials["evolution"]}
        for run in (first, second)
    ]
    differences = [regrets[0][i] - regrets[1][i] for i in (1, 2, 3)]
    changed = by_method["evolution"].versus.comparison
    assert changed.n == 3
    assert changed.difference == pytest.approx(np.mean(differences))
    assert paired(first, second, at=7)[0].queries == 7


def test_show_of_two_runs(two_runs, capsys):
    a, b = map(str, two_runs)
    assert main(["show", a, b]) == 0
    text = capsys.readouterr().out
    assert "sequential: regret after 12 queries in two runs" in text
    assert "A lower/equal/higher" in text
    assert main(["show", a, b, "--format", "csv", "--at", "8"]) == 0
    read = list(csv.reader(io.StringIO(capsys.readouterr().out.strip())))
    assert read[0][:3] == ["table", "method", "n"]
    assert [row[1:3] for row in read[1:]] == [["random", "3"], ["evolution", "3"]]
    for form, sign in (("markdown", "|---|"), ("latex", r"\begin{tabular}{lrr")):
        assert main(["show", a, "--format", form]) == 0
        text = capsys.readouterr().out
        assert sign in text
        assert "provenance" not in text
    assert main(["show", a, b, "--target", "1"]) == 1
    assert "--target: expected one PATH with it, got two" in capsys.readouterr().err
    assert main(["show", a, b + "/sequential", "--at", "0"]) == 1
    assert "at: expected a number of queries of at least 1" in capsys.readouterr().err


def test_nothing_in_common(two_runs):
    first, second = (results.load(path) for path in two_runs)
    second[0].trials.clear()
    with pytest.raises(ValueError, match="expected two runs with some trial of some method"):
        paired(first, second)


def test_signs_that_mean_something_are_escaped():
    table = TextTable("a_b: 5 %", ["name", "x"], [["k|m&n", "< 1"]], ["50 % of $"])
    assert FORMATS["markdown"](table).splitlines()[2:5] == [
        "| name | x |",
        "|---|---:|",
        "| k\\|m&n | < 1 |",
    ]
    latex = FORMATS["latex"](table)
    assert r"\caption{a\_b: 5 \%. 50 \% of \$}" in latex
    assert r"k|m\&n & $<$ 1 \\" in latex
    assert FORMATS["csv"](table) == "table,name,x\na_b: 5 %,k|m&n,< 1\n"
