import pickle

import numpy as np
import pytest
from distance_sources import VectorDistances
from hypothesis import given, settings
from hypothesis import strategies as st
from small_pools import direct_posterior, laplace_kernel, objective, reference_quality_kdpp, run
from small_pools import pool_search as search

from otnas.gp.gram_kernels import PrecomputedKernel
from otnas.gp.kernels import LaplaceKernel
from otnas.search.decision.rules import RULES
from otnas.search.decision.transforms import Identity, Log, LogWinsorised
from otnas.search.pool_search import PoolSearch
from otnas_fast import Embedding

BATCH_RULES = [reference_quality_kdpp, *RULES]


@pytest.mark.parametrize("rule", BATCH_RULES)
@pytest.mark.parametrize("acquisition", ["ei-lcb", "log-ei", "lcb"])
def test_the_whole_pool_is_asked_once_and_then_exhausted(rule, acquisition):
    s = search(batch_rule=rule, acquisition=acquisition, initial=7, n_promising=20)
    asked = run(s, [5] * 4 + [1] * 10 + [5] * 6)
    assert sorted(asked) == list(range(60))
    assert s.n_left == 0
    with pytest.raises(RuntimeError, match=r"exhausted: expected n <= 0, got 1"):
        s.ask()


@pytest.mark.parametrize("rule", BATCH_RULES)
def test_equal_seeds_equal_asks(rule):
    sizes = [10, 4, 1, 1, 4]
    first, second, other = (run(search(batch_rule=rule, seed=seed), sizes) for seed in (3, 3, 4))
    assert first == second != other
    first, second = (
        run(search(batch_rule=rule, seed=np.random.default_rng(3)), sizes) for _ in range(2)
    )
    assert first == second


def test_a_failed_ask_changes_nothing():
    s = search()
    s.ask(58)
    with pytest.raises(RuntimeError, match="expected n <= 2, got 3"):
        s.ask(3)
    assert len(s.pending) == 58
    assert len(s.ask(2)) == 2


def test_partial_tells_in_any_order_and_external_data():
    s = search(initial=5)
    first = s.ask(5)
    s.tell([first[3], first[0]], [1.0, 2.0])
    left = [first[i] for i in (1, 2, 4)]
    assert s.pending == left
    more = s.ask(4)
    assert not set(first) & set(more)
    assert s.pending == left + more
    outside = np.setdiff1d(np.arange(60), first + more)[:2]
    s.tell(outside, [0.5, 3.0])
    assert s.items == [first[3], first[0], *outside]
    np.testing.assert_array_equal(s.values, [1.0, 2.0, 0.5, 3.0])
    assert s.best == (outside[0], 0.5)
    assert not set(outside) & set(s.ask(10))


def test_pending_items_shrink_the_posterior():
    s = search(initial=5, seed=1)
    run(s, [5])
    batch = s.ask(3)
    std = s.posterior.standardised_std
    others = np.setdiff1d(np.arange(60), s.items + s.pending)
    assert std[batch].max() < std[others].min()


def test_the_initial_design_counts_external_data():
    s = search(initial=4)
    s.tell(np.arange(4), objective(np.arange(4)))
    assert s.posterior.process.generation == 0
    s.ask(1)
    assert s.posterior.process.generation == 1


def test_refits_follow_the_schedule():
    s = search(initial=5, refit_every=6)
    run(s, [5] + [2] * 6)
    # Fits at 5, 11 observations; the next is due at 17.
    assert s.posterior.process.generation == 2
    s.ask(1)
    assert s.posterior.process.generation == 3


def test_groups_are_asked_for_once():
    groups = np.arange(60) // 3
    s = search(groups=groups, initial=4, n_promising=6)
    asked = run(s, [4, 5, 1, 5, 5])
    assert sorted(groups[asked]) == list(range(20))
    with pytest.raises(RuntimeError, match="exhausted"):
        s.ask()
    s = search(groups=groups)
    s.tell([0, 1], [1.0, 1.0])
    assert s.n_left == 19


def test_candidates_restrict_the_choice_until_too_few_are_left():
    allowed = np.array([3, 4, 5, 6, 7, 8, 3])
    s = search(initial=3, candidates=lambda search, rng: allowed)
    s.tell([0, 1, 2], [1.0, 2.0, 3.0])
    assert set(s.ask(2)) <= set(allowed)
    assert set(s.ask(1)) <= set(allowed)
    assert set(s.ask(3)) <= set(allowed)
    assert not set(s.ask(2)) & set(allowed)


