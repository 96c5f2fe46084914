"""What `Search` promises, for every method by name."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import searches
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from otnas.search import CellPool, methods

needs_torch = pytest.mark.skipif(
    find_spec("torch") is None, reason="PyTorch is not installed: pip install 'otnas[peers]'"
)
by_name = pytest.mark.parametrize(
    "name",
    [pytest.param(n, marks=needs_torch) if n == "optuna-gp" else n for n in searches.NAMES],
)
by_kind = pytest.mark.parametrize("kind", searches.KINDS)


@by_kind
@by_name
def test_never_asks_twice_and_only_for_valid_cells(name, kind):
    space = searches.space_for(name, kind)
    search = searches.make(name, space)
    cells = searches.run(search, [4, 1, 3, 1, 5, 1, 1])
    assert len({space.hash(cell) for cell in cells}) == len(cells) == 16
    assert all(space.is_valid(cell) for cell in cells)
    assert search.items == cells
    assert search.pending == []


@by_kind
@by_name
def test_equal_seeds_and_calls_give_equal_cells(name, kind):
    space = searches.space_for(name, kind)
    sizes = [4, 2, 1, 1, 4]
    first = searches.run(searches.make(name, space), sizes)
    assert searches.run(searches.make(name, space), sizes) == first
    assert searches.run(searches.make(name, space, seed=4), sizes) != first


@by_name
def test_a_replayed_search_continues_like_the_original(name):
    space = searches.space_for(name)
    search = searches.make(name, space)
    log = []
    for n in (4, 2, 2, 1, 3):
        cells = search.ask(n)
        # Not all are told at once, and not in order.
        told = search.pending[:0:-1]
        errors = searches.errors_of(space, told)
        search.tell(told, errors)
        log.append((cells, told, errors))
    replayed = searches.make(name, space)
    for cells, told, errors in log:
        assert replayed.ask(len(cells)) == cells
        replayed.tell(told, errors)
    assert replayed.pending == search.pending
    assert replayed.ask(3) == search.ask(3)


@by_name
def test_initial_design_depends_on_the_seed_only(name):
    space = searches.space_for(name)
    reference = searches.make("random", space).ask(4)
    one_by_one = searches.make(name, space)
    assert [one_by_one.ask()[0] for _ in range(4)] == reference
    assert searches.make(name, space).ask(4) == reference


@by_kind
@by_name
def test_pending_cells_are_kept_apart(name, kind):
    space = searches.space_for(name, kind)
    search = searches.make(name, space)
    searches.run(search, [5])
    asked = [cell for n in (2, 1, 3) for cell in search.ask(n)]
    assert search.pending == asked
    assert len({space.hash(cell) for cell in [*asked, *search.items]}) == 11
    search.tell([asked[4], asked[0]], [4.0, np.inf])
    assert search.pending == [asked[1], asked[2], asked[3], asked[5]]


@by_kind
@by_name
def test_foreign_cells_are_welcome_and_never_asked_for(name, kind):
    space = searches.space_for(name, kind)
    search = searches.make(name, space)
    rng = np.random.default_rng(0)
    foreign = {space.hash(cell): cell for cell in (space.random(rng) for _ in range(9))}
    search.tell(foreign.values(), searches.errors_of(space, list(foreign.values())))
    cells = searches.run(search, [2, 3, 1])
    assert not foreign.keys() & {space.hash(cell) for cell in cells}
    assert len(search.items) == len(foreign) + 6


@by_name
def test_failed_trainings(name):
    search = searches.make(name, searches.space_for(name))
    for _ in range(3):
        cells = search.ask(2)
        search.tell(cells, [np.inf, np.inf])
    cells = search.ask(3)
    search.tell(cells, [np.inf, 5.0, 6.0])
    assert search.best == (cells[1], 5.0)
    assert len(search.ask(3)) == 3


@by_name
def test_the_whole_space_and_no_more(name):
    space = searches.tiny_space()
    search = searches.make(name, space)
    cells = searches.run(search, [3, 2, 2, 1])
    assert search.n_left == 1
    with pytest.raises(RuntimeError, match=r"exhausted: expected n <= 1, got 2"):
        search.ask(2)
    assert search.pending == []
    cells += search.ask()
    assert {space.hash(c) for c in cells} == set(space.enumerate().hashes)
    with pytest.raises(RuntimeError, match="exhausted"):
        search.ask()


@by_name
def test_only_cells_of_the_pool(name):
    space = searches.space_for(name)
    everything = space.enumerate()
    pool = CellPool(space, everything.cells[::3])
    search = searches.make(name, space, pool=pool)
    # Of the pool by hash, and told as somebody else numbers its vertices; and one from outside.
    search.tell([everything[3], everything[1]], [5.0, 6.0])
    cells = searches.run(search, [4, 3, 1, 2])
    assert all(pool[pool.locate(cell)] == cell for cell in cells)
    assert everything[3] not in cells


@by_name
def test_predictions(name):
    space = searches.space_for(name)
    search = searches.make(name, space, initial=5)
    searches.run(search, [5, 1])
    drawn, chosen = search.items[:5], search.ask(3)
    predictions = search.predictions([*drawn, *chosen])
    if name in ("random", "evolution", "local-search", "optuna-tpe", "optuna-gp"):
        assert predictions is None
        return
    assert search.predictions(drawn) is None
    mean, std = predictions
    assert np.isnan(mean[:5]).all()
    assert np.isnan(std[:5]).all()
    # In percent: near the errors told.
    assert (np.abs(mean[5:] - search.values.mean()) < 20).all()
    assert (std[5:] >= 0).all()


@by_name
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_any_order_of_calls(name, data):
    space = searches.space_for(name)
    search = searches.make(name, space, seed=data.draw(st.integers(0, 5)))
    everything = space.enumerate()
    seen, told, pending = set(), [], []
    for _ in range(data.draw(st.integers(1, 7))):
        action = data.draw(st.sampled_from(["ask", "tell", "foreign"]))
        if action == "ask":
            cells = search.ask(data.draw(st.integers(1, 4)))
            hashes = {space.hash(cell) for cell in cells}
            assert len(hashes) == len(cells)
            assert not hashes & seen
            seen |= hashes
            pending += cells
        else:
            if action == "tell":
                which = data.draw(st.sets(st.integers(0, max(len(pending) - 1, 0))))
                cells = [pending[i] for i in which if pending]
            else:
                cell = everything[data.draw(st.integers(0, len(everything) - 1))]
                cells = [] if cell in told or cell in pending else [cell]
            search.tell(cells, searches.errors_of(space, cells))
            seen |= {space.hash(cell) for cell in cells}
            told += cells
            pending = [cell for cell in pending if cell not in cells]
        assert search.pending == pending
        assert search.items == told
        assert search.n_left == len(everything) - len(seen)


@pytest.mark.parametrize("name", ["local-search", "path", "wl", "penalise:ot", "optuna-tpe"])
def test_another_process_chooses_the_same(name):
    """Python orders sets of strings differently in every process."""
    script = (
        f"import searches; space = searches.space_for({name!r}, 'open');"
        f"cells = searches.run(searches.make({name!r}, space), [5, 1, 3]);"
        "print([space.hash(cell) for cell in cells])"
    )
    outputs = set()
    for seed in ("1", "2"):
        environment = os.environ | {
            "PYTHONHASHSEED": seed,
            "PYTHONPATH": str(Path(searches.__file__).parent),
        }
        outputs.add(
            subprocess.run(
                [sys.executable, "-c", script], env=environment, check=True, capture_output=True
            ).stdout
        )
    assert len(outputs) == 1


def test_every_method_has_documented_settings():
    for name in searches.NAMES:
        for kind in methods.get(name).settings:
            documented = "".join(base.__doc__ or "" for base in kind.__mro__)
            for field in kind.__dataclass_fields__:
                assert field in documented, (name, field)


def test_parts_of_a_method_share_no_setting():
    """One mapping holds the settings of all parts."""
    for name in searches.NAMES:
        fields = [f for kind in methods.get(name).settings for f in kind.__dataclass_fields__]
        assert len(set(fields)) == len(fields)


@by_name
def test_failed_and_cancelled_cells(name):
    search = searches.make(name, searches.space_for(name))
    first = search.ask(4)
    search.tell(first[0], 5.0)  # a single cell and a number
    search.fail(first[1])
    search.cancel(first[2:])
    assert search.pending == []
    assert search.items == first[:2]
    assert search.values.tolist() == [5.0, np.inf]
    with pytest.raises(ValueError, match=r"items\[0\]: expected a pending item"):
        search.cancel(first[2:])
    left = search.n_left
    search.claim(first[3])
    assert search.pending == [first[3]]
    assert search.n_left == left - 1
    with pytest.raises(ValueError, match=r"items\[0\]: expected an item not seen before"):
        search.claim(first[3])
    # What was cancelled can come again: the whole space is asked for.
    asked = [cell for _ in range(search.n_left) for cell in search.ask()]
    assert first[2] in asked


@by_name
def test_what_is_maximised_is_chosen_like_its_negative(name):
    space = searches.space_for(name)
    settings = {**searches.SETTINGS.get(name, searches.BATCH)}
    if name not in searches.SETTINGS:
        settings["transform"] = "identity"
    down = searches.make(name, space, settings=settings)
    up = searches.make(name, space, settings=settings, direction="maximise")
    for n in (4, 1, 3, 1):
        cells = down.ask(n)
        assert up.ask(n) == cells
        errors = searches.errors_of(space, cells)
        down.tell(cells, errors)
        up.tell(cells, -errors)
    assert up.best == (down.best[0], -down.best[1])


class BrokenError(Exception):
    pass


@by_kind
@by_name
@pytest.mark.parametrize("error", [BrokenError, KeyboardInterrupt])
def test_a_call_that_fails_leaves_no_trace(name, kind, error, monkeypatch):
    """Interrupted at the last moment; what follows is what an untouched twin does."""
    space = searches.space_for(name, kind)
    search, twin = searches.make(name, space), searches.make(name, space)
    for one in (search, twin):
        searches.run(one, [5, 2])

    def seen():
        return search.items, search.values.tolist(), search.pending, search.n_left

    def breaks_late(method):
        def call(*arguments):
            method(*arguments)
            raise error

        return call

    before = seen()
    for n in (1, 3):
        with monkeypatch.context() as patch:
            step = "_draw" if name == "random" else "_choose"
            patch.setattr(search, step, breaks_late(getattr(search, step)))
            with pytest.raises(error):
                search.ask(n)
        assert seen() == before
        cells = search.ask(n)
        assert cells == twin.ask(n)
        errors = searches.errors_of(space, cells)
        before = seen()
        with monkeypatch.context() as patch:
            patch.setattr(search, "_observed", breaks_late(search._observed))
            with pytest.raises(error):
                search.tell(cells, errors)
        assert seen() == before
        for one in (search, twin):
            one.tell(cells, errors)
        before = seen()
    assert searches.run(search, [1, 2, 1]) == searches.run(twin, [1, 2, 1])
