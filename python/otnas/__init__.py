"""Bayesian optimisation for neural architecture search over a pool of architectures."""
