"""Cells as items of a Gaussian process: pools, distances, kernels by name, proposals."""