@pytest.mark.parametrize(("n_duplicates", "dtype"), [(0, None), (30, None), (30, np.float32)])
@pytest.mark.parametrize("transform", ["log-winsorised", "log", "identity", Identity()])
@pytest.mark.parametrize(
    "values",
    [
        lambda i: np.full(i.shape, 0.3),
        lambda i: np.where(i % 3 == 0, np.inf, 0.1 + i * 1e-3),
        lambda i: np.full(i.shape, np.inf),
        lambda i: np.where(i % 4 == 0, 1e300, i * 1.0),
        lambda i: np.zeros(i.shape),
    ],
    ids=["constant", "failures", "all failed", "huge", "zero"],
)
def test_never_fails_numerically(values, transform, n_duplicates, dtype):
    kernel = laplace_kernel(n_duplicates=n_duplicates)
    options = {"initial": 1, "refit_every": 7, "n_promising": 30, "dtype": dtype}
    s = search(kernel, transform=transform, **options)
    for n in [1, 1, 1, 4, 4, 1, 5, 5]:
        items = s.ask(n)
        s.tell(items, values(np.array(items)))
    assert np.unique(s.items).size == 22
    assert np.isfinite(s.posterior.mean).all()


@pytest.mark.parametrize("rule", [reference_quality_kdpp, *RULES])
@pytest.mark.parametrize(
    "gram",
    [
        np.ones((20, 20)),
        np.zeros((20, 20)),
        np.eye(20),
        np.outer(*[np.r_[-np.ones(9), np.ones(11)]] * 2),
    ],
    ids=["ones", "zeros", "identity", "signs"],
)
def test_degenerate_kernels(gram, rule):
    s = search(PrecomputedKernel(gram), initial=3, batch_rule=rule)
    assert sorted(run(s, [3, 1, 4, 1, 5, 6])) == list(range(20))


def test_model_beats_random_on_a_smooth_function():
    rng = np.random.default_rng(0)
    x = rng.random((400, 2))
    values = ((x - 0.3) ** 2).sum(axis=1) + 0.01
    kernel = LaplaceKernel(VectorDistances([x]))
    for sizes in ([10] + [1] * 20, [10] + [5] * 4):
        s = search(kernel, initial=10)
        for n in sizes:
            items = s.ask(n)
            s.tell(items, values[items])
        # 30 random draws of 400 reach the best four in one run of four.
        assert (values < s.best[1]).sum() < 4


@pytest.mark.parametrize(
    ("items", "values", "error", "message"),
    [
        (
            [5],
            [np.nan],
            ValueError,
            "values: expected finite numbers or .inf .* got nan for items.0.",
        ),
        ([5], [-np.inf], ValueError, "got -inf for items.0."),
        ([5, 6], [1.0], ValueError, r"values: expected shape \(2,\), got \(1,\)"),
        (
            [5, 5],
            [1.0, 1.0],
            ValueError,
            r"items\[1\]: expected an item not told before, got 5 again",
        ),
        ([0], [1.0], ValueError, r"items\[0\]: expected an item not told before, got 0 again"),
        ([60], [1.0], IndexError, r"\[0, 60\), got 60"),
        ([-1], [1.0], IndexError, "got -1"),
        ([5], [-1.0], ValueError, "errors >= 0"),
    ],
)
def test_a_rejected_tell_records_nothing(items, values, error, message):
    s = search()
    s.tell([0], [1.0])
    with pytest.raises(error, match=message):
        s.tell(items, values)
    np.testing.assert_array_equal(s.items, [0])
    np.testing.assert_array_equal(s.values, [1.0])
    assert s.n_left == 59


