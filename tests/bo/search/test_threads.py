"""Decisions use one BLAS thread and leave the process's number of them as it was."""

import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Event

import numpy as np
import pytest
import threadpoolctl
from threadpoolctl import threadpool_info, threadpool_limits

from otnas.search import threads
from otnas.search.pool_search import PoolSearch

BEFORE = 3


def numbers():
    return {each["num_threads"] for each in threadpool_info() if each["user_api"] == "blas"}


@pytest.fixture(autouse=True)
def three_threads():
    """As on a machine with three processors."""
    limits = threadpool_limits(BEFORE, user_api="blas")
    with threadpool_limits(limits=None):
        pass  # from here on other threads may set the number, which threadpoolctl sees to
    if numbers() != {BEFORE}:
        pytest.skip("the number of BLAS threads cannot be set here")
    yield
    with limits:
        pass


class Kernel:
    """Blocks of a kernel, which does something else in the middle of a decision."""

    def __init__(self, meanwhile):
        points = np.random.default_rng(0).normal(size=(30, 2))
        self.gram = np.exp(-np.abs(points[:, None] - points).sum(axis=2))
        self.meanwhile = lambda: None
        self.search = PoolSearch(gram=self, n_items=30, initial=3, seed=0)
        self.search.tell(self.search.ask(3), [1.0, 2.0, 3.0])
        self.meanwhile = meanwhile

    def __call__(self, rows, cols):
        self.meanwhile()
        return self.gram[np.ix_(rows, cols)]


def test_a_decision_has_one_thread():
    seen = []
    Kernel(lambda: seen.append(numbers())).search.ask()
    assert seen
    assert all(each == {1} for each in seen)
    assert numbers() == {BEFORE}


@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt])
def test_a_decision_that_fails_restores_the_number(error):
    def fails():
        raise error

    with pytest.raises(error):
        Kernel(fails).search.ask()
    assert numbers() == {BEFORE}


def test_decisions_of_two_threads_that_would_overlap():
    first_began, second_began, first_ended = Event(), Event(), Event()
    seen = []

    def first():
        if not first_began.is_set():
            first_began.set()
            second_began.wait(0.2)  # in vain, for they take turns

    def second():
        if not second_began.is_set():
            second_began.set()
            first_ended.wait(10)
        seen.append(numbers())

    one, other = Kernel(first), Kernel(second)
    with ThreadPoolExecutor(2) as pool:
        asked = pool.submit(one.search.ask)
        assert first_began.wait(10)
        pool_other = pool.submit(other.search.ask)
        asked.result()
        first_ended.set()
        pool_other.result()
    assert seen
    assert all(each == {1} for each in seen)
    assert numbers() == {BEFORE}


def interrupted_at(call):
    """Limit and restore; Ctrl-C where a function is called. Return whether so many are."""
    left = call

    def trace(frame, *_):
        nonlocal left
        if frame.f_code.co_filename in (threads.__file__, threadpoolctl.__file__):
            left -= 1
            if left == 0:
                raise KeyboardInterrupt

    sys.settrace(trace)  # of this thread, for calls only
    try:
        with suppress(KeyboardInterrupt):
            threads.one_blas_thread(lambda: None)()
    finally:
        sys.settrace(None)
    return left <= 0


def test_ctrl_c_at_any_call_restores_the_number():
    threads._blas()

    def found():
        call = 1
        while interrupted_at(call):
            yield numbers()
            call += 1

    with ThreadPoolExecutor(1) as pool:
        each = pool.submit(lambda: list(found())).result(30)
    assert len(each) > 10
    assert all(number == {BEFORE} for number in each)
    Kernel(lambda: None).search.ask()
    assert numbers() == {BEFORE}
