"""Threads of BLAS during a decision: one.

Matrices of a decision are small: more threads spend their time waiting for each other, three to
thirty times as long on busy processors, and where they split a sum decides how ties fall.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from functools import cache
from typing import Any

from threadpoolctl import ThreadpoolController


def one_blas_thread() -> AbstractContextManager[Any]:
    """Return a context in which BLAS uses one thread; afterwards all is as before."""
    context: AbstractContextManager[Any] = _controller().limit(limits=1, user_api="blas")
    return context


@cache  # looking for the libraries takes milliseconds; NumPy's and SciPy's are loaded by now
def _controller() -> ThreadpoolController:
    return ThreadpoolController()
