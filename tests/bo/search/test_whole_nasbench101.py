"""Searches over all of NAS-Bench-101, or enough of it for single precision."""

import os
from pathlib import Path

import numpy as np
import pytest
from small_pools import predict

import otnas.gp.pool_rows as pool_rows
from otnas.search import CellPool, methods
from otnas.search.decision.acquisition import log_expected_improvement
from otnas.search.decision.rules import RULES
from otnas.spaces import NASBench101

DATA = Path(os.environ.get("OTNAS_SHARED", "/nonexistent"), "data", "nb101_test_accuracy_108.npz")


@pytest.fixture(scope="module")
def space():
    return NASBench101()


def errors_of(pool):
    """Percent: mean test errors of all cells, which the file has in the order of their hashes."""
    with np.load(DATA) as archive:
        by_hash = 100 - 100 * archive["accuracy_x29952"].astype(np.float64) / 29952
    digests = np.array([pool.digest(i) for i in range(len(pool))], dtype="V16")
    errors = np.empty(len(pool))
    errors[np.argsort(digests.view("S16"), kind="stable")] = by_hash
    return errors


def tell(search, cells, pool, errors):
    search.tell(cells, errors[[pool.locate(cell) for cell in cells]])


@pytest.mark.parametrize("rule", RULES)
def test_all_rules_choose_in_single_precision(rule, space, monkeypatch):
    cells = space.enumerate().cells[::40]
    pool = CellPool(space, cells)
    monkeypatch.setattr(pool_rows, "LARGEST_DOUBLE_POOL", 1000)
    search = methods.make(f"{rule}:tw-path", space, seed=0, pool=pool, initial=12)
    errors = 5 + np.random.default_rng(0).random(len(pool))
    tell(search, search.ask(12), pool, errors)
    first = search.ask(5)
    assert search.model.posterior._a.dtype == np.float32
    second = search.ask(5)  # while the first are pending
    tell(search, first[::-1], pool, errors)
    third = [*search.ask(5), *search.ask(1)]
    assert len({*first, *second, *third}) == 16


@pytest.mark.skipif(not DATA.exists(), reason="no accuracies of NAS-Bench-101 in $OTNAS_SHARED")
def test_a_search_of_the_whole_space(space):
    pool = CellPool(space)
    errors = errors_of(pool)
    assert pool.digest(int(errors.argmin())).hex() == "02e5a0247bbdcf2860b7e96f74961594"
    search = methods.make("tw-2g", space, seed=0, pool=pool, initial=20)
    tell(search, search.ask(20), pool, errors)
    for n in (1, 5, 1):
        tell(search, search.ask(n), pool, errors)
    cell = search.ask(1)[0]
    process = search.model.process
    # What was chosen, by direct computation in double precision, against a sample of the rest.
    positions = np.append(np.arange(0, len(pool), 500), pool.locate(cell))
    positions = np.setdiff1d(positions, [pool.locate(told) for told in search.items])
    mean, covariance = predict(process, search.model.of_pool(positions))
    mean = (mean - process.offset) / process.scale
    std = np.sqrt(np.diagonal(covariance)) / process.scale
    best = float((predict(process, process.items)[0].min() - process.offset) / process.scale)
    value = log_expected_improvement(mean, std, best)
    assert value[positions == pool.locate(cell)][0] >= value.max() - 1e-4
    assert search.best[1] < np.quantile(errors, 0.1)
