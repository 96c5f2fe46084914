"""What searches refuse: the message names the argument, what was expected and what came."""

import numpy as np
import pytest
from small_pools import pool_search, run

from otnas.search import methods
from otnas.spaces import NASBench201


def after_an_ask():
    search = pool_search(initial=2)
    run(search, [3])
    search.ask(2)
    return search


WRONG_PARTS = {
    "no models": {"models": None},
    "too few models": {"models": []},
    "no generator": {"method": None},
    "another generator": {"method": {"bit_generator": "MT19937"}},
    "no hyperparameters": {"models": [{"n_fitted": 3}]},
    "a negative number": {"models": [{"n_fitted": -1, "log_parameters": [0.0, 0.0, 0.0, 0.0, -4]}]},
    "NaN": {"models": [{"n_fitted": 3, "log_parameters": [np.nan] * 5}]},
}


@pytest.mark.parametrize("wrong", WRONG_PARTS)
def test_a_wrong_state_changes_nothing(wrong):
    search, twin = after_an_ask(), after_an_ask()
    before = search.state()
    other = after_an_ask()
    other.ask(2)  # its generators are elsewhere
    assert other.state() != before
    with pytest.raises(ValueError, match="state: expected what `state` returned, got "):
        search.restore({**other.state(), **WRONG_PARTS[wrong]})
    assert search.state() == before
    assert search.ask(2) == twin.ask(2)


@pytest.mark.parametrize("state", [None, {}, "state", 3])
def test_what_is_no_state_is_refused(state):
    with pytest.raises(ValueError, match="state: expected what `state` returned, got "):
        after_an_ask().restore(state)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"name": ["tw"]}, TypeError, r"method: expected a name, got \['tw'\]"),
        ({"name": 3}, TypeError, "method: expected a name, got 3"),
        ({"pool": 3}, TypeError, "pool: cells: expected a sequence of architectures, got int"),
        ({"pool": []}, ValueError, "pool: cells: expected at least one cell"),
        ({"pool": [3]}, TypeError, r"pool: cells\[0\]: expected a Cell"),
        ({"direction": np.array(["minimise"])}, ValueError, "direction: unknown value"),
    ],
)
def test_what_cannot_make_a_search(options, error, message):
    with pytest.raises(error, match=message):
        methods.make(**{"name": "tw", "space": NASBench201(), "seed": 0, **options})


@pytest.mark.parametrize("dtype", ["x", 3, object, np.float16])
def test_rows_are_of_single_or_double_precision(dtype):
    with pytest.raises((TypeError, ValueError), match="dtype: expected float32, float64 or None"):
        pool_search(dtype=dtype)


def test_predictions_of_one_item_and_of_what_is_none():
    search = after_an_ask()
    item = search.pending[0]
    mean, std = search.predictions(item)
    assert mean.shape == std.shape == (1,)
    for items in (None, [[]], "items", [99]):
        with pytest.raises((TypeError, IndexError), match="items"):
            search.predictions(items)
