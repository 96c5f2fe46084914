"""Searches with ``ask`` and ``tell``, acquisition functions and batch rules."""

from otnas.search.batch import lowest_bounds, quality_kdpp, thompson
from otnas.search.pool_search import PoolSearch

__all__ = ["PoolSearch", "lowest_bounds", "quality_kdpp", "thompson"]
