from __future__ import annotations

import json

import pytest

from otnas.experiments.journal import Journal, read, without_timings
from otnas.study import JournalError, LockedError

HEADER = {
    "configuration": {"queries": 9, "method": "tw", "settings": {"kappa": 1.0}},
    "seed": 3,
    "versions": {"otnas": "1"},
    "started": 1.0,
}


def line(number, **more):
    return {"kind": "query", "query": number, "cell": "é|~", "validation_error": 0.1 + 0.2, **more}


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "a" / "trial-0000.jsonl"
    with Journal(path, HEADER) as journal:
        journal.append([line(1), line(2)])
        journal.append([line(3, mean=None)])
    return path


def test_round_trip(path):
    contents = read(path)
    assert contents.header == {"kind": "header", "format": "otnas-journal-2", **HEADER}
    assert contents.queries == [line(1), line(2), line(3, mean=None)]
    assert contents.size == path.stat().st_size


def test_continues_with_everything_there(path):
    before = path.read_bytes()
    with Journal(path, {**HEADER, "started": 2.0}) as journal:
        assert journal.queries == [line(1), line(2), line(3, mean=None)]
        journal.append([line(4)])
    assert path.read_bytes().startswith(before)
    assert len(read(path).queries) == 4


def test_torn_at_every_byte_of_the_last_line(path):
    whole = path.read_bytes()
    last = whole.rstrip(b"\n").rindex(b"\n") + 1
    for cut in range(last, len(whole)):
        path.write_bytes(whole[:cut])
        assert len(read(path).queries) == 2
        with Journal(path, HEADER) as journal:
            assert len(journal.queries) == 2
            journal.append([line(3, mean=None)])
        assert path.read_bytes() == whole


def test_torn_at_every_byte_of_the_header(tmp_path):
    path = tmp_path / "trial-0000.jsonl"
    Journal(path, HEADER).close()
    whole = path.read_bytes()
    for cut in range(len(whole)):
        path.write_bytes(whole[:cut])
        assert read(path) is None
        Journal(path, HEADER).close()
        assert path.read_bytes() == whole


@pytest.mark.parametrize("number", [1, 2, 3, 4])
@pytest.mark.parametrize("damage", [b"{}", b"", b"[1]", b'{"kind": "query"', b"\x00\xff"])
def test_a_damaged_line_is_refused_and_left(path, number, damage):
    lines = path.read_bytes().split(b"\n")
    lines[number - 1] = damage
    path.write_bytes(b"\n".join(lines))
    before = path.read_bytes()
    with pytest.raises(JournalError, match=rf"{path.name}(, line {number}|: expected a journal)"):
        read(path)
    with pytest.raises(JournalError):
        Journal(path, HEADER)
    assert path.read_bytes() == before


def test_a_missing_line_is_refused(path):
    lines = path.read_bytes().split(b"\n")
    path.write_bytes(b"\n".join(lines[:2] + lines[3:]))
    with pytest.raises(JournalError, match=r"line 3: expected query 2, got 'query' 3"):
        read(path)


@pytest.mark.parametrize("text", ["my notes", "my notes\n", '{"kind": "other"}\n'])
def test_another_file_is_refused_and_left(tmp_path, text):
    path = tmp_path / "trial-0000.jsonl"
    path.write_text(text)
    with pytest.raises(JournalError):
        Journal(path, HEADER)
    assert path.read_text() == text


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"seed": 4}, r"with seed = 3, not 4"),
        (
            {"configuration": {"queries": 9, "method": "tw", "settings": {"kappa": 2.0}}},
            r"with configuration\.settings\.kappa = 1\.0, not 2\.0",
        ),
        ({"table": {"name": "b"}}, r"with table = null, not"),
    ],
)
def test_another_configuration_is_refused_and_left(path, change, message):
    before = path.read_bytes()
    with pytest.raises(JournalError, match=message):
        Journal(path, {**HEADER, **change})
    assert path.read_bytes() == before


def test_other_versions_are_noted_where_they_begin(path):
    with Journal(path, {**HEADER, "versions": {"otnas": "2"}}) as journal:
        assert len(journal.queries) == 3
        journal.append([line(4)])
    with Journal(path, {**HEADER, "versions": {"otnas": "2"}}):
        pass
    kinds = [json.loads(text)["kind"] for text in path.read_text().splitlines()]
    assert kinds == ["header", "query", "query", "query", "versions", "query"]
    assert read(path).versions == {"otnas": "2"}


def test_no_nan_in_json(path):
    with Journal(path, HEADER) as journal, pytest.raises(ValueError, match="JSON"):
        journal.append([line(4, mean=float("nan"))])
    text = path.read_text()
    path.write_text(text.replace("null", "NaN"))
    with pytest.raises(JournalError, match=r"line 4 is damaged: NaN is no JSON"):
        read(path)


def test_two_writers(path, monkeypatch):
    monkeypatch.setattr("otnas.experiments.lock.WAIT", 0.1)
    with Journal(path, HEADER), pytest.raises(LockedError, match="another process is writing it"):
        Journal(path, HEADER)
    Journal(path, HEADER).close()


def test_without_timings():
    timed = line(1, asked=1.0, told=2.0, overhead_seconds=0.1)
    assert without_timings([timed]) == [line(1)]
