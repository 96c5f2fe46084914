"""What every space promises, whatever its kind."""

from __future__ import annotations

import pickle
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otnas import spaces
from otnas.spaces import CategoricalSpace, CellSpace, SequenceSpace, Space
from otnas_fast import Cell, Embedding, Taxonomy, as_cells, embed, gram

OPS = Taxonomy({"conv": ("c3", "c5"), "pool": ("max",), "skip": ("id",)}, name="mine")


def no_double_pool(cell: Cell) -> bool:
    return cell.ops.count("max") <= 1


SPACES: dict[str, Space] = {
    "nasbench101": spaces.get("nasbench101"),
    "nasbench201": spaces.get("nasbench201"),
    "nasbenchgraph": spaces.get("nasbenchgraph"),
    "darts": spaces.get("darts"),
    "nats_size": spaces.get("nats_size"),
    "small": CellSpace(OPS, 5, 6),
    "predicate": CellSpace(OPS, 5, valid=no_double_pool, name="predicate"),
    "large": CellSpace(OPS, 12, 14, name="large"),
    "one operation": CellSpace(Taxonomy({"op": ("op",)}), 4),
    "sequence": SequenceSpace(OPS, 8),
    "choices": SequenceSpace(OPS, 3, choices=[["c3", "max"], ["id"], ["c3", "c5", "id"]]),
}
every_space = pytest.mark.parametrize("space", SPACES.values(), ids=SPACES)
seeds = st.integers(0, 2**32 - 1)


def walk(space: Space, seed: int, steps: int) -> list[Cell]:
    rng = np.random.default_rng(seed)
    cells = [space.random(rng)]
    for _ in range(steps):
        cells.append(space.mutate(cells[-1], rng))
    return cells


@every_space
@given(seed=seeds)
@settings(max_examples=25, deadline=None)
def test_random_and_mutate_are_valid(space: Space, seed: int) -> None:
    cells = walk(space, seed, 4)
    assert all(space.is_valid(cell) for cell in cells)
    assert all(cell.taxonomy == space.taxonomy for cell in cells)


@every_space
@given(seed=seeds)
@settings(max_examples=5, deadline=None)
def test_same_generator_same_cells(space: Space, seed: int) -> None:
    assert walk(space, seed, 3) == walk(space, seed, 3)


@every_space
@given(seed=seeds)
@settings(max_examples=25, deadline=None)
def test_text_round_trip(space: Space, seed: int) -> None:
    for cell in walk(space, seed, 2):
        assert space.parse(space.format(cell)) == cell


@every_space
@given(seed=seeds)
@settings(max_examples=5, deadline=None)
def test_neighbours(space: Space, seed: int) -> None:
    cell = walk(space, seed, 1)[-1]
    neighbours = space.neighbours(cell)
    assert all(space.is_valid(neighbour) for neighbour in neighbours)
    if space.name != "nasbench201":  # there, all 24 strings count
        hashes = [space.hash(neighbour) for neighbour in neighbours]
        assert len(set(hashes)) == len(hashes)
        assert space.hash(cell) not in hashes
    for neighbour in neighbours[:10]:
        back = space.neighbours(neighbour)
        assert space.hash(cell) in {space.hash(other) for other in back}


@every_space
def test_hash_unique_and_digests_agree(space: Space) -> None:
    rng = np.random.default_rng(1)
    cells = [space.random(rng) for _ in range(30)]
    cells += [space.mutate(cell, rng) for cell in cells] + cells[:5]
    hashes = [space.hash(cell) for cell in cells]
    assert all(len(text) == 32 and int(text, 16) >= 0 for text in hashes)
    assert [row.tobytes().hex() for row in space.digests(cells)] == hashes
    first, labels = space.unique(cells)
    assert [hashes[i] for i in first] == list(dict.fromkeys(hashes))
    assert [hashes[i] for i in first[labels]] == hashes
    assert (np.diff(first) > 0).all()


@every_space
def test_kernels_work_unchanged(space: Space) -> None:
    rng = np.random.default_rng(2)
    cells = [space.random(rng) for _ in range(12)]
    kernel = gram(embed(cells))
    assert kernel.shape == (12, 12)
    assert np.linalg.eigvalsh(kernel).min() > -1e-10


@every_space
def test_nothing_to_hash(space: Space) -> None:
    first, labels = space.unique([])
    assert len(first) == len(labels) == 0
    assert space.digests([]).shape == (0, 16)


@every_space
def test_foreign_cells_are_refused(space: Space) -> None:
    foreign = Cell([[0, 1, 0], [0, 0, 1], [0, 0, 0]], ["input", "x", "output"], taxonomy=OTHER)
    rng = np.random.default_rng(0)
    assert not space.is_valid(foreign)
    for call in (space.hash, space.neighbours, space.format, lambda c: space.mutate(c, rng)):
        with pytest.raises(ValueError, match="cell: expected"):
            call(foreign)
        with pytest.raises(TypeError, match="cell: expected a Cell, got int"):
            call(3)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="cells: expected cells of space"):
        space.digests([foreign])
    with pytest.raises(TypeError, match="text: expected a string, got int"):
        space.parse(3)  # type: ignore[arg-type]


OTHER = Taxonomy({"f": ("x", "y")}, name="other")


