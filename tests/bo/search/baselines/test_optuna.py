"""Optuna's samplers against studies made by hand."""

import logging
import sys
import threading
import warnings
from importlib.util import find_spec

import numpy as np
import optuna
import pytest
import searches

from otnas.search import CellPool, methods
from otnas.search.baselines.optuna import OptunaSearch
from otnas.search.baselines.optuna_study import quiet
from otnas.search.cells.domain import CellDomain
from otnas.spaces import NASBench201
from otnas_fast import as_cells

needs_torch = pytest.mark.skipif(
    find_spec("torch") is None, reason="PyTorch is not installed: pip install 'otnas[peers]'"
)
both = pytest.mark.parametrize("name", ["optuna-tpe", pytest.param("optuna-gp", marks=needs_torch)])
SAMPLERS = {
    "optuna-tpe": lambda seed: optuna.samplers.TPESampler(
        seed=seed, n_startup_trials=1, n_ei_candidates=24, multivariate=True, constant_liar=True
    ),
    "optuna-gp": lambda seed: optuna.samplers.GPSampler(seed=seed, n_startup_trials=1),
}


def states(search):
    return [state for state, _, _ in search._study.trials]


def constant(values):
    """A sampler that always suggests the same."""

    def make(optuna, seed):
        fixed = {f"{i:03d}": value for i, value in enumerate(values)}
        with quiet():
            return optuna.samplers.PartialFixedSampler(fixed, optuna.samplers.RandomSampler(seed))

    return make


@both
def test_choices_by_a_study_made_by_hand(name):
    """From the same seed: first suggestion after the design, answered repeats, failed trainings."""
    space, initial, n = searches.small_sequences(), 5, 9
    search = searches.make(name, space, initial=initial, settings={"repeats": 50})
    twin_rng = searches.make("random", space, initial=initial)._rng
    cells = searches.run(search, [initial])
    errors = searches.errors_of(space, cells)

    categorical = optuna.distributions.CategoricalDistribution(("conv3", "conv5", "max"))
    distributions = {f"{i:03d}": categorical for i in range(4)}
    with quiet():
        study = optuna.create_study(sampler=SAMPLERS[name](int(twin_rng.integers(2**31))))
        for cell, error in zip(cells, errors, strict=True):
            params = dict(zip(distributions, cell.ops[1:-1], strict=True))
            study.add_trial(
                optuna.trial.create_trial(params=params, distributions=distributions, value=error)
            )
        known = dict(zip(cells, errors, strict=True))
        expected = []
        while len(expected) < n:
            trial = study.ask(distributions)
            cell = space.parse(",".join(trial.params[name] for name in distributions))
            if cell not in known:
                expected.append(cell)
                known[cell] = np.inf if len(expected) == 3 else searches.error_of(space, cell)
            study.tell(trial, known[cell])
    for cell in expected:
        assert search.ask() == [cell]
        search.tell([cell], [known[cell]])
    assert [value for _, _, value in search._study.trials] == [t.value for t in study.trials]


def test_repeats_are_answered_from_memory():
    space = searches.tiny_space()
    search = searches.make("optuna-tpe", space, initial=3, settings={"repeats": 10_000})
    cells = searches.run(search, [3, 1, 1, 1, 1, 1])
    assert len(set(cells)) == 8
    trials = search._study.trials
    assert len(trials) > 8
    assert set(states(search)) == {"COMPLETE"}
    for _, values, value in trials:
        assert value == searches.error_of(space, space.cell_of(values))


def test_equal_architectures_of_different_text_are_repeats():
    """Cells of NAS-Bench-201 in which the changed operation is cut off from the output."""
    space = NASBench201()
    first, same, third = (
        space.parse(f"|{op}~0|+|nor_conv_3x3~0|none~1|+|skip_connect~0|none~1|nor_conv_1x1~2|")
        for op in ("nor_conv_3x3", "avg_pool_3x3", "none")
    )
    assert space.hash(first) == space.hash(same)
    search = OptunaSearch(
        "constant", constant(space.values_of(same)), 7, CellDomain(space), seed=0, initial=1
    )
    search.tell([first], [4.0])
    (drawn,) = search.ask()
    assert space.hash(drawn) != space.hash(first)
    assert search._study.trials == [
        ("COMPLETE", space.values_of(first), 4.0),
        *[("COMPLETE", space.values_of(same), 4.0)] * 7,
        ("RUNNING", space.values_of(drawn), None),
    ]
    # The best of all texts counts.
    search.tell([same], [3.0])
    search.ask()
    assert [value for _, _, value in search._study.trials].count(3.0) == 1 + 7
    search.tell([third], [5.0])
    search.ask()
    assert [value for _, _, value in search._study.trials].count(3.0) == 1 + 7 + 7


