from __future__ import annotations

import collections
import os
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from otnas.tables import restricted_pickle
from otnas.tables.restricted_pickle import PLAIN_DATA, RefusedPickleError


def loads(data: bytes) -> Any:
    return restricted_pickle.loads(data, PLAIN_DATA, "the file")


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize(
    "number",
    [
        np.float64(0.1),
        np.float32(0.5),
        np.int64(-7),
        np.uint8(9),
        np.int32(3),
        np.dtype(">f8").type(2),
    ],
)
def test_numpy_numbers_become_plain(number: Any, protocol: int) -> None:
    got = loads(pickle.dumps([number], protocol=protocol))
    assert got == [number.item()]
    assert type(got[0]) in (int, float)


@pytest.mark.parametrize("protocol", range(6))
def test_plain_data(protocol: int) -> None:
    data = {"a": [1, 2.5, None, True, "text", (1, 2)], "b": collections.OrderedDict(x=1)}
    assert loads(pickle.dumps(data, protocol=protocol)) == data


@pytest.mark.parametrize(
    ("what", "named"),
    [
        (os.system, "system"),
        (eval, "eval"),
        (Path("x"), "pathlib"),
        (collections.Counter("a"), "collections.Counter"),
        (np.arange(3), "numpy"),
        (np.dtype("O"), "NumPy scalar of type 'O8'"),
        (np.datetime64(1, "s"), "NumPy scalar of type 'M8'"),
    ],
)
def test_everything_else_is_refused_by_name(what: object, named: str) -> None:
    with pytest.raises(RefusedPickleError, match=named):
        loads(pickle.dumps(what))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"hello",
        pickle.dumps([1, 2, 3])[:-1],
        b"cbuiltins\nexec\n(S'1'\ntR.",
        b"c_codecs\nencode\n(S'import os'\nS'rot13'\ntR.",
        b"cnumpy.core.multiarray\nscalar\n(I1\nS'x'\ntR.",
        b"(lp0\nI1\naP1\n.",  # a reference to something outside
    ],
)
def test_bad_pickles(data: bytes) -> None:
    with pytest.raises(RefusedPickleError, match=r"the file|the pickle"):
        loads(data)


def test_garbage_collection_is_on_again() -> None:
    import gc

    with pytest.raises(RefusedPickleError):
        loads(b"")
    assert gc.isenabled()
