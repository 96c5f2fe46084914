"""Random search, evolution and local search: what each is known for; arguments and names."""

from itertools import pairwise

import numpy as np
import pytest
import searches

from otnas.search import CellPool, methods
from otnas.spaces import NASBench201, SequenceSpace

SPACE = searches.small_space()


def chain_space(length=4):
    return SequenceSpace(searches.taxonomy(), positions=length)


def test_random_search_is_uniform():
    space, counts = searches.tiny_space(), np.zeros(9)
    pool = CellPool(space)
    for seed in range(900):
        counts[pool.locate(methods.make("random", space, seed=seed, pool=pool).ask()[0])] += 1
    assert (np.abs(counts - 100) < 5 * 10).all()


def test_the_oldest_dies():
    search = searches.make("evolution", SPACE, settings={"population": 3, "sample": 3})
    cells = search.ask(4)
    search.tell(cells, [1.0, 9.0, 8.0, 7.0])
    # The best is the oldest of four: gone.
    assert list(search._population) == [(cells[1], 9.0), (cells[2], 8.0), (cells[3], 7.0)]
    assert search.best == (cells[0], 1.0)


def test_children_are_mutations_of_the_winner():
    space = chain_space()
    settings = {"population": 4, "sample": 4}
    search = searches.make("evolution", space, settings=settings)
    cells = search.ask(4)
    search.tell(cells, [4.0, 2.0, 3.0, 5.0])
    assert search.ask()[0] in space.neighbours(cells[1])


def test_evolution_draws_its_population_first():
    search = searches.make("evolution", SPACE, initial=2, settings={"population": 6})
    reference = searches.make("random", SPACE, initial=2)
    assert search.ask(6) == reference.ask(6)


def descend(settings):
    """A valley without local minima: the number of operations that are not "max"."""
    space = chain_space(5)
    search = searches.make("local-search", space, initial=1, settings=settings)
    centres, asked = [], []
    while not asked or error(asked[-1]) > 0:
        cells = search.ask()
        search.tell(cells, [error(cells[0])])
        asked += cells
        if search._centre is not None and search._centre not in centres:
            centres.append(search._centre)
    return space, centres, asked


def error(cell):
    return float(sum(op != "max" for op in cell.ops[1:-1]))


def test_local_search_evaluates_the_neighbourhood_before_it_moves():
    space, centres, asked = descend({"whole_neighbourhood": True})
    assert [e for _, e in centres] == sorted((e for _, e in centres), reverse=True)
    for (centre, _), (following, _) in pairwise(centres):
        assert following in space.neighbours(centre)
        assert set(space.neighbours(centre)) <= set(asked)


def test_local_search_at_the_first_improvement_is_faster():
    hasty = descend({})[2]
    assert len(hasty) < len(descend({"whole_neighbourhood": True})[2])


def test_local_search_restarts_at_a_local_minimum():
    space = chain_space(3)
    search = searches.make("local-search", space, initial=1, settings={"restart_draws": 3})
    first = search.ask()[0]
    search.tell([first], [1.0])
    around = [search.ask()[0] for _ in range(6)]
    assert set(around) == set(space.neighbours(first))
    search.tell(around, [5.0] * 6)
    restarts = search.ask(3)
    assert not set(restarts) & set(around)
    search.tell(restarts, [4.0, 3.0, 2.0])
    seen = {first, *around, *restarts}
    assert search.ask()[0] in set(space.neighbours(restarts[2])) - seen


def test_local_search_counts_neighbours_that_were_told():
    space = chain_space(3)
    search = searches.make("local-search", space, initial=1, settings={})
    first = search.ask()[0]
    better = space.neighbours(first)[2]
    search.tell([first, better], [2.0, 1.0])
    assert search.ask()[0] in space.neighbours(better)


def test_names():
    assert set(methods.names()) == {
        *("random", "evolution", "local-search", "bananas", "optuna-tpe", "optuna-gp"),
        *("tw", "tw-2g", "tw-path", "tw-full", "path", "edit", "ot", "gw", "wl", "places"),
        *("kdpp-quality", "kdpp", "map", "thompson", "bucb"),
        *("believer", "liar", "penalise", "top-k"),
    }
    assert methods.get("kdpp").summary == methods.get("kdpp:tw-2g").summary


def test_measures_of_ones_own():
    name = "map:operations-2+prefix"
    assert methods.get(name).name == name
    assert "operations-2, prefix" in methods.get(name).summary
    assert methods.get("sizes").summary.startswith("quality k-DPP, tree-Wasserstein of sizes")
    search = methods.make(name, SPACE, seed=0, initial=3)
    search.tell(search.ask(3), [3.0, 2.0, 1.0])
    assert len(search.ask(2)) == 2
    with_preset = methods.get("tw-2g+sizes")
    assert with_preset.summary.endswith("operations-2, indegree, outdegree, sizes kernel")
    for wrong, message in (
        ("prefix+words", "unknown measure or preset 'words'"),
        ("prefix+wl", "unknown measure or preset 'wl'"),
        ("sizes+", "unknown measure or preset ''"),
        ("map:prefix+prefix", "each once"),
        ("tw+indegree", "each once"),
    ):
        with pytest.raises(ValueError, match=message):
            methods.get(wrong)


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("evolutoin", "evolution"),
        ("tw2g", "tw-2g"),
        ("kdpp-qualty:tw", "kdpp-quality"),
        ("kdpp:tw2", "tw"),
        ("random:tw", "thompson"),
        ("", "tw"),
    ],
)
def test_unknown_names(name, nearest):
    with pytest.raises(ValueError, match=r"unknown .*did you mean"):
        methods.make(name, SPACE, seed=0)
    if nearest not in ("thompson", "tw"):
        with pytest.raises(ValueError, match=f"did you mean {nearest!r}"):
            methods.make(name, SPACE, seed=0)


