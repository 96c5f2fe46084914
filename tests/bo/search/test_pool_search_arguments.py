"""What `PoolSearch` refuses, and how."""

import numpy as np
import pytest
from small_pools import pool_search as search

from otnas.search.decision.transforms import Identity
from otnas.search.pool_search import PoolSearch


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"initial": 0}, ValueError, "initial: .* got 0"),
        ({"n_promising": 0}, ValueError, "n_promising: .* got 0"),
        ({"refit_every": 0}, ValueError, "refit_every: .* got 0"),
        ({"acquisition": "ei"}, ValueError, "acquisition: unknown value .ei."),
        ({"kappa": -1.0}, ValueError, "kappa: .* got -1.0"),
        ({"batch_rule": "mpa"}, ValueError, "batch_rule: unknown batch rule .*did you mean 'map'"),
        ({"batch_rule": 3}, TypeError, "batch_rule: expected a name or a function, got 3"),
        (
            {"batch_rule": "map", "settings": {"sharpnes": 2.0}},
            ValueError,
            "settings: unknown setting .*'sharpnes'; did you mean 'sharpness'",
        ),
        ({"settings": [("sharpness", 1.0)]}, TypeError, "settings: expected a mapping"),
        ({"initial": 1.5}, TypeError, "initial: expected an integer, got 1.5"),
        ({"transform": "ranks"}, ValueError, "transform: unknown value 'ranks'"),
        ({"transform": 3}, TypeError, "transform: expected an OutputTransform .* got 3"),
        ({"candidates": "zz"}, TypeError, "candidates: expected a function, got 'zz'"),
        ({"direction": "up"}, ValueError, "direction: unknown value 'up'"),
        ({"seed": -1}, ValueError, "seed: expected an integer >= 0"),
        (
            {"batch_rule": "map", "settings": {"sharpness": -1.0}},
            ValueError,
            "sharpness: expected .*>= 0",
        ),
        ({"groups": [1, 2]}, ValueError, r"groups: expected shape \(60,\), got \(2,\)"),
        ({"groups": np.zeros(60)}, TypeError, "groups: expected integers"),
    ],
)
def test_options_are_checked(options, error, message):
    with pytest.raises(error, match=message):
        search(**options)


@pytest.mark.parametrize(
    ("rule", "error", "message"),
    [
        (lambda candidates, k, rng: [0] * k, ValueError, "batch_rule: expected 2 different"),
        (lambda candidates, k, rng: [0], ValueError, "batch_rule: expected 2 different"),
        (lambda candidates, k, rng: [0, 99], IndexError, "batch_rule: .* got 99"),
    ],
)
def test_a_wrong_batch_rule_is_an_error_and_changes_nothing(rule, error, message):
    s = search(batch_rule=rule, initial=1)
    s.tell([0], [1.0])
    with pytest.raises(error, match=message):
        s.ask(2)
    assert s.pending == []
    assert s.n_left == 59


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"kernel": np.eye(3)}, TypeError, "kernel: expected a Kernel .* the argument gram"),
        ({"kernel": "x"}, TypeError, "kernel: expected a Kernel"),
        ({"gram": np.full((4, 4), 2.0) - np.eye(4)}, ValueError, "gram: .* semi-definite"),
        ({"gram": np.ones((4, 4)) - np.eye(4)}, ValueError, r"got 1 at \(0, 1\)"),
        (
            {"gram": np.eye(3), "transform": Identity},
            TypeError,
            "transform: expected an OutputTransform",
        ),
    ],
)
def test_what_is_no_kernel_is_refused(options, error, message):
    with pytest.raises(error, match=message):
        PoolSearch(**options)


def test_what_is_no_gram_matrix_is_found_in_blocks():
    rng = np.random.default_rng(0)
    for gram, message in (
        (rng.random((9, 9)) + 9 * np.eye(9), "symmetric"),
        (-np.eye(9), "non-negative diagonal"),
        (np.eye(9) * 1j, "real numbers"),
    ):
        s = PoolSearch(gram=lambda r, c, g=gram: g[np.ix_(r, c)], n_items=9, initial=1, seed=0)
        s.tell([0], [1.0])
        with pytest.raises((ValueError, TypeError), match=f"gram: expected .*{message}"):
            s.ask()
        assert s.pending == []
