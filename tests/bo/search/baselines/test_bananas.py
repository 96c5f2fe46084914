"""BANANAS against hand-made encodings and an independent computation of its choice."""

import numpy as np
import pytest
import searches
from sklearn.neural_network import MLPRegressor

from otnas.search.baselines.bananas import independent_thompson
from otnas.search.baselines.ensemble import Ensemble
from otnas.search.cells.path_encoding import MAX_WORDS, PathEncoding, path_words
from otnas.search.cells.proposals import mutations_of_best
from otnas.spaces import NASBench201
from otnas_fast import NASBENCH201, Cell

TOY = searches.taxonomy()
C3, C5, MAX = (TOY.codes[op] for op in ("conv3", "conv5", "max"))


def test_path_encoding_by_hand():
    # input -> conv3 -> max -> output, input -> conv5 -> max, input -> output.
    matrix = np.zeros((5, 5), dtype=int)
    for u, v in ((0, 1), (0, 2), (1, 3), (2, 3), (3, 4), (0, 4)):
        matrix[u, v] = 1
    one = Cell(matrix, ["input", "conv3", "conv5", "max", "output"], TOY)
    matrix = np.eye(3, k=1, dtype=int)
    other = Cell(matrix, ["input", "max", "output"], TOY)
    assert path_words(one) == {(), (C3, MAX), (C5, MAX)}
    encoding = PathEncoding([one, other])
    assert encoding.words == ((), (MAX,), (C3, MAX), (C5, MAX))
    np.testing.assert_array_equal(encoding([other, one]), [[0, 1, 0, 0], [1, 0, 1, 1]])
    # Words that no known cell has do not count.
    np.testing.assert_array_equal(PathEncoding([other])([one]), [[0]])


def test_path_words_of_a_nasbench201_cell():
    text = "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|avg_pool_3x3~0|none~1|nor_conv_1x1~2|"
    cell = Cell.from_nasbench201(text)
    names = {tuple(NASBENCH201.names[code] for code in word) for word in path_words(cell.prune())}
    assert names == {("avg_pool_3x3",), ("nor_conv_3x3", "skip_connect", "nor_conv_1x1")}
    nothing = Cell.from_nasbench201("|none~0|+|none~0|none~1|+|none~0|none~1|none~2|")
    assert PathEncoding([nothing])([nothing]).tolist() == [[0.0]]


def test_path_words_by_enumerating_paths():
    space, rng = searches.open_space(), np.random.default_rng(0)

    def walk(cell, vertex, word):
        if vertex == len(cell) - 1:
            yield word[:-1]
        for follower in np.flatnonzero(cell.matrix[vertex]).tolist():
            yield from walk(cell, follower, (*word, cell.codes[follower]))

    for _ in range(20):
        cell = space.random(rng).prune()
        assert path_words(cell) == set(walk(cell, 0, ()))


def test_exponentially_many_paths_are_cut_off():
    cell = Cell(
        np.triu(np.ones((28, 28), dtype=int), 1),
        ["input", *(["conv3", "max"] * 13), "output"],
        TOY,
    )
    words = path_words(cell)
    assert () in words
    assert len(words) <= 4 * MAX_WORDS


def test_independent_thompson_takes_the_lowest_draws():
    mean, std = np.array([3.0, 1.0, 2.0, 1.5]), np.array([0.5, 1.0, 0.0, 2.0])
    draws = mean + std * np.random.default_rng(7).standard_normal(4)
    chosen = independent_thompson(mean, std, 3, np.random.default_rng(7))
    assert chosen.tolist() == np.argsort(draws)[:3].tolist()


def test_independent_thompson_frequencies():
    # P(N(0, 1) < N(1, 4)) = Phi(1 / sqrt 5) = 0.6726.
    rng = np.random.default_rng(1)
    first = [
        independent_thompson(np.array([0.0, 1.0]), np.array([1.0, 2.0]), 1, rng)[0]
        for _ in range(4000)
    ]
    assert np.mean(np.array(first) == 0) == pytest.approx(0.6726, abs=0.03)


def test_ensemble_is_m_networks_on_standardised_targets():
    rng = np.random.default_rng(2)
    features, targets = rng.integers(0, 2, (20, 6)).astype(float), rng.random(20) * 10
    ensemble = Ensemble(3, layers=2, width=8, epochs=12, learning_rate=0.01)
    ensemble.fit(features, targets, np.random.default_rng(3))
    seeds = np.random.default_rng(3).integers(2**31, size=3).tolist()
    expected = []
    for seed in seeds:
        network = MLPRegressor(
            hidden_layer_sizes=(8, 8),
            learning_rate_init=0.01,
            max_iter=12,
            batch_size=20,
            n_iter_no_change=12,
            random_state=seed,
        )
        with pytest.warns(Warning, match="Maximum iterations"):
            network.fit(features, (targets - targets.mean()) / targets.std())
        expected.append(network.predict(features) * targets.std() + targets.mean())
    np.testing.assert_allclose(ensemble.predict(features), expected)
    assert np.std(expected, axis=0).max() > 0


def test_choice_by_an_independent_computation():
    """The whole of an ask, from another generator in the same state."""
    space = searches.small_space()
    settings = {"n_networks": 2, "layers": 1, "epochs": 5, "n_mutations": 8, "n_parents": 3}
    search = searches.make("bananas", space, initial=6, settings=settings)
    searches.run(search, [6])
    twin = searches.make("bananas", space, initial=6, settings=settings)
    searches.run(twin, [6])
    rng, told, errors = twin._rng, twin.items, twin.values

    words = sorted({w for c in told for w in path_words(c.prune())}, key=lambda w: (len(w), w))

    def encode(cells):
        return np.array([[w in path_words(c.prune()) for w in words] for c in cells], dtype=float)

    ensemble = Ensemble(2, layers=1, width=20, epochs=5, learning_rate=0.01)
    ensemble.fit(encode(told), errors, rng)
    taken = set()
    candidates = mutations_of_best(
        space, told, errors, 8, 3, lambda cell: twin._fresh(cell, taken), rng
    )
    parents = {c for c, _ in sorted(zip(told, errors, strict=True), key=lambda pair: pair[1])[:3]}
    assert len(candidates) == 8
    assert not {space.hash(c) for c in candidates} & {space.hash(c) for c in [*told, *parents]}
    predictions = ensemble.predict(encode(candidates))
    mean, std = predictions.mean(axis=0), predictions.std(axis=0, ddof=1)
    order = np.argsort(mean + std * rng.standard_normal(8))
    expected = [candidates[i] for i in order[:3]]
    assert search.ask(3) == expected
    np.testing.assert_allclose(search.predictions(expected), [mean[order[:3]], std[order[:3]]])


def test_missing_package_names_the_extra(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "sklearn.neural_network", None)
    with pytest.raises(ImportError, match=r"'bananas' needs sklearn.*otnas\[baselines\]"):
        searches.make("bananas", NASBench201())
