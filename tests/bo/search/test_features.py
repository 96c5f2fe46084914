"""Features and earlier searches: blocks of the kernel and a linear mean, known of every cell."""

import json

import numpy as np
import pytest
import searches

from otnas.search import CellPool, methods
from otnas.search.cells.features import Scores
from otnas.search.cells.prior import LARGEST_PRIOR, EarlierSearch
from otnas.spaces import Categorical, CellSpace, Integers, NASBench201, ParameterSpace
from otnas_fast import Cell, Taxonomy, distances

SPACE = searches.small_space()
CELLS = SPACE.enumerate().cells
ERRORS = searches.errors_of(SPACE, list(CELLS))
MODELS = ("tw-2g", "tw-2g/wl", "kdpp-quality:tw-full", "map:wl")


def earlier(n=20, seed=0, slope=2.0):
    """Results of another task that goes with this one."""
    chosen = np.random.default_rng(seed).choice(len(CELLS), n, replace=False)
    return [CELLS[i] for i in chosen.tolist()], 1.0 + slope * ERRORS[chosen]


def n_vertices(cell):
    return float(len(cell.prune()))


@pytest.mark.parametrize("candidates", ["space", "growing"])
def test_the_model_is_the_dense_process(candidates):
    rng = np.random.default_rng(1)
    scores = rng.normal(size=len(CELLS))
    search = searches.make(
        "tw-2g",
        SPACE,
        pool=CellPool(SPACE),
        features={"score": 3.0 * scores + 5.0},
        prior={"before": earlier()},
        settings={**searches.BATCH, "candidates": candidates},
    )
    searches.run(search, [4, 1, 1, 2, 1])
    search.ask()
    model, told = search.model, search.items
    process = model.process
    parameters = dict(zip(process.parameters.names, np.exp(process.log_parameters), strict=True))
    assert list(parameters)[:5] == [
        f"lengthscale_{n}" for n in ("operations", "indegree", "outdegree", "score", "before")
    ]
    source = EarlierSearch("before", earlier(), SPACE, CellPool(SPACE), "minimise")
    m, s = (np.ravel(x) for x in source.of(CELLS))
    blocks = distances(CELLS)
    scores = (scores - scores.mean()) / scores.std()
    z = np.stack([scores, m])
    blocks = [*blocks, *np.abs(z[:, :, None] - z[:, None])]
    lengthscales = list(parameters.values())[:5]
    gram = parameters["variance"] * np.exp(
        -sum(d / scale for d, scale in zip(blocks, lengthscales, strict=True))
    )
    gram += parameters["weight_score"] * np.outer(scores, scores)
    gram += parameters["weight_before"] * (np.outer(m, m) + np.diag(s**2))
    at = [CellPool(SPACE).locate(cell) for cell in told]
    targets = process.standardised_targets
    noisy = gram[np.ix_(at, at)] + parameters["noise"] * np.eye(len(at))
    expected = gram[:, at] @ np.linalg.solve(noisy, targets)
    items = model.of_pool(np.arange(len(CELLS))) if candidates == "space" else model.place(CELLS)
    mean, _ = model.posterior.standardised_moments(items)
    # Cells told are candidates no more, and would be items of their own.
    others = np.setdiff1d(np.arange(len(CELLS)), at)
    np.testing.assert_allclose(mean[others], expected[others], atol=1e-7)


@pytest.mark.parametrize("kind", searches.KINDS)
@pytest.mark.parametrize("name", MODELS)
def test_searches_with_features_and_a_prior_repeat_and_go_on(name, kind):
    space = searches.space_for(name, kind)
    known = {"features": {"n": n_vertices}, "prior": earlier()}
    one, two = (searches.make(name, space, **known) for _ in range(2))
    sizes = [4, 1, 2, 1]
    asked = searches.run(one, sizes)
    assert asked == searches.run(two, sizes)
    assert len(set(asked)) == 8
    assert {"n", "prior"} <= one.model.relevances.keys()
    third = searches.make(name, space, **known)
    third.claim(asked)
    third.tell(asked, one.values)
    third.restore(json.loads(json.dumps(one.state())))
    assert third.ask(2) == one.ask(2)


