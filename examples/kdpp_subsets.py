"""
Subsets by k-DPP, next to DPPy
==============================

A k-DPP draws sets of k items that are unlike each other. This example draws from points in the
plane, next to independent draws and next to DPPy where that is installed, and checks the law of
both samplers against the exact probabilities.
"""

import itertools
import time
from collections import Counter

import matplotlib.pyplot as plt
import numpy as np

import otnas_fast as of

try:
    from dppy.finite_dpps import FiniteDPP
except ImportError:
    FiniteDPP = None

# %%
# 900 points on a grid, 60 of them: independent draws clump and leave holes, the k-DPP does not.
side = np.linspace(0, 1, 30)
points = np.array(list(itertools.product(side, side)))
square = ((points[:, None] - points) ** 2).sum(axis=2)
L = np.exp(-square / (2 * 0.13**2))

rng = np.random.default_rng(0)
drawn = {
    "independent": rng.choice(len(points), 60, replace=False),
    "k-DPP": of.sample_kdpp(L, 60, rng=rng),
}
figure, panels = plt.subplots(1, 2, figsize=(7.5, 3.8), layout="constrained")
for axes, (title, items) in zip(panels, drawn.items(), strict=True):
    axes.plot(*points.T, ".", color="0.88", markersize=3)
    axes.plot(*points[items].T, "o", color="#3366aa", markersize=5)
    axes.set(title=title, aspect="equal", xticks=[], yticks=[])
    nearest = np.sort(np.sqrt(square[np.ix_(items, items)]), axis=1)[:, 1]
    print(f"{title:12s} mean distance to the nearest of the set {nearest.mean():.3f}")
plt.show()

# %%
# The law. Of six items there are 20 sets of three; 4,000 draws of each sampler are compared with
# the exact probabilities (`kdpp_log_prob`). With a correct sampler the statistic has a chi-square
# distribution with 19 degrees of freedom: mean 19, standard deviation 6.2.
small = L[np.ix_(range(0, 12, 2), range(0, 12, 2))]
sets = list(itertools.combinations(range(6), 3))
exact = np.exp([of.kdpp_log_prob(small, 3, list(s)) for s in sets])
n = 4000


def statistic(draws):
    """Return the chi-square statistic of drawn sets."""
    counts = Counter(tuple(sorted(int(i) for i in draw)) for draw in draws)
    expected = n * exact
    return sum((counts[s] - e) ** 2 / e for s, e in zip(sets, expected, strict=True))


kdpp = of.KDPP(small)
print(f"otnas_fast: {statistic(kdpp.sample(3, rng=1, size=n)):.1f}")
if FiniteDPP is not None:
    theirs, state = FiniteDPP("likelihood", L=small), np.random.RandomState(1)
    draws = [theirs.sample_exact_k_dpp(3, random_state=state) for _ in range(n)]
    print(f"DPPy:       {statistic(draws):.1f}")

# %%
# Time of a first draw of 10 out of the 900 points, both on this machine when the page was made.
start = time.perf_counter()
of.sample_kdpp(L, 10, rng=0)
ours = time.perf_counter() - start
print(f"otnas_fast: {1e3 * ours:.0f} ms")
if FiniteDPP is not None:
    start = time.perf_counter()
    FiniteDPP("likelihood", L=L).sample_exact_k_dpp(10, random_state=0)
    print(f"DPPy:       {1e3 * (time.perf_counter() - start):.0f} ms")
