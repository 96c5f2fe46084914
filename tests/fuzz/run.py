"""Fuzz for a time, or so many inputs: ``python tests/fuzz/run.py csv table --seconds 3600``."""

from __future__ import annotations

import argparse
import random
import signal
import sys
import time
import traceback
import warnings
from pathlib import Path
from types import FrameType

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "support")]

import files  # noqa: E402
import objects  # noqa: E402

NAMES = (*files.TARGETS, "objects")
LONGEST = 10.0  # seconds of computing that one input may take, however busy the machine


class HangError(AssertionError):
    """An input took too long."""


def _hang(_: int, __: FrameType | None) -> None:
    raise HangError(f"took longer than {LONGEST} s")


def one(name: str, number: str) -> None:
    """Check the input of this number, the same in every run."""
    rng = random.Random(number)
    signal.setitimer(signal.ITIMER_PROF, LONGEST)
    try:
        if name == "objects":
            objects.check(rng)
        else:
            files.check(name, files.TARGETS[name].file(rng))
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0.0)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("targets", nargs="*", default=NAMES, help=f"of {', '.join(NAMES)}")
    parser.add_argument("--seconds", type=float, default=60.0, help="for all targets together")
    parser.add_argument("--inputs", type=int, help="at most so many for each target")
    parser.add_argument("--seed", default="0")
    parser.add_argument("--only", metavar="NUMBER", help="check this input again")
    options = parser.parse_args()
    signal.signal(signal.SIGPROF, _hang)
    warnings.simplefilter("ignore")
    findings, share = 0, options.seconds / len(options.targets)
    for name in options.targets:
        begin, count, seen = time.monotonic(), 0, set()
        while time.monotonic() - begin < share and count != options.inputs:
            number = options.only or f"{options.seed}-{count}"
            count += 1
            try:
                one(name, number)
            except Exception as error:
                where = traceback.extract_tb(error.__traceback__)[-1]
                if (known := (type(error), where.filename, where.lineno)) not in seen:
                    seen.add(known)
                    findings += 1
                    print(f"{name}, input {number}:", flush=True)
                    traceback.print_exc()
            if options.only:
                break
        print(
            f"{name}: {count} inputs in {time.monotonic() - begin:.0f} s, {len(seen)} findings",
            flush=True,
        )
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
