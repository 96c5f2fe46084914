"""Limits BLAS to one thread during a decision.

The matrices of a decision are small. More threads would mostly wait for each other, which takes
three to thirty times as long on busy processors, and how they split a sum would decide ties.

The number belongs to the process: of decisions in several Python threads at once, one would undo
the limit of another, or restore it for ever. They take turns.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from threading import RLock

from threadpoolctl import ThreadpoolController

_TURN = RLock()


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Keep BLAS at one thread for a block; the old number is restored however it ends."""
    with _TURN:
        before = _blas().limit(limits=None)  # notes the numbers, changes none
        try:
            with before:
                _blas().limit(limits=1)
                yield
        except BaseException:
            with before:  # Ctrl-C may have come while they were restored
                raise


@cache  # looking for the libraries takes milliseconds; NumPy's and SciPy's are loaded by now
def _blas() -> ThreadpoolController:
    return ThreadpoolController().select(user_api="blas")
