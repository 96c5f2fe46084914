"""Tree-Wasserstein kernels for scikit-learn: a kernel, two transformers and a regressor.

Architectures (X) are a sequence, or an array with one column, of `otnas_fast.Cell` objects,
NAS-Bench-201 strings, or items of the given space, such as configurations of a
`otnas.spaces.ParameterSpace`. The transformers and the regressor also take pairs (adjacency matrix,
operations), which scikit-learn itself cannot put into an array.

Notation
--------
D_b(x, z) : distance of block b; k(x, z) = exp(-sum_b D_b / l_b), docs/maths.md Eq. (2)
l_b : length_scale_b times the usual scale of block b (`otnas_fast.DEFAULT_LENGTHSCALES`, or 1)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import (
    BaseEstimator,
    ClassNamePrefixFeaturesOutMixin,
    RegressorMixin,
    TransformerMixin,
)
from sklearn.gaussian_process.kernels import (
    GenericKernelMixin,
    Hyperparameter,
    Kernel,
    StationaryKernelMixin,
)
from sklearn.utils.validation import check_is_fitted, column_or_1d

from otnas import checks
from otnas.arrays import FloatArray
from otnas.gp import GaussianProcess, tree_wasserstein_kernel
from otnas.gp.cholesky import solve_lower
from otnas.integrations.architectures import (
    SpaceLike,
    block_scales,
    embedded,
    listed,
    positions,
)
from otnas.spaces import Configuration
from otnas_fast import DEFAULT_LENGTHSCALES, Cell, CellArray, Embedding, distances, gram
from otnas_fast.measures import MeasureNames

__all__ = ["ArchitectureRegressor", "ArchitectureVectors", "GramRows", "TreeWassersteinKernel"]

_UNCHANGING = (str, Cell, Configuration)


class TreeWassersteinKernel(StationaryKernelMixin, GenericKernelMixin, Kernel):
    """The tree-Wasserstein kernel for ``GaussianProcessRegressor`` and friends.

    Its diagonal is 1: multiply it by a ``ConstantKernel`` for a variance, and add a ``WhiteKernel``
    for noise. Sums and products with kernels of vectors need `pool`, since those kernels need
    numeric inputs.

    Parameters
    ----------
    length_scale : float or array (B,), default 1.0
        In units of each block's usual scale: one number for all blocks, or one per block. With 1.0
        the kernel equals ``otnas_fast.gram``.
    length_scale_bounds : pair of float or "fixed", default (0.01, 1000)
    measures : str or sequence of str, default "tw-2g"
        The measures by which cells are compared; see `otnas_fast.embed`.
    space : SearchSpace or Taxonomy, optional
        The space of the architectures, if it is not NAS-Bench-101 or -201. Configurations of a
        `ParameterSpace` are compared place by place.
    pool : Embedding or architectures, optional
        If given, X are positions in it, shape (n,) or (n, 1), and calls embed nothing.

    Raises
    ------
    TypeError, ValueError, IndexError
        When called, if the arguments are not as described.

    Examples
    --------
    >>> from sklearn.gaussian_process import GaussianProcessRegressor
    >>> from sklearn.gaussian_process.kernels import ConstantKernel
    >>> from otnas.spaces import NASBench201
    >>> cells = list(NASBench201().enumerate().cells[::300])
    >>> depth = [len(cell.prune()) for cell in cells]
    >>> kernel = ConstantKernel() * TreeWassersteinKernel()
    >>> model = GaussianProcessRegressor(kernel, alpha=1e-3, normalize_y=True)
    >>> model = model.fit(cells[::2], depth[::2])
    >>> bool(model.score(cells[1::2], depth[1::2]) > 0.8)
    True
    """

    def __init__(
        self,
        length_scale: float | ArrayLike = 1.0,
        length_scale_bounds: tuple[float, float] | str = (1e-2, 1e3),
        measures: MeasureNames = "tw-2g",
        space: SpaceLike = None,
        pool: Embedding | Sequence[Any] | None = None,
    ) -> None:
        self.length_scale, self.length_scale_bounds = length_scale, length_scale_bounds
        self.measures, self.space, self.pool = measures, space, pool

    @property
    def hyperparameter_length_scale(self) -> Any:
        """The length scales, as scikit-learn asks for them."""
        bounds = self.length_scale_bounds
        if self._one_a_block:
            return Hyperparameter("length_scale", "numeric", bounds, np.size(self.length_scale))
        return Hyperparameter("length_scale", "numeric", bounds)

    @property
    def _one_a_block(self) -> bool:
        return bool(np.ndim(self.length_scale) > 0)

    def __call__(self, X: Any, Y: Any = None, eval_gradient: bool = False) -> Any:
        """Return the kernel (n, m), and with `eval_gradient` its gradient in log theta (n, n, p).

        Raises
        ------
        ValueError
            If both `Y` and `eval_gradient` are given.
        """
        left = self._embedding(X, "X")
        if not eval_gradient:
            right = None if Y is None else self._embedding(Y, "Y")
            return gram(left, right, lengthscales=block_scales(left, self.length_scale))
        if Y is not None:
            raise ValueError("Y: expected None where the gradient is asked for, got items")
        # In place: new memory for large arrays takes as long as what is done with them.
        scaled = distances(left)
        scaled /= block_scales(left, self.length_scale)[:, None, None]
        total = scaled.sum(axis=0)
        K = np.negative(total)
        np.exp(K, out=K)
        if self.hyperparameter_length_scale.fixed:
            return K, np.empty((*K.shape, 0))
        if self._one_a_block:
            scaled *= K
            return K, np.moveaxis(scaled, 0, -1)
        total *= K
        return K, total[:, :, None]

    def diag(self, X: Any) -> FloatArray:
        """Return ones, shape (n,)."""
        return np.ones(len(X))

    def __repr__(self) -> str:
        values = np.array2string(np.asarray(self.length_scale), precision=3, separator=", ")
        return f"TreeWassersteinKernel(length_scale={values})"

    def __sklearn_clone__(self) -> TreeWassersteinKernel:
        # Space and pool never change; copying a pool at each fit would cost more than the fit.
        scale = self.length_scale
        return type(self)(
            np.array(scale, copy=True) if isinstance(scale, np.ndarray) else scale,
            self.length_scale_bounds,
            self.measures,
            self.space,
            self.pool,
        )

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "_recent"}

    def _embedding(self, X: Any, name: str) -> Embedding:
        if self.pool is not None:
            pool = self._remembered([self.pool], self._embedded_pool, unchanging=True)
            return pool[positions(X, len(pool), name)]
        items = listed(X, name)
        unchanging = isinstance(items, CellArray) or all(isinstance(i, _UNCHANGING) for i in items)
        wanted = [items] if isinstance(items, CellArray) else items
        return self._remembered(
            wanted, lambda: embedded(items, self.measures, self.space, name), unchanging
        )

    def _embedded_pool(self) -> Embedding:
        if isinstance(self.pool, Embedding):
            return self.pool
        return embedded(listed(self.pool, "pool"), self.measures, self.space, "pool")

    def _remembered(self, items: Any, make: Any, unchanging: bool) -> Embedding:
        """Embed, reusing the result of a recent call with the same items: a fit makes many."""
        recent: list[tuple[Any, Embedding]] = self.__dict__.setdefault("_recent", [])
        if not unchanging:
            made: Embedding = make()
            return made
        key = (self.measures, self.space, items)
        for known, embedding in recent:
            if known[:2] == key[:2] and known[2] == items:
                return embedding
        made = make()
        recent[:] = [*recent[-1:], (key, made)]
        return made


class _OfArchitectures(BaseEstimator):
    """An estimator whose X are architectures."""

    measures: MeasureNames
    space: SpaceLike

    def _embedding(self, X: Any, *, fitting: bool) -> Embedding:
        embedding = embedded(listed(X, "X"), self.measures, self.space, "X")
        if not len(embedding):
            raise ValueError("X: expected at least one architecture, got none")
        return embedding

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.string = True
        tags.no_validation = True
        return tags


class ArchitectureVectors(TransformerMixin, _OfArchitectures):
    """Architectures as vectors whose L1 distances are tree-Wasserstein distances.

    Parameters
    ----------
    measures, space
        See `TreeWassersteinKernel`.
    scaled : bool, default True
        Whether each block is divided by its usual scale, so that none dominates the others.

    Attributes
    ----------
    embedding_ : Embedding
        The architectures fitted. The coordinates of ``prefix`` and ``suffix`` are the words that
        occur in it; new words of later architectures are left out.

    Examples
    --------
    >>> from otnas.spaces import NASBench201
    >>> cells = NASBench201().enumerate().cells[:9]
    >>> ArchitectureVectors("tw").fit_transform(list(cells)).shape[0]
    9
    """

    def __init__(
        self, measures: MeasureNames = "tw-2g", space: SpaceLike = None, scaled: bool = True
    ) -> None:
        self.measures, self.space, self.scaled = measures, space, scaled

    def fit(self, X: Any, y: object = None) -> ArchitectureVectors:
        """Fix the coordinates."""
        self.embedding_ = self._embedding(X, fitting=True)
        return self

    def transform(self, X: Any) -> FloatArray:
        """Return the vectors, shape (n, d)."""
        check_is_fitted(self)
        fitted = self.embedding_
        joined = Embedding.concatenate([fitted[:0], self._embedding(X, fitting=False)])
        blocks = []
        for name, size in zip(fitted.block_names, fitted.block_sizes, strict=True):
            block = joined.block(name)
            if name in ("prefix", "suffix"):
                column = {word: i for i, word in enumerate(joined.words(name))}
                block = block[:, [column[word] for word in fitted.words(name)]]
            elif block.shape[1] != size:
                raise ValueError(
                    "X: expected cells of no more layers than those fitted (max_layers= of the "
                    "Taxonomy makes room for more), got deeper ones"
                )
            blocks.append(block / DEFAULT_LENGTHSCALES.get(name, 1.0) if self.scaled else block)
        return np.concatenate(blocks, axis=1)

    def get_feature_names_out(self, input_features: object = None) -> Any:
        """Return the coordinates' names: block and number, or block and word."""
        check_is_fitted(self)
        fitted, names = self.embedding_, []
        for name, size in zip(fitted.block_names, fitted.block_sizes, strict=True):
            if name in ("prefix", "suffix"):
                names += [f"{name}_{'-'.join(word)}" for word in fitted.words(name)]
            else:
                names += [f"{name}_{i}" for i in range(size)]
        return np.array(names, dtype=object)


