"""GPyTorch's own tests of kernels, on pool positions, and the models of BoTorch."""

from __future__ import annotations

import copy
import pickle
import unittest

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch")
pytest.importorskip("gpytorch", reason="needs GPyTorch")

from gpytorch.kernels import ScaleKernel
from gpytorch.test.base_kernel_test_case import BaseKernelTestCase

from otnas.integrations.gpytorch import PoolKernel, as_choices, as_inputs
from otnas.spaces import NASBench201
from otnas_fast import Embedding, embed, gram

# BoTorch says so where it chooses among items whose values it knows nearly.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore:A not p.d.")

CELLS = NASBench201().enumerate().cells[::157]
CELLS = CELLS[embed(CELLS).groups()[0]]
POOL = embed(CELLS)
DEPTH = np.array([float(len(cell.prune())) for cell in CELLS])


def positions(*shape):
    return torch.from_numpy(np.random.default_rng(0).integers(len(POOL), size=shape)).double()


class TestGPyTorchsOwn(BaseKernelTestCase, unittest.TestCase):
    def create_kernel_no_ard(self, **kwargs):
        kernel = PoolKernel(POOL, **kwargs)
        if kernel.batch_shape:  # those of a batch are different
            kernel.block_lengthscale = 1.0 + torch.rand(*kernel.batch_shape, 3)
        return kernel

    def create_data_no_batch(self):
        return positions(50, 10)

    def create_data_single_batch(self):
        return positions(2, 3, 1)

    def create_data_double_batch(self):
        return positions(3, 2, 50, 1)

    def test_active_dims_list(self):
        self.check_active_dims([3])

    def test_active_dims_range(self):
        self.check_active_dims(list(range(3, 4)))

    def check_active_dims(self, dims):
        # One column: positions are no vectors. Else as GPyTorch has it.
        x = self.create_data_no_batch()
        chosen = self.create_kernel_no_ard(active_dims=dims)(x).to_dense()
        self.assertAllClose(chosen, self.create_kernel_no_ard()(x[:, dims]).to_dense())


def test_values_are_those_of_gram():
    kernel = PoolKernel(POOL).double()
    kernel.block_lengthscale = torch.tensor([0.7, 0.2, 0.3])
    rows, cols = np.array([5, 3, 5]), np.array([0, 9, 2, 3])
    found = kernel(as_inputs(rows), as_inputs(cols)).to_dense().detach().numpy()
    expected = gram(POOL[rows], POOL[cols], lengthscales=[0.7, 0.2, 0.3])
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    paired = kernel(as_inputs(rows), as_inputs(cols[:3]), diag=True).detach().numpy()
    np.testing.assert_allclose(paired, np.diag(expected), rtol=1e-6)


def test_gradient_agrees_with_finite_differences():
    kernel = PoolKernel(POOL).double()
    x = positions(6, 1)

    def total(raw):
        return torch.func.functional_call(kernel, {"raw_block_lengthscale": raw}, (x,)).to_dense()

    raw = kernel.raw_block_lengthscale.detach().clone().requires_grad_()
    assert torch.autograd.gradcheck(total, (raw,))


def test_own_vectors_and_pickle():
    kernel = PoolKernel(Embedding({"a": np.arange(5.0)[:, None], "b": np.eye(5)})).double()
    x = as_inputs(range(5))
    K = kernel(x).to_dense()
    assert torch.linalg.eigvalsh(K).min() > 0
    assert torch.equal(pickle.loads(pickle.dumps(kernel))(x).to_dense(), K)
    copied = copy.deepcopy(kernel)
    assert copied.embedding is kernel.embedding
    copied.block_lengthscale = torch.ones(2)
    assert torch.equal(kernel(x).to_dense(), K)
    assert not torch.equal(copied(x).to_dense(), K)


@pytest.mark.parametrize(
    ("x", "kind", "message"),
    [
        ([[0.5]], ValueError, "x: expected pool positions, which are integers, got 0.5"),
        ([[float("nan")]], ValueError, "x: expected pool positions"),
        ([[1.0, 2.0]], ValueError, "x: expected one column"),
        ([[1e6]], IndexError, "x: expected pool items in"),
        ([[-1.0]], IndexError, "x: expected pool items in"),
    ],
)
def test_inputs_that_are_no_positions_are_refused(x, kind, message):
    with pytest.raises(kind, match=message):
        PoolKernel(POOL)(torch.tensor(x, dtype=torch.double)).to_dense()


def test_arguments():
    with pytest.raises(TypeError, match="embedding: expected an Embedding, got list"):
        PoolKernel([])
    with pytest.raises(TypeError, match="items: expected integers"):
        as_inputs([0.5])
    with pytest.raises(ValueError, match="avoid: expected to leave some of 2 items"):
        as_choices(2, avoid=[0, 1])


@pytest.fixture(scope="module")
def model():
    pytest.importorskip("botorch", reason="needs BoTorch")
    from botorch.fit import fit_gpytorch_mll
    from botorch.models import SingleTaskGP
    from gpytorch.mlls import ExactMarginalLogLikelihood

    tried = np.arange(0, len(POOL), 3)
    values = torch.from_numpy(DEPTH[tried])[:, None]
    gp = SingleTaskGP(as_inputs(tried), values, covar_module=ScaleKernel(PoolKernel(POOL)))
    fit_gpytorch_mll(ExactMarginalLogLikelihood(gp.likelihood, gp))
    return gp, tried


def test_botorch_fits_and_predicts(model):
    gp, tried = model
    others = np.setdiff1d(np.arange(len(POOL)), tried)
    mean = gp.posterior(as_inputs(others)).mean.detach().numpy()[:, 0]
    assert np.corrcoef(mean, DEPTH[others])[0, 1] > 0.8


def test_botorch_optimises_over_the_pool_with_pending_items(model):
    from botorch.acquisition import qLogExpectedImprovement
    from botorch.optim import optimize_acqf_discrete

    gp, tried = model
    pending = np.array([1, 4])
    acquisition = qLogExpectedImprovement(gp, best_f=DEPTH[tried].max())
    acquisition.set_X_pending(as_inputs(pending))
    choices = as_choices(len(POOL), avoid=[*tried, *pending])
    batch, _ = optimize_acqf_discrete(acquisition, q=3, choices=choices)
    found = set(batch.ravel().long().tolist())
    assert len(found) == 3
    assert not found & {*tried.tolist(), *pending.tolist()}
    assert torch.equal(acquisition.X_pending, as_inputs(pending))
