"""One process writes a journal; disks that are full, and children that outlive their parents."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import faults
import pytest
import studies

from otnas.study import LockedError, Study

pytestmark = pytest.mark.skipif(os.name == "nt", reason="forks, limits and signals of POSIX")

START = f"""
import os, resource, signal, sys, time
sys.path.insert(0, {str(Path(studies.__file__).parent)!r})
from pathlib import Path
import studies
path = Path(sys.argv[1])
"""


def started(code, path, **options):
    command = [sys.executable, "-c", START + textwrap.dedent(code), str(path)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, **options)


def test_a_second_process_is_refused(tmp_path):
    path = tmp_path / "a.jsonl"
    code = """
    study = studies.study("pool", path)
    study.ask(2)
    print("asked", flush=True)
    time.sleep(60)
    """
    with started(code, path) as holder:
        try:
            assert holder.stdout.readline() == "asked\n"
            before, start = path.read_bytes(), time.monotonic()
            with pytest.raises(LockedError, match="another process is writing it"):
                studies.study("pool", path)
            assert time.monotonic() - start < 5
            assert len(Study.read(path).trials) == 2  # reading is free
            assert path.read_bytes() == before
        finally:
            holder.send_signal(signal.SIGKILL)
    with studies.study("pool", path) as study:
        assert len(study.running) == 2


def test_a_second_study_of_the_same_process_is_refused(tmp_path):
    path = tmp_path / "a.jsonl"
    with studies.study("pool", path), pytest.raises(LockedError, match="another process"):
        studies.study("pool", path)
    studies.study("pool", path).close()


def test_a_forked_child_is_refused(tmp_path):
    code = """
    from otnas.study import LockedError
    study = studies.study("pool", path)
    study.ask(2)
    before = studies.snapshot(study)
    child = os.fork()
    if child == 0:
        for call in (lambda: study.ask(), lambda: study.tell(0, 1.0), lambda: study.cancel(0)):
            try:
                call()
            except LockedError as error:
                assert f"opened by process {os.getppid()}" in str(error)
            else:
                os._exit(1)
        os._exit(0 if studies.snapshot(study) == before else 2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    study.tell(0, 1.0)  # the parent goes on, and still has the lock
    try:
        studies.study("pool", path)
    except LockedError:
        print("done", flush=True)
    """
    with started(code, tmp_path / "a.jsonl") as process:
        assert process.communicate(timeout=60)[0] == "done\n"
    assert process.returncode == 0
    assert Study.read(tmp_path / "a.jsonl").n_counted == 1


def test_a_child_that_outlives_its_killed_parent_does_not_keep_the_lock(tmp_path):
    code = """
    study = studies.study("pool", path)
    study.ask(2)
    child = os.fork()
    if child == 0:
        time.sleep(60)
        os._exit(0)
    print(child, flush=True)
    time.sleep(60)
    """
    path = tmp_path / "a.jsonl"
    with started(code, path) as parent:
        child = int(parent.stdout.readline())
        try:
            parent.send_signal(signal.SIGKILL)
            parent.wait(timeout=10)
            os.kill(child, 0)  # it lives
            with studies.study("pool", path) as study:
                study.tell(0, 1.0)
        finally:
            os.kill(child, signal.SIGKILL)


@pytest.mark.parametrize("room", [0, 1, 30, 90])
def test_a_full_disk(tmp_path, room):
    """Lines that do not fit are refused; with room, the same study and the next one go on."""
    path = tmp_path / "a.jsonl"
    study = studies.study("pool", path)
    studies.run(study, [4, 2])
    before = studies.snapshot(study)
    for call in (
        lambda: study.ask(2),
        lambda: study.attach(studies.elsewhere(study), 1.0, {"note": "x" * 90}),
    ):
        with (
            faults.disk_full(path.stat().st_size + room),
            pytest.raises(OSError, match=r"a\.jsonl") as caught,
        ):
            call()
        assert caught.value.filename == str(path)
        assert studies.snapshot(study) == before
    twin = studies.study("pool")
    studies.run(twin, [4, 2])
    assert studies.run(study, [2]) == studies.run(twin, [2])
    study.close()
    with studies.study("pool", path, verify=True) as again:
        assert len(again.trials) == 8


def test_a_disk_that_is_full_from_the_start(tmp_path):
    path = tmp_path / "a.jsonl"
    with faults.disk_full(20), pytest.raises(OSError, match=r"a\.jsonl"):
        studies.study("pool", path)
    assert path.stat().st_size == 0
    with studies.study("pool", path) as study:
        study.ask(2)
    assert len(Study.read(path).trials) == 2


@pytest.mark.parametrize(
    "death",
    [{"at_byte": n} for n in (1, 900, 1900, 2600)]
    + [{which: "fsync", "nth": n} for which in ("at_call", "after_call") for n in (1, 2, 6)],
)
def test_death_at_any_byte_or_sync_loses_nothing_told(tmp_path, death):
    path = tmp_path / "a.jsonl"
    code = START + textwrap.dedent("""
    study = studies.study("pool", path)
    for _ in range(20):
        (trial,) = study.ask()
        study.tell(trial.id, 1.0)
        print(trial.id, flush=True)
    """)
    ending = faults.run_dying(code, path, **death)
    assert ending.died, ending.stderr
    told = [int(line) for line in ending.stdout.split()]
    with studies.study("pool", path, verify=True) as study:
        done = [trial.id for trial in study.trials if trial.state == "done"]
        assert set(told) <= set(done) <= {*told, len(told)}
        study.tell(study.ask(), 2.0)