class GramRows(ClassNamePrefixFeaturesOutMixin, TransformerMixin, _OfArchitectures):
    """Kernel rows against the fitted architectures, as for ``SVR(kernel="precomputed")``.

    Parameters
    ----------
    length_scale, measures, space
        See `TreeWassersteinKernel`.

    Examples
    --------
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.svm import SVR
    >>> from otnas.spaces import NASBench201
    >>> cells = list(NASBench201().enumerate().cells[:30])
    >>> model = make_pipeline(GramRows(), SVR(kernel="precomputed"))
    >>> model.fit(cells[:20], range(20)).predict(cells[20:]).shape
    (10,)
    """

    def __init__(
        self,
        length_scale: float | ArrayLike = 1.0,
        measures: MeasureNames = "tw-2g",
        space: SpaceLike = None,
    ) -> None:
        self.length_scale, self.measures, self.space = length_scale, measures, space

    def fit(self, X: Any, y: object = None) -> GramRows:
        """Store the architectures."""
        self.embedding_ = self._embedding(X, fitting=True)
        self._scales = block_scales(self.embedding_, self.length_scale)
        return self

    def transform(self, X: Any) -> FloatArray:
        """Return the kernel with the fitted architectures, shape (n, n_fitted)."""
        check_is_fitted(self)
        rows = self._embedding(X, fitting=False)
        return gram(rows, self.embedding_, lengthscales=self._scales)

    @property
    def _n_features_out(self) -> int:
        return len(self.embedding_)