def test_a_uniform_draw_after_too_many_repeats():
    space = searches.small_sequences()
    drawn = set()
    for seed in range(30):
        search = OptunaSearch(
            "constant", constant(["max"] * 4), 5, CellDomain(space), seed=seed, initial=1
        )
        first = search.ask()
        search.tell(first, [1.0])
        if first == [space.cell_of(["max"] * 4)]:
            continue
        assert search.ask() == [space.cell_of(["max"] * 4)]
        # It is pending: its repeats are running, too, and get its error.
        drawn.update(search.ask())
        assert states(search) == ["COMPLETE"] + 7 * ["RUNNING"]
        search.tell([space.cell_of(["max"] * 4)], [2.0])
        assert [value for _, _, value in search._study.trials] == [1.0, *6 * [2.0], None]
    assert len(drawn) > 15


@both
def test_pending_cells_are_running_trials(name):
    space = searches.small_sequences()
    search = searches.make(name, space, initial=6)
    design = search.ask(6)
    search.tell(design[:4], [5.0, 6.0, 7.0, np.inf])
    chosen = search.ask(3)
    running = [values for state, values, _ in search._study.trials if state == "RUNNING"]
    assert {space.cell_of(values) for values in running} == {*design[4:], *chosen}
    search.tell([chosen[1], design[5]], [3.0, np.inf])
    search.tell([chosen[0], chosen[2], design[4]], [8.0, 9.0, 4.0])
    assert set(states(search)) == {"COMPLETE"}
    told = dict(zip(search.items, search.values, strict=True))
    for _, values, value in search._study.trials:
        assert value == told[space.cell_of(values)]


def test_pending_cells_push_the_estimator_away():
    """Without the constant liar, what is suggested would not depend on what is pending."""
    space = searches.open_sequences()

    def next_cells(pending):
        search = searches.make("optuna-tpe", space, initial=8)
        searches.run(search, [8])
        search.ask(pending)
        # The sampler as if it had suggested nothing since the start.
        search._study._study.sampler._rng.rng.seed(0)
        return [values for _ in range(20) for _, values in [search._study.ask()]]

    assert next_cells(1) == next_cells(1)
    assert next_cells(1) != next_cells(12)


def test_an_ask_that_fails_leaves_no_trials(monkeypatch):
    space = searches.small_sequences()
    search, twin = searches.make("optuna-tpe", space), searches.make("optuna-tpe", space)
    for one in (search, twin):
        searches.run(one, [4])
    suggestion, calls = search._suggestion, []

    def interrupted(taken):
        calls.append(1)
        if len(calls) == 3:
            raise OSError("no luck")
        return suggestion(taken)

    monkeypatch.setattr(search, "_suggestion", interrupted)
    with pytest.raises(OSError, match="no luck"):
        search.ask(4)
    monkeypatch.undo()
    assert search.pending == []
    assert states(search) == ["COMPLETE"] * 4
    assert search.ask(2) == twin.ask(2)
    assert search._study.trials == twin._study.trials


def test_cells_outside_of_the_pool_are_failed_trials():
    space = searches.small_sequences()
    pool = CellPool(space, space.enumerate().cells[::5])
    search = searches.make("optuna-tpe", space, pool=pool, settings={"repeats": 1000})
    cells = searches.run(search, [4, 1, 2, 1])
    assert all(cell in list(pool.cells) for cell in cells)
    outside = [values for state, values, _ in search._study.trials if state == "FAIL"]
    assert outside
    assert not {space.cell_of(values) for values in outside} & set(pool.cells)


@pytest.mark.parametrize(
    ("name", "seeds", "queries"),
    [("optuna-tpe", 10, 25), pytest.param("optuna-gp", 2, 10, marks=needs_torch)],
)
def test_finds_good_cells_sooner_than_random(name, seeds, queries):
    space = NASBench201()
    weights = np.random.default_rng(0).normal(size=(6, 5))

    def error_of(cell):
        digits = [space.choices[i].index(v) for i, v in enumerate(space.values_of(cell))]
        return 10.0 + sum(weights[i, digit] for i, digit in enumerate(digits))

    def best(name):
        found = []
        for seed in range(seeds):
            search = methods.make(name, space, seed=seed, initial=15)
            for n in (15, *[1] * queries):
                cells = search.ask(n)
                search.tell(cells, [error_of(cell) for cell in cells])
            found.append(search.best[1])
        return np.mean(found)

    assert best(name) < best("random") - 0.5


