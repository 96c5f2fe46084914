"""``python -m otnas_fast``: tell other build systems where the files for C++ are."""

from __future__ import annotations

import argparse
from pathlib import Path

import otnas_fast


def folder(name: str) -> Path:
    """Return a folder of the installed package, even if a source checkout hides it."""
    for place in otnas_fast.__path__:
        if (found := Path(place) / name).is_dir():
            return found
    raise SystemExit(f"otnas_fast: expected the folder {name!r} in the package, got none installed")


def main() -> None:
    """Print the requested folders, one per line."""
    parser = argparse.ArgumentParser(prog="python -m otnas_fast", description=main.__doc__)
    parser.add_argument(
        "--cmake-dir",
        action="append_const",
        dest="names",
        const="cmake",
        help="print the folder for CMake's otnas_DIR",
    )
    parser.add_argument(
        "--include-dir",
        action="append_const",
        dest="names",
        const="include",
        help="print the folder of the C++ headers",
    )
    names = parser.parse_args().names
    if not names:
        parser.error("expected --cmake-dir or --include-dir")
    for name in names:
        print(folder(name))


if __name__ == "__main__":
    main()