@pytest.mark.parametrize(
    "name", ["nasbench201", "nasbenchgraph", "small", "predicate", "sequence", "choices"]
)
def test_enumerate(name: str) -> None:
    space = SPACES[name]
    cells = space.enumerate()
    assert cells.hashes.shape == (len(cells),)
    assert all(space.is_valid(cell) for cell in list(cells)[:200])
    assert space.hash(cells[-1]) == cells.hashes[-1]
    assert cells[2:5] is not None
    assert len(as_cells(cells[np.array([0, 1])])) == 2
    rng = np.random.default_rng(3)
    drawn = [space.mutate(space.random(rng), rng) for _ in range(50)]
    at = cells.find(space.digests(drawn))
    assert (at >= 0).all()
    assert [cells.hashes[i] for i in at] == [space.hash(cell) for cell in drawn]
    assert cells.find(np.zeros((1, 16), np.uint8)).tolist() == [-1]
    first = cells.index_of(space.hash(cells[3]))
    assert cells.hashes[first] == cells.hashes[3]
    with pytest.raises(KeyError, match="hash: expected that of some"):
        cells.index_of("0" * 32)
    with pytest.raises(KeyError, match="32 hexadecimal digits, got 'abc'"):
        cells.index_of("abc")


def test_which_spaces_are_categorical() -> None:
    found = {name for name, space in SPACES.items() if isinstance(space, CategoricalSpace)}
    assert found == {"nasbench201", "nasbenchgraph", "nats_size", "sequence", "choices"}


@pytest.mark.parametrize("name", ["nasbench201", "sequence", "choices"])
def test_cells_by_choices(name: str) -> None:
    space = SPACES[name]
    assert isinstance(space, CategoricalSpace)
    combinations = list(product(*space.choices))
    cells = [space.cell_of(values) for values in combinations[:: max(1, len(combinations) // 300)]]
    assert len(combinations) == len(space.enumerate())
    assert len(set(cells)) == len(cells)
    assert all(space.is_valid(cell) for cell in cells)
    assert [space.cell_of(space.values_of(cell)) for cell in cells] == cells
    values = space.values_of(cells[1])
    assert all(value in space.format(cells[1]) for value in values)
    assert all(value in allowed for value, allowed in zip(values, space.choices, strict=True))
    p = len(space.choices)
    with pytest.raises(ValueError, match=rf"values: expected {p}, one per position, got {p + 1}"):
        space.cell_of([*values, values[0]])
    with pytest.raises(ValueError, match=r"values\[1\]: expected one of .*, got 'no'"):
        space.cell_of([values[0], "no", *values[2:]])
    with pytest.raises(ValueError, match="cell: expected"):
        space.values_of(Cell([[0, 1], [0, 0]], ["input", "output"], taxonomy=space.taxonomy))


@pytest.mark.parametrize("name", ["nasbench201", "nasbenchgraph", "sequence", "choices"])
def test_places_are_stars_of_families(name: str) -> None:
    space = SPACES[name]
    assert isinstance(space, CategoricalSpace)
    rng = np.random.default_rng(4)
    cells = [space.random(rng) for _ in range(25)]
    values = [space.values_of(cell) for cell in cells]
    digits = [[c.index(v) for c, v in zip(space.choices, row, strict=True)] for row in values]
    assert space.digits(cells).tolist() == digits
    blocks = space.places(cells)
    assert list(blocks) == [f"place{i + 1}" for i in range(len(space.choices))]
    family = {op: f for f, ops in space.taxonomy.families.items() for op in ops}

    def apart(a: str, b: str) -> float:
        same_family = family.get(a, a) == family.get(b, b)
        return 0.0 if a == b else space.taxonomy.alpha if same_family else 1.0

    for place, block in enumerate(blocks.values()):
        found = np.abs(block[:, None] - block).sum(axis=2)
        expected = [[apart(a[place], b[place]) for b in values] for a in values]
        np.testing.assert_allclose(found, expected, atol=1e-12)
    assert np.linalg.eigvalsh(gram(Embedding(blocks))).min() > -1e-10


@every_space
def test_spaces_without_places_say_so(space: Space) -> None:
    if not isinstance(space, CategoricalSpace):
        assert space.places([space.random(np.random.default_rng(5))]) == {}


def test_spaces_pickle() -> None:
    space = pickle.loads(pickle.dumps(SPACES["small"]))
    assert len(space.enumerate()) == len(SPACES["small"].enumerate())
    for name in ("nasbenchgraph", "nats_size", "darts"):
        cell = SPACES[name].random(np.random.default_rng(6))
        assert pickle.loads(pickle.dumps(SPACES[name])).hash(cell) == SPACES[name].hash(cell)


def test_get() -> None:
    assert spaces.get("nasbench101").name == "nasbench101"
    assert spaces.get("nasbench") is spaces.get("nasbench101")
    assert spaces.get("nasbench201_ImageNet16-120") is spaces.get("nasbench201")
    with pytest.raises(
        ValueError, match="name: unknown space 'nasbench301'; did you mean 'nasbench"
    ):
        spaces.get("nasbench301")
    with pytest.raises(TypeError, match="name: expected a string, got int"):
        spaces.get(101)  # type: ignore[arg-type]
