"""A journal goes on with what it was written with, and with nothing else."""

from __future__ import annotations

import json
from itertools import pairwise

import numpy as np
import pytest
import searches
import studies

from otnas import PoolSearch
from otnas.search import CellPool, methods
from otnas.spaces import CellSpace
from otnas.study import JournalError, Study
from otnas.study.header import FREE, check_same

HEADER = {
    "configuration": {"queries": 9, "method": "tw", "settings": {"kappa": 1.0, "list": [1, 2]}},
    "seed": 3,
    "versions": {"otnas": "1"},
    "started": 1.0,
}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"seed": 4}, r"a\.jsonl: .* with seed = 3, not 4"),
        ({"seed": 3.0}, r"with seed = 3, not 3\.0"),
        ({"seed": True}, r"with seed = 3, not true"),
        (
            {"configuration": {**HEADER["configuration"], "settings": {"kappa": 2.0}}},
            r"with configuration\.settings\.kappa = 1\.0, not 2\.0",
        ),
        (
            {"configuration": {**HEADER["configuration"], "settings": {"kappa": 1.0}}},
            r"with configuration\.settings\.list = \[1, 2\], not null",
        ),
        ({"table": {"name": "b"}}, r"with table = null, not"),
        ({"configuration": "x" * 500}, r'with configuration = \{.*\}, not "x+\.\.\.; use another'),
    ],
)
def test_the_first_difference_is_named(tmp_path, change, message):
    with pytest.raises(JournalError, match=message):
        check_same(HEADER, {**HEADER, **change}, tmp_path / "a.jsonl")


def test_some_keys_may_differ(tmp_path):
    check_same(HEADER, {**HEADER, **dict.fromkeys(FREE, "other")}, tmp_path)
    tuples = {**HEADER, "configuration": {**HEADER["configuration"]}}
    tuples["configuration"]["settings"] = {"kappa": 1.0, "list": (1, 2)}  # JSON has lists only
    check_same(HEADER, tuples, tmp_path)


def test_every_field_decides(tmp_path):
    """No two of these may share a journal; the message has the field."""
    half = CellPool(searches.small_space(), list(searches.small_space().enumerate())[:40])
    groups = np.arange(40) // 2
    made = {
        "": lambda: studies.search("kdpp"),
        "search.method": lambda: studies.search("tw-full"),
        "search.seed": lambda: studies.search("kdpp", seed=4),
        "search.initial": lambda: studies.search("kdpp", initial=5),
        "search.direction": lambda: studies.search("kdpp", direction="maximise"),
        "search.settings.sharpness": lambda: studies.search("kdpp", settings={"sharpness": 1.0}),
        "search.settings.kappa": lambda: studies.search("kdpp", settings={"kappa": 0.5}),
        "search.domain.n_items": lambda: studies.search("kdpp", pool=half),
        "search.domain.space_fingerprint": lambda: methods.make(
            "kdpp-quality:tw-2g",
            CellSpace(searches.taxonomy(), max_vertices=4, max_edges=4),
            seed=3,
            initial=4,
            settings=studies.CHEAP,
        ),
    }
    for number, (field, make) in enumerate(made.items()):
        path = tmp_path / f"{number}.jsonl"
        Study(make(), path).close()
        before = path.read_bytes()
        for other, make_other in made.items():
            if other == field:
                continue
            expected = rf"{number}\.jsonl: the journal there was written with search\."
            with pytest.raises(JournalError, match=expected) as error:
                Study(make_other(), path)
            if not field:
                assert f"with {other} = " in str(error.value)
        assert path.read_bytes() == before
        Study(make(), path).close()
    pools = {
        "search.kernel": lambda: PoolSearch(gram=studies.GRAM**2, initial=4, seed=3),
        "search.domain.n_items": lambda: PoolSearch(gram=studies.GRAM[:30, :30], initial=4, seed=3),
        "search.method": lambda: studies.search("pool", batch_rule="top-k"),
        "search.settings.acquisition": lambda: studies.search(
            "pool", settings={"acquisition": "lcb"}
        ),
        "search.domain.groups": lambda: studies.search("pool", groups=groups),
        "search.dtype": lambda: studies.search("pool", dtype=np.float32),
        "search.own": lambda: studies.search("pool", candidates=lambda search, rng: [1, 2]),
    }
    path = tmp_path / "pool.jsonl"
    studies.study("pool", path).close()
    for field, make in pools.items():
        with pytest.raises(JournalError, match="the journal there was written with") as error:
            Study(make(), path)
        assert f"with {field} = " in str(error.value)


def test_the_objective_has_a_version(tmp_path):
    path = tmp_path / "a.jsonl"
    with studies.study("pool", path, objective="train.py 3") as study:
        study.tell(study.ask(), 1.0)
    before = path.read_bytes()
    for other in ("train.py 4", ""):
        with pytest.raises(JournalError, match=f'objective = "train.py 3", not "{other}"'):
            studies.study("pool", path, objective=other)
    assert path.read_bytes() == before
    with studies.study("pool", path, objective="train.py 3") as study:
        assert study.n_counted == 1
    assert Study.read(path).header["objective"] == "train.py 3"


def test_what_else_is_in_the_header(tmp_path):
    path = tmp_path / "a.jsonl"
    with studies.study("pool", path, about={"data": ["x", 1]}):
        pass
    assert Study.read(path).header["data"] == ["x", 1]
    with pytest.raises(JournalError, match=r'with data = \["x", 1\], not \["x", 2\]'):
        studies.study("pool", path, about={"data": ["x", 2]})


def test_other_versions_are_noted_where_they_begin(tmp_path, monkeypatch):
    path = tmp_path / "a.jsonl"
    with studies.study("pool", path) as study:
        study.tell(study.ask(2), [1.0, 2.0])
        old = study.versions
    monkeypatch.setattr("otnas.study.header.versions", lambda _: {"otnas": "9"})
    for _ in range(2):
        with studies.study("pool", path) as study:
            assert study.versions == {"otnas": "9"}
            study.ask()
    kinds = [json.loads(line).get("event") for line in path.read_text().splitlines()]
    assert kinds == [None, "ask", "tell", "versions", "ask", "ask"]
    read = Study.read(path)
    assert read.header["versions"] == old
    assert read.versions == {"otnas": "9"}
    assert all(a.id < b.id for a, b in pairwise(read.trials))