def test_places_of_parameters_take_a_prior():
    space = ParameterSpace({"layers": Integers(1, 30), "kind": Categorical(["a", "b", "c"])})
    rng = np.random.default_rng(0)
    before = [space.random(rng) for _ in range(15)]
    values = [abs(c["layers"] - 20) / 10 + (c["kind"] != "b") for c in before]
    search = methods.make("places", space, seed=0, initial=3, prior=(before, values))
    for _ in range(6):
        items = search.ask()
        search.tell(items, [abs(c["layers"] - 20) / 10 + (c["kind"] != "b") for c in items])
    assert search.best[1] < 0.5


def test_cells_at_distance_0_with_other_features_are_different_items():
    space = NASBench201()
    texts = [
        f"|{op}~0|+|nor_conv_3x3~0|none~1|+|skip_connect~0|none~1|nor_conv_1x1~2|"
        for op in ("nor_conv_3x3", "avg_pool_3x3", "none")
    ]
    pool = CellPool(space, texts, merge=False)
    search = methods.make("tw-2g", space, seed=0, pool=pool, initial=1, features=[0.0, 1.0, 0.0])
    items = search.model.of_pool(np.arange(3))
    assert items[0] == items[2] != items[1]
    assert search.model.relevances.keys() >= {"feature"}


def test_a_posterior_says_nothing_where_nothing_is_known():
    near = [cell for cell in CELLS if len(cell) <= 3]
    source = EarlierSearch(
        "prior", (near, searches.errors_of(SPACE, near)), SPACE, None, "minimise"
    )
    mean, std = (np.ravel(x) for x in source.of(CELLS))
    known = np.array([len(cell) <= 3 for cell in CELLS])
    assert std[known].max() < std[~known].min()
    assert np.abs(mean[known]).max() > np.abs(mean[~known]).mean()


def test_an_earlier_search_saves_queries_and_a_permuted_one_costs_few():
    """Over seeds; two and three standard errors of the paired differences are asked for."""
    space = CellSpace(searches.taxonomy(), max_vertices=5, max_edges=6)
    pool = CellPool(space)
    cells = list(pool.cells)
    # Errors of either task: most of them is common.
    common = np.array([error_without_noise(cell) for cell in cells])
    noise = 0.4 * np.random.default_rng(0).random((2, len(cells)))
    before, now = common + noise
    good = np.sort(now)[10]

    def queries(seed, **known):
        search = searches.make("tw-2g", space, pool=pool, seed=seed, initial=4, **known)
        while len(search.items) < 40 and not (search.items and search.best[1] <= good):
            told = search.ask(4 if not search.items else 1)
            search.tell(told, now[[pool.locate(cell) for cell in told]])
        return len(search.items)

    found = np.zeros((12, 3))
    for seed in range(12):
        rng = np.random.default_rng(seed)
        chosen = rng.choice(len(cells), 40, replace=False)
        earlier = [cells[i] for i in chosen.tolist()]
        related, permuted = (earlier, before[chosen]), (earlier, rng.permutation(before[chosen]))
        found[seed] = [queries(seed, prior=p) for p in (None, related, permuted)]
    saved, cost = found[:, 0] - found[:, 1], found[:, 2] - found[:, 0]
    assert saved.mean() > 2 * saved.std(ddof=1) / np.sqrt(12)
    assert cost.mean() < 3 * cost.std(ddof=1) / np.sqrt(12) + 1


def error_without_noise(cell):
    pruned = cell.prune()
    return 8.0 - 1.5 * sum(op == "conv5" for op in pruned.ops) + 0.5 * len(pruned)


def test_results_of_another_space_whose_operations_are_known():
    wide = Taxonomy({"conv": ["conv3", "conv5"], "pool": ["max"], "skip": ["skip"]}, name="wide")
    cells = [Cell(cell.matrix, cell.ops, taxonomy=wide) for cell in earlier()[0]]
    assert searches.make("tw-2g", SPACE, prior=(cells, earlier()[1])).ask()
    cells[3] = Cell([[0, 1, 0], [0, 0, 1], [0, 0, 0]], ["input", "skip", "output"], taxonomy=wide)
    with pytest.raises(ValueError, match=r"prior.architectures\[3\].*'skip'"):
        searches.make("tw-2g", SPACE, prior=(cells, earlier()[1]))


