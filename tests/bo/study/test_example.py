"""The example of the README: real trainings, killed and resumed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from otnas import Study

SCRIPT = Path(__file__).parents[3] / "examples" / "train_digits.py"


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
def test_train_digits(tmp_path):
    pytest.importorskip("sklearn")
    command = [sys.executable, str(SCRIPT), "--trials", "8", "--journal", "journal.jsonl"]
    command += ["--timeout", "60"]  # machines may be busy
    killed = subprocess.run([*command, "--kill-after", "6"], cwd=tmp_path, capture_output=True)
    assert killed.returncode in (0, -signal.SIGKILL)  # a fast machine may be through
    env = {**os.environ, "PYTHONWARNINGS": "error"}
    resumed = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env=env)
    assert resumed.returncode == 0, resumed.stderr
    assert "best: " in resumed.stdout
    results = Study.read(tmp_path / "journal.jsonl")
    assert results.n_counted == 8
    assert results.best.value < 50
    assert all(trial.run is not None for trial in results.trials if trial.counts)
