"""Target: the public functions of otnas_fast with arguments of any kind.

Each call gives a result that keeps its promises, or raises a TypeError or ValueError of a short
message; anything else is a finding.
"""

from __future__ import annotations

import itertools
import pickle
import random
from typing import Any

import numpy as np

import otnas_fast as of
from otnas_fast.taxonomy import INPUT_CODE, OUTPUT_CODE

OPS = (
    "nor_conv_3x3",
    "none",
    "skip_connect",
    "conv3x3-bn-relu",
    "input",
    "output",
    "\ud800",
    "x" * 99,
)
NUMBERS = (0, 1, -1, 2, 3, 7, 2**31, 2**63, 2**64, 10**30, 0.5, -0.0, 1e16, 1e-310, 1e300, 1e308)
ODD: tuple[Any, ...] = (
    *(None, True, "3", b"3", 1j, float("nan"), float("inf"), [], {}, object(), (), np.float32(2)),
    *(
        np.array(1.0),
        np.array([1.0]),
        np.ma.masked_array([1.0], mask=[True]),
        np.datetime64("2020"),
    ),
    *(range(3), "|none~0|", [[0, 1], [0, 0]], np.array(["a"]), np.array([None])),
)


def anything(rng: random.Random) -> Any:
    return rng.choice(ODD) if rng.randrange(2) else rng.choice(NUMBERS)


def array(rng: random.Random) -> Any:
    shape = tuple(rng.randrange(4) for _ in range(rng.choice((0, 1, 1, 2, 2, 3))))
    values = np.array([rng.choice(NUMBERS) for _ in range(int(np.prod(shape)))], dtype=object)
    dtype = rng.choice((float, float, np.float32, np.int64, np.uint8, bool, complex, object, str))
    try:
        return values.reshape(shape).astype(dtype)
    except (OverflowError, TypeError, ValueError):
        return values.reshape(shape)


def architecture(rng: random.Random) -> Any:
    kind = rng.randrange(8)
    if kind == 0:
        return anything(rng)
    if kind < 4:
        ops = [rng.choice(OPS[:3] if rng.randrange(9) else OPS) for _ in range(6)]
        return "|{}~0|+|{}~0|{}~1|+|{}~0|{}~1|{}~2|".format(*ops)
    size = rng.randrange(9) if rng.randrange(20) else 40
    dense = rng.random()
    matrix = [
        [
            int(v > u and rng.random() < dense) if rng.randrange(99) else rng.choice(NUMBERS)
            for v in range(size)
        ]
        for u in range(size)
    ]
    ops = ["input", *(rng.choice(OPS[:2]) for _ in range(size - 2)), "output"]
    return (matrix, ops if rng.randrange(9) else [rng.choice(OPS) for _ in range(size)])


def some(rng: random.Random) -> list[Any]:
    """A list of architectures, mostly good ones."""
    return [architecture(rng) for _ in range(rng.choice((0, 1, 2, 3, 5)))]


def packed(rng: random.Random) -> None:
    vertices = rng.randrange(12)
    offsets = np.sort([rng.randrange(vertices + 1) for _ in range(rng.randrange(4))])
    offsets = np.concatenate([[0], offsets, [vertices]]).astype(
        rng.choice((np.int64,) * 9 + (float,))
    )
    masks = np.array([rng.choice((0, 2, 4, 6, 2**31)) for _ in range(vertices)], dtype=np.uint32)
    codes = np.array(
        [rng.choice((0, 1, 128, 77, INPUT_CODE, OUTPUT_CODE)) for _ in range(vertices)], np.uint8
    )
    for i, j in itertools.pairwise(offsets):
        if j > i and rng.randrange(9):
            codes[int(i)], codes[int(j) - 1] = INPUT_CODE, OUTPUT_CODE
    cells = of.CellArray(offsets, masks, codes, of.NASBENCH201)
    use(cells)
    assert list(pickle.loads(pickle.dumps(cells))) == list(cells)


def use(cells: of.CellArray) -> None:
    gram = of.gram(cells, measures="tw-full")
    assert (gram == gram.T).all()
    assert (np.diag(gram) == 1.0).all()
    assert ((gram >= 0.0) & (gram <= 1.0)).all()
    assert len(cells.canonical()) == len(cells)


def lists(rng: random.Random) -> None:
    cells = of.as_cells(some(rng), rng.choice((None, None, None, of.NASBENCH201, anything(rng))))
    use(cells)


