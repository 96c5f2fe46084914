"""Any calls in any order, against a slow, obvious model of the contract."""

from typing import Any, ClassVar

import numpy as np
import pytest
import searches
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from otnas.search import CellPool, methods
from otnas.search.domain import ExhaustedError
from otnas.search.pool_search import PoolSearch
from otnas.spaces import NASBench201

N_POOL, N_OUTSIDE = 16, 3
COSTS = [float(i % 4) for i in range(N_POOL + N_OUTSIDE)]
BUDGET = 2.0


class Contract(RuleBasedStateMachine):
    """Things have numbers here: those of the pool come first, some from outside it follow."""

    kinds: ClassVar[dict[str, Any]]

    @initialize(data=st.data(), seed=st.integers(0, 3))
    def start(self, data, seed):
        kind = data.draw(st.sampled_from(sorted(self.kinds)))
        self.direction = data.draw(st.sampled_from(["minimise", "maximise"]))
        self.bounded = data.draw(st.booleans())
        known = {"costs": COSTS[:N_POOL], "budget": {"cost": BUDGET}} if self.bounded else {}
        made = self.kinds[kind](seed=seed, initial=1, direction=self.direction, **known)
        self.search, self.things, self.group = made
        self.told, self.pending = {}, []

    # The model.

    def groups(self, numbers):
        return {self.group[number] for number in numbers}

    @property
    def fresh(self):
        """Numbers that may be asked for."""
        seen = self.groups([*self.told, *self.pending])
        affordable = [i for i in range(N_POOL) if not self.bounded or COSTS[i] <= BUDGET]
        return [i for i in affordable if self.group[i] not in seen]

    def forget(self, numbers):
        gone = self.groups(numbers)
        self.pending = [i for i in self.pending if self.group[i] not in gone]

    # The calls.

    def call(self, name, numbers, possible, *rest):
        """Make a call, with a single thing as it is; return whether it was possible."""
        things = [self.things[i] for i in numbers]
        call = getattr(self.search, name)
        if not possible:
            with pytest.raises(ValueError, match="items"):
                call(things, *rest)
        elif len(things) == 1:
            call(things[0], *(value[0] for value in rest))
        else:
            call(things, *rest)
        return possible

    @rule(n=st.integers(1, 4))
    def ask(self, n):
        fresh = self.fresh
        if n > len(self.groups(fresh)):
            with pytest.raises(ExhaustedError):
                self.search.ask(n)
            return
        found = [self.things.index(thing) for thing in self.search.ask(n)]
        assert set(found) <= set(fresh)
        assert len(self.groups(found)) == n
        self.pending += found

    @rule(data=st.data())
    def tell(self, data):
        some = st.lists(st.integers(0, len(self.things) - 1), max_size=2)
        numbers = data.draw(some | st.permutations(self.pending))
        values = [data.draw(st.floats(0.5, 9.0)) for _ in numbers]
        possible = len(set(numbers)) == len(numbers) and not set(numbers) & set(self.told)
        if self.call("tell", numbers, possible, values):
            self.told.update(zip(numbers, values, strict=True))
            self.forget(numbers)

    @rule(numbers=st.lists(st.integers(0, N_POOL - 1), max_size=2))
    def fail(self, numbers):
        possible = len(set(numbers)) == len(numbers) and not set(numbers) & set(self.told)
        if self.call("fail", numbers, possible):
            worst = np.inf if self.direction == "minimise" else -np.inf
            self.told.update(dict.fromkeys(numbers, worst))
            self.forget(numbers)

    @precondition(lambda self: self.pending)
    @rule(data=st.data())
    def cancel(self, data):
        # Also by another thing that counts as the same.
        named = [i for i in range(len(self.things)) if self.group[i] in self.groups(self.pending)]
        numbers = data.draw(st.lists(st.sampled_from(named), max_size=3))
        possible = len(self.groups(numbers)) == len(numbers)
        if self.call("cancel", numbers, possible):
            self.forget(numbers)

    @rule(numbers=st.lists(st.integers(0, N_POOL + N_OUTSIDE - 1), max_size=3))
    def claim(self, numbers):
        numbers = [i for i in numbers if i < len(self.things)]
        seen = self.groups([*self.told, *self.pending])
        possible = len(self.groups(numbers)) == len(numbers) and not self.groups(numbers) & seen
        if self.call("claim", numbers, possible):
            self.pending += numbers

    @rule(number=st.integers(0, N_POOL - 1))
    def cancel_what_is_not_pending(self, number):
        if self.group[number] not in self.groups(self.pending):
            self.call("cancel", [number], possible=False)

    @invariant()
    def is_as_the_model_says(self):
        search = self.search
        assert search.items == [self.things[i] for i in self.told]
        assert search.values.tolist() == list(self.told.values())
        assert search.pending == [self.things[i] for i in self.pending]
        assert search.n_left == len(self.groups(self.fresh))
        if self.told:
            best = min if self.direction == "minimise" else max
            assert search.best[1] == best(self.told.values())


def of_numbers(rule, groups):
    x = np.random.default_rng(0).normal(size=(N_POOL, 2))
    gram = np.exp(-np.abs(x[:, None] - x).sum(axis=2))

    def make(**options):
        found = PoolSearch(gram=gram, batch_rule=rule, groups=groups, **options)
        return found, list(range(N_POOL)), list(range(N_POOL)) if groups is None else groups

    return make


def some_cells():
    """Cells of NAS-Bench-201, of which neighbours count as the same, as one edge is of no use."""
    form = "|{0}~0|+|{1}~0|none~1|+|skip_connect~0|none~1|{2}~2|"
    ops = ["nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3", "skip_connect"]
    rest = [(b, c) for b in ops for c in ops][: N_POOL // 2 + N_OUTSIDE]
    space = NASBench201()
    pairs = [[space.parse(form.format(a, b, c)) for a in ops[:2]] for b, c in rest]
    inside = [cell for pair in pairs[: N_POOL // 2] for cell in pair]
    return space, inside, [pair[0] for pair in pairs[N_POOL // 2 :]]


def of_cells(name, merge):
    space, inside, outside = some_cells()
    cells = [*inside, *outside]
    group = [space.hash(cell) if merge else i for i, cell in enumerate(cells)]
    pool = CellPool(space, inside, merge=merge)

    def make(**options):
        given = searches.SETTINGS.get(name, searches.BATCH)
        return methods.make(name, space, pool=pool, settings=given, **options), cells, group

    return make


class OfNumbers(Contract):
    kinds: ClassVar[dict[str, Any]] = {
        "alone": of_numbers("kdpp-quality", None),
        "in groups": of_numbers("map", [i // 3 for i in range(N_POOL)]),
    }


class OfCells(Contract):
    kinds: ClassVar[dict[str, Any]] = {
        f"{name} {merge}": of_cells(name, merge)
        for name in ("random", "evolution", "local-search", "tw", "optuna-tpe")
        for merge in (True, False)
    }


LIMITS = settings(
    max_examples=50,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
TestOfNumbers = OfNumbers.TestCase
TestOfNumbers.settings = LIMITS
TestOfCells = OfCells.TestCase
TestOfCells.settings = LIMITS
