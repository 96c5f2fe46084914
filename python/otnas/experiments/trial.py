"""One trial: a search that asks, a table that answers, a journal that remembers."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from threadpoolctl import threadpool_limits

from otnas.experiments.journal import JournalWriter
from otnas.experiments.settings import BatchSettings
from otnas.gp import tree_wasserstein_kernel
from otnas.search import PoolSearch
from otnas.tables import Table
from otnas_fast import embed


@dataclass(frozen=True)
class Progress:
    """Where a trial stands after a batch.

    Attributes
    ----------
    queries : int
        Architectures trained so far.
    best : int
        Row of the one with the lowest validation error so far.
    overhead : float
        Seconds that the search has taken so far, table look-ups excluded.
    """

    queries: int
    best: int
    overhead: float


def run_batch_trial(
    table: Table, settings: BatchSettings, seed: int, journal: JournalWriter
) -> Iterator[Progress]:
    """Search a table with a Gaussian process and quality k-DPP batches.

    Parameters
    ----------
    table : Table
        Its validation error is minimised.
    settings : BatchSettings
    seed : int
        Of the initial design and of the draws.
    journal : JournalWriter
        Gets a line a query, flushed after every batch.

    Yields
    ------
    Progress
        After the initial design and after every batch.
    """
    settings.check_fits(table)
    overhead = -time.perf_counter()
    embedding = embed(table.cells, ngram=settings.ngram, threads=1)
    search = PoolSearch(
        tree_wasserstein_kernel(embedding),
        n_initial=settings.initial,
        n_promising=settings.promising,
        refit_every=settings.refit_batches * settings.batch_size,
        seed=seed,
    )
    overhead += time.perf_counter()
    done = 0
    while done < settings.queries:
        size = settings.initial if done == 0 else settings.batch_size
        start = time.perf_counter()
        # The matrices are small: more BLAS threads would spend their time waiting for each other.
        with threadpool_limits(1, user_api="blas"):
            rows = search.ask(min(size, settings.queries - done))
            search.tell(rows, table.validation_error[rows])
        spent = time.perf_counter() - start
        overhead += spent
        for row in rows:
            record = {"query": done, "cell": table.texts[row]}
            record |= {name: float(values[row]) for name, values in table.metrics.items()}
            journal.append(record | {"overhead_seconds": spent / len(rows)})
            done += 1
        journal.flush()
        yield Progress(done, search.best[0], overhead)


def regret(table: Table, row: int) -> float:
    """Test error of a row above the lowest test error of the table, in percentage points."""
    error = table.metrics.get("test_error", table.validation_error)
    return float(error[row] - np.min(error))
