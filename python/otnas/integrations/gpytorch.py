"""Tree-Wasserstein kernels for GPyTorch and BoTorch, over the items of a pool.

Inputs are a column of pool positions in double precision, shape (..., n, 1); the items themselves
are kept by the kernel. GPyTorch and BoTorch therefore need not know that the items are not vectors.
Do not give a model an input transform: it would change the positions, and the kernel refuses such
inputs.

Notation
--------
N : items of the pool; D_b(x, z) : distance of block b; l_b : its lengthscale
k(x, z) = exp(-sum_b D_b(x, z) / l_b), docs/maths.md Eq. (2); ``ScaleKernel`` adds the variance
"""

from __future__ import annotations

import copy
from typing import Any

import gpytorch
import numpy as np
import torch
from gpytorch.constraints import GreaterThan
from gpytorch.priors import LogNormalPrior
from numpy.typing import ArrayLike

from otnas import checks
from otnas.arrays import FloatArray, IntArray
from otnas.gp import tree_wasserstein_kernel
from otnas_fast import Embedding, distances

__all__ = ["PoolKernel", "as_choices", "as_inputs"]


class PoolKernel(gpytorch.kernels.Kernel):
    """The tree-Wasserstein kernel between items of a pool.

    The prior of each lengthscale and its starting point are those of otnas's own Gaussian process
    (`otnas.gp.LaplaceKernel`).

    Parameters
    ----------
    embedding : Embedding of N items
        Such as ``otnas_fast.embed(cells)``, or an embedding of your own vectors.
    **options
        Options of ``gpytorch.kernels.Kernel``: ``batch_shape`` and ``active_dims`` (one).

    Attributes
    ----------
    block_lengthscale : Tensor, shape (*batch_shape, B)
        The lengthscales l_b > 0, one per block.

    Raises
    ------
    TypeError
        If `embedding` is not an Embedding.
    ValueError, IndexError
        When called, if inputs are not a column, not integers, or outside of the pool.

    Examples
    --------
    >>> from otnas.spaces import NASBench201
    >>> from otnas_fast import embed
    >>> kernel = PoolKernel(embed(NASBench201().enumerate().cells[:50]))
    >>> kernel(as_inputs([3, 4, 5])).to_dense().shape
    torch.Size([3, 3])
    """

    def __init__(self, embedding: Embedding, **options: Any) -> None:
        if not isinstance(embedding, Embedding):
            raise TypeError(f"embedding: expected an Embedding, got {type(embedding).__name__}")
        super().__init__(**options)
        self.embedding = embedding
        own = tree_wasserstein_kernel(embedding).parameters
        median = torch.as_tensor(own.prior_mean[:-1])
        self.register_parameter(
            "raw_block_lengthscale",
            torch.nn.Parameter(torch.zeros(*self.batch_shape, len(median))),
        )
        self.register_constraint("raw_block_lengthscale", GreaterThan(1e-6))
        self.register_prior(
            "block_lengthscale_prior",
            LogNormalPrior(median, torch.as_tensor(own.prior_std[:-1])),
            _get_block_lengthscale,
            PoolKernel._set_block_lengthscale,
        )
        self._set_block_lengthscale(torch.exp(median))
        self._last: tuple[IntArray, IntArray, torch.Tensor] | None = None

    @property
    def block_lengthscale(self) -> Any:
        """The lengthscales, shape (*batch_shape, B)."""
        return self.raw_block_lengthscale_constraint.transform(self.raw_block_lengthscale)

    @block_lengthscale.setter
    def block_lengthscale(self, value: Any) -> None:
        self._set_block_lengthscale(value)

    @property
    def is_stationary(self) -> bool:
        """Whether the kernel is stationary: True, since the variance is 1 everywhere."""
        return True

    def forward(self, x1: Any, x2: Any, diag: bool = False, **params: Any) -> Any:
        """Return covariances, shape (..., n, m), or with `diag` (..., n)."""
        rows, cols = self._positions(x1), self._positions(x2)
        if diag:
            if np.array_equal(rows, cols):
                shape = np.broadcast_shapes(self.batch_shape, rows.shape[:-1])
                return torch.ones(*shape, rows.shape[-1]).to(self.raw_block_lengthscale)
            return self.forward(x1, x2).diagonal(dim1=-1, dim2=-2)
        rates = 1.0 / self.block_lengthscale
        if rows.ndim == cols.ndim == 1:
            return self._gram(rows, cols, rates)
        left, i = np.unique(rows, return_inverse=True)
        right, j = np.unique(cols, return_inverse=True)
        K = self._gram(left, right, rates)
        batch = np.broadcast_shapes(self.batch_shape, rows.shape[:-1], cols.shape[:-1])
        K = K.expand(*batch, *K.shape[-2:])
        i = np.broadcast_to(i.reshape(rows.shape), (*batch, rows.shape[-1]))
        j = np.broadcast_to(j.reshape(cols.shape), (*batch, cols.shape[-1]))
        K = torch.take_along_dim(K, torch.tensor(i)[..., :, None], dim=-2)
        return torch.take_along_dim(K, torch.tensor(j)[..., None, :], dim=-1)

    def _gram(self, rows: IntArray, cols: IntArray, rates: Any) -> Any:
        """Return covariances of n with m positions, shape (*batch_shape, n, m)."""
        apart = self._distances(rows, cols).to(rates)
        K = torch.exp(-rates @ apart.flatten(1))
        return K.reshape(*K.shape[:-1], len(rows), len(cols))

    def __getstate__(self) -> dict[str, Any]:
        return {**super().__getstate__(), "_last": None}

    def __deepcopy__(self, memo: dict[int, Any]) -> PoolKernel:
        # GPyTorch copies kernels to split a batch; the pool never changes.
        memo[id(self.embedding)] = self.embedding
        copied = type(self).__new__(type(self))
        memo[id(self)] = copied
        copied.__setstate__(copy.deepcopy(self.__getstate__(), memo))
        return copied

    def _positions(self, x: Any) -> IntArray:
        if x.shape[-1] != 1:
            raise ValueError(f"x: expected one column of pool positions, got shape {x.shape}")
        values: FloatArray = x.detach().cpu().numpy()[..., 0]
        positions = np.rint(values)
        wrong = positions != values
        if wrong.any():
            raise ValueError(
                f"x: expected pool positions, which are integers, got {values[wrong][0]}; models "
                "over a pool take no input transform"
            )
        flat = checks.pool_items("x", positions.astype(np.intp).ravel(), len(self.embedding))
        return flat.reshape(values.shape)

    def _distances(self, rows: IntArray, cols: IntArray) -> Any:
        """Return distances, shape (B, n, m); a fit asks for the same ones again."""
        last = self._last
        if last is None or not (np.array_equal(last[0], rows) and np.array_equal(last[1], cols)):
            found = distances(self.embedding[rows], self.embedding[cols])
            self._last = last = (rows, cols, torch.from_numpy(found))
        return last[2]

    def _set_block_lengthscale(self, value: Any) -> None:
        raw = self.raw_block_lengthscale
        value = torch.as_tensor(value).to(raw).expand_as(raw)
        self.initialize(
            raw_block_lengthscale=self.raw_block_lengthscale_constraint.inverse_transform(value)
        )


