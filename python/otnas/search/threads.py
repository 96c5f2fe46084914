"""Limits BLAS to one thread during a decision.

The matrices of a decision are small. More threads would mostly wait for each other, which takes
three to thirty times as long on busy processors, and how they split a sum would decide ties.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from functools import cache
from typing import Any

from threadpoolctl import ThreadpoolController


def one_blas_thread() -> AbstractContextManager[Any]:
    """Return a context in which BLAS uses one thread; the old number is restored afterwards."""
    context: AbstractContextManager[Any] = _controller().limit(limits=1, user_api="blas")
    return context


@cache  # looking for the libraries takes milliseconds; NumPy's and SciPy's are loaded by now
def _controller() -> ThreadpoolController:
    return ThreadpoolController()
