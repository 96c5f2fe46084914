"""Spaces of parameters, against going through everything."""

from __future__ import annotations

import json
import pickle
from collections import Counter
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otnas.spaces import (
    Categorical,
    Configuration,
    Floats,
    Integers,
    Ordered,
    ParameterSpace,
    sequence_of,
)
from otnas_fast import Embedding, gram


def narrow_if_deep(configuration: Configuration) -> bool:
    return configuration["depth"] * configuration.get("width", 1) <= 96  # type: ignore[operator]


SPACES = {
    "flat": ParameterSpace(
        {"a": Integers(1, 3), "b": Categorical(["x", "y"]), "c": Ordered([True, False, None])}
    ),
    "conditional": ParameterSpace(
        {
            "depth": Integers(1, 4),
            "width": Ordered([16, 32, 64], scale="log", when=lambda depth: depth > 1),
            "head": Categorical({"some": ["linear", "mlp"], "no": ["none"]}),
            "units": Integers(1, 3, when={"head": "mlp", "depth": (2, 3)}),
            "rate": Floats(0.0, 0.2, points=3, when={"units": [2, 3]}),
        },
        valid=narrow_if_deep,
    ),
    "sequence": ParameterSpace(sequence_of("layer", ["c3", "c5", "p"], (0, 4))),
}
every_space = pytest.mark.parametrize("space", SPACES.values(), ids=SPACES)


def applying(name: str, values: dict[str, Any]) -> dict[str, Any]:
    """What applies, written down a second time."""
    if name == "conditional":
        if values["depth"] == 1:
            del values["width"]
        if values["head"] != "mlp" or values["depth"] not in (2, 3):
            del values["units"]
        if values.get("units") not in (2, 3):
            del values["rate"]
    if name == "sequence":
        for i in range(values["layer.length"] + 1, 5):
            del values[f"layer.{i}"]
    return values


def everything(name: str) -> list[Configuration]:
    space = SPACES[name]
    lists = [parameter.values for parameter in space.parameters.values()]
    found: list[Configuration] = []
    for values in product(*lists):
        chosen = dict(zip(space.parameters, values, strict=True))
        configuration = Configuration(applying(name, chosen))
        if configuration not in found and (space.valid is None or space.valid(configuration)):
            found.append(configuration)
    return found


@pytest.mark.parametrize("name", SPACES)
def test_enumeration(name: str) -> None:
    space, expected = SPACES[name], everything(name)
    listed = space.enumerate()
    assert list(listed) == expected  # lexicographic, as product is
    assert len(set(listed.hashes)) == len(expected)
    assert listed.find(space.digests(expected)).tolist() == list(range(len(expected)))
    assert listed[3] == expected[3]
    assert list(listed[np.array([5, 1])]) == [expected[5], expected[1]]
    assert space.hash(expected[-1]) == listed.hashes[-1]


def test_sizes() -> None:
    assert SPACES["flat"].size == 18
    assert SPACES["sequence"].size == 1 + 3 + 9 + 27 + 81
    assert SPACES["conditional"].size == (1 + 3 * 3) * 2 + 1 + 3 + 2 * 3 * (1 + 2 * 3)
    many = ParameterSpace({f"p{i}": Integers(1, 10) for i in range(40)})
    assert many.size == 10**40
    assert many.is_valid(many.random(np.random.default_rng(0)))
    with pytest.raises(ValueError, match=r"too large to enumerate: it has 10{40}, the limit is"):
        many.enumerate()


@pytest.mark.parametrize("name", SPACES)
def test_uniform_draws(name: str) -> None:
    space = SPACES[name]
    assert space.uniform
    rng = np.random.default_rng(0)
    n = len(space.enumerate())
    counts = Counter(space.format(space.random(rng)) for _ in range(50 * n))
    assert set(counts) == {space.format(each) for each in space.enumerate()}
    chi_square = sum((count - 50) ** 2 / 50 for count in counts.values())
    assert abs(chi_square - (n - 1)) < 5 * np.sqrt(2 * (n - 1))


