"""Bayesian optimisation of cells: posteriors, candidates, settings."""

import numpy as np
import pytest
import searches

from otnas.gp import tree_wasserstein_kernel
from otnas.gp.kernels import LaplaceKernel
from otnas.search import CellPool, PoolSearch, cell_search, methods
from otnas.search.cells.distances import CellDistances
from otnas.search.cells.distances.tree_wasserstein import TreeWasserstein
from otnas.search.cells.items import CellItems
from otnas.search.cells.kernels import KERNELS
from otnas.spaces import NASBench201
from otnas_fast import as_cells, embed

SPACE = searches.small_space()
POOL = CellPool(SPACE)


def condition(model, told, targets, pending):
    """What a search does with told and pending cells."""
    new = told[model.process.items.size :]
    items = model.keep([*new, *pending])
    model.process.add(items[: len(new)], targets[len(told) - len(new) :])
    model.process.set_targets(targets)
    model.process.set_pending(items[len(new) :])


def direct_posterior(process, kernel_of, told, targets, pending, asked):
    """docs/maths.md Eq. (4) over a list of cells, by solving; standardised."""
    cells = [*told, *pending, *asked]
    source = kernel_of()
    source.append(as_cells(cells))
    kernel = LaplaceKernel(source)
    theta = process.log_parameters
    i = np.arange(len(cells))
    gram = kernel.block(i, i, theta[:-1])
    n, m = len(told), len(told) + len(pending)
    noise = np.exp(theta[-1])
    y = (targets - targets.mean()) / targets.std()
    mean = gram[m:, :n] @ np.linalg.solve(gram[:n, :n] + noise * np.eye(n), y)
    k_y = gram[:m, :m] + noise * np.eye(m)
    covariance = gram[m:, m:] - gram[m:, :m] @ np.linalg.solve(k_y, gram[:m, m:])
    return mean, covariance


@pytest.mark.parametrize("name", ["tw", "tw-2g", "tw-path", "path", "edit", "ot", "wl"])
@pytest.mark.parametrize("whole_pool", [True, False])
def test_posterior_of_cells(name, whole_pool):
    def kernel_of():
        return KERNELS[name].distances(SPACE)

    model = CellItems(kernel_of(), SPACE, POOL, whole_pool=whole_pool, noise_floor=1e-4)
    rng = np.random.default_rng(0)
    positions = rng.permutation(len(POOL))
    told = [POOL[i] for i in positions[:12]]
    pending = [POOL[i] for i in positions[12:15]]
    targets = rng.random(12)
    # In two steps, one of the pending told in between.
    condition(model, told[:7], targets[:7], [told[7], pending[0]])
    condition(model, told, targets, pending)
    model.process.fit()
    asked = positions[15:25]
    cells = [POOL[i] for i in asked]
    items = model.of_pool(asked) if whole_pool else model.place(cells)
    mean, covariance = direct_posterior(model.process, kernel_of, told, targets, pending, cells)
    np.testing.assert_allclose(model.posterior.standardised_moments(items)[0], mean, atol=1e-6)
    np.testing.assert_allclose(
        model.posterior.standardised_moments(items)[1],
        np.sqrt(np.maximum(np.diagonal(covariance), 0)),
        atol=1e-4,
    )
    np.testing.assert_allclose(
        model.posterior.standardised_covariance(items), covariance, atol=1e-6
    )


def test_cells_from_outside_the_pool_count():
    half = CellPool(SPACE, POOL.cells[::2])
    model = CellItems(TreeWasserstein("tw-2g"), SPACE, half, whole_pool=True, noise_floor=1e-4)
    rng = np.random.default_rng(1)
    told = [POOL[i] for i in rng.permutation(len(POOL))[:20]]
    targets = rng.random(20)
    condition(model, told[:5], targets[:5], [])
    model.process.fit()
    condition(model, told, targets, [])
    items = model.of_pool(np.arange(len(half)))
    mean, covariance = direct_posterior(
        model.process, lambda: TreeWasserstein("tw-2g"), told, targets, [], list(half.cells)
    )
    np.testing.assert_allclose(model.posterior.standardised_moments(items)[0], mean, atol=1e-6)
    np.testing.assert_allclose(
        model.posterior.standardised_covariance(items), covariance, atol=1e-6
    )


