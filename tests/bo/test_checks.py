"""Arguments of the optimisation layer that are arrays."""

from __future__ import annotations

import numpy as np
import pytest

from otnas import checks


@pytest.mark.parametrize(
    "values",
    [
        [1 + 1j],
        ["1"],
        [True],
        [None],
        np.array(["2020-01-01"], dtype="datetime64[D]"),
        np.ma.masked_array([1.0], mask=[True]),
    ],
)
def test_what_is_no_real_number_is_refused(values):
    with pytest.raises(TypeError, match="y: expected"):
        checks.finite_vector("y", values, 1)


def test_good_numbers_pass():
    np.testing.assert_array_equal(checks.finite_vector("y", [1, np.float32(2)], 2), [1.0, 2.0])
    np.testing.assert_array_equal(checks.pool_items("items", np.uint8([2, 0]), 3), [2, 0])


@pytest.mark.parametrize("values", [[np.nan], [np.inf], [1.0, 2.0], [[1.0]], 1.0])
def test_other_shapes_and_values_are_refused(values):
    with pytest.raises(ValueError, match="y: expected"):
        checks.finite_vector("y", values, 1)


def test_items_with_a_mask_are_refused():
    with pytest.raises(TypeError, match="items: expected an array without a mask"):
        checks.pool_items("items", np.ma.masked_array([1], mask=[True]), 3)
    with pytest.raises(ValueError, match="items: expected an array"):
        checks.pool_items("items", [[1], [1, 2]], 3)