def keywords(rng: random.Random) -> dict[str, Any]:
    names = ("ngram", "measures", "lengthscales", "variance", "taxonomy", "dtype", "threads", "out")
    chosen = rng.sample(names, rng.choice((0, 1, 1, 2)))
    values: dict[str, Any] = {
        "ngram": (1, 2),
        "measures": ("tw", "tw-full", ("sizes", "depth")),
        "lengthscales": (1.0, (1.0, 2.0, 3.0)),
        "variance": (1.0, 1e300),
        "taxonomy": (of.NASBENCH201,),
        "dtype": ("float32", float, "int8"),
        "threads": (1, 2, 2**32),
        "out": (np.empty((2, 2)), np.empty((2, 2), np.float32)),
    }
    return {n: rng.choice(values[n]) if rng.randrange(2) else anything(rng) for n in chosen}


def compared(rng: random.Random) -> None:
    call = rng.choice((of.gram, of.gram, of.distances))
    given = keywords(rng)
    if call is of.distances:
        given = {k: v for k, v in given.items() if k not in ("lengthscales", "variance")}
    items = some(rng) if rng.randrange(2) else embedding(rng)
    result = call(items, *([some(rng)] if rng.randrange(5) == 0 else []), **given)
    assert not np.isnan(result).any()


def embedding(rng: random.Random) -> of.Embedding:
    blocks = {f"b{i}": array(rng) for i in range(rng.choice((1, 1, 2)))}
    return of.Embedding(blocks if rng.randrange(20) else anything(rng))


def embedded(rng: random.Random) -> None:
    e = embedding(rng)
    again = pickle.loads(pickle.dumps(e))
    assert (again.to_array() == e.to_array()).all()
    whole = of.distances(e)
    assert not np.isnan(whole).any()
    if len(e) > 1:
        assert (of.distances(e[1:]) == whole[:, 1:, 1:]).all()


def trees(rng: random.Random) -> None:
    nodes = rng.randrange(5)
    parents: Any = [rng.choice((v - 1, 0, -1, 9, 2**40)) if v else -1 for v in range(nodes)]
    weights = [rng.choice(NUMBERS) for _ in range(nodes)]
    tree = of.TreeMetric(
        parents if rng.randrange(9) else array(rng), weights if rng.randrange(9) else array(rng)
    )
    mu = np.array([rng.choice(NUMBERS) for _ in range(nodes)], dtype=float)
    distance = of.tree_wasserstein(
        tree, mu, mu[rng.sample(range(nodes), nodes)] if rng.randrange(9) else array(rng)
    )
    assert not np.isnan(distance).any()


def taxonomies(rng: random.Random) -> None:
    families: Any = {
        f"f{i}": [f"o{i}{j}" for j in range(rng.randrange(4))] for i in range(rng.randrange(4))
    }
    given: dict[str, Any] = {"alpha": 0.1, "absent": (), "max_layers": None, "name": "x"}
    for key in rng.sample(list(given), rng.randrange(3)):
        given[key] = anything(rng)
    taxonomy = of.Taxonomy(families if rng.randrange(9) else anything(rng), **given)
    assert pickle.loads(pickle.dumps(taxonomy)) == taxonomy
    op = taxonomy.operations[0]
    use(of.as_cells([([[0, 1, 0], [0, 0, 1], [0, 0, 0]], ["input", op, "output"])], taxonomy))


def determinantal(rng: random.Random) -> None:
    n = rng.randrange(1, 6)
    x = np.array(
        [[rng.choice((0.0, 1.0, 0.3, 1e-9, 1e8, 1e150)) for _ in range(n)] for _ in range(n)]
    )
    matrix = x @ x.T if rng.randrange(4) else array(rng)
    k = rng.randrange(1, n + 1) if rng.randrange(5) else anything(rng)
    call = rng.choice((of.sample_kdpp, of.map_kdpp, of.kdpp_marginals))
    more = {"rng": rng.choice((0, 1, anything(rng)))} if call is of.sample_kdpp else {}
    result = np.asarray(call(matrix, k, **more))
    assert not np.isnan(result).any()


CALLS = (packed, lists, compared, embedded, trees, taxonomies, determinantal)


def check(rng: random.Random) -> None:
    call = rng.choice(CALLS)
    try:
        with np.errstate(over="ignore"):
            call(rng)
    except (TypeError, ValueError) as error:
        text = str(error)
        raw = "incompatible function arguments" in text or len(text) > 2000
        inside = error.__traceback__
        while inside is not None and inside.tb_next is not None:
            inside = inside.tb_next
        # Raised on purpose, in a check; not by NumPy or Python on the way.
        file = inside.tb_frame.f_code.co_filename if inside is not None else ""
        if raw or "otnas_fast" not in file:
            raise AssertionError(
                f"{call.__name__}: unclear words from {file}: {text[:300]}"
            ) from error
