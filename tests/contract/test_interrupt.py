"""Ctrl-C ends long computations soon, with KeyboardInterrupt."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap

import pytest

PREPARE = """
    import signal, numpy as np, otnas_fast as of
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a background job inherits "ignore"
    rng = np.random.default_rng(0)
"""
LONG = {
    "gram": """
        e = of.Embedding({"x": rng.random((6000, 60))})
        out = np.empty((6000, 6000))
        work = lambda: of.gram(e, out=out, threads=2)
    """,
    "distances": """
        e = of.Embedding({"x": rng.normal(size=(6000, 60))})
        out = np.empty((1, 6000, 6000))
        work = lambda: of.distances(e, out=out, threads=1)
    """,
    "draws": """
        kdpp = of.KDPP(np.eye(300) + 0.5)
        work = lambda: kdpp.sample(60, rng=0, size=100_000, threads=2)
    """,
}


@pytest.mark.skipif(os.name == "nt", reason="sends SIGINT")
@pytest.mark.parametrize("task", LONG)
def test_interrupt(task):
    code = textwrap.dedent(PREPARE) + textwrap.dedent(LONG[task])
    code += textwrap.dedent("""
        import time
        print("ready", flush=True)
        try:
            while True:
                work()
        except KeyboardInterrupt:
            print("interrupted", flush=True)
    """)
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline() == "ready\n"
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(0.3)  # now it is computing
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=20)
        finally:
            process.kill()
    assert (out, process.returncode) == ("interrupted\n", 0), err