def test_a_copy_goes_on_alike():
    s = search(initial=5)
    run(s, [5, 3])
    s.ask(2)
    twin = pickle.loads(pickle.dumps(s))
    assert run(s, [1, 4, 1]) == run(twin, [1, 4, 1])


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_any_order_of_asks_and_tells(data):
    s = search(laplace_kernel(n_items=30, n_duplicates=8), initial=3, refit_every=4)
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    seen: set[int] = set()
    for _ in range(data.draw(st.integers(1, 8))):
        action = data.draw(st.sampled_from(["ask", "tell", "tell", "external"]))
        if action == "ask" and s.n_left:
            items = s.ask(data.draw(st.integers(1, min(4, s.n_left))))
            assert not seen & set(items)
            seen |= set(items)
        elif action == "tell" and s.pending:
            items = rng.permutation(s.pending)[: data.draw(st.integers(1, len(s.pending)))]
            s.tell(items, objective(items))
        elif action == "external" and s.n_left:
            items = np.setdiff1d(np.arange(30), list(seen))[:1]
            seen |= set(items.tolist())
            s.tell(items, objective(items))
        assert s.n_left == 30 - len(seen)
    process = s.posterior.process
    mean, covariance = direct_posterior(process, np.arange(30), process.rows[process.items.size :])
    np.testing.assert_allclose(s.posterior.standardised_mean, mean, atol=1e-6)
    variance = np.maximum(np.diagonal(covariance), 0)
    np.testing.assert_allclose(s.posterior.standardised_std**2, variance, atol=1e-6)


@pytest.mark.parametrize(
    ("name", "transform"), [("identity", Identity()), ("log", Log()), (None, LogWinsorised())]
)
def test_a_transform_by_name_is_that_one(name, transform):
    by_name = {} if name is None else {"transform": name}
    a, b = search(initial=3, **by_name), search(initial=3, transform=transform)
    shift = -1.5 if name == "identity" else 0.0
    for n in [3, 2, 1, 1, 2, 1]:
        items = a.ask(n)
        assert b.ask(n) == items
        for s in (a, b):
            s.tell(items, objective(items) + shift)
    np.testing.assert_array_equal(a.posterior.mean, b.posterior.mean)


def test_ask_and_best_say_what_is_missing():
    s = search()
    with pytest.raises(ValueError, match="n: expected an integer >= 1, got 0"):
        s.ask(0)
    with pytest.raises(TypeError, match=r"n: expected an integer, got 1\.5"):
        s.ask(1.5)
    assert s.pending == []
    with pytest.raises(RuntimeError, match="best: expected at least one"):
        _ = s.best


def test_an_embedding_is_a_gram_matrix_too():
    points = np.random.default_rng(0).normal(size=(20, 3))
    e = Embedding({"x": points})
    assert run(PoolSearch(gram=e, seed=0), [10, 2]) == run(PoolSearch(e, seed=0), [10, 2])


def test_numbers_of_numpy_are_numbers():
    options = {"n_promising": 5, "refit_every": 2, "kappa": 2.0, "sharpness": 2}
    given = {
        "n_promising": np.int64(5),
        "refit_every": np.int32(2),
        "kappa": np.float32(2),
        "sharpness": np.float32(2),
    }
    a, b = (search(batch_rule="map", initial=3, **kind) for kind in (options, given))
    assert run(a, [3, 2, 1]) == run(b, [3, 2, 1])
    with pytest.raises(TypeError, match="n_promising: expected int"):
        search(batch_rule="map", n_promising=np.bool_(True))


def test_what_is_maximised_is_chosen_like_its_negative():
    down, up = (
        search(initial=4, transform="identity"),
        search(initial=4, transform="identity", direction="maximise"),
    )
    for n in [4, 1, 1, 3, 2]:
        items = down.ask(n)
        assert up.ask(n) == items
        down.tell(items, objective(items) - 1.3)
        up.tell(items, 1.3 - objective(items))
    assert up.best == (down.best[0], -down.best[1])
    np.testing.assert_array_equal(up.values, -down.values)
    mean, std = up.predictions(items)
    np.testing.assert_array_equal([-mean, std], down.predictions(items))
    with pytest.raises(ValueError, match=r"or -inf for a failed training, got inf"):
        up.tell([59 if 59 not in up.items else 58], [np.inf])


def test_a_rule_of_ones_own():
    asked = []

    def first(candidates, k, rng):
        asked.append((len(candidates), k, candidates.std.shape))
        return range(k)

    s = search(batch_rule=first, initial=3)
    run(s, [3, 4])
    assert asked == [(50, 4, (50,))]
    described = search(batch_rule=first).describe()
    assert described["method"] == "FunctionRule:pool"
    assert described["settings"]["kappa"] == 0.6
