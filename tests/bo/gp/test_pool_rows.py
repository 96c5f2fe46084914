import numpy as np
import pytest

import otnas.gp.pool_rows as module
from otnas.gp.pool_rows import LARGEST_DOUBLE_POOL, PoolRows, storage_dtype


@pytest.fixture(params=[np.float64, np.float32])
def filled(request, monkeypatch):
    """Twelve rows in chunks of five, and the same as one array."""
    monkeypatch.setattr(module, "_CHUNK_ROWS", (1, 5))
    monkeypatch.setattr(module, "_CONVERTED_ELEMENTS", 1)
    dtype = np.dtype(request.param)
    expected = np.random.default_rng(0).random((12, 700)).astype(dtype)
    rows, done = PoolRows(700, dtype), 0
    while done < 12:
        part = rows.extend(done, min(done + 3, 12))
        part[:] = expected[done : done + len(part)]
        done += len(part)
    return rows, expected


def test_chunks_make_no_difference(filled):
    rows, expected = filled
    assert [len(part) for _, part in rows.parts(0, 12)] == [5, 5, 2]
    assert [(first, len(part)) for first, part in rows.parts(3, 9)] == [(3, 2), (5, 4)]
    left = np.random.default_rng(1).random((2, 7))
    for start in (0, 4, 5):
        exact = left @ expected[start : start + 7].astype(np.float64)
        np.testing.assert_allclose(rows.product(left, start), exact, rtol=1e-14)
        part = slice(100, 900)
        np.testing.assert_allclose(rows.product(left, start, part), exact[:, part], rtol=1e-14)
    where = np.array([7, 699, 7])
    taken = rows.take(11, where)
    assert taken.dtype == np.float64
    np.testing.assert_array_equal(taken, expected[:11, where])


def test_rows_are_given_up_and_written_again(filled):
    rows, expected = filled
    before = len(rows._chunks)
    rows.release(5)
    assert len(rows._chunks) == before // 3
    rows.extend(5, 6)[:] = 1.0
    np.testing.assert_array_equal(rows.take(5, np.arange(700)), expected[:5])
    assert (rows.take(6, np.arange(700))[5] == 1.0).all()
    rows.release(0)
    assert not rows._chunks


def test_of_no_rows(filled):
    rows, _ = filled
    np.testing.assert_array_equal(rows.product(np.empty((2, 0)), 0), np.zeros((2, 700)))
    assert rows.take(0, np.array([1, 2])).shape == (0, 2)


def test_precision_by_the_size_of_the_pool():
    assert storage_dtype(None, LARGEST_DOUBLE_POOL) == np.float64
    assert storage_dtype(None, LARGEST_DOUBLE_POOL + 1) == np.float32
    assert storage_dtype("float64", 10**6) == np.float64
    with pytest.raises(ValueError, match="dtype: expected float32, float64 or None, got int64"):
        storage_dtype(np.int64, 5)
