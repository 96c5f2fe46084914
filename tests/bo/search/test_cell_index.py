import numpy as np

from otnas.search.cells.index import CellIndex
from otnas.spaces import NASBench101, NASBench201
from otnas_fast import Cell, as_cells


def test_finds_every_cell_where_a_dictionary_does():
    """Cells as they are: isomorphic ones differ; of equal ones, the first counts."""
    rng = np.random.default_rng(0)
    space = NASBench101()
    listed = [space.random(rng) for _ in range(300)]
    listed += listed[::3]
    index = CellIndex(as_cells(listed))
    first: dict[Cell, int] = {}
    for i, cell in enumerate(listed):
        first.setdefault(cell, i)
    others = [space.random(rng) for _ in range(100)]
    for cell in listed + others:
        assert index.find(cell) == first.get(cell, -1)


def test_larger_cells_and_equal_keys_are_no_obstacle():
    cells = NASBench201().enumerate().cells[:50]
    index = CellIndex(cells)
    index._keys[:] = 0
    index._multipliers[:] = [0] * len(index._multipliers)
    assert sorted(index.find(cells[i]) for i in range(50)) == list(range(50))
    index._order[:] = 0
    assert index.find(cells[7]) == -1
    small = CellIndex(as_cells([cells[0]])[:1])
    assert small.find(NASBench101().random(np.random.default_rng(0))) == -1
    index._multipliers = index._multipliers[:3]
    assert index.find(cells[0]) == -1