def one_step(space: ParameterSpace, a: Configuration, b: Configuration) -> bool:
    """One parameter of both is one step away, the others of both are equal."""
    different = [name for name in a if name in b and a[name] != b[name]]
    if len(different) != 1:
        return False
    parameter = space.parameters[different[0]]
    u, v = parameter.values.index(a[different[0]]), parameter.values.index(b[different[0]])
    return isinstance(parameter, Categorical) or abs(u - v) == 1


@every_space
def test_neighbours_are_those_at_one_step(space: ParameterSpace) -> None:
    all_of_them = list(space.enumerate())
    for a in all_of_them[::3]:
        neighbours = space.neighbours(a)
        expected = [b for b in all_of_them if one_step(space, a, b)]
        assert len(neighbours) == len(expected)
        assert all(neighbour in expected for neighbour in neighbours)


@every_space
def test_mutants_change_one_parameter(space: ParameterSpace) -> None:
    rng = np.random.default_rng(1)
    for _ in range(300):
        a = space.random(rng)
        b = space.mutate(a, rng)
        assert space.is_valid(b)
        assert sum(a[name] != b[name] for name in a if name in b) == 1


def test_mutations_of_ordered_parameters_prefer_near_values() -> None:
    space = ParameterSpace({"a": Integers(0, 10)})
    rng = np.random.default_rng(2)
    counts = Counter(space.mutate({"a": 3}, rng)["a"] for _ in range(4000))
    weights = {i: 1 / abs(i - 3) for i in range(11) if i != 3}
    expected = {i: 4000 * w / sum(weights.values()) for i, w in weights.items()}
    chi_square = sum((counts[i] - expected[i]) ** 2 / expected[i] for i in weights)
    assert chi_square < 9 + 5 * np.sqrt(18)
    fixed = ParameterSpace({"a": Integers(3, 3)})
    assert fixed.mutate({"a": 3}, rng) == {"a": 3}
    assert fixed.neighbours({"a": 3}) == []


@every_space
@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=25, deadline=None)
def test_round_trips(space: ParameterSpace, seed: int) -> None:
    configuration = space.random(np.random.default_rng(seed))
    text = space.format(configuration)
    again = space.parse(text)
    assert again == configuration
    assert [type(value) for value in again.values()] == [
        type(value) for value in configuration.values()
    ]
    assert space.parse(",".join(reversed(text.split(", ")))) == configuration
    assert space.canonical(dict(reversed(configuration.items()))) == configuration
    assert space.random(np.random.default_rng(seed)) == configuration
    assert len(space.hash(configuration)) == 32


def test_hash_is_stable() -> None:
    """Files written today must be readable tomorrow: this digest never changes."""
    text = "depth=2, width=32, head=linear"
    space = SPACES["conditional"]
    assert space.hash(space.parse(text)) == "a3d99d8da2c33d648b7666b6f3a40292"


def test_what_does_not_apply() -> None:
    space = SPACES["conditional"]
    flat = {"depth": 1, "width": 64, "head": "mlp", "units": 2, "rate": 0.1}
    assert not space.is_valid(flat)
    assert space.canonical(flat) == {"depth": 1, "head": "mlp"}
    assert space.canonical({"depth": np.int64(1), "head": "mlp"}) == {"depth": 1, "head": "mlp"}
    with pytest.raises(ValueError, match="configuration: expected only what applies, got 'width'"):
        space.format(flat)
    with pytest.raises(ValueError, match=r"text .*: configuration: .* applies, got 'width'"):
        space.parse("depth=1, width=16, head=none")


