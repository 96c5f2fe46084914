"""Bayesian optimisation for neural architecture search on tree-Wasserstein kernels."""
