"""Searches of parameters: what holds for cells holds for configurations."""

import numpy as np
import pytest

from otnas import Study
from otnas.search import CellPool, methods
from otnas.search.cells.distances.places import PlaceDistances
from otnas.spaces import Categorical, Floats, Integers, Ordered, ParameterSpace, sequence_of
from otnas_fast import Embedding, distances

METHODS = ("random", "evolution", "local-search", "places", "kdpp-quality:places", "bucb:places")
SETTINGS = {"evolution": {"population": 5, "sample": 3}}


def small():
    """A space that can be listed, with parameters that do not always apply."""
    return ParameterSpace(
        {
            "width": Ordered([16, 32, 64], scale="log"),
            **sequence_of("layer", {"conv": ["conv3", "conv5"], "pool": ["max"]}, (1, 2)),
            "head": Categorical(["linear", "mlp"]),
            "rate": Floats(0.0, 0.5, points=3, when={"head": "mlp"}),
        }
    )


def large():
    return ParameterSpace({f"x{i}": Integers(0, 9) for i in range(20)})


def error_of(configuration):
    numbers = [v for v in configuration.values() if not isinstance(v, str)]
    words = [v for v in configuration.values() if isinstance(v, str)]
    return 5.0 + 0.01 * sum(numbers) + sum(len(word) for word in words) / 7


def run(search, sizes):
    asked = []
    for n in sizes:
        chosen = search.ask(n)
        search.tell(chosen, [error_of(c) for c in chosen])
        asked += chosen
    return asked


@pytest.mark.parametrize("space", [small(), large()], ids=["small", "large"])
@pytest.mark.parametrize("name", METHODS)
def test_valid_different_and_the_same_again(name, space):
    def search(seed):
        return methods.make(name, space, seed=seed, initial=4, settings=SETTINGS.get(name))

    sizes = [4, 1, 3, 1]
    asked = run(search(0), sizes)
    assert all(space.is_valid(c) for c in asked)
    assert len({space.hash(c) for c in asked}) == len(asked) == 9
    assert run(search(0), sizes) == asked != run(search(1), sizes)


def test_a_plain_dictionary_is_told():
    search = methods.make("places", small(), seed=0, initial=2)
    plain = [dict(c) for c in search.ask(2)]
    search.tell(plain[0], 5.0)
    search.tell(plain[1:], [6.0])
    assert search.pending == []
    assert search.best == (plain[0], 5.0)
    with pytest.raises(ValueError, match=r"items\[0\]: expected a valid architecture of space"):
        search.tell({"width": 17}, 5.0)


def test_a_study_of_parameters_goes_on(tmp_path):
    path = tmp_path / "study.jsonl"
    with Study(path, space=small(), seed=0, initial=3) as study:
        for _ in range(3):
            trials = study.ask(2)
            study.tell(trials, [error_of(trial.item) for trial in trials])
        after = study.trials
    with Study(path, space=small(), seed=0, initial=3) as study:
        assert [t.item for t in study.trials] == [t.item for t in after]
        assert study.header["search"]["method"] == "places"
        assert study.ask(1)[0].item not in [t.item for t in after]


def test_kernels_of_cells_say_that_there_are_none():
    for name in ("tw-full", "kdpp", "tw-2g/places"):
        with pytest.raises(ValueError, match=r"method: expected a kernel of any choices, .* got"):
            methods.make(name, small(), seed=0)


@pytest.mark.parametrize("name", ["nasbench201", "parameters"])
def test_place_distances_are_those_of_the_space(name):
    from otnas import spaces

    space = small() if name == "parameters" else spaces.get(name)
    pool = CellPool(space)
    source = PlaceDistances(space)
    item_of = source.append_pool(pool)
    assert source.names == tuple(space.places([]))
    some = np.random.default_rng(0).integers(len(pool), size=30)
    expected = distances(Embedding(dict(space.places([pool[i] for i in some.tolist()]))))
    found = source.block(item_of[some], item_of[some])
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_spaces_without_places_have_no_such_kernel():
    from otnas import spaces

    with pytest.raises(ValueError, match="expected for 'places' architectures that are a fixed"):
        methods.make(
            "places",
            spaces.get("nasbench101"),
            seed=0,
            pool=[spaces.get("nasbench101").random(np.random.default_rng(0))],
        )
