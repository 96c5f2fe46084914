"""Distances of numbers of any size, and what is refused because it would not be exact."""

from __future__ import annotations

import datetime
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import otnas_fast as of
from cells import all_nb201


def exact_distance(x, y) -> float:
    return float(
        sum(abs(Fraction(float(a)) - Fraction(float(b))) for a, b in zip(x, y, strict=True))
    )


def bound(coordinates: int) -> float:
    """The largest relative error of a distance; see csrc/src/pairwise/packed.hpp."""
    return (2 * coordinates + 3) * 2.0**-45


@settings(max_examples=150, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    d=st.integers(1, 8),
    scale=st.sampled_from([1e-300, 1e-9, 1.0, 1e16, 1e295]),
    spread=st.sampled_from([1.0, 1e-2, 1e-4, 1e-9, 1e-15]),
    negative=st.booleans(),
)
def test_distances_are_as_exact_as_promised(seed, d, scale, spread, negative):
    rng = np.random.default_rng(seed)
    x = scale * (1.0 + spread * rng.random((9, d)) * (rng.random((9, d)) < 0.7))
    x[3:] *= rng.random((6, d)) < 0.8
    if negative:
        x[5] = -x[5]
    got = of.distances(of.Embedding({"x": x}))[0]
    for i in range(9):
        for j in range(9):
            assert got[i, j] == pytest.approx(exact_distance(x[i], x[j]), rel=bound(d), abs=0)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32), lengthscale=st.sampled_from([1e-3, 1.0, 3.0, 1e18, 1e299]))
def test_an_unrelated_row_changes_no_bit(seed, lengthscale):
    rng = np.random.default_rng(seed)
    x = rng.random((40, 3)) * 10.0 ** rng.integers(-5, 17, (40, 1))
    stranger = np.array([[-1.0, 1e299, 0.0]])
    alone, both = of.Embedding({"x": x}), of.Embedding({"x": np.concatenate([stranger, x])})
    np.testing.assert_array_equal(of.distances(both)[:, 1:, 1:], of.distances(alone))
    scales = {"lengthscales": lengthscale}
    np.testing.assert_array_equal(of.gram(both, **scales)[1:, 1:], of.gram(alone, **scales))
    prepared = of.PreparedEmbedding(both)
    np.testing.assert_array_equal(
        prepared.gram(alone, **scales)[:, 1:], of.PreparedEmbedding(alone).gram(alone, **scales)
    )


def test_neighbours_far_from_zero_are_apart():
    e = of.Embedding({"x": [[1e16], [1e16 + 2]]})
    assert of.distances(e)[0, 0, 1] == 2.0
    assert of.gram(e, lengthscales=3.0)[0, 1] == pytest.approx(np.exp(-2 / 3), rel=1e-15)


@pytest.mark.parametrize("lengthscale", [1e-5, 1e-300, 2.3e-308])
def test_a_quotient_that_overflows_is_far_away(lengthscale):
    e = of.Embedding({"x": [[1e300], [9e299], [0.0], [-1e300]]})
    for k in (
        of.gram(e, lengthscales=lengthscale),
        of.PreparedEmbedding(e).gram(e, lengthscales=lengthscale),
    ):
        np.testing.assert_array_equal(k, np.eye(4))


def test_numbers_whose_differences_could_overflow_are_refused():
    with pytest.raises(
        ValueError, match=r"blocks\['x'\]: expected numbers of magnitude at most 1e"
    ):
        of.Embedding({"x": [[9e307], [0.0]]})


@pytest.mark.parametrize(
    ("variance", "dtype"), [(1e300, "float32"), (1e-300, "float32"), (1e-310, "float64")]
)
def test_a_variance_that_the_result_cannot_hold_is_refused(variance, dtype):
    cells = all_nb201()[:2]
    for call in (of.gram, of.PreparedEmbedding(of.embed(cells)).gram, of.gram_blocks):
        with pytest.raises(ValueError, match=r"variance: expected a number from .* got 1e"):
            call(cells, variance=variance, dtype=dtype)


def test_masses_that_add_up_to_infinity_are_refused():
    tree = of.TreeMetric([-1, 0, 0], [0, 1, 1])
    huge = [0.0, 1e308, 1e308]
    with pytest.raises(ValueError, match="mu, nu: expected a finite total mass"):
        of.tree_wasserstein(tree, huge, [0.0, 1.0, 1.0])
    with pytest.raises(ValueError, match="measures: expected a finite total mass"):
        tree.embed([huge])
    assert of.tree_wasserstein(tree, [0, 1e16, 1e16 + 2], [0, 1e16 + 2, 1e16]) == 4.0


@pytest.mark.parametrize(
    "value",
    [
        [[1 + 1j]],
        [["1"]],
        [[b"1"]],
        np.array([["2020-01-01"]], dtype="datetime64[D]"),
        [[datetime.date(2020, 1, 1)]],
        np.ma.masked_array([[1.0]], mask=[[True]]),
        [[1.0], [1.0, 2.0]],
        [[None]],
        object(),
    ],
)
def test_what_is_no_real_number_is_refused(value):
    tree = of.TreeMetric([-1], [0.0])
    for call in (
        lambda: of.Embedding({"x": value}),
        lambda: tree.embed(value),
        lambda: of.tree_wasserstein(tree, value, [1.0]),
    ):
        with pytest.raises(TypeError, match="expected an array of real numbers, got"):
            call()


@pytest.mark.parametrize("value", [True, "3", 1j, [], np.array([1.0, 2.0])])
def test_what_is_no_positive_number_is_refused(value):
    cells = all_nb201()[:2]
    with pytest.raises(TypeError, match="variance: expected a positive number, got"):
        of.gram(cells, variance=value)
    with pytest.raises((TypeError, ValueError), match="lengthscales"):
        of.gram(cells, lengthscales=value)
    with pytest.raises(TypeError, match="decay: expected a positive number, got"):
        of.embed(cells, measures="prefix", decay=value)


@pytest.mark.parametrize("value", [-1, 0, 33, 2**70])
def test_layers_that_no_cell_has_are_refused(value):
    with pytest.raises(ValueError, match="max_layers: expected at"):
        of.Taxonomy({"a": ["b"]}, max_layers=value)


def test_more_threads_than_make_sense_are_refused():
    with pytest.raises(ValueError, match="threads: expected at most 1024, got 4294967296"):
        of.gram(all_nb201()[:2], threads=2**32)


def test_half_a_character_is_refused():
    with pytest.raises(ValueError, match=r"archs\[1\]: expected text, got a lone surrogate"):
        of.as_cells([all_nb201()[0], "|\ud800~0|"])
    with pytest.raises(ValueError, match="lone surrogate"):
        of.Taxonomy({"a": ["\ud800"]})


def test_messages_do_not_repeat_a_megabyte():
    text = "|" + "x" * 2**20
    for call in (lambda: of.as_cells([text]), lambda: of.gram([([[0]], [text])])):
        with pytest.raises(ValueError, match=r"archs|a") as caught:
            call()
        assert len(str(caught.value)) < 1000
