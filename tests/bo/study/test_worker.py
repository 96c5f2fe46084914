"""Worker processes: scripts, functions of all kinds, and their end."""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time

import pytest
from trainings import Notes, dies, numbered, stays

from otnas.study import Trial
from otnas.study.payload import Payload, pack
from otnas.study.pool import WorkerPool
from otnas.study.worker import Worker, WorkerLost, perform

TRIAL = Trial(2, None)


def run_script(tmp_path, text, **rest):
    script = tmp_path / "script.py"
    script.write_text(textwrap.dedent(text))
    command = [sys.executable, str(script)]
    return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, **rest)


def test_a_process_is_used_again_and_replaced_after_a_kill():
    payload = pack(numbered, own_workers=True)
    with Worker() as worker:
        runs = [worker.call(payload, TRIAL).run.worker for _ in range(2)]
        assert runs[0] == runs[1]
        with pytest.raises(WorkerLost, match="ended with status 3"):
            worker.call(pack(dies, own_workers=True), Trial(1, None))
        assert worker.call(payload, TRIAL).run.worker != runs[0]
    with pytest.raises(WorkerLost, match="stopped before it began"):
        worker.call(payload, TRIAL)


def test_workers_that_do_not_end_are_killed_all_at_the_same_time(monkeypatch):
    monkeypatch.setattr("otnas.study.pool.PATIENCE", 1.5)
    pool = WorkerPool(4)
    futures = [pool.submit(perform, pack(stays, own_workers=True), TRIAL, "") for _ in range(4)]
    assert [future.result().value for future in futures] == [0.5] * 4
    begin = time.monotonic()
    pool.shutdown()
    assert time.monotonic() - begin < 4.5


def test_loading_does_not_count_as_training(tmp_path, monkeypatch):
    (tmp_path / "slow_to_load.py").write_text(
        "import time\ntime.sleep(1.5)\ndef train(item, trial): return 0.5\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    payload = Payload(b"cslow_to_load\ntrain\n.", False)
    with Worker() as worker:
        assert worker.call(payload, TRIAL, timeout=1.0).value == 0.5


def test_what_cannot_be_loaded_is_told_apart():
    with Worker() as worker:
        outcome = worker.call(Payload(b"cno_such_module\ntrain\n.", False), TRIAL)
    assert not outcome.loaded
    assert "No module named 'no_such_module'" in outcome.reason


SCRIPT = """
    import sys
    from otnas import Study
    from otnas.spaces import SequenceSpace
    from otnas_fast import Taxonomy

    SPACE = SequenceSpace(Taxonomy({"a": ["x", "y"]}), positions=3)
    SHIFT = 1.5

    def train(item, trial):
        return trial.id + SHIFT

"""
RUN = """
    def main():
        study = Study(space=SPACE, method="random", seed=0)
        study.run(TRAIN, n_trials=3, max_running=2, progress=False)
        print(sorted(trial.value for trial in study.trials))
"""
GUARD = """
    if __name__ == "__main__":
        main()
"""


@pytest.mark.parametrize("train", ["train", "lambda item, trial: trial.id + SHIFT"])
def test_functions_of_a_script(tmp_path, train):
    if train != "train":
        pytest.importorskip("cloudpickle")
    result = run_script(tmp_path, SCRIPT + RUN.replace("TRAIN", train) + GUARD)
    assert (result.stdout, result.returncode) == ("[1.5, 2.5, 3.5]\n", 0), result.stderr


def test_a_script_without_a_guard_is_explained(tmp_path):
    result = run_script(tmp_path, SCRIPT + RUN.replace("TRAIN", "train") + "    main()\n")
    assert result.returncode == 1
    assert "BrokenExecutorError: train: it cannot be loaded where it is to run" in result.stderr
    assert "if __name__ == '__main__':" in result.stderr


def test_a_function_without_cloudpickle(monkeypatch):
    monkeypatch.setitem(sys.modules, "cloudpickle", None)
    with pytest.raises(TypeError, match="pip install cloudpickle"):
        pack(lambda item, trial: 0.5, own_workers=True)


def test_a_function_that_cannot_be_pickled():
    pytest.importorskip("cloudpickle")
    lock = threading.Lock()
    with pytest.raises(TypeError, match="expected a function that can be pickled"):
        pack(lambda item, trial: lock, own_workers=True)


def test_a_script_that_another_program_runs_goes_by_value(monkeypatch):
    """As sphinx-gallery does: new processes do not load a module whose specification says so."""
    pytest.importorskip("cloudpickle")
    main = importlib.util.module_from_spec(importlib.util.spec_from_loader("__main__", None))
    main.__file__ = __file__
    exec("def train(item, trial):\n    return 0.5\n", main.__dict__)
    monkeypatch.setitem(sys.modules, "__main__", main)
    assert not pack(main.train, own_workers=True).needs_main


@pytest.mark.skipif(not os.path.exists("/proc/self"), reason="processes are read from /proc")
def test_workers_end_with_their_parent_and_take_along_what_they_started(tmp_path):
    script = f"""
        import os, sys
        sys.path.insert(0, {os.path.dirname(sys.modules["trainings"].__file__)!r})
        from trainings import hanging
        from otnas.study import Trial
        from otnas.study.payload import pack
        from otnas.study.worker import Worker
        worker = Worker()
        worker._start()
        print(worker._process.pid, flush=True)
        worker.call(pack(hanging, own_workers=True), Trial(1, None))
    """
    (tmp_path / "script.py").write_text(textwrap.dedent(script))
    with subprocess.Popen(
        [sys.executable, str(tmp_path / "script.py")], stdout=subprocess.PIPE, text=True
    ) as process:
        worker = int(process.stdout.readline())
        try:
            wait_until(lambda: len(group(worker)) >= 2)
            members = group(worker)
        finally:
            process.send_signal(signal.SIGKILL)
    wait_until(lambda: not [pid for pid in members if pid in group(worker)])


def test_ctrl_c_does_not_reach_a_worker(tmp_path):
    with Worker() as worker:
        worker.call(pack(Notes(tmp_path), own_workers=True), TRIAL)
        (note,) = tmp_path.iterdir()
        pid = int(note.name.split("-")[1])
        assert os.getpgid(pid) == pid != os.getpgid(0)


def group(leader):
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                with open(f"/proc/{entry}/stat") as file:
                    fields = file.read().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[2]) == leader and fields[0] != "Z":
                found.append(int(entry))
    return found


def wait_until(condition, seconds=20):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)