def _get_block_lengthscale(kernel: PoolKernel) -> Any:
    """Return the parameter of the prior; a named function, so that kernels can be pickled."""
    return kernel.block_lengthscale


def as_inputs(items: ArrayLike) -> Any:
    """Return pool positions as inputs of a model, shape (n, 1), double precision.

    Raises
    ------
    TypeError, ValueError, IndexError
        If they are not non-negative integers.

    Examples
    --------
    >>> as_inputs([3, 5]).shape
    torch.Size([2, 1])
    """
    positions = checks.pool_items("items", items, np.iinfo(np.intp).max)
    return torch.from_numpy(positions.astype(np.float64)[:, None])


def as_choices(n_items: int, avoid: ArrayLike = ()) -> Any:
    """Return the items of a pool as choices for ``optimize_acqf_discrete``, shape (m, 1).

    Parameters
    ----------
    n_items : int
        N.
    avoid : int array
        Items to leave out. BoTorch conditions on pending items but does not remove them from the
        choices, so pass the items tried and those pending.

    Raises
    ------
    TypeError, ValueError, IndexError
        If an argument is not as described, or no item is left.

    Examples
    --------
    >>> as_choices(4, avoid=[1, 2]).ravel()
    tensor([0., 3.], dtype=torch.float64)
    """
    n_items = checks.integer("n_items", n_items, 1)
    taken = checks.pool_items("avoid", avoid, n_items)
    left = np.setdiff1d(np.arange(n_items), taken)
    if not left.size:
        raise ValueError(f"avoid: expected to leave some of {n_items} items, got all of them")
    return as_inputs(left)
