from __future__ import annotations

import json
import os

import pytest
from failing_files import Half

from otnas.study import JournalError, LockedError
from otnas.study.journal import FORMAT, Journal, read

HEADER = {
    "kind": "header",
    "format": FORMAT,
    "configuration": {"queries": 9, "method": "tw", "settings": {"kappa": 1.0}},
    "seed": 3,
    "versions": {"otnas": "1"},
    "started": 1.0,
}


def line(number, **more):
    return {"event": "late", "id": number, "cell": "é|~", "value": 0.1 + 0.2, **more}


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "a" / "trial-0000.jsonl"
    with Journal(path) as journal:
        journal.append([HEADER])
        journal.append([line(1), line(2)])
        journal.append([line(3, mean=None)])
    return path


def begun(path):
    """Continue a journal, or begin it."""
    journal = Journal(path)
    if journal.contents is None:
        journal.append([HEADER])
    return journal


def test_round_trip(path):
    contents = read(path)
    assert contents.header == HEADER
    assert contents.events == [line(1), line(2), line(3, mean=None)]
    assert contents.size == path.stat().st_size


def test_continues_with_everything_there(path):
    before = path.read_bytes()
    with Journal(path) as journal:
        assert journal.contents == read(path)
        journal.append([line(4)])
    assert path.read_bytes().startswith(before)
    assert len(read(path).events) == 4


def test_torn_at_every_byte_of_the_last_line(path):
    whole = path.read_bytes()
    last = whole.rstrip(b"\n").rindex(b"\n") + 1
    for cut in range(last, len(whole)):
        path.write_bytes(whole[:cut])
        assert len(read(path).events) == 2
        with Journal(path) as journal:
            assert len(journal.contents.events) == 2
            assert path.read_bytes() == whole[:cut]  # nothing is lost by looking
            journal.append([line(3, mean=None)])
        assert path.read_bytes() == whole


def test_torn_at_every_byte_of_the_header(tmp_path):
    path = tmp_path / "trial-0000.jsonl"
    begun(path).close()
    whole = path.read_bytes()
    for cut in range(len(whole)):
        path.write_bytes(whole[:cut])
        assert read(path) is None
        begun(path).close()
        assert path.read_bytes() == whole


@pytest.mark.parametrize("number", [1, 2, 3, 4])
@pytest.mark.parametrize(
    "damage",
    [
        b"",
        b"[1]",
        b"3",
        b'{"event": "ask"',
        b"\x00\xff",
        b'{"a": NaN}',
        b'{"a": -Infinity}',
        b'{"a": "\xe9"}',
        b'{"a": ' + b"9" * 5000 + b"}",
        b"[" * 100_000,
        b'{"a": ' * 100_000,
    ],
)
def test_a_damaged_line_is_refused_and_left(path, number, damage):
    lines = path.read_bytes().split(b"\n")
    lines[number - 1] = damage
    path.write_bytes(b"\n".join(lines))
    before = path.read_bytes()
    with pytest.raises(JournalError, match=rf"{path.name}, line {number} is damaged"):
        read(path)
    with pytest.raises(JournalError):
        Journal(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "text",
    ["my notes", "my notes\n", '{"kind": "other"}\n', "{}\n", '{"kind": "header", "format": 3}\n'],
)
def test_another_file_is_refused_and_left(tmp_path, text):
    path = tmp_path / "trial-0000.jsonl"
    path.write_text(text)
    with pytest.raises(JournalError):
        Journal(path)
    assert path.read_text() == text


def test_no_nan_in_json(path):
    before = path.read_bytes()
    with Journal(path) as journal, pytest.raises(ValueError, match="JSON"):
        journal.append([line(4, mean=float("nan"))])
    assert path.read_bytes() == before
    path.write_bytes(before.replace(b"null", b"NaN"))
    with pytest.raises(JournalError, match=r"line 4 is damaged: expected JSON, got NaN"):
        read(path)


def test_two_writers(path):
    with Journal(path), pytest.raises(LockedError, match="another process is writing it"):
        Journal(path, wait=0.1)
    Journal(path).close()


def test_a_closed_journal_is_not_written(path):
    journal = Journal(path)
    journal.close()
    with pytest.raises(JournalError, match="the journal is closed"):
        journal.append([line(4)])


