"""One BLAS thread for decisions.

The matrices of a decision are small. More threads would mostly wait for each other, which takes
three to thirty times as long on busy processors, and how they split a sum would decide ties.

The number belongs to the process: of decisions in several Python threads at once, one would undo
the limit of another, or restore it for ever. They take turns.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, wraps
from threading import RLock
from typing import ParamSpec, TypeVar

from threadpoolctl import ThreadpoolController

P = ParamSpec("P")
R = TypeVar("R")

_TURN = RLock()


def one_blas_thread(function: Callable[P, R]) -> Callable[P, R]:
    """Make a function run with one BLAS thread; the old number is restored however it ends.

    This is no context manager: Ctrl-C may come while one written in Python ends.
    """

    @wraps(function)
    def limited(*args: P.args, **kwargs: P.kwargs) -> R:
        with _TURN:
            before = _blas().limit(limits=None)  # notes the numbers, changes none
            try:
                with before:
                    _blas().limit(limits=1)
                    return function(*args, **kwargs)
            except BaseException:
                with before:  # Ctrl-C may have come while they were restored
                    raise

    return limited


@cache  # looking for the libraries takes milliseconds; NumPy's and SciPy's are loaded by now
def _blas() -> ThreadpoolController:
    return ThreadpoolController().select(user_api="blas")
