"""The command ``otnas``."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from otnas.commands import methods, read, run
from otnas.tables import cli as table


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit status: 0, 1 for an error, 130 for Ctrl-C."""
    options = _parser().parse_args(arguments)
    try:
        status = int(options.run(options))
        sys.stdout.flush()
        return status
    except BrokenPipeError:
        # The reader of our output, such as `head`, has closed the pipe.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except ImportError as missing:
        hint = f"{missing.name} is not installed: pip install 'otnas[run]'"
        return _fail(hint if missing.name else missing)
    except (ValueError, OSError, LookupError) as error:
        return _fail(error.args[0] if isinstance(error, KeyError) else error)
    except KeyboardInterrupt:
        print("otnas: stopped; the same command goes on", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="otnas", description="Bayesian optimisation over neural architectures."
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version and leave")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    run.add_parser(commands)
    methods.add_parser(commands)
    read.add_parsers(commands)
    table.add_parser(commands).set_defaults(run=table.run)
    return parser


class _Version(argparse.Action):
    """Print the version, which argparse's own action would look up at every start."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        import otnas

        print(f"otnas {otnas.__version__}")
        parser.exit()


def _fail(error: object) -> int:
    print(f"otnas: {error}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
