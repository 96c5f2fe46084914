"""The executors that the runner is tested on, each a context manager."""

from __future__ import annotations

import contextlib
import functools
import gc
import multiprocessing
import os
import warnings
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

NAMES = ("own", "processes", "loky", "dask", "submitit")
WORKERS = 2


@contextlib.contextmanager
def make(name, folder):
    """Yield what `Study.run` takes as `executor`."""
    yield from globals()[f"_{name}"](folder)


def _own(folder):
    yield None


def _processes(folder):
    spawn = multiprocessing.get_context("spawn")
    yield functools.partial(ProcessPoolExecutor, WORKERS, mp_context=spawn)


def _loky(folder):
    loky = pytest.importorskip("loky")
    yield functools.partial(loky.get_reusable_executor, WORKERS)
    loky.get_reusable_executor().shutdown(kill_workers=True)


def _dask(folder):
    distributed = pytest.importorskip("distributed")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with (
            distributed.LocalCluster(
                n_workers=WORKERS,
                threads_per_worker=1,
                dashboard_address=None,
                local_directory=folder,
                silence_logs=50,
            ) as cluster,
            distributed.Client(cluster) as client,
        ):
            yield client.get_executor(pure=False)


def _submitit(folder):
    submitit = pytest.importorskip("submitit")
    from otnas.study.slurm import SubmititExecutor

    with pytest.MonkeyPatch.context() as patch:
        # As on a cluster, where the modules of trainings must be found, too.
        patch.setenv("PYTHONPATH", str(Path(__file__).parent), prepend=os.pathsep)
        # It waits so long for the result of a job that was killed: for slow file systems.
        patch.setattr(submitit.Job, "_results_timeout_s", 1)
        with SubmititExecutor(submitit.LocalExecutor(folder)) as executor:
            yield executor
        del executor
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()  # submitit does not wait for the processes of its jobs