def test_one_by_one_it_chooses_what_pool_search_chooses():
    """The same model over item numbers, without the treatment of equal cells."""
    search = searches.make("tw-2g", SPACE, initial=6, settings={"refit_every": 1})
    searches.run(search, [6])
    embedding = embed(POOL.cells, ngram=2)
    scales = search.model._scales
    reference = PoolSearch(
        tree_wasserstein_kernel(embedding, scales=scales),
        initial=6,
        settings={"refit_every": 1},
        groups=POOL.labels,
        seed=0,
    )
    for _ in range(8):
        told = [POOL.locate(cell) for cell in search.items[len(reference.items) :]]
        reference.tell(told, search.values[len(reference.items) :])
        cell = search.ask()[0]
        item = reference.ask()[0]
        # Ties are broken at random: equal embeddings are equally good.
        assert (embedding.to_array()[POOL.locate(cell)] == embedding.to_array()[item]).all()
        if POOL.locate(cell) != item:
            break
        search.tell([cell], searches.errors_of(SPACE, [cell]))


def test_predictions_are_moments_of_a_log_normal():
    search = searches.make("tw-2g", SPACE, initial=8, settings={"transform": "log"})
    searches.run(search, [8])
    cell = search.ask()[0]
    process = search.model.process
    m, s = search.model.posterior.standardised_moments(
        search.model.of_pool(np.array([POOL.locate(cell)]))
    )
    m, s = process.offset + process.scale * m[0], process.scale * s[0]
    draws = np.exp(np.random.default_rng(0).normal(m, s, 200_000))
    mean, std = search.predictions([cell])
    assert mean[0] == pytest.approx(draws.mean(), rel=0.01)
    assert std[0] == pytest.approx(draws.std(), rel=0.02)


def test_mutation_candidates_are_neighbours_of_the_best():
    space = NASBench201()
    search = searches.make(
        "tw-2g", space, initial=6, settings={"candidates": "mutation", "n_parents": 2}
    )
    searches.run(search, [6])
    best = np.argsort(search.values)[:2]
    near = {cell for i in best for cell in space.neighbours(search.items[i])}
    assert set(search.ask(3)) <= near


def test_growing_candidates_keep_the_most_promising():
    settings = {"n_mutations": 5, "n_random": 5, "n_kept": 4}
    search = searches.make("tw", searches.open_space(), settings=settings)
    searches.run(search, [4, 1])
    assert len(search._kept) == 4
    asked = searches.run(search, [2, 2, 2])
    assert not set(asked) & set(search._kept)


def test_slow_kernels_mutate_by_default():
    assert searches.make("gw", SPACE)._mode == "mutation"
    assert searches.make("tw", SPACE)._mode == "space"
    assert searches.make("tw", searches.open_space())._mode == "growing"
    with pytest.raises(ValueError, match=r"candidates: expected 'mutation'.*got 'space'"):
        searches.make("tw", searches.open_space(), settings={"candidates": "space"})


def test_whole_pools_by_default_up_to_what_their_kernels_take(monkeypatch):
    monkeypatch.setattr(cell_search, "LARGEST_WHOLE_POOL", len(POOL) - 1)
    assert searches.make("tw", SPACE)._mode == "growing"
    monkeypatch.setattr(cell_search, "LARGEST_WHOLE_POOL", len(POOL))
    assert searches.make("tw", SPACE)._mode == searches.make("path", SPACE)._mode == "space"
    monkeypatch.setattr(CellDistances, "largest_pool", len(POOL) - 1)
    assert searches.make("tw", SPACE)._mode == "space"
    assert searches.make("path", SPACE)._mode == "growing"