def test_lines_written_in_parts(path):
    with Journal(path) as journal:
        journal._file = Half(journal._file, 7, 10**6, OSError())
        journal.append([line(4), line(5)])
    assert read(path).events[-2:] == [line(4), line(5)]


@pytest.mark.parametrize(
    "error", [lambda: OSError(28, "No space left on device"), KeyboardInterrupt]
)
@pytest.mark.parametrize("room", [0, 1, 40, 150])
def test_a_write_that_fails_is_taken_back(path, room, error):
    before = path.read_bytes()
    path.write_bytes(before + b'{"torn')
    with Journal(path) as journal:
        file, journal._file = journal._file, Half(journal._file, 33, room, error())
        with pytest.raises((OSError, KeyboardInterrupt)) as raised:
            journal.append([line(4), line(5)])
        assert path.read_bytes() == before
        if isinstance(raised.value, OSError):
            assert raised.value.filename == str(path)
        journal._file = file
        journal.append([line(4)])
    assert path.read_bytes().startswith(before)
    assert read(path).events[-1] == line(4)


def test_after_a_failed_sync_the_journal_must_be_opened_again(path, monkeypatch):
    """The system may drop what it could not write: who asks again hears that all is well."""
    before, sync = path.read_bytes(), os.fsync

    def fails(descriptor):
        raise OSError(5, "Input/output error")

    with Journal(path) as journal:
        monkeypatch.setattr(os, "fsync", fails)
        with pytest.raises(OSError, match="Input/output error"):
            journal.append([line(4)])
        assert path.read_bytes() == before
        monkeypatch.setattr(os, "fsync", sync)
        with pytest.raises(JournalError, match="uncertain since a write failed; open it again"):
            journal.append([line(4)])
    assert path.read_bytes() == before
    with Journal(path) as journal:
        journal.append([line(4)])
    assert read(path).events[-1] == line(4)


def test_an_interrupted_sync_is_taken_back(path, monkeypatch):
    before, sync, calls = path.read_bytes(), os.fsync, []

    def interrupted(descriptor):
        calls.append(descriptor)
        if len(calls) == 1:
            raise KeyboardInterrupt
        sync(descriptor)

    with Journal(path) as journal:
        monkeypatch.setattr(os, "fsync", interrupted)
        with pytest.raises(KeyboardInterrupt):
            journal.append([line(4)])
        assert path.read_bytes() == before
        assert len(calls) == 2  # that the line is gone is on the disk, too
        journal.append([line(5)])
    assert read(path).events[-1] == line(5)


def test_every_call_waits_for_the_disk_unless_told_not_to(tmp_path, monkeypatch):
    calls, sync = [], os.fsync
    monkeypatch.setattr(os, "fsync", lambda fd: (calls.append(fd), sync(fd)))
    with Journal(tmp_path / "a.jsonl") as journal:
        assert len(calls) == 1  # the folder: the file's name must not be lost
        journal.append([HEADER])
        journal.append([line(1), line(2)])
    assert len(calls) == 3
    with Journal(tmp_path / "b.jsonl", sync=False) as journal:
        journal.append([HEADER])
    assert len(calls) == 3


def test_rewind(path):
    with Journal(path) as journal:
        before, size = path.read_bytes(), journal.size
        journal.append([line(4)])
        journal.append([line(5)])
        journal.rewind(size)
        assert path.read_bytes() == before
        journal.append([line(6)])
    assert [json.loads(text)["id"] for text in path.read_text().splitlines()[1:]] == [1, 2, 3, 6]


def remove(path):
    path.unlink()


def replace(path):
    other = path.with_name("other")
    other.write_bytes(path.read_bytes())
    other.replace(path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (remove, "removed or replaced since it was opened"),
        (replace, "removed or replaced since it was opened"),
        (lambda path: os.truncate(path, 40), "something else wrote to it: expected .*, got 40"),
        (lambda path: path.write_bytes(path.read_bytes() + b"{}\n"), "something else wrote to it"),
    ],
)
def test_a_file_that_something_else_changes(path, change, message, monkeypatch):
    with Journal(path) as journal:
        journal.append([line(4)])
        monkeypatch.chdir("/")  # is no change
        journal.append([line(5)])
        change(path)
        before = path.read_bytes() if path.exists() else None
        with pytest.raises(JournalError, match=rf"{path.name}: it was {message}|{message}"):
            journal.append([line(6)])
    assert (path.read_bytes() if path.exists() else None) == before
