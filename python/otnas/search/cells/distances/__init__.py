"""Distances between cells that come one at a time, as sources of a Gaussian process's kernel."""

from otnas.search.cells.distances.base import CellDistances, TypicalSample, packed

__all__ = ["CellDistances", "TypicalSample", "packed"]
