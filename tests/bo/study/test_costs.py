"""Known costs in studies: in the journal, and the front of what was done."""

import json

import numpy as np
import pytest
import searches
from studies import GRAM, POINTS

from otnas import PoolSearch, spaces
from otnas.search import methods
from otnas.study import JournalError, Study
from otnas.tables import Provenance, Table

LATENCY = POINTS[:, 0]


def search(**rest):
    rest = {"costs": {"latency": LATENCY}, "budget": {"latency": 0.7}, "seed": 0, **rest}
    return PoolSearch(gram=GRAM, initial=4, settings={"objective": "pareto"}, **rest)


def go_on(study, sizes):
    for n in sizes:
        trials = study.ask(n)
        study.tell(trials, [2.0 - LATENCY[trial.item] for trial in trials])


@pytest.mark.parametrize("verify", [False, True])
def test_a_journal_goes_on_with_the_same_costs_only(tmp_path, verify):
    path = tmp_path / "study.jsonl"
    whole = Study(search())
    go_on(whole, [4, 1, 3, 1, 2, 1])
    with Study(search(), path) as study:
        go_on(study, [4, 1, 3])
    with Study(search(), path, verify=verify) as study:
        go_on(study, [1, 2, 1])
        assert [t.item for t in study.trials] == [t.item for t in whole.trials]
        assert study.trials[5].costs == {"latency": LATENCY[study.trials[5].item]}
    for other, difference in [
        ({"costs": {"latency": LATENCY * 2}, "budget": {"latency": 1.4}}, "fingerprint"),
        ({"budget": {"latency": 0.8}}, "budget.latency = 0.7, not 0.8"),
        ({"budget": None}, "budget.latency = 0.7, not null"),
        ({"reference": {"value": 3.0}}, "reference.value = null, not 3.0"),
    ]:
        with pytest.raises(JournalError, match=difference):
            Study(search(**other), path)


def test_the_front_is_read_from_a_journal_without_its_search(tmp_path):
    path = tmp_path / "study.jsonl"
    with Study(search(reference={"value": 3.0, "latency": 0.8}), path) as study:
        go_on(study, [4, 1])
        study.fail(study.ask(), "out of memory")
        cheapest = int(LATENCY.argmin())
        if cheapest not in study.search.items:
            study.attach(cheapest, 2.5)
        front = study.front
        assert [trial.item for trial in front.items] == study.search.front.items
    read = Study.read(path).front
    assert [trial.id for trial in read.items] == [trial.id for trial in front.items]
    np.testing.assert_array_equal(read.costs["latency"], front.costs["latency"])
    assert read.hypervolume() == front.hypervolume() == study.search.front.hypervolume() > 0
    assert read.knee.id == front.knee.id
    assert "cost.latency" in Study.read(path).to_records()[0]


def test_without_costs_there_is_no_front_and_journals_are_as_before(tmp_path):
    path = tmp_path / "study.jsonl"
    with Study(PoolSearch(gram=GRAM, seed=0), path) as study:
        study.tell(study.ask(), 1.0)
        with pytest.raises(RuntimeError, match="front: expected trials that are done and have"):
            study.front
    assert not any("costs" in json.loads(line) for line in path.read_text().splitlines())
    assert '"costs"' not in path.read_text()


def test_a_study_of_names_takes_costs():
    space = searches.small_space()
    study = Study(
        space=space,
        method="tw-2g",
        initial=3,
        costs={"n": lambda cell: len(cell.prune())},
        budget={"n": 3},
        reference={"value": 20.0, "n": 6},
        settings={"objective": "pareto"},
    )
    for _ in range(5):
        trials = study.ask(1)
        study.tell(trials, searches.errors_of(space, [trial.item for trial in trials]))
    assert max(trial.costs["n"] for trial in study.trials) <= 3
    assert study.front.hypervolume() > 0
    with pytest.raises(ValueError, match="'pareto', which goes into settings"):
        Study(search(), objective="pareto")
    with pytest.raises(TypeError, match="costs: expected with a space only"):
        Study(search(), costs={"n": len})


def test_a_retry_has_the_costs_of_its_item():
    study = Study(search())
    trials = study.ask(2)
    study.lose(trials[0], "gone")
    assert study.retry(trials[0].id).costs == trials[0].costs


@pytest.mark.parametrize(
    ("costs", "message"),
    [
        ("[1.0]", r"line 2: costs: expected an object, got \[1.0\]"),
        ('{"latency": "low"}', "line 2: expected a number, got 'low'"),
        ('{"latency": 1e999}', "line 2: expected a finite number, got inf"),
    ],
)
def test_damaged_costs_are_refused_with_their_line(tmp_path, costs, message):
    path = tmp_path / "study.jsonl"
    with Study(search(), path) as study:
        item = study.ask()[0].item
    text = path.read_text()
    there = json.dumps({"latency": LATENCY[item]})
    assert there in text or there.replace(" ", "") in text
    text = text.replace(there, costs).replace(there.replace(" ", ""), costs)
    path.write_text(text)
    with pytest.raises(JournalError, match=message):
        Study.read(path)


def test_the_columns_of_a_table_are_costs():
    table = Table(
        "mine",
        "nasbench201",
        spaces.get("nasbench201").enumerate()[:40],
        {"validation_error": np.arange(40.0), "latency": np.arange(40.0)[::-1] + 1},
        Provenance("d", "m", None, "s", "here", None),
    )
    new = {"space": "nasbench201", "pool": table, "method": "tw-2g", "initial": 4}
    study = Study(**new, costs="latency", budget={"latency": 20})
    trials = study.ask(20)
    assert {trial.costs["latency"] for trial in trials} == set(range(1, 21))
    # Equal networks are rows of their own.
    assert study.search.n_left == 0
    both = methods.make("random", spaces.get("nasbench201"), seed=0, pool=table, costs=["latency"])
    assert both.domain.costs.names == ("latency",)
    named = Study(**new, costs={"slowness": "latency"})
    assert named.ask(1)[0].costs.keys() == {"slowness"}
    for costs, message in (
        ("latncy", "costs: unknown column 'latncy'; did you mean 'latency'"),
        (["latency", 3], "costs: expected names of costs"),
    ):
        with pytest.raises(ValueError, match=message):
            Study(**new, costs=costs)
    with pytest.raises(TypeError, match="no name of a column without a table, got 'latency'"):
        Study(space="nasbench201", costs="latency")
