"""Searches with ``ask`` and ``tell``.

`methods.make` builds any method by name; each is a `Search` over the cells of a space.
`PoolSearch` is Bayesian optimisation over items of any kind with your own kernel.
"""

from otnas.search import methods
from otnas.search.base import Search
from otnas.search.cells.pool import CellPool
from otnas.search.pool_search import PoolSearch

__all__ = ["CellPool", "PoolSearch", "Search", "methods"]
