"""Identities of 128 bits, against dictionaries."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from otnas import identities

pairs = st.tuples(st.integers(0, 3), st.integers(0, 2**64 - 1) | st.integers(0, 3))


@given(st.lists(pairs, unique=True), st.lists(pairs))
def test_find_equals_a_dictionary(
    stored: list[tuple[int, int]], wanted: list[tuple[int, int]]
) -> None:
    ordered = np.array(sorted(stored), dtype=np.uint64).reshape(-1, 2)
    expected = {pair: i for i, pair in enumerate(sorted(stored))}
    got = identities.find(ordered, np.array(wanted, dtype=np.uint64).reshape(-1, 2))
    assert got.tolist() == [expected.get(pair, -1) for pair in wanted]


@given(st.lists(pairs, min_size=1))
def test_repeated_keys(stored: list[tuple[int, int]]) -> None:
    expected = [i for i, pair in enumerate(stored) if pair in stored[:i]]
    assert (
        identities.repeated(np.array(stored, dtype=np.uint64).reshape(-1, 2)).tolist() == expected
    )


@given(st.lists(pairs))
def test_groups_equal_a_dictionary(stored: list[tuple[int, int]]) -> None:
    number: dict[tuple[int, int], int] = {}
    labels = [number.setdefault(pair, len(number)) for pair in stored]
    first = [stored.index(pair) for pair in number]
    keys = np.array(stored, dtype=np.uint64).reshape(-1, 2)
    got = identities.groups(identities.to_digests(keys))
    assert [part.tolist() for part in got] == [first, labels]
    assert identities.firsts(keys).tolist() == [stored.index(pair) for pair in sorted(number)]


def test_hexadecimal_round_trip() -> None:
    text = "00112233445566778899aabbccddee00"
    array = identities.from_hex([text, "f" * 32])
    assert [identities.to_hex(key) for key in array] == [text, "f" * 32]
    assert identities.to_digests(array)[0].tobytes().hex() == text
    np.testing.assert_array_equal(identities.from_digests(identities.to_digests(array)), array)
    with pytest.raises(ValueError, match=r"hashes\[0\]"):
        identities.from_hex(["A" * 32])
