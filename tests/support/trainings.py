"""Trainings that succeed, fail, hang and die, importable by every worker process.

What they do depends on the number of the trial, for retries that of the first one.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np


def number(trial):
    return trial.id if trial.retry_of is None else trial.retry_of


def numbered(item, trial):
    return float(number(trial))


class UnpicklableError(Exception):
    def __init__(self, message):
        super().__init__(message)
        self.lock = open(os.devnull)  # noqa: SIM115

    def __reduce__(self):
        raise TypeError("never")


class NoText:
    def __repr__(self):
        raise RuntimeError("never")


def everything(item, trial):
    """Ends in another way for each trial; the expected ends are in `ENDS`."""
    match number(trial):
        case 0:
            return 0.5
        case 1:
            return {"value": np.float32(0.25), "epochs": np.int64(7), "nan": np.nan, "list": [1, 2]}
        case 2:
            raise RuntimeError("diverged \udcff")
        case 3:
            raise UnpicklableError("inside")
        case 4:
            return float("nan")
        case 5:
            return "0.5"
        case 6:
            return {"error": 0.5}
        case 7:
            raise SystemExit(3)
        case 8:
            return lambda: 0.5
        case 9:
            raise asyncio.CancelledError("by a library")
        case 10:
            return {"value": 1.5, "huge": 10**5000, "large": 10**30, "odd": NoText()}
        case other:
            return float(other)


ENDS = {
    0: 0.5,
    1: 0.25,
    2: "RuntimeError: diverged \\udcff",
    3: "UnpicklableError: inside",
    4: "expected a finite value, got nan",
    5: "got str",
    6: 'expected a mapping with the key "value", got one with error',
    7: "SystemExit: 3",
    8: "got function",
    9: "CancelledError: by a library",
    10: 1.5,
}


def hanging(item, trial):
    """Trial 1 hangs, with a process of its own."""
    if number(trial) == 1:
        os.system("sleep 300")
    return numbered(item, trial)


@dataclass
class DiesOnce:
    """Trial 1 kills its process, the first time."""

    folder: Path

    def __call__(self, item, trial):
        mark = self.folder / "died"
        if number(trial) == 1 and not mark.exists():
            mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return numbered(item, trial)


@dataclass
class Notes:
    """Leaves a file for every training that runs, and waits until there is a file `go`."""

    folder: Path
    seconds: float = 0.0

    def __call__(self, item, trial):
        (self.folder / f"{trial.id}-{os.getpid()}").touch()
        end = time.monotonic() + self.seconds
        while not (self.folder / "go").exists() and time.monotonic() < end:
            time.sleep(0.02)
        return numbered(item, trial)


def dies(item, trial):
    """Trial 1 kills its process, always."""
    if number(trial) == 1:
        os._exit(3)
    return numbered(item, trial)


def stays(item, trial):
    """Leaves a thread that keeps its process from ending."""
    threading.Thread(target=time.sleep, args=(60,)).start()
    return 0.5


def nothing(item, trial):
    return 1.0


def restless(item, trial):
    """Takes up to 50 ms, fails one time in ten and dies one time in forty."""
    chance = random.Random(f"{trial.id} {trial.attempt}")
    time.sleep(chance.uniform(0.0, 0.05))
    kind = chance.random()
    if kind < 0.1:
        raise RuntimeError("diverged")
    if kind < 0.125:
        os._exit(1)
    return {"value": 1.0 + trial.id, "number": trial.id}
