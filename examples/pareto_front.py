"""
Pareto front: error and time
============================

Often a network should be accurate *and* cheap. What is known of every candidate before it is
trained (parameters, latency, energy) is a cost; the objective "pareto" looks for all trade-offs
between it and the error, by expected hypervolume improvement. Here the cells are those of
NAS-Bench-201 and the cost is the number of 3x3 convolutions plus a ninth of that of 1x1
convolutions, which is proportional to a cell's multiplications.
"""

import matplotlib.pyplot as plt
import numpy as np

from otnas import tables
from otnas.search import CellPool, methods
from otnas.spaces import NASBench201

table = tables.load("default")
space = NASBench201()
some = np.random.default_rng(0).choice(len(table), 3000, replace=False)
cells, errors = table.cells[some], table.validation_error[some]


def multiplications(cell):
    """Return the work of a cell, in units of a 3x3 convolution."""
    ops = list(cell.prune().ops)
    return ops.count("nor_conv_3x3") + ops.count("nor_conv_1x1") / 9


work = np.array([multiplications(cell) for cell in cells])

# %%
# Forty trainings in batches of five, first for the front, then for the lowest error alone.
row = {text: i for i, text in enumerate(map(space.format, cells))}
found = {}
for objective in ("pareto", "value"):
    search = methods.make(
        "tw-2g",
        space,
        pool=CellPool(space, cells),
        initial=10,
        costs={"work": work},
        reference={"value": 30.0, "work": 6.0},
        settings={"objective": objective},
        seed=1,
    )
    while len(search.values) < 40:
        batch = search.ask(5)
        search.tell(batch, [errors[row[space.format(cell)]] for cell in batch])
    found[objective] = search.front
    print(
        f"{objective:6s}: {len(search.front)} trade-offs, volume {search.front.hypervolume():.1f}"
    )

# %%
# The knee is the trade-off after which little error is gained for much work.
front = found["pareto"]
print("knee:", space.format(front.knee))

figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")
axes.plot(work, errors, ".", color="0.85", markersize=3, label="all cells")
for objective, style in (("value", "s--"), ("pareto", "o-")):
    costs, values = found[objective].costs["work"], found[objective].values
    axes.step(costs, values, style, where="post", label=f'objective = "{objective}"')
axes.set(ylim=(5, 30), xlabel="work of the cell, 3x3 convolutions", ylabel="error, %")
axes.legend()
plt.show()
