from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from otnas import spaces
from otnas.spaces import NATSSize
from otnas.spaces.nats_size import WIDTHS
from otnas_fast import Embedding, gram

SPACE = spaces.get("nats_size_cifar10")
assert isinstance(SPACE, NATSSize)


def test_all_networks_in_the_order_of_the_benchmark() -> None:
    cells = SPACE.enumerate()
    assert len(cells) == len(set(cells.hashes)) == 8**5
    texts = list(map(":".join, product(WIDTHS, repeat=5)))
    for index in (0, 1, 8, 284, 32_767):
        assert SPACE.format(cells[index]) == texts[index]
        assert SPACE.parse(texts[index]) == cells[index]


def test_steps() -> None:
    cell = SPACE.parse("8:64:32:32:32")
    texts = {SPACE.format(neighbour) for neighbour in SPACE.neighbours(cell)}
    assert len(texts) == 35
    assert {"16:64:32:32:32", "64:64:32:32:32", "8:64:32:32:8"} <= texts
    assert all(
        sum(a != b for a, b in zip(t.split(":"), ["8", "64", "32", "32", "32"], strict=True)) == 1
        for t in texts
    )


def test_places_are_ordered() -> None:
    cells = [SPACE.parse(text) for text in ("8:8:8:8:8", "64:16:8:8:8", "8:64:8:8:32")]
    blocks = SPACE.places(cells)
    assert list(blocks) == [f"place{i}" for i in range(1, 6)]
    np.testing.assert_allclose(blocks["place1"][:, 0], [0, 1, 0])
    np.testing.assert_allclose(blocks["place2"][:, 0], [0, 1 / 7, 1])
    np.testing.assert_allclose(blocks["place5"][:, 0], [0, 0, 3 / 7])
    assert gram(Embedding(blocks)).shape == (3, 3)


@pytest.mark.parametrize("text", ["8:8:8:8", "8,8,8,8,8", "8:8:8:8:9", "8:8:8:8:8:8", ""])
def test_other_texts(text: str) -> None:
    with pytest.raises(ValueError, match="text: expected"):
        SPACE.parse(text)
