"""Bayesian optimisation over neural architectures with tree-Wasserstein kernels and k-DPPs."""

from otnas.search import PoolSearch

__all__ = ["PoolSearch"]