def test_maximised_values_make_the_same_feature():
    cells, values = earlier()
    minimised = EarlierSearch("prior", (cells, values), SPACE, None, "minimise")
    maximised = EarlierSearch("prior", (cells, 100.0 - values), SPACE, None, "maximise")
    one, two = (np.ravel(source.of(CELLS)[0]) for source in (minimised, maximised))
    assert np.corrcoef(one, two)[0, 1] > 0.9  # logarithms aside
    negative = EarlierSearch("prior", (cells, values - 100.0), SPACE, None, "minimise")
    np.testing.assert_allclose(np.ravel(negative.of(CELLS)[0]), two)
    failed = np.where(values > np.median(values), np.inf, values)
    assert EarlierSearch("prior", (cells, failed), SPACE, None, "minimise").of(CELLS)


def test_scores_are_standardised_and_unknown_outside_of_the_pool():
    scores = Scores({"a": np.arange(40.0)}, SPACE, CellPool(SPACE, CELLS[:40]))
    values, deviations = scores.of([CELLS[3], CELLS[60]])
    spread = np.arange(40.0).std()
    np.testing.assert_allclose(values[:, 0], [(3 - 19.5) / spread, 0.0])
    np.testing.assert_allclose(deviations[:, 0], [0.0, 1.0])


def test_features_and_priors_are_described_by_content():
    cells, values = earlier()
    described = [
        json.dumps(searches.make("tw-2g", SPACE, **known).describe())
        for known in (
            {},
            {"features": n_vertices},
            {"features": {"n": n_vertices}},
            {"features": ERRORS},
            {"prior": (cells, values)},
            {"prior": (cells, values + 1.0)},
            {"prior": (cells[:-1], values[:-1])},
            {"prior": [(cells, values)] * 2},
        )
    ]
    assert len(set(described)) == 8
    again = searches.make("tw-2g", SPACE, prior=(cells, values)).describe()
    assert json.dumps(again) == described[4]


CELLS_5, VALUES_5 = earlier(5)
NAN, GOOD = np.array([1, 2, np.nan, 3, 4]), np.array([1, 2, -np.inf, 3, 4])


@pytest.mark.parametrize(
    ("known", "error", "message"),
    [
        ({"features": np.ones(82)}, ValueError, r"features\['feature'\]: expected numbers that"),
        ({"features": np.ones(5)}, ValueError, r"features\['feature'\]: expected shape \(82,\)"),
        ({"features": {"a": ["x"] * 82}}, TypeError, r"features\['a'\]: expected real numbers"),
        ({"features": lambda cell: np.nan}, ValueError, "expected a finite number for"),
        ({"features": {}}, ValueError, "features: expected names"),
        ({"prior": (CELLS_5, VALUES_5[:3])}, ValueError, r"prior.values: expected shape \(5,\)"),
        ({"prior": (CELLS_5, NAN)}, ValueError, "prior.values: expected numbers, got NaN"),
        ({"prior": (CELLS_5, GOOD)}, ValueError, "prior.values: .*infinitely good"),
        ({"prior": (CELLS_5[:1], [1.0])}, ValueError, "from 2 to 2000 results, got 1"),
        ({"prior": ([], [])}, ValueError, "prior.values: expected from 2 to"),
        ({"prior": (["a", "b"], [1.0, 2.0])}, (ValueError, TypeError), "prior.architectures"),
        ({"prior": 3}, TypeError, "prior: expected a study or a pair"),
        ({"prior": "runs/a.jsonl"}, TypeError, "prior: expected a study or a pair"),
        ({"prior": []}, ValueError, "prior: expected earlier searches"),
        ({"prior": {"": (CELLS_5, VALUES_5)}}, ValueError, "prior: expected earlier searches"),
        ({"prior": {"a": (3, VALUES_5)}}, TypeError, r"prior\['a'\]: expected architectures"),
        (
            {"prior": {"a": (CELLS_5, VALUES_5)}, "features": {"a": ERRORS}},
            ValueError,
            "features: expected a name for each, got 'a' twice",
        ),
    ],
)
def test_impossible_features_and_priors_are_refused(known, error, message):
    with pytest.raises(error, match=message):
        searches.make("tw-2g", SPACE, **known)


def test_methods_without_a_process_and_priors_that_are_too_large_are_refused():
    with pytest.raises(ValueError, match="prior: expected a method with a Gaussian process"):
        searches.make("evolution", SPACE, prior=earlier())
    with pytest.raises(ValueError, match="features: expected a method with a Gaussian"):
        searches.make("random", SPACE, features=ERRORS)
    many = LARGEST_PRIOR + 1
    with pytest.raises(ValueError, match=f"to {LARGEST_PRIOR} results, got {many}"):
        searches.make("tw-2g", SPACE, prior=([CELLS[0]] * many, np.arange(many)))
