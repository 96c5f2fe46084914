"""Bayesian optimisation over neural architectures with tree-Wasserstein kernels and k-DPPs."""