class ArchitectureRegressor(RegressorMixin, _OfArchitectures):
    """The Gaussian process of otnas as a regressor: one length scale per block, with priors.

    Parameters
    ----------
    measures, space
        See `TreeWassersteinKernel`.
    noise_floor : float in (0, 0.01], default 1e-6
        Smallest noise variance, relative to that of y.

    Attributes
    ----------
    process_ : otnas.gp.GaussianProcess
    embedding_ : Embedding of the n architectures fitted

    Examples
    --------
    >>> from otnas.spaces import NASBench201
    >>> cells = list(NASBench201().enumerate().cells[::300])
    >>> depth = [len(cell.prune()) for cell in cells]
    >>> model = ArchitectureRegressor().fit(cells[::2], depth[::2])
    >>> mean, std = model.predict(cells[1::2], return_std=True)
    >>> bool(model.score(cells[1::2], depth[1::2]) > 0.8)
    True
    """

    def __init__(
        self,
        measures: MeasureNames = "tw-2g",
        space: SpaceLike = None,
        noise_floor: float = 1e-6,
    ) -> None:
        self.measures, self.space, self.noise_floor = measures, space, noise_floor

    def fit(self, X: Any, y: ArrayLike) -> ArchitectureRegressor:
        """Fit to n architectures and their values (n,).

        Raises
        ------
        TypeError, ValueError
            If there are no architectures, or not the same number of finite values.
        """
        if y is None:
            raise ValueError("requires y to be passed, but the target y is None")
        embedding = self._embedding(X, fitting=True)
        values = checks.finite_vector("y", column_or_1d(y, warn=True), len(embedding))
        process = GaussianProcess(tree_wasserstein_kernel(embedding), noise_floor=self.noise_floor)
        process.add(np.arange(len(embedding)), values)
        process.fit()
        self.embedding_, self.process_ = embedding, process
        return self

    def predict(self, X: Any, return_std: bool = False) -> Any:
        """Return the posterior mean (n,), and with `return_std` the standard deviation (n,).

        The standard deviation is that of the latent function, without noise.
        """
        check_is_fitted(self)
        process, rows = self.process_, self._embedding(X, fitting=False)
        theta = np.exp(process.log_parameters)
        cross = gram(rows, self.embedding_, lengthscales=theta[:-2], variance=float(theta[-2]))
        weights = solve_lower(process.lower, np.ascontiguousarray(cross.T))
        mean = process.offset + process.scale * (weights.T @ process.whitened_targets)
        if not return_std:
            return mean
        variance = np.maximum(theta[-2] - (weights**2).sum(axis=0), 0.0)
        return mean, process.scale * np.sqrt(variance)