def distance(space: ParameterSpace, name: str, a: Configuration, b: Configuration) -> float:
    """How far apart two choices are, by the definition."""
    parameter = space.parameters[name]
    if (name in a) != (name in b):
        return 1.0
    if name not in a or a[name] == b[name]:
        return 0.0
    if isinstance(parameter, Categorical):
        return 0.1 if {a[name], b[name]} == {"linear", "mlp"} else 1.0
    values = [float(v) if isinstance(v, int | float) else 0.0 for v in parameter.values]
    assert isinstance(parameter, Ordered)
    if parameter.scale == "rank":
        values = list(map(float, range(len(values))))
    if parameter.scale == "log":
        values = [float(v) for v in np.log(values)]
    u, v = (values[parameter.values.index(c[name])] for c in (a, b))
    return abs(u - v) / (values[-1] - values[0])


@every_space
def test_places(space: ParameterSpace) -> None:
    configurations = list(space.enumerate())[::4]
    blocks = space.places(configurations)
    assert list(blocks) == list(space.parameters)
    for name, block in blocks.items():
        for i, a in enumerate(configurations):
            expected = [distance(space, name, a, b) for b in configurations]
            np.testing.assert_allclose(np.abs(block - block[i]).sum(axis=1), expected, atol=1e-12)
    kernel = gram(Embedding(blocks))
    assert np.linalg.eigvalsh(kernel).min() > -1e-10
    listed = space.places(space.enumerate())
    np.testing.assert_array_equal(next(iter(listed.values()))[::4], next(iter(blocks.values())))


def test_conditions_on_too_much() -> None:
    """Then draws are only nearly uniform, and say so."""
    bits = {f"b{i}": Integers(0, 1) for i in range(20)}
    last = Integers(0, 1, when=dict.fromkeys(bits, 1))
    space = ParameterSpace({**bits, "last": last})
    assert (space.uniform, space.size) == (False, None)
    rng = np.random.default_rng(3)
    assert space.is_valid(space.mutate(space.random(rng), rng))
    with pytest.raises(ValueError, match="too many configurations to count"):
        space.enumerate()


def test_many_parameters_at_once() -> None:
    gate = Categorical(["off", "on"])
    rest = {f"p{i}": Integers(0, 9, when={"gate": "on"}) for i in range(6)}
    space = ParameterSpace({"gate": gate, **rest})
    with pytest.raises(ValueError, match=r"expected at most 100000 neighbours, .* 'gate' changes"):
        space.neighbours({"gate": "off"})
    assert space.is_valid(space.mutate({"gate": "off"}, np.random.default_rng(0)))


def test_nothing_valid() -> None:
    space = ParameterSpace({"a": Integers(1, 2)}, valid=lambda c: False)
    with pytest.raises(ValueError, match="none of 100000 drawn configurations was valid"):
        space.random(np.random.default_rng(0))
    assert len(space.enumerate()) == 0


def test_configurations_do_not_change() -> None:
    c = SPACES["flat"].parse("a=1, b=x, c=None")
    assert c == {"a": 1, "b": "x", "c": None}
    assert {c: 1} == {pickle.loads(pickle.dumps(c)): 1}
    assert hash(Configuration(b="x", a=1, c=None)) == hash(c)
    for change in (lambda: c.update(a=2), lambda: c.pop("a"), c.clear, lambda: c.setdefault("d")):
        with pytest.raises(TypeError, match="a Configuration does not change"):
            change()
    changed = c | {"a": 2}
    changed["a"] = 3
    assert json.loads(json.dumps(c)) == c == {"a": 1, "b": "x", "c": None}


def test_pickle() -> None:
    space = pickle.loads(pickle.dumps(SPACES["sequence"]))
    assert list(space.enumerate()) == list(SPACES["sequence"].enumerate())


def test_grids() -> None:
    assert Integers(1, 10, step=4).values == (1, 5, 9)
    assert Floats(0.0, 0.3, points=4).values == (0.0, 0.1, 0.2, 0.3)
    assert Floats(1e-5, 1e-1, points=5, log=True).values == (1e-5, 1e-4, 1e-3, 1e-2, 1e-1)
    assert Ordered(np.array([8, 16]).tolist()).values == Ordered(list(np.array([8, 16]))).values
