"""
A posterior over a space
========================

What does a search believe about the architectures that it has not trained? Here the space is a
thousand cells of NAS-Bench-201, laid out so that alike cells are neighbours (classical scaling of
the kernel's distances). After 30 trainings the model's mean already has the shape of the true
errors, and its deviation is large where nothing was trained.
"""

import matplotlib.pyplot as plt
import numpy as np

import otnas_fast as of
from otnas import PoolSearch, tables

table = tables.load("default")
some = np.random.default_rng(3).choice(len(table), 1000, replace=False)
cells, errors = table.cells[some], table.validation_error[some]
embedding = of.embed(cells)

# %%
# Thirty trainings. ``search.posterior`` has mean and deviation of every item, in standardised
# logarithms of the errors: low is good.
search = PoolSearch(embedding, initial=10, seed=0)
while len(search.values) < 30:
    batch = search.ask(5)
    search.tell(batch, errors[batch])
mean, deviation = search.posterior.standardised_mean, search.posterior.standardised_std

# %%
# Two coordinates for every cell, by classical multidimensional scaling.
distance = of.distances(embedding).sum(axis=0)
centred = distance - distance.mean(axis=0) - distance.mean(axis=1)[:, None] + distance.mean()
values, vectors = np.linalg.eigh(-centred / 2)
x, y = (vectors[:, -2:] * np.sqrt(values[-2:])).T[::-1]

figure, panels = plt.subplots(1, 3, figsize=(10, 3.4), layout="constrained", sharey=True)
shown = {
    "true error, %": np.clip(errors, None, 25),
    "mean of the posterior": mean,
    "deviation of the posterior": deviation,
}
for axes, (title, colour) in zip(panels, shown.items(), strict=True):
    points = axes.scatter(x, y, c=colour, s=9, cmap="viridis")
    axes.plot(x[search.items], y[search.items], "o", color="red", markersize=5, fillstyle="none")
    figure.colorbar(points, ax=axes, location="bottom", shrink=0.8)
    axes.set(title=title, xticks=[], yticks=[])
plt.show()
rank = np.corrcoef(np.argsort(np.argsort(errors)), np.argsort(np.argsort(mean)))[0, 1]
print(f"rank correlation of true error and posterior mean: {rank:.2f}")
