import numpy as np
import pytest

from otnas.gp import EmbeddingDistances, LaplaceKernel, tree_wasserstein_kernel
from otnas_fast import PRESETS, embed

STRING = "|{}~0|+|{}~0|{}~1|+|{}~0|{}~1|{}~2|"
OPS = ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3")


@pytest.fixture(scope="module", params=["tw-2g", "tw-path"])
def embedding(request):
    rng = np.random.default_rng(0)
    cells = [STRING.format(*rng.choice(OPS, size=6)) for _ in range(60)]
    return embed(cells, measures=request.param)


def test_whole_rows_and_parts_are_the_same_distances(embedding):
    source = EmbeddingDistances(embedding)
    everything = np.arange(60)
    vectors = [embedding.block(name) for name in embedding.block_names]
    expected = np.array([np.abs(x[:, None] - x[None]).sum(axis=2) for x in vectors])
    rows, cols = np.array([3, 50, 3]), np.array([7, 0, 59, 7])
    assert (source.n_items, source.n_blocks) == (60, len(vectors))
    whole = source.block(rows, everything)
    np.testing.assert_allclose(whole, expected[:, rows], rtol=0, atol=1e-12)
    np.testing.assert_array_equal(source.block(rows, cols), whole[:, :, cols])
    backwards = source.block(rows, everything[::-1])
    np.testing.assert_array_equal(backwards, whole[:, :, ::-1])


def test_the_kernel_without_stored_distances_is_the_kernel(embedding):
    source = EmbeddingDistances(embedding)
    direct, cached = LaplaceKernel(source), tree_wasserstein_kernel(embedding)
    assert cached.parameters.names[:-1] == tuple(
        f"lengthscale_{name.partition('-')[0]}" for name in PRESETS["tw-path"][: source.n_blocks]
    )
    log_parameters = direct.parameters.initial + 0.1
    rows = np.array([1, 20])
    for cols in (np.arange(60), np.array([5, 40])):
        np.testing.assert_allclose(
            direct.block(rows, cols, log_parameters),
            cached.block(rows, cols, log_parameters),
            rtol=1e-12,
        )
