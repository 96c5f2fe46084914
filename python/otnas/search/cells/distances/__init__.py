"""Distances between cells that arrive one at a time, for kernels of Gaussian processes."""

from otnas.search.cells.distances.base import CellDistances, TypicalSample, packed

__all__ = ["CellDistances", "TypicalSample", "packed"]
