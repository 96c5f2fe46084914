"""Fuzz a reader by coverage, with atheris: ``python tests/fuzz/cover.py csv``; see README.md.

The fuzzer changes the content of a file; check sums and containers are made anew around it.
Options of libFuzzer may follow: ``-max_total_time=3600``, ``-runs=1000``, a folder that keeps what
it learns.
"""

from __future__ import annotations

import sys
import tempfile
import warnings
from pathlib import Path

import atheris

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "support")]

with atheris.instrument_imports(include=["otnas", "otnas_fast"]):
    import files


def main() -> None:
    if len(sys.argv) < 2 or sys.argv[1] not in files.TARGETS:
        sys.exit(f"usage: cover.py TARGET [option of libFuzzer ...], TARGET of {[*files.TARGETS]}")
    name, *options = sys.argv[1:]
    target = files.TARGETS[name]
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as temporary:
        honest, learnt = Path(temporary, "honest"), Path(temporary, "learnt")
        honest.mkdir()
        learnt.mkdir()
        (honest / "content").write_bytes(target.joined())
        arguments = ["-timeout=10", "-rss_limit_mb=4096", "-max_len=65536", *options]
        arguments.append(f"-artifact_prefix={temporary}/")  # the corpus gets the file, not that
        if all(option.startswith("-") for option in options):
            arguments.append(str(learnt))
        atheris.Setup(
            [sys.argv[0], *arguments, str(honest)],
            lambda content: files.check(name, target.around(content)),
        )
        atheris.Fuzz()


if __name__ == "__main__":
    main()