def test_batches_hold_one_of_each_group():
    """NAS-Bench-201 strings of one hash, most promising though they all may be."""
    space = NASBench201()
    search = searches.make("top-k:tw-2g", space, initial=5)
    cells = searches.run(search, [5, 12])
    assert len({space.hash(cell) for cell in cells}) == 17


def test_negative_errors_need_another_transform():
    search = searches.make("tw", SPACE)
    cells = search.ask(2)
    with pytest.raises(ValueError, match=r"expected errors >= 0.*'identity'"):
        search.tell(cells, [-1.0, 2.0])
    assert search.items == []
    assert search.pending == cells
    search = searches.make("tw", SPACE, settings={"transform": "identity"})
    search.tell(search.ask(4), [-1.0, 2.0, 3.0, np.inf])
    assert len(search.ask(2)) == 2


def test_missing_pot_names_the_extra(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "ot", None)
    with pytest.raises(ImportError, match=r"'ot' needs ot.*otnas\[baselines\]"):
        methods.make("ot", SPACE, seed=0)


@pytest.mark.parametrize("measure", ["depth", "terminals"])
def test_the_data_decide_which_measures_count(measure):
    distances = TreeWasserstein("tw-full")
    model = CellItems(distances, SPACE, POOL, whole_pool=True, noise_floor=1e-4)
    names = distances.names
    assert list(model.relevances.values()) == pytest.approx([1 / len(names)] * len(names))
    block = embed(POOL.cells, measures=measure).to_array()
    targets = block @ np.linspace(1.0, 2.0, block.shape[1])
    told = np.random.default_rng(0).permutation(len(POOL))[:40]
    condition(model, [POOL[i] for i in told], targets[told], [])
    model.process.fit()
    relevances = model.relevances
    assert max(relevances, key=relevances.__getitem__) == measure
    others = [value for name, value in relevances.items() if name != measure]
    assert relevances[measure] > 3 * max(others)


@pytest.mark.parametrize(("n_told", "n_pending"), [(8, 0), (9, 0), (8, 1), (9, 1)])
def test_improvement_and_bound_take_turns(n_told, n_pending):
    cells = [POOL[i] for i in np.random.default_rng(5).permutation(len(POOL))[:10]]

    def choice(acquisition: str) -> object:
        settings = {"acquisition": acquisition, "kappa": 0.0, "refit_every": 1}
        initial = n_told + n_pending
        search = searches.make("tw-2g", SPACE, initial=initial, settings=settings)
        search.tell(cells[:n_told], searches.errors_of(SPACE, cells[:n_told]))
        if n_pending:
            search.ask(n_pending)  # of the initial design, whatever the acquisition
        return search.ask()[0]

    turns, improvement, bound = (choice(a) for a in ("ei-lcb", "log-ei", "lcb"))
    assert improvement != bound
    assert turns == (improvement if (n_told + n_pending) % 2 == 0 else bound)


@pytest.mark.parametrize("rule", ["map", "bucb", "believer", "liar", "penalise", "top-k"])
def test_in_batches_it_chooses_what_pool_search_chooses(rule):
    search = searches.make(f"{rule}:tw-2g", SPACE, initial=8, settings={"n_promising": 20})
    embedding = embed(POOL.cells, ngram=2)
    first, labels = embedding.groups()
    told = [POOL[i] for i in np.random.default_rng(2).permutation(len(POOL))[:12]]
    errors = searches.errors_of(SPACE, told)
    search.tell(told, errors)
    reference = PoolSearch(
        tree_wasserstein_kernel(embedding, scales=search.model._scales),
        initial=8,
        batch_rule=rule,
        settings={"n_promising": 20},
        groups=POOL.labels,
        seed=0,
    )
    reference.tell([POOL.locate(cell) for cell in told], errors)
    # Items of equal vectors are equally good, so compare vectors.
    assert first.size < len(POOL)
    chosen = [labels[POOL.locate(cell)] for cell in search.ask(4)]
    assert chosen == labels[reference.ask(4)].tolist()
