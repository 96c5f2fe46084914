"""Models that decide in turn."""

import numpy as np
import searches

from otnas.search import CellPool, methods
from otnas.spaces import NASBench201


def test_each_model_decides_in_its_turn_and_knows_everything():
    space = searches.small_sequences()
    search = searches.make("tw-2g/places", space, initial=5)
    searches.run(search, [5])
    names = []
    for n in (1, 1, 2, 1):
        model = search.model
        names.append(model.relevances.keys())
        cells = search.ask(n)
        assert model.process.items.size == len(search.items)
        search.tell(cells, searches.errors_of(space, cells))
    assert names[0] == names[2] != names[1] == names[3]
    assert "operations" in names[0]
    assert "place1" in names[1]


def test_the_first_model_decides_as_it_would_alone():
    space = searches.small_sequences()
    alone, in_turn = (searches.make(name, space, initial=5) for name in ("tw-2g", "tw-2g/places"))
    searches.run(alone, [5])
    searches.run(in_turn, [5])
    assert alone.ask() == in_turn.ask()


def test_equal_cells_can_be_asked_for_apart():
    space = NASBench201()
    texts = [
        f"|{op}~0|+|nor_conv_3x3~0|none~1|+|skip_connect~0|none~1|nor_conv_1x1~2|"
        for op in ("nor_conv_3x3", "avg_pool_3x3")
    ]
    merged, apart = (CellPool(space, texts, merge=merge) for merge in (True, False))
    assert merged.n_distinct == apart.n_distinct == 1
    for pool, left in ((merged, 0), (apart, 1)):
        search = methods.make("tw-2g", space, seed=0, pool=pool, initial=1)
        search.tell(search.ask(), [5.0])
        assert search.n_left == left
    (other,) = search.ask()
    assert [space.format(c) for c in [*search.items, other]] in (texts, texts[::-1])
    assert methods.make("random", space, seed=0, pool=apart).describe()["domain"]["merge"] is False
    assert np.isin([apart.locate(apart[1])], [1])
