"""Known costs, budgets and the front, in searches of every kind."""

import json

import numpy as np
import pytest
import searches
from hypothesis import given, settings
from hypothesis import strategies as st
from studies import GRAM, POINTS

from otnas.search import CellPool, PoolSearch, methods
from otnas.search.availability import Availability
from otnas.search.decision.rules import RULES
from otnas.search.front import front, hypervolumes

LATENCY = POINTS[:, 0]
METHODS = ("random", "evolution", "local-search", "tw-2g", "tw-2g/operations-2", "kdpp-quality:tw")


def n_vertices(cell):
    return len(cell.prune())


def n_edges(cell):
    return int(cell.prune().matrix.sum())


def pool_search(**rest):
    rest = {"costs": {"latency": LATENCY}, "initial": 5, "seed": 0, **rest}
    rest["settings"] = {"objective": "pareto", **rest.get("settings", {})}
    return PoolSearch(gram=GRAM, **rest)


def values_of(items):
    return [float(2.0 - POINTS[i, 0] + POINTS[i, 1]) for i in items]


def run(search, sizes):
    asked = []
    for n in sizes:
        items = search.ask(n)
        asked += items
        search.tell(items, values_of(items))
    return asked


@pytest.mark.parametrize("objective", ["value", "pareto"])
@pytest.mark.parametrize("rule", RULES)
def test_nothing_above_the_budget_is_asked_for_and_then_the_pool_is_exhausted(rule, objective):
    options = {"batch_rule": rule, "budget": {"latency": 0.6}, "settings": {"objective": objective}}
    first = pool_search(**options)
    inside = np.flatnonzero(LATENCY <= 0.6)
    assert first.n_left == inside.size
    sizes = [4, 1, 3, 1, 1, inside.size - 10]
    asked = run(first, sizes)
    assert sorted(asked) == inside.tolist()
    assert first.n_left == 0
    with pytest.raises(RuntimeError, match="exhausted"):
        first.ask()
    assert run(pool_search(**options), sizes) == asked


@pytest.mark.parametrize("kind", searches.KINDS)
@pytest.mark.parametrize("name", METHODS)
def test_methods_of_cells_keep_to_the_budget(name, kind):
    space = searches.space_for(name, kind)
    limit = 4 if kind == "small" else 9
    for seed in range(2):
        search = searches.make(name, space, seed=seed, costs={"n": n_edges}, budget={"n": limit})
        asked = searches.run(search, [4, 1, 1, 3, 1])
        assert max(map(n_edges, asked)) <= limit
        assert max(search.front.costs["n"]) <= limit


@pytest.mark.parametrize("kind", searches.KINDS)
@pytest.mark.parametrize("rule", ["", *(f"{rule}:" for rule in RULES)])
def test_the_front_of_cells_is_looked_for_with_two_costs(rule, kind):
    name = f"{rule}tw-2g"
    space = searches.space_for(name, kind)
    costs = {"n": n_vertices, "edges": n_edges}
    settings = {"objective": "pareto", "n_promising": 10}
    runs = [
        searches.run(searches.make(name, space, costs=costs, settings=settings), [5, 1, 1, 3])
        for _ in range(2)
    ]
    assert runs[0] == runs[1]
    assert len(set(runs[0])) == 10


def test_a_claimed_item_may_be_above_the_budget():
    search = pool_search(budget={"latency": 0.6})
    n = search.n_left
    above = int(LATENCY.argmax())
    search.claim(above)
    assert search.n_left == n
    search.cancel(above)
    assert search.n_left == n
    search.claim(above)
    search.tell(above, 0.1)
    assert above not in run(search, [5, 3, 1])
    assert above in search.front.items


@given(st.integers(0, 10_000))
@settings(max_examples=50, deadline=None)
def test_what_is_left_of_groups_within_the_budget(seed):
    rng = np.random.default_rng(seed)
    n = 12
    groups, allowed = rng.integers(0, 5, n), rng.random(n) < 0.5
    left = Availability(n, groups, allowed)
    out = set()
    for item in rng.integers(0, n, 30).tolist():
        if groups[item] in out:
            left.release(item)
            out.discard(groups[item])
        else:
            left.exclude(item)
            out.add(groups[item])
        expected = [i for i in range(n) if allowed[i] and groups[i] not in out]
        assert np.flatnonzero(left.mask).tolist() == expected
        assert left.n_left == len(set(groups[expected].tolist()))


def test_looking_for_the_front_dominates_more_than_random_search():
    """Over seeds; items that are cheap have high values here."""
    reference = {"value": 2.2, "latency": 1.1}
    volumes = np.zeros((12, 2))
    for seed in range(12):
        searched = pool_search(seed=seed, reference=reference)
        run(searched, [1] * 14)
        drawn = pool_search(seed=seed, reference=reference, initial=40)
        run(drawn, [1] * 14)
        volumes[seed] = searched.front.hypervolume(), drawn.front.hypervolume()
    difference = volumes[:, 0] - volumes[:, 1]
    assert difference.mean() > 2 * difference.std(ddof=1) / np.sqrt(12)