@pytest.mark.parametrize(
    ("name", "settings", "kind", "message"),
    [
        ("evolution", {"popluation": 3}, ValueError, "did you mean 'population'"),
        ("evolution", {"population": 0}, ValueError, "population: expected .*>= 1, got 0"),
        ("evolution", {"population": 2.5}, TypeError, "population: expected int, got 2.5"),
        ("evolution", 3, TypeError, "settings: expected a mapping for method 'evolution', got int"),
        ("random", {"candidates": "zz"}, ValueError, "valid: none"),
        ("tw", {"kappa": "1"}, TypeError, "kappa: expected float, got '1'"),
        ("tw", {"kappa": -1}, ValueError, "kappa: expected .*>= 0"),
        ("tw", {"kappa": True}, TypeError, "kappa: expected float, got True"),
        ("tw", {"acquisition": "log_ei"}, ValueError, "did you mean 'log-ei'"),
        ("tw", {"noise_floor": 1.0}, ValueError, r"noise_floor: expected a number in \(0, 0.01\]"),
        ("liar", {"lie": "median"}, ValueError, "lie: unknown value 'median'"),
        ("kdpp", {"reproduce_diagonal_l": True}, ValueError, "unknown setting of method 'kdpp'"),
        ("bananas", {"n_networks": 1}, ValueError, "n_networks"),
    ],
)
def test_bad_settings(name, settings, kind, message):
    with pytest.raises(kind, match=message):
        methods.make(name, SPACE, seed=0, settings=settings)


def test_all_settings_of_a_method_are_those_it_has_by_default():
    everything = methods.resolved("kdpp-quality:tw-2g", {"kappa": 1})
    assert everything["kappa"] == 1.0
    assert everything["sharpness"] == 2.0
    a = searches.make("tw-2g", SPACE, settings=everything)
    b = searches.make("tw-2g", SPACE, settings={"kappa": 1.0})
    assert a.identity == b.identity == {"method": "tw-2g", "settings": everything}
    assert searches.run(a, [5, 2, 1]) == searches.run(b, [5, 2, 1])


def test_bad_arguments():
    search = methods.make("random", SPACE, seed=0)
    for value, kind in ((0, ValueError), (1.5, TypeError), (True, TypeError)):
        with pytest.raises(kind, match="n: expected an integer"):
            search.ask(value)
    for arguments in ({"seed": -1}, {"seed": 0, "initial": 0}):
        with pytest.raises(ValueError, match="expected an integer >="):
            methods.make("random", SPACE, **arguments)
    with pytest.raises(TypeError, match="space: expected a Space"):
        methods.make("random", "nasbench201", seed=0, pool=CellPool(SPACE))
    with pytest.raises(ValueError, match="pool: expected cells of space"):
        methods.make("random", NASBench201(), seed=0, pool=CellPool(SPACE))
    with pytest.raises(ValueError, match="cells: expected at least one"):
        CellPool(SPACE, [])
    with pytest.raises(RuntimeError, match="best: expected at least one told"):
        _ = search.best


def test_bad_tells_record_nothing():
    search = methods.make("random", SPACE, seed=0)
    one, two = search.ask(2)
    foreign = searches.open_space().random(np.random.default_rng(0))
    for cells, errors, kind, message in (
        ([one], [1.0, 2.0], ValueError, r"values: expected shape \(1,\), got \(2,\)"),
        ([one, two], [1.0, np.nan], ValueError, r"got nan for items\[1\]"),
        ([one], [-np.inf], ValueError, "got -inf"),
        ([one, one], [1.0, 1.0], ValueError, r"items\[1\]: expected an item not told before"),
        ([one, foreign], [1.0, 1.0], ValueError, r"items\[1\]: expected a valid cell"),
        ([one], ["1"], TypeError, "values: expected real numbers, got dtype"),
        ([one], [1j], TypeError, "values: expected real numbers, got dtype complex128"),
        ([one], np.ma.array([1.0], mask=[True]), TypeError, "got a masked array"),
        (3, [1.0], TypeError, "items: expected an item or several, got 3"),
        (["conv"], [1.0], TypeError, r"items\[0\]: expected a Cell, got str"),
    ):
        with pytest.raises(kind, match=message):
            search.tell(cells, errors)
    assert search.pending == [one, two]
    search.tell([one], [1.0])
    with pytest.raises(ValueError, match="not told before"):
        search.tell([one], [1.0])


def test_pool_finds_cells_and_groups():
    space = NASBench201()
    pool = CellPool(space)
    assert (len(pool), pool.n_distinct) == (15_625, 6_466)
    rng = np.random.default_rng(0)
    for i in rng.integers(len(pool), size=50).tolist():
        assert pool.locate(pool[i]) == i
        assert pool.digest(i).hex() == space.hash(pool[i])
    few = CellPool(space, pool.cells[::7])
    cell = pool[1]
    at = few.locate(cell)
    if at >= 0:
        assert space.hash(few[at]) == space.hash(cell)
    assert pool.feature("x", len) == pool.feature("x", lambda _: 0) == 15_625
