"""
Any kernel: configurations of a classifier
==========================================

The pool is 240 support vector machines for handwritten digits, the similarity is that of their
predictions on a few unlabelled images, and the objective is the cross-validated error. Needs
scikit-learn::

    pip install ".[baselines]" && python examples/any_kernel.py
"""

import itertools

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import cross_val_score
from sklearn.svm import SVC

from otnas import PoolSearch

images, labels = load_digits(return_X_y=True)
rng = np.random.default_rng(0)
order = rng.permutation(len(images))
train, unlabelled = order[:600], order[600:700]

grid = itertools.product(np.logspace(-2, 4, 15), np.logspace(-6, 0, 16))
pool = [SVC(C=c, gamma=g) for c, g in grid]

# Two configurations are alike as far as quick fits of them agree: a positive semi-definite kernel,
# the mean over images of the inner product of one-hot predictions.
quick = train[:100]
votes = [model.fit(images[quick], labels[quick]).predict(images[unlabelled]) for model in pool]
one_hot = np.array([np.eye(10)[vote].ravel() for vote in votes])
similarity = one_hot @ one_hot.T / len(unlabelled)


def error(item: int) -> float:
    """Return the cross-validated error in percent: the expensive part."""
    return 100 * (1 - cross_val_score(pool[item], images[train], labels[train], cv=3).mean())


search = PoolSearch(gram=similarity, initial=5, settings={"refit_every": 5}, seed=0)
for _ in range(5):
    batch = search.ask(5)  # diverse and promising, from the quality k-DPP
    search.tell(batch, [error(item) for item in batch])
    item, lowest = search.best
    best = f"C = {pool[item].C:.3g}, gamma = {pool[item].gamma:.3g}"
    print(f"{len(search.values):3d} of {len(pool)} tried: {lowest:.2f} % with {best}")
