"""Pickles from strangers, read as data.

A pickle can call anything its loader lets it name. This loader lets it name the classes on a list
and nothing else, and gives plain records in their place: no code of the file's choice runs.
"""

from __future__ import annotations

import io
import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any


class RefusedPickleError(ValueError):
    """The pickle names something outside the list, or is no pickle at all."""


class Record:
    """Stands in for an instance of a class that is not imported: its attributes, nothing else."""

    def __setstate__(self, state: object) -> None:
        if not isinstance(state, dict):
            raise RefusedPickleError(f"expected attributes as a dict, got {type(state).__name__}")
        self.__dict__.update(state)


def load(path: Path, allowed: Mapping[tuple[str, str], type[Any]]) -> Any:
    """Read a pickle file.

    Parameters
    ----------
    path : Path
    allowed : mapping of (module, name) to type
        What the pickle may name, and what is used instead (`Record`, or a harmless type).

    Raises
    ------
    RefusedPickleError
        If the pickle names anything else, or ends early or is damaged; the message says what.
    """

    class Loader(pickle.Unpickler):
        def find_class(self, module: str, name: str) -> Any:
            try:
                return allowed[module, name]
            except KeyError:
                raise RefusedPickleError(
                    f"{path} names {module}.{name}, which is not among the types expected there"
                ) from None

        def persistent_load(self, pid: object) -> Any:
            raise RefusedPickleError(f"{path} refers to the external object {pid!r}")

    try:
        return Loader(io.BytesIO(path.read_bytes())).load()
    except RefusedPickleError:
        raise
    except (
        pickle.UnpicklingError,
        EOFError,
        ValueError,
        TypeError,
        AttributeError,
        IndexError,
        KeyError,
    ) as error:
        raise RefusedPickleError(f"{path} is no readable pickle: {error}") from error
