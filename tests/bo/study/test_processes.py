"""One process writes a journal; disks that are full, and children that outlive their parents."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

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


def test_a_full_disk(tmp_path):
    """Lines that do not fit are refused; with room, the same study and the next one go on."""
    code = """
    study = studies.study("pool", path)
    studies.run(study, [4, 2])
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # then a write fails, as on a full disk
    size, calls = path.stat().st_size, 0
    everything = resource.getrlimit(resource.RLIMIT_FSIZE)
    for room in (0, 1, 30, 90):
        resource.setrlimit(resource.RLIMIT_FSIZE, (size + room, everything[1]))
        before = studies.snapshot(study)
        for call in (
            lambda: study.ask(2),
            lambda: study.attach(studies.elsewhere(study), 1.0, {"note": "x" * 90}),
        ):
            try:
                call()
            except OSError as error:
                assert error.filename == str(path), error
                calls += 1
            assert studies.snapshot(study) == before
    resource.setrlimit(resource.RLIMIT_FSIZE, everything)
    twin = studies.study("pool")
    studies.run(twin, [4, 2])
    assert studies.run(study, [2]) == studies.run(twin, [2])
    print(calls, flush=True)
    """
    path = tmp_path / "a.jsonl"
    with started(code, path) as process:
        assert process.communicate(timeout=60)[0] == "8\n"
    assert process.returncode == 0
    with studies.study("pool", path, verify=True) as study:
        assert len(study.trials) == 8


def test_a_disk_that_is_full_from_the_start(tmp_path):
    code = """
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    everything = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20, everything[1]))
    try:
        studies.study("pool", path)
    except OSError:
        print(path.stat().st_size, flush=True)
    resource.setrlimit(resource.RLIMIT_FSIZE, everything)
    with studies.study("pool", path) as study:
        study.ask(2)
    """
    path = tmp_path / "a.jsonl"
    with started(code, path) as process:
        assert process.communicate(timeout=60)[0] == "0\n"
    assert process.returncode == 0
    assert len(Study.read(path).trials) == 2
