"""Bayesian optimisation over neural architectures with tree-Wasserstein kernels and k-DPPs."""

from otnas.search import PoolSearch
from otnas.study import Study

__all__ = ["PoolSearch", "Study"]