@pytest.mark.parametrize("direction", ["minimise", "maximise"])
def test_front_knee_and_hypervolume_of_what_was_told(direction):
    search = pool_search(direction=direction, settings={"objective": "value"})
    sign = -1.0 if direction == "maximise" else 1.0
    items = np.argsort(LATENCY)[[0, 10, 20, 30]].tolist()
    search.tell(items, sign * np.array([4.0, 2.0, 3.0, 1.0]))
    search.fail(int(LATENCY.argmin()) if items[0] != int(LATENCY.argmin()) else 39)
    front = search.front
    assert front.items == [items[0], items[1], items[3]]
    np.testing.assert_array_equal(front.values, sign * np.array([4.0, 2.0, 1.0]))
    np.testing.assert_array_equal(front.costs["latency"], LATENCY[front.items])
    assert front.knee == items[1]
    c = LATENCY[front.items]
    expected = (1.0 - c[0]) * 1.0 + (1.0 - c[1]) * 2.0 + (1.0 - c[2]) * 1.0
    found = front.hypervolume({"value": sign * 5.0, "latency": 1.0})
    assert found == pytest.approx(expected)
    with pytest.raises(ValueError, match="reference: expected a number for 'value', got none"):
        front.hypervolume()
    with pytest.raises(ValueError, match="did you mean 'latency'"):
        front.hypervolume({"latenci": 1.0})


def test_an_item_from_outside_of_the_pool_has_no_costs_of_an_array():
    space = searches.small_space()
    cells = space.enumerate().cells
    pool = CellPool(space, cells[:40])
    known = methods.make(
        "tw-2g", space, pool=pool, seed=0, initial=3, costs=np.arange(40.0),
        settings={"objective": "pareto"},
    )  # fmt: skip
    known.tell([cells[0], cells[60]], [2.0, 1.0])
    assert known.front.items == [cells[0]]
    assert known.ask(4)


def test_logarithmic_axes_and_a_reference_of_values():
    steep = {"latency": np.exp(9 * LATENCY)}
    runs = [
        run(pool_search(costs=steep, reference=reference, settings=chosen), [5, 1, 1, 1, 1, 4])
        for reference, chosen in [
            (None, {}),
            (None, {"log_costs": True}),
            ({"value": 1.5, "latency": 50.0}, {"log_costs": True}),
        ]
    ]
    assert runs[0] != runs[1] != runs[2]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"costs": {"latency": LATENCY[:5]}}, r"costs\['latency'\]: expected shape \(40,\)"),
        ({"costs": {"latency": LATENCY * np.nan}}, r"costs\['latency'\]: expected finite values"),
        ({"costs": {"latency": lambda i: np.inf}}, "expected a finite number for 0, got inf"),
        ({"costs": {"value": LATENCY}}, "costs: expected other names .*, got 'value'"),
        ({"costs": {}}, "costs: expected names"),
        ({"costs": {3: LATENCY}}, "costs: expected names"),
        ({"budget": {"latencyy": 1.0}}, "budget: .*did you mean 'latency'"),
        ({"budget": {"latency": np.nan}}, r"budget\['latency'\]: expected finite"),
        ({"budget": {"latency": -1.0}}, "budget: expected at least the costs of some item"),
        ({"reference": {"error": 1.0}}, "reference: unknown name 'error'"),
        ({"costs": None, "budget": {"latency": 1.0}}, "budget: expected costs beside it"),
        ({"costs": None}, "objective: expected costs beside 'pareto'"),
        ({"settings": {"objective": "pareto-front"}}, "did you mean 'pareto'"),
        ({"costs": -LATENCY, "settings": {"log_costs": True}}, "log_costs: expected costs > 0"),
    ],
)
def test_impossible_costs_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        pool_search(**options)


def test_costs_that_are_no_numbers_or_have_no_pool_are_refused():
    with pytest.raises(TypeError, match=r"costs\['latency'\]: expected real numbers"):
        pool_search(costs={"latency": ["a"] * 40})
    with pytest.raises(TypeError, match="budget: expected a mapping"):
        pool_search(budget=3.0)
    with pytest.raises(TypeError, match="costs: expected functions without a pool, got"):
        searches.make("random", searches.open_space(), costs={"n": [1.0, 2.0]})


def test_a_function_that_fails_changes_nothing():
    broken = []

    def cost(cell):
        if broken:
            raise ZeroDivisionError
        return n_vertices(cell)

    search = searches.make("tw-2g", searches.open_space(), costs=cost, budget={"cost": 8})
    searches.run(search, [4, 1])
    before = json.dumps(search.state())
    broken.append(True)
    with pytest.raises(ZeroDivisionError):
        search.ask(2)
    assert json.dumps(search.state()) == before
    broken.clear()
    assert len(search.ask(2)) == 2


def test_costs_and_budget_are_described():
    described = [
        json.dumps(pool_search(**options).describe())
        for options in (
            {},
            {"costs": {"latency": LATENCY + 1e-9}},
            {"costs": {"time": LATENCY}},
            {"budget": {"latency": 0.6}},
            {"reference": {"value": 2.0}},
        )
    ]
    assert len(set(described)) == 5
    assert "costs" not in PoolSearch(gram=GRAM, seed=0).describe()["domain"]


@pytest.mark.parametrize("direction", ["minimise", "maximise"])
@pytest.mark.parametrize("m", [1, 2, 3])
def test_hypervolumes_over_queries_against_fronts_of_every_length(m, direction):
    rng = np.random.default_rng(m)
    values, costs = rng.normal(size=30), rng.random((30, m))
    values[7] = np.inf if direction == "minimise" else -np.inf
    costs[11] = np.nan
    names = ["a", "b", "c"][:m]
    ends = {"value": 1.0 if direction == "minimise" else -1.0, **dict.fromkeys(names, 0.9)}
    slow = [
        front(list(range(n)), values[:n], costs[:n], names, direction, ends).hypervolume()
        for n in range(1, 31)
    ]
    assert slow[-1] > slow[0]
    np.testing.assert_allclose(hypervolumes(values, costs, names, direction, ends), slow)
