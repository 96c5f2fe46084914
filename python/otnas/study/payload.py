"""The training function as bytes, pickled once for all trials of a run."""

from __future__ import annotations

import os
import pickle
import sys
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from otnas.study.trial import Trial

Train = Callable[[Any, Trial], "float | Mapping[str, Any]"]
"""Takes an architecture and its trial; returns an error, or a mapping with one as "value"."""


class Payload(NamedTuple):
    """A pickled training function.

    Attributes
    ----------
    data : bytes
    needs_main : bool
        Whether it can be loaded only where the user's script is the main module.
    """

    data: bytes
    needs_main: bool


def pack(train: Train, *, own_workers: bool) -> Payload:
    """Pickle a training function.

    Our own workers can load the user's script, as `multiprocessing` does. For processes that others
    started, functions of the script must be pickled by value, as cloudpickle does.

    Raises
    ------
    TypeError
        If it is not a function, or cannot be pickled.
    """
    if not callable(train):
        raise TypeError(
            f"train: expected a function of an architecture and a trial, got {type(train).__name__}"
        )
    try:
        plain = Payload(data := pickle.dumps(train), b"__main__" in data)
    except Exception as error:  # whatever the objects in it raise
        plain, why = None, f"{type(error).__name__}: {error}"
    if plain and (not plain.needs_main or (own_workers and _script_is_importable())):
        return plain
    try:
        import cloudpickle
    except ImportError:
        if plain and not own_workers:
            return plain  # processes that are forks of this one have the script
        if plain:
            why = "it was defined interactively"
        raise TypeError(
            "train: expected a function at the top level of a module, or any other if cloudpickle "
            f"is installed (pip install cloudpickle), got {train!r} ({why})"
        ) from None
    try:
        return Payload(cloudpickle.dumps(train), False)
    except Exception as error:
        raise TypeError(
            f"train: expected a function that can be pickled, got {train!r} "
            f"({type(error).__name__}: {error})"
        ) from error


@lru_cache(maxsize=1)
def unpack(data: bytes) -> Train:
    """Load a training function; the last one is kept, for the next trial of the run."""
    # Not from a file: the run that started this process pickled it.
    train: Train = pickle.loads(data)
    return train


def _script_is_importable() -> bool:
    main = sys.modules["__main__"]
    spec = getattr(main, "__spec__", None)
    if spec is not None:  # new processes do not load a module named so, as sphinx-gallery makes it
        return bool(spec.name != "__main__")
    return os.path.isfile(getattr(main, "__file__", None) or "")
