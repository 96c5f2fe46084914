"""What the compiled core takes for granted holds for every object that Python can make."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

import otnas_fast as of
from cells import CUSTOM, all_nb201
from otnas_fast._sparse import SparseBlock

CELLS = all_nb201()[7::1999]


def packed() -> dict[str, np.ndarray]:
    cells = of.as_cells(CELLS)
    return {name: getattr(cells, name).copy() for name in ("offsets", "successors", "codes")}


@pytest.mark.parametrize("measures", ["tw-2g", "tw-full"])
def test_arrays_cannot_be_written_to_or_exchanged(measures):
    cells, embedding = of.as_cells(CELLS), of.embed(CELLS, measures=measures)
    for part in (cells, cells[:3], cells.prune(), pickle.loads(pickle.dumps(cells))):
        for name in ("offsets", "successors", "codes"):
            with pytest.raises(ValueError, match="read-only"):
                getattr(part, name)[0] = 0
            with pytest.raises(AttributeError):
                setattr(part, name, np.zeros(1))
    joined = of.Embedding.concatenate([embedding, embedding[:2]])
    for part in (embedding, embedding[1:], joined, copy.deepcopy(embedding)):
        for name in ("vectors", "index"):
            with pytest.raises(ValueError, match="read-only"):
                getattr(part, name)[0] = 10**6
            with pytest.raises(AttributeError):
                setattr(part, name, np.zeros(1))
        for block in part._sparse.values():
            assert not any(array.flags.writeable for array in block.arrays)


def test_what_is_prepared_stays():
    prepared = of.PreparedEmbedding(of.embed(CELLS))
    with pytest.raises(AttributeError):
        prepared.embedding = of.embed(CELLS[:1])


def test_arrays_that_others_can_write_to_are_copied():
    arrays = packed()
    view = arrays["codes"].view()
    view.flags.writeable = False
    cells = of.CellArray(arrays["offsets"], arrays["successors"], view, of.NASBENCH201)
    arrays["codes"][:] = 200
    arrays["offsets"][:] = 10**9
    assert cells[0] == of.as_cells(CELLS)[0]
    assert len(of.gram(cells)) == len(CELLS)


@pytest.mark.parametrize(
    ("name", "position", "value", "message"),
    [
        ("offsets", 0, 1, "boundaries"),
        ("offsets", 1, 3, "later vertices"),
        ("offsets", 1, 10**12, "sizes"),
        ("offsets", -1, 10**12, "boundaries"),
        ("successors", 1, 1, "later vertices"),
        ("successors", 0, 2**31, "later vertices"),
        ("codes", 1, 77, "of the taxonomy"),
        ("codes", 1, 254, "input first"),
        ("codes", 0, 0, "input first"),
        ("codes", 7, 1, "output last"),
    ],
)
def test_cells_that_are_none_are_refused(name, position, value, message):
    arrays = packed()
    arrays[name][position] = value
    with pytest.raises(ValueError, match=f": expected .*{message}"):
        of.CellArray(**arrays, taxonomy=of.NASBENCH201)


def test_arrays_of_other_types_and_taxonomies_are_refused():
    arrays = packed()
    with pytest.raises(TypeError, match="offsets: expected a 1-D array of int64"):
        of.CellArray(arrays["offsets"].astype(float), arrays["successors"], arrays["codes"], CUSTOM)
    with pytest.raises(TypeError, match="taxonomy: expected a Taxonomy, got 5"):
        of.CellArray(**arrays, taxonomy=5)
    with pytest.raises(ValueError, match=r"codes: expected .* as there are successors"):
        of.CellArray(arrays["offsets"], arrays["successors"][:-1], arrays["codes"], of.NASBENCH201)
    for call in (of.as_cells, of.embed, of.gram, of.distances):
        with pytest.raises(TypeError, match="taxonomy: expected a Taxonomy, got 5"):
            call(CELLS, taxonomy=5)


def test_a_damaged_pickle_of_cells_is_refused():
    call, (successors, codes, taxonomy) = of.as_cells(CELLS)[0].__reduce__()
    assert call(successors, codes, taxonomy) == of.as_cells(CELLS)[0]
    for bad in ((1, *successors[1:]), successors[1:]):
        with pytest.raises(ValueError, match="successors"):
            call(bad, codes, taxonomy)
    with pytest.raises(ValueError, match="codes"):
        call(successors, b"\xfe\x63" + codes[2:], taxonomy)


@pytest.mark.parametrize("measures", ["tw-2g", "tw-full"])
def test_a_damaged_pickle_of_an_embedding_is_refused(measures):
    embedding = of.embed(CELLS, measures=measures)
    call, (vectors, index, sizes, sparse, kind) = embedding.__reduce__()
    np.testing.assert_array_equal(
        of.gram(call(vectors, index, sizes, sparse, kind)), of.gram(embedding)
    )
    for wrong in (index + 10**6, index - 1):
        with pytest.raises(ValueError, match="index: expected"):
            call(vectors, wrong, sizes, sparse, kind)
    with pytest.raises(ValueError, match="sizes: expected"):
        call(vectors[:, 1:], index, sizes, sparse, kind)
    with pytest.raises(ValueError, match="sizes: expected"):
        call(vectors, index, sizes | {"indegree": 10**6}, sparse, kind)
    with pytest.raises(ValueError, match="max_layers: expected at most 32"):
        call(vectors, index, sizes, sparse, kind._replace(max_layers=10**6))
    with pytest.raises(ValueError, match="vectors: expected finite"):
        call(np.where(vectors == vectors.max(), np.nan, vectors), index, sizes, sparse, kind)


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("offsets", lambda a: a + 1, "boundaries"),
        ("offsets", lambda a: a[::-1], "boundaries"),
        ("coordinates", lambda a: a + 10**6, "coordinates"),
        ("coordinates", lambda a: a[:-1], "boundaries"),
        ("index", lambda a: a + 10**6, "index"),
        ("index", lambda a: a - 1, "index"),
        ("values", lambda a: a * 1e300, "values"),
        ("values", lambda a: a * np.nan, "values"),
    ],
)
def test_sparse_vectors_that_are_none_are_refused(name, change, message):
    block = of.embed(CELLS, measures="tw-full")._sparse["prefix"]
    call, arguments = block.__reduce__()
    fields = dict(
        zip(("offsets", "coordinates", "values", "index", "vocabulary"), arguments, strict=True)
    )
    assert len(call(*fields.values()).to_array()) == len(CELLS)
    fields[name] = change(fields[name])
    with pytest.raises(ValueError, match=message):
        SparseBlock(**fields)


def test_a_taxonomy_cannot_be_changed():
    taxonomy = of.Taxonomy({"conv": ["a", "b"]}, absent=["none"])
    with pytest.raises(AttributeError, match="cannot be changed"):
        taxonomy.alpha = 0.5
    with pytest.raises(TypeError):
        taxonomy.families["pool"] = ("max",)
    again = pickle.loads(pickle.dumps(taxonomy))
    assert again == taxonomy
    assert hash(again) == hash(taxonomy)
