"""Untrusted pickles, read as data.

A pickle can call anything its loader lets it name. This loader lets it name the classes on a list
and nothing else, and gives plain records in their place: no code of the file's choice runs. What
stands in for classes and functions cannot be changed by the pickle, either. Before anything is
built the pickle is scanned once (`otnas_fast.formats.check_pickle`): one that nests tuples or
asks for memory without end is refused.
"""

from __future__ import annotations

import contextlib
import gc
import io
import mmap
import os
import pickle
import struct
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any, TypeAlias

from otnas.tables.readers.bounded import shown, shown_text
from otnas_fast.formats import check_pickle

Allowed: TypeAlias = Mapping[tuple[str, str], Callable[..., Any]]
"""What a pickle may name, as (module, name), and what is used instead."""


class RefusedPickleError(ValueError):
    """The pickle names something outside the list, or is not a pickle."""


class Record:
    """Stands in for an instance of a class that is not imported: its attributes, nothing else."""

    def __setstate__(self, state: object) -> None:
        if not isinstance(state, dict) or not all(isinstance(name, str) for name in state):
            raise RefusedPickleError(f"expected attributes as a dict, got {type(state).__name__}")
        self.__dict__.update(state)


class OrderedRecord(OrderedDict[Any, Any]):
    """Stands in for ``OrderedDict``: its items, no attributes."""

    __slots__ = ()

    def __setstate__(self, state: object) -> None:
        """Ignore attributes, such as the version that PyTorch notes."""


class StandIn:
    """Stands in for a function; unlike one, it has no attributes that a pickle could set."""

    __slots__ = ("_call",)

    def __init__(self, call: Callable[..., Any]) -> None:
        self._call = call

    def __call__(self, *args: object) -> Any:
        """Call the function."""
        return self._call(*args)

    def __setstate__(self, state: object) -> None:
        raise RefusedPickleError("the pickle sets attributes of a function")


class _NumberType:
    """Stands in for ``numpy.dtype`` of one number; knows its format only."""

    def __init__(self, code: object, *_: object) -> None:
        if not isinstance(code, str) or code not in _NUMBERS:
            raise RefusedPickleError(f"the pickle holds a NumPy scalar of type {shown(code)}")
        self.code = code
        self.order = "<"

    def __setstate__(self, state: object) -> None:
        if isinstance(state, tuple) and len(state) > 1 and state[1] in ("<", ">"):
            self.order = state[1]


_NUMBERS = {"f8": "d", "f4": "f", "i8": "q", "i4": "i", "u8": "Q", "u4": "I", "u1": "B", "i1": "b"}


def _number(kind: object, data: object = b"") -> float | int:
    """Stand in for the function with which NumPy rebuilds a scalar: give a plain number."""
    if not isinstance(kind, _NumberType):
        raise RefusedPickleError("the pickle holds a NumPy scalar without a type")
    raw = data.encode("latin1") if isinstance(data, str) else data
    form = struct.Struct(kind.order + _NUMBERS[kind.code])
    if not isinstance(raw, bytes) or len(raw) != form.size:
        raise RefusedPickleError("the pickle holds a damaged NumPy scalar")
    value: float | int = form.unpack(raw)[0]
    return value


def _latin1(text: object, encoding: object) -> bytes:
    """Stand in for ``codecs.encode``, by which old pickles hold bytes."""
    if not isinstance(text, str) or encoding != "latin1":
        raise RefusedPickleError(f"the pickle calls _codecs.encode for {shown(encoding)}")
    return text.encode("latin1")


PLAIN_DATA: Allowed = {
    ("collections", "OrderedDict"): OrderedRecord,
    ("numpy", "dtype"): _NumberType,
    ("numpy.core.multiarray", "scalar"): StandIn(_number),
    ("numpy._core.multiarray", "scalar"): StandIn(_number),
    ("_codecs", "encode"): StandIn(_latin1),
}
"""Dictionaries in order and NumPy numbers, the latter read as plain ones."""


def load(path: Path, allowed: Allowed) -> Any:
    """Read a pickle file.

    Parameters
    ----------
    path : Path
    allowed : mapping of (module, name) to callable
        What the pickle may name, and what is used instead (`Record`, or a harmless type).

    Raises
    ------
    RefusedPickleError
        If the pickle names anything else, or ends early or is damaged; the message says what.
    """
    with path.open("rb") as file:
        return load_stream(mapped(file, path), allowed, str(path))


def mapped(file: IO[bytes], path: Path) -> mmap.mmap:
    """Map an open file into memory, as `load_stream` takes it.

    Raises
    ------
    RefusedPickleError
        If it is empty.
    """
    if not os.fstat(file.fileno()).st_size:
        raise RefusedPickleError(f"{path} is no readable pickle: it is empty")
    return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


def load_stream(
    file: io.BytesIO | mmap.mmap,
    allowed: Allowed,
    source: str,
    external: Callable[[object], Any] | None = None,
) -> Any:
    """Read the pickle that begins where a file in memory stands.

    Parameters
    ----------
    file : BytesIO or mmap
        Left behind the pickle.
    allowed : mapping
        As for `load`.
    source : str
        What to call the file in messages.
    external : callable, optional
        Given a reference to something outside the pickle, returns what stands in for it; by
        default such references are refused.

    Raises
    ------
    RefusedPickleError
        As `load`.
    """

    class Loader(pickle.Unpickler):
        def find_class(self, module: str, name: str) -> Any:
            try:
                return allowed[module, name]
            except KeyError:
                raise RefusedPickleError(
                    f"{source} names {shown_text(f'{module}.{name}')}, which is not among the "
                    "types expected there"
                ) from None

        def persistent_load(self, pid: object) -> Any:
            if external is None:
                raise RefusedPickleError(f"{source} refers to the external object {shown(pid)}")
            return external(pid)

    begin = file.tell()
    try:
        with memoryview(file if isinstance(file, mmap.mmap) else file.getbuffer()) as data:
            end = check_pickle(data, begin)
        with _collector_paused():
            value = Loader(file).load()
        file.seek(end)
        return value
    except RefusedPickleError as error:
        if source in str(error):
            raise
        raise RefusedPickleError(f"{source}: {error}") from None
    except (
        pickle.UnpicklingError,
        EOFError,
        ValueError,
        TypeError,
        AttributeError,
        LookupError,
        ArithmeticError,
        MemoryError,
        RecursionError,
        struct.error,
    ) as error:
        raise RefusedPickleError(
            f"{source} is no readable pickle: {type(error).__name__} {shown_text(error)}"
        ) from error


def loads(data: bytes, allowed: Allowed, source: str) -> Any:
    """Read a pickle in memory; see `load_stream`."""
    return load_stream(io.BytesIO(data), allowed, source)


@contextlib.contextmanager
def _collector_paused() -> Iterator[None]:
    """Pause garbage collection, which would traverse millions of new objects repeatedly."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
