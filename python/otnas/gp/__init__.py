"""Exact Gaussian processes over a finite pool of items, for any kernel given as Gram blocks."""

from otnas.gp.cached_distances import CachedDistances
from otnas.gp.direct_posterior import DirectPosterior, Posterior
from otnas.gp.distances import DistanceBlocks
from otnas.gp.embedding_distances import EmbeddingDistances, tree_wasserstein_kernel
from otnas.gp.gram_kernels import CallableKernel, PrecomputedKernel
from otnas.gp.kernels import Kernel, LaplaceKernel
from otnas.gp.pool_posterior import PoolPosterior
from otnas.gp.process import GaussianProcess

__all__ = [
    "CachedDistances",
    "CallableKernel",
    "DirectPosterior",
    "DistanceBlocks",
    "EmbeddingDistances",
    "GaussianProcess",
    "Kernel",
    "LaplaceKernel",
    "PoolPosterior",
    "Posterior",
    "PrecomputedKernel",
    "tree_wasserstein_kernel",
]
