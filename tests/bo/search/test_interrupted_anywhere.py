"""Ctrl-C at any line of a call leaves a search as a twin that was never interrupted, to the bit."""

import numpy as np
import pytest
import searches
from interrupts import interrupted, interrupted_undo, lines_of

from otnas.search.pool_search import PoolSearch

# Lines tried in a call of many; all of the others.
TRIED, FEW = 16, 100


def of_cells(name, kind, **options):
    space = searches.space_for(name, kind)
    if name not in searches.SETTINGS:
        options["settings"] = {**searches.BATCH, "refit_every": 1}  # every fit shows every bit

    def make():
        return searches.make(name, space, **options)

    return make, lambda cells: searches.errors_of(space, cells)


def n_convolutions(cell):
    return float(sum(op.startswith("conv") for op in cell.ops))


def of_pool(rule, **options):
    x = np.random.default_rng(3).normal(size=(60, 2))
    gram = np.exp(-np.abs(x[:, None] - x).sum(axis=2))

    def make():
        blocks = lambda rows, cols: gram[np.ix_(rows, cols)]  # noqa: E731
        settings = {"refit_every": 4}
        return PoolSearch(
            gram=blocks,
            n_items=60,
            initial=3,
            seed=0,
            batch_rule=rule,
            settings=settings,
            **options,
        )

    return make, lambda items: x[items] @ [1.0, 2.0] + 9.0


CASES = {
    "evolution": of_cells("evolution", "open"),
    "local-search": of_cells("local-search", "small"),
    "bananas": of_cells("bananas", "small"),
    "optuna-tpe": of_cells("optuna-tpe", "small"),
    "a whole pool": of_cells("tw-full", "small", costs=n_convolutions),
    "an open space": of_cells("tw-2g", "open"),
    "features": of_cells("path", "open", features=n_convolutions),
    "pairs": of_cells("believer:edit", "open"),
    "in turn": of_cells("tw-2g/places", "small"),
    "PoolSearch": of_pool("kdpp-quality"),
    "PoolSearch of groups": of_pool("map", groups=np.arange(60) // 2),
}


def seen(search):
    rngs = [rng.bit_generator.state for rng in (search._design_rng, search._rng)]
    told = search.items, search.values.tolist(), search.pending, search.n_left
    return *told, rngs, search.state()


def attacked(call, search, twin, rng):
    """Make a call on both; that on `search` is interrupted in many places first."""
    before = seen(search)
    result, lines = lines_of(call, twin)
    after = seen(twin)
    assert after != before
    # With the block left, the call is made.
    lines = [line for line in lines if line[0] != "otnas/search/transaction.py"]
    for i in rng.permutation(len(lines))[: None if len(lines) < FEW else TRIED]:
        with interrupted_undo(search, after=int(rng.integers(1, 40))):
            stopped = interrupted(call, search, at=lines[i])
        if not stopped:  # something was remembered, and the line not reached
            break
        assert seen(search) == before, lines[i]
    else:
        assert call(search) == result
    assert seen(search) == after


@pytest.mark.parametrize("case", CASES)
def test_no_line_leaves_a_trace(case):
    make, values = CASES[case]
    both = search, twin = make(), make()
    rng = np.random.default_rng(0)

    def tell(one, items):
        one.tell(items, values(items))

    for one in both:
        for n in (5, 2):
            tell(one, one.ask(n))
        tell(one, one.ask(3)[1:])
    attacked(lambda one: one.ask(1), *both, rng)
    attacked(lambda one: one.ask(3), *both, rng)
    attacked(lambda one: tell(one, one.pending[1:3]), *both, rng)
    attacked(lambda one: one.fail(one.pending[0]), *both, rng)
    item = search.pending[0]
    attacked(lambda one: one.cancel(item), *both, rng)
    attacked(lambda one: one.claim(item), *both, rng)
    for n in (1, 3, 1, 2):
        items = search.ask(n)
        assert items == twin.ask(n)
        for one in both:
            tell(one, items)
    assert seen(search) == seen(twin)
