"""Searches with ``ask`` and ``tell``.

`methods.make` gives every method by name; all of them are a `Search` over the cells of a space.
`PoolSearch` is Bayesian optimisation over items of any kind, for a kernel of your own.
"""

from otnas.search import methods
from otnas.search.base import Search
from otnas.search.cells.pool import CellPool
from otnas.search.pool_search import PoolSearch

__all__ = ["CellPool", "PoolSearch", "Search", "methods"]
