import numpy as np
import pytest
from distance_sources import VectorDistances
from small_pools import predict

from otnas.gp.cached_distances import CachedDistances
from otnas.gp.kernels import LaplaceKernel
from otnas.gp.pool_posterior import PoolPosterior
from otnas.gp.process import GaussianProcess

POOL = np.arange(50)


class Counting(VectorDistances):
    calls = 0
    rows_computed = 0

    def block(self, rows, cols):
        self.calls += 1
        self.rows_computed += len(rows)
        return super().block(rows, cols)


@pytest.fixture
def source():
    rng = np.random.default_rng(0)
    return Counting([rng.random((50, 3)), rng.random((50, 2))])


@pytest.mark.parametrize(("dtype", "rtol"), [(np.float32, 1e-7), (np.float64, 0)])
def test_remembered_rows_are_the_same(source, dtype, rtol):
    cached = CachedDistances(source, dtype=dtype)
    np.testing.assert_array_equal(cached.block(POOL[:5], POOL), source.block(POOL[:5], POOL))
    source.calls = 0
    for rows, cols in (([4, 0, 4], POOL), ([1, 2], POOL[10:20]), ([3], np.array([9, 2, 9]))):
        block = cached.block(np.array(rows), cols)
        np.testing.assert_allclose(block, VectorDistances.block(source, np.array(rows), cols), rtol)
    assert cached.block(POOL[:2], POOL[:0]).shape == (2, 2, 0)
    assert source.calls == 0
    mixed = np.array([0, 7, 4])
    # Row 7 is remembered once it was computed against the whole pool.
    for cols, n_calls in ((POOL[5:9], 1), (POOL, 2), (POOL[5:9], 2)):
        block = cached.block(mixed, cols)
        np.testing.assert_allclose(block, VectorDistances.block(source, mixed, cols), rtol)
        assert source.calls == n_calls
    assert cached.block(POOL[:0], POOL).shape == (2, 0, 50)


def test_room_is_limited(source):
    cached = CachedDistances(source, max_bytes=3 * 2 * 50 * 8)
    cached.block(POOL, POOL)
    source.rows_computed = 0
    again = cached.block(POOL, POOL)
    assert source.rows_computed == 50 - 3
    np.testing.assert_array_equal(again, source.block(POOL, POOL))


def test_a_rebuild_computes_no_distance(source):
    process = GaussianProcess(LaplaceKernel(CachedDistances(source, dtype=np.float64)))
    posterior = PoolPosterior(process)
    process.add(POOL[:20], np.sin(POOL[:20]))
    before = posterior.mean
    source.calls = 0
    process.fit()
    after = posterior.mean
    assert source.calls == 0
    assert not np.allclose(before, after)
    direct = GaussianProcess(LaplaceKernel(source))
    direct.add(POOL[:20], np.sin(POOL[:20]))
    direct.fit()
    np.testing.assert_allclose(after, predict(direct, POOL)[0], atol=1e-9)


def test_errors_name_the_argument(source):
    with pytest.raises(ValueError, match="max_bytes: expected an integer >= 0, got -1"):
        CachedDistances(source, max_bytes=-1)
    with pytest.raises(ValueError, match="dtype: expected float32 or float64, got int64"):
        CachedDistances(source, dtype=np.int64)