@both
def test_no_global_randomness(name):
    space = searches.small_sequences()
    before = np.random.get_state()[1].tolist()  # noqa: NPY002
    first = searches.run(searches.make(name, space), [4, 1, 1])
    assert np.random.get_state()[1].tolist() == before  # noqa: NPY002
    np.random.random(1000)  # noqa: NPY002
    assert np.random.get_state()[1].tolist() != before  # noqa: NPY002
    assert searches.run(searches.make(name, space), [4, 1, 1]) == first


@both
def test_the_users_logging_and_warnings_are_left_alone(name):
    records = []

    class Handler(logging.Handler):
        def emit(self, record):
            records.append(record)

    optuna.logging.set_verbosity(optuna.logging.DEBUG)
    root, handler = logging.getLogger("optuna"), Handler()
    root.addHandler(handler)
    filters = list(warnings.filters)
    try:
        search = searches.make(name, searches.small_sequences())
        for n, errors in ((4, [np.inf, 5.0, 6.0, 7.0]), (1, [np.inf]), (1, [4.0])):
            search.tell(search.ask(n), errors)
        assert records == []
        assert optuna.logging.get_verbosity() == optuna.logging.DEBUG
        assert list(warnings.filters) == filters
        optuna.create_study()
        assert len(records) == 1
    finally:
        root.removeHandler(handler)
        optuna.logging.set_verbosity(optuna.logging.INFO)


def test_messages_of_other_threads_and_errors_pass():
    logger, records = logging.getLogger("optuna.study"), []
    handler = logging.Handler()
    handler.emit = records.append
    logger.addHandler(handler)
    try:
        with quiet():
            logger.warning("dropped")
            logger.error("kept")
            thread = threading.Thread(target=lambda: logger.warning("of another"))
            thread.start()
            thread.join()
        logger.warning("after")
    finally:
        logger.removeHandler(handler)
    assert [record.getMessage() for record in records] == ["kept", "of another", "after"]


@pytest.mark.parametrize("name", ["optuna-tpe", "optuna-gp"])
def test_unsuitable_spaces(name):
    message = rf"space: expected .*categorical choices .* for method '{name}', got toy"
    with pytest.raises(ValueError, match=message):
        searches.make(name, searches.small_space())


def test_missing_packages_name_the_extra(monkeypatch):
    space = searches.small_sequences()
    monkeypatch.setitem(sys.modules, "torch", None)
    message = r"'{}' needs {}, which is not installed: pip install 'otnas\[peers\]'"
    with pytest.raises(ImportError, match=message.format("optuna-gp", "torch")):
        searches.make("optuna-gp", space)
    searches.make("optuna-tpe", space)
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(ImportError, match=message.format("optuna-tpe", "optuna")):
        searches.make("optuna-tpe", space)


def test_settings_are_checked():
    with pytest.raises(ValueError, match="repeats: expected a finite number >= 1, got 0"):
        searches.make("optuna-tpe", searches.tiny_space(), settings={"repeats": 0})
    with pytest.raises(ValueError, match="n_ei_candidates"):
        searches.make("optuna-tpe", searches.tiny_space(), settings={"n_ei_candidates": 0})
    with pytest.raises(ValueError, match="repeats"):
        searches.make("optuna-gp", searches.tiny_space(), settings={"repeats": 0})


def test_settings_reach_the_sampler():
    space = searches.small_sequences()
    settings = {"n_ei_candidates": 7, "multivariate": False}
    sampler = searches.make("optuna-tpe", space, settings=settings)._study._study.sampler
    assert sampler._n_ei_candidates == 7
    assert sampler._multivariate is False
    assert sampler._constant_liar is True


def test_a_pool_that_has_another_text_of_the_architecture():
    """The study is told of what it suggested, the pool of what it has."""
    space = NASBench201()
    texts = [
        f"|{op}~0|+|nor_conv_3x3~0|none~1|+|skip_connect~0|none~1|nor_conv_1x1~2|"
        for op in ("nor_conv_3x3", "avg_pool_3x3")
    ]
    other = "|none~0|+|none~0|none~1|+|skip_connect~0|none~1|none~2|"
    pool = CellPool(space, as_cells([texts[0], other]))
    suggested = space.parse(texts[1])
    search = OptunaSearch(
        "constant",
        constant(space.values_of(suggested)),
        5,
        CellDomain(space, pool),
        seed=0,
        initial=1,
    )
    search.tell([space.parse(other)], [9.0])
    assert search.ask() == [space.parse(texts[0])]
    search.tell([space.parse(texts[0])], [3.0])
    assert search._study.trials[-1] == ("COMPLETE", space.values_of(suggested), 3.0)
