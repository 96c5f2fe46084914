"""Whatever is in a file, it opens, or it is a StudyError that says where; and it is left alone."""

from __future__ import annotations

import json
import re

import pytest
import studies
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from otnas.study import JournalError, Study, StudyError

FORMATS = ("journal-2-trial", "journal-2-pool")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Whole journals of today's format, one of every subject."""
    made = tmp_path_factory.mktemp("whole")
    for name in studies.BOTH:
        with studies.study(name, made / f"{name}.jsonl") as study:
            studies.mixed(study)
    return made


def opened(path, name):
    """Read a file and go on from it; return the error if that is not possible."""
    before, study, error = path.read_bytes(), None, None
    try:
        study = Study.read(path)
        study.to_records()
        str(study.trials)
    except StudyError:
        pass
    try:
        with studies.study(name, path) as again:
            studies.snapshot(again)
            found = again.trials
    except StudyError as caught:
        error = caught
    if error is None:  # what can be continued can be read
        assert len(found) == len(study.trials)
    else:
        assert str(path) in str(error)
        assert path.read_bytes() == before
    return error


def paths_in(value, path=()):
    """Yield where there is something in a JSON value."""
    yield path
    if isinstance(value, dict):
        for key, part in value.items():
            yield from paths_in(part, (*path, key))
    elif isinstance(value, list):
        for i, part in enumerate(value):
            yield from paths_in(part, (*path, i))


def replaced(value, path, new):
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = replaced(value[path[0]], path[1:], new)
    return copy


ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 60),
    st.sampled_from([10**400, 2**64, -1, 0.5, 1e308, "", "x", "ask", "\ud800", [], {}, [[]], [0]]),
    st.recursive(st.integers(0, 9) | st.text(max_size=3), lambda s: st.lists(s, max_size=3)),
)
SETTINGS = settings(
    deadline=None,
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.mark.parametrize("name", studies.BOTH)
@given(data=st.data())
@SETTINGS
def test_values_of_any_kind(name, folder, tmp_path, data):
    lines = (folder / f"{name}.jsonl").read_text().splitlines()
    number = data.draw(st.integers(0, len(lines) - 1))
    record = json.loads(lines[number])
    where = data.draw(st.sampled_from(list(paths_in(record))))
    lines[number] = json.dumps(replaced(record, where, data.draw(ODD)))
    path = tmp_path / "a.jsonl"
    path.write_text("\n".join(lines) + "\n")
    opened(path, name)


@pytest.mark.parametrize("name", studies.BOTH)
@given(data=st.data())
@SETTINGS
def test_lost_doubled_and_exchanged_lines_and_keys(name, folder, tmp_path, data):
    lines = (folder / f"{name}.jsonl").read_text().splitlines()
    numbers = data.draw(st.lists(st.integers(0, len(lines) - 1), min_size=len(lines) - 3))
    if data.draw(st.booleans()):
        record = json.loads(lines[numbers[0]])
        record.pop(data.draw(st.sampled_from(list(record))))
        lines[numbers[0]], numbers = json.dumps(record), list(range(len(lines)))
    path = tmp_path / "a.jsonl"
    path.write_text("".join(lines[n] + "\n" for n in numbers))
    opened(path, name)


@pytest.mark.parametrize("name", studies.BOTH)
@given(data=st.data())
@SETTINGS
def test_bytes_of_any_kind(name, folder, tmp_path, data):
    whole = bytearray((folder / f"{name}.jsonl").read_bytes())
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(whole)))
        gone = data.draw(st.integers(0, 3))
        whole[at : at + gone] = data.draw(st.binary(max_size=3))
    path = tmp_path / "a.jsonl"
    path.write_bytes(whole)
    opened(path, name)


@pytest.mark.parametrize("kept", FORMATS)
@given(data=st.data())
@SETTINGS
def test_old_formats(kept, tmp_path, data, kept_files):
    lines = (kept_files / f"{kept}.jsonl").read_text().splitlines()
    number = data.draw(st.integers(0, len(lines) - 1))
    record = json.loads(lines[number])
    where = data.draw(st.sampled_from(list(paths_in(record))))
    lines[number] = json.dumps(replaced(record, where, data.draw(ODD)))
    path = tmp_path / "a.jsonl"
    path.write_text("\n".join(lines) + "\n")
    message = str(path)
    try:
        Study.read(path).to_records()
    except JournalError as error:
        message = str(error)
    assert str(path) in message


@given(st.integers(1, 3000), st.sampled_from(['{"a": ', "["]))
@example(900, '{"versions": ')
@example(3000, '{"search": ')
@SETTINGS
def test_deep_nesting(folder, tmp_path, depth, opening):
    lines = (folder / "pool.jsonl").read_text().splitlines()
    nested = opening * depth + "1" + ("}" if opening[0] == "{" else "]") * depth
    for number in (0, 3):
        changed = list(lines)
        changed[number] = f'{changed[number][:-1]}, "search": {nested}, "reason": {nested}}}'
        path = tmp_path / "a.jsonl"
        path.write_text("\n".join(changed) + "\n")
        opened(path, "pool")


@pytest.mark.parametrize("name", studies.BOTH)
@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("event", "aks", "expected an event, got 'aks'"),
        ("event", ["ask"], "unhashable"),
        ("time", "now", "expected a number, got 'now'"),
        ("trials", 3, "not iterable"),
        ("trials", [{"id": 0}], "expected "),
        ("seconds", True, "expected a number, got True"),
        ("state", {"design": 3}, "expected"),
        ("state", [], "expected|indices"),
    ],
)
def test_the_line_is_named(folder, tmp_path, name, key, value, message):
    lines = (folder / f"{name}.jsonl").read_text().splitlines()
    numbers = [n for n, line in enumerate(lines) if json.loads(line).get("event") == "ask"]
    number = numbers[-1]
    lines[number] = json.dumps({**json.loads(lines[number]), key: value})
    path = tmp_path / "a.jsonl"
    path.write_text("\n".join(lines) + "\n")
    error = opened(path, name)
    assert isinstance(error, JournalError)
    assert re.search(rf"a\.jsonl, line {number + 1}: .*({message})", str(error))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"value": 4.5', '"value": 1e999', "line 16: expected a finite number, got inf"),
        ('"id": 0,', '"id": 0.0,', "line 2: expected the number of a trial, got 0.0"),
        ('"id": 0,', '"id": false,', "line 2: expected the number of a trial, got False"),
        ('"id": 1,', '"id": 2,', "line 2: expected trial 1, got 2"),
        ('"versions": {', '"versions": 3, "a": {', "line 1: expected an object 'versions', got 3"),
        ('"search": {', '"search": [1], "a": {', r"line 1: expected an object 'search', got \[1\]"),
        ('"format": "otnas-journal-3"', '"format": ["a"]', r"expected a journal of format .*'a'"),
        ('"kind": "header"', '"kind": "head"', "expected a journal of format"),
    ],
)
def test_what_json_allows_and_a_journal_does_not(folder, tmp_path, old, new, message):
    text = (folder / "pool.jsonl").read_text()
    assert old in text
    path = tmp_path / "a.jsonl"
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(JournalError, match=message):
        Study.read(path)
    assert opened(path, "pool") is not None
