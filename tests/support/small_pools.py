"""Small pools and slow, obvious versions to compare with."""

from __future__ import annotations

import numpy as np
from distance_sources import VectorDistances

from otnas.gp.direct_posterior import DirectPosterior
from otnas.gp.kernels import LaplaceKernel
from otnas.search.decision.rules.base import completed
from otnas.search.decision.rules.determinantal import semidefinite_part
from otnas.search.pool_search import PoolSearch

SETTINGS = ("acquisition", "kappa", "n_promising", "refit_every", "noise_floor", "sharpness")


def laplace_kernel(n_items=60, n_blocks=3, width=4, seed=0, n_duplicates=0):
    """A kernel over random vectors; the last `n_duplicates` items repeat the first ones."""
    rng = np.random.default_rng(seed)
    vectors = [rng.random((n_items, width)) for _ in range(n_blocks)]
    for v in vectors:
        if n_duplicates:
            v[-n_duplicates:] = v[:n_duplicates]
    return LaplaceKernel(VectorDistances(vectors))


def direct_posterior(process, items, pending=()):
    """docs/maths.md Eq. (4), by solving with K_y; standardised mean and covariance."""
    theta = process.log_parameters
    x = process.items
    xp = np.concatenate([x, np.asarray(pending, dtype=np.intp)])
    noise = np.exp(theta[-1])
    block = process.kernel.block
    y = process.standardised_targets
    k_y = block(x, x, theta[:-1]) + noise * np.eye(x.size)
    mean = block(x, items, theta[:-1]).T @ np.linalg.solve(k_y, y)
    k_y = block(xp, xp, theta[:-1]) + noise * np.eye(xp.size)
    cross = block(xp, items, theta[:-1])
    covariance = block(items, items, theta[:-1]) - cross.T @ np.linalg.solve(k_y, cross)
    return mean, covariance


def reference_kdpp(ensemble, k, rng):
    """Kulesza & Taskar (2012), Alg. 8 and Alg. 1, with unscaled polynomials."""
    values, vectors = np.linalg.eigh(ensemble)
    values = np.maximum(values, 0.0)
    n = values.size
    e = np.zeros((k + 1, n + 1))
    e[0] = 1.0
    for size in range(1, k + 1):
        for m in range(1, n + 1):
            e[size, m] = e[size, m - 1] + values[m - 1] * e[size - 1, m - 1]
    chosen, left = [], k
    for m in range(n, 0, -1):
        if left and rng.random() * e[left, m] < values[m - 1] * e[left - 1, m - 1]:
            chosen.append(m - 1)
            left -= 1
    span, points = vectors[:, chosen], []
    while span.shape[1]:
        weights = (span**2).sum(axis=1)
        weights[points] = 0.0
        point = int(rng.choice(n, p=weights / weights.sum()))
        points.append(point)
        column = int(np.abs(span[point]).argmax())
        pivot = span[:, column] / span[point, column]
        span = np.delete(span - np.outer(pivot, span[point]), column, axis=1)
        span = np.linalg.qr(span)[0] if span.shape[1] else span
    return np.array(points, dtype=np.intp)


def reference_quality_kdpp(candidates, k, rng):
    """docs/maths.md Eq. (5) by the reference sampler, completed by lowest mean - deviation."""
    q = np.exp(candidates.mean.min() - candidates.mean)
    ensemble, rank = semidefinite_part(q[:, None] * candidates.covariance * q)
    return completed(reference_kdpp(ensemble, min(k, rank), rng), candidates, k)


def predict(process, items):
    """Posterior mean and covariance in the units of the targets."""
    posterior, items = DirectPosterior(process), np.asarray(items)
    mean, _ = posterior.standardised_moments(items)
    covariance = process.to_squared_units(posterior.standardised_covariance(items))
    return process.offset + process.scale * mean, covariance


def pool_search(kernel=None, **options):
    """A search; settings are given like arguments, transforms by name or as themselves."""
    options.setdefault("batch_rule", reference_quality_kdpp)
    options.setdefault("seed", 0)
    settings = {name: options.pop(name) for name in SETTINGS if name in options}
    if isinstance(options.get("transform"), str):
        settings["transform"] = options.pop("transform")
    options.setdefault("settings", settings)
    return PoolSearch(laplace_kernel() if kernel is None else kernel, **options)


def objective(items):
    """Values of pool items, at least 1."""
    return 1.0 + np.abs(np.sin(np.asarray(items) * 0.37))


def run(s, sizes):
    """Ask for so many items at a time, tell their values, and return the items."""
    asked = []
    for n in sizes:
        items = s.ask(n)
        assert len(items) == n
        asked.extend(items)
        s.tell(items, objective(items))
    return asked
