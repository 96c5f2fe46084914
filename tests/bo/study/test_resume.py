"""Opening a study decides nothing again, and it goes on as if it had never been closed."""

from __future__ import annotations

import json

import pytest
import studies

from otnas.gp.process import GaussianProcess
from otnas.search.base import Search
from otnas.study import JournalError

every = pytest.mark.parametrize("name", studies.SUBJECTS)
with_model = pytest.mark.parametrize("name", ["tw-full", "kdpp", "turns", "growing", "pool"])


@pytest.fixture
def fits(monkeypatch):
    """Fits of Gaussian processes so far."""
    calls, fit = [], GaussianProcess.fit

    def counted(self):
        calls.append(self)
        fit(self)

    monkeypatch.setattr(GaussianProcess, "fit", counted)
    return calls


@pytest.fixture
def asks(monkeypatch):
    """Calls of `Search.ask` so far."""
    calls, ask = [], Search.ask

    def counted(self, n=1):
        calls.append(n)
        return ask(self, n)

    monkeypatch.setattr(Search, "ask", counted)
    return calls


@with_model
def test_opening_costs_at_most_one_fit(name, tmp_path, fits, asks):
    with studies.study(name, tmp_path / "a.jsonl") as study:
        studies.run(study, [4, 1, 1, 1, 3, 1, 2, 1])
        studies.mixed(study)
    assert len(fits) > 3
    fits.clear()
    asks.clear()
    with studies.study(name, tmp_path / "a.jsonl") as again:
        assert (fits, asks) == ([], [])  # the first decision may need one
        again.ask(2)
        assert len(fits) <= 1


@every
def test_a_study_that_is_closed_all_the_time_asks_for_the_same(name, tmp_path):
    """Batches of every size, and several batches running at a time."""
    path = tmp_path / "a.jsonl"
    whole = studies.study(name)
    for size in (4, 1, 2, 1, 1, 3, 1, 2, 4, 1, 1, 1, 1):
        with studies.study(name, path) as study:
            assert [t.item for t in study.trials] == [t.item for t in whole.trials]
            found, wanted = study.ask(size), whole.ask(size)
            assert [t.item for t in found] == [t.item for t in wanted]
            for t, w in zip(found, wanted, strict=True):
                if w.mean is None:
                    assert t.mean is t.deviation is None
                    continue
                assert t.mean == pytest.approx(w.mean, rel=1e-6)
                assert t.deviation == pytest.approx(w.deviation, rel=1e-6)
        for number, trial in enumerate(whole.running):
            if number % 4 == 3:
                continue  # still being trained when the next batch is asked for
            value = studies.value_of(whole, trial.item)
            whole.tell(trial, value)
            with studies.study(name, path) as study:
                study.tell(trial, value)


@every
def test_after_every_event_the_next_decision_is_the_same(name, tmp_path):
    whole, path, cut = tmp_path / "whole.jsonl", tmp_path / "a.jsonl", tmp_path / "cut.jsonl"
    with studies.study(name, whole) as study:
        studies.run(study, [4])
        studies.mixed(study)
        following = [trial.item for trial in study.ask(2)]
    lines = whole.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:-1]))
    with studies.study(name, path) as again:
        assert [trial.item for trial in again.ask(2)] == following
    # And from every line before: asking is where the journal's next line asks.
    for n, line in enumerate(lines[1:], start=1):
        event = json.loads(line)
        if event["event"] != "ask":
            continue
        cut.write_bytes(b"".join(lines[:n]))
        with studies.study(name, cut) as again:
            found = again.ask(len(event["trials"]))
            to_json = again.search.domain.to_json
            assert [to_json(t.item) for t in found] == [new["item"] for new in event["trials"]]


def changed(path, event, change):
    """Change the n-th event of a journal."""
    lines = path.read_text().splitlines()
    record = json.loads(lines[event])
    change(record)
    lines[event] = json.dumps(record)
    path.write_text("\n".join(lines) + "\n")


@every
def test_verify_detects_a_changed_item(name, tmp_path):
    path = tmp_path / "a.jsonl"
    with studies.study(name, path) as study:
        studies.run(study, [4, 1, 2, 1])
        other = study.search.domain.to_json(studies.elsewhere(study))
    with studies.study(name, path, verify=True):
        pass
    asked = [n for n, line in enumerate(path.read_text().splitlines()) if '"ask"' in line]
    changed(path, asked[2], lambda record: record["trials"][0].update(item=other))
    before = path.read_bytes()
    with pytest.raises(JournalError, match=r"the journal has \[.*\], but the search now asks for"):
        studies.study(name, path, verify=True)
    assert path.read_bytes() == before


@with_model
def test_verify_makes_every_decision_again(name, tmp_path, asks):
    with studies.study(name, tmp_path / "a.jsonl") as study:
        studies.run(study, [4, 1, 2, 1])
        items = [trial.item for trial in study.ask(2)]
    asks.clear()
    with studies.study(name, tmp_path / "a.jsonl", verify=True) as again:
        assert asks == [4, 1, 2, 1, 2]
        assert [trial.item for trial in again.running] == items


def test_a_method_without_a_state_repeats_its_calls(tmp_path, asks):
    with studies.study("local-search", tmp_path / "a.jsonl") as study:
        studies.run(study, [4, 1, 2, 1])
        assert study.search.state() is None
    asks.clear()
    with studies.study("local-search", tmp_path / "a.jsonl"):
        assert asks == [4, 1, 2, 1]


@every
def test_a_second_telling_of_the_journal_is_refused(name, tmp_path):
    path = tmp_path / "a.jsonl"
    with studies.study(name, path) as study:
        study.tell(study.ask(4), [3.0, 4.0, 5.0, 6.0])
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines, lines[-1]]))
    with pytest.raises(JournalError, match=r"line 4: trial 0: expected one that is running or"):
        studies.study(name, path)


def test_an_item_asked_for_twice_is_refused(tmp_path):
    path = tmp_path / "a.jsonl"
    with studies.study("pool", path) as study:
        study.ask(4)
    changed(path, 1, lambda record: record["trials"][1].update(item=record["trials"][0]["item"]))
    with pytest.raises(JournalError, match=r"line 2: items\[1\]: expected an item not seen"):
        studies.study("pool", path)
