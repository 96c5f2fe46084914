import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from otnas.search.decision.ranking import lowest, lowest_of_groups


def test_ties_are_in_order_of_index():
    values = np.array([3.0, 1.0, 1.0, 0.0, 1.0])
    np.testing.assert_array_equal(lowest(values, 3), [3, 1, 2])
    np.testing.assert_array_equal(lowest(values, 9), [3, 1, 2, 4, 0])
    assert lowest(values, 0).size == lowest(values[:0], 3).size == 0


@given(
    st.lists(st.tuples(st.integers(0, 4), st.integers(0, 5)), min_size=1, max_size=30),
    st.integers(1, 12),
)
def test_one_of_each_group_by_a_plain_loop(pairs, m):
    values, groups = (np.array(column) for column in zip(*pairs, strict=True))
    expected, seen = [], set()
    for i in sorted(range(len(pairs)), key=lambda i: (values[i], i)):
        if groups[i] not in seen and len(expected) < m:
            expected.append(i)
            seen.add(groups[i])
    found = lowest_of_groups(values.astype(float), m, groups)
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(lowest_of_groups(values * 1.0, m, None), lowest(values * 1.0, m))
