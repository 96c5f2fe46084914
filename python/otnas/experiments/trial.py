"""One trial: a search that asks, a table that answers, a journal that remembers.

A trial goes on from its journal by replay: the search is made again from the seed, asks again for
what the journal has, and is told what the journal says. Searches are determined by their seed, so
the trial ends with the journal of one that was never stopped, timings aside.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from otnas.arrays import FloatArray
from otnas.experiments.errors import JournalError
from otnas.experiments.journal import Journal
from otnas.experiments.protocols import SearchMaker
from otnas.spaces import Space
from otnas.spaces.base import Digests
from otnas.tables import Table


@dataclass(frozen=True)
class Step:
    """Where a trial stands after a batch.

    Attributes
    ----------
    queries : int
        Architectures trained so far.
    best : float
        Lowest validation error so far, in percent.
    replayed : bool
        Whether the batch was in the journal already.
    """

    queries: int
    best: float
    replayed: bool


def run_trial(
    make: SearchMaker,
    space: Space,
    table: Table,
    configuration: Mapping[str, Any],
    seed: int,
    journal: Journal,
) -> Iterator[Step]:
    """Run a trial from where its journal ends.

    Parameters
    ----------
    make : SearchMaker
    space : Space
        That of the table.
    table : Table
        Its validation error is minimised.
    configuration : mapping
        As `Configuration.of_trial` returns it.
    seed : int
        Of the search.
    journal : Journal
        Gets a line a query; they are on the disk when the batch's step is yielded.

    Yields
    ------
    Step
        After the initial design and after every batch, those in the journal included.

    Raises
    ------
    JournalError
        If the search asks for something else than the journal has.
    """
    recorded, wanted = journal.queries, configuration["queries"]
    best = math.inf
    if len(recorded) >= wanted:
        # Nothing to do, and nothing to check that has a use for the search.
        yield Step(wanted, min(line["validation_error"] for line in recorded), True)
        return
    clock = time.perf_counter()
    search = make(
        configuration["method"],
        space,
        table,
        seed=seed,
        initial=configuration["initial"],
        settings=configuration["settings"],
    )
    spent = time.perf_counter() - clock  # making it counts as overhead of the first batch
    done = 0
    while done < wanted:
        size = configuration["initial"] if done == 0 else configuration["batch_size"]
        asked, clock = time.time(), time.perf_counter()
        cells = search.ask(min(size, wanted - done))
        spent += time.perf_counter() - clock
        rows = table.rows(cells)
        # As the table has them: it may number the vertices in another way.
        cells_of_table = table.cells[rows]
        texts = [space.format(cell) for cell in cells_of_table]
        known = recorded[done : done + len(cells)]
        _check_replay(known, texts, journal, done)
        # What a cell was chosen with; asked for before the search knows better.
        expected = search.predictions(cells) if len(known) < len(cells) else None
        errors = table.validation_error[rows]
        for i, line in enumerate(known):
            errors[i] = line["validation_error"]
        clock = time.perf_counter()
        search.tell(cells, errors)
        spent += time.perf_counter() - clock
        hashes = space.digests(cells_of_table)
        lines = _lines(table, rows, texts, hashes, expected, done)
        for line in lines:
            line |= {"asked": asked, "told": time.time(), "overhead_seconds": spent / len(cells)}
        if len(known) < len(cells):
            journal.append(lines[len(known) :])
        best = min(best, float(errors.min()))
        done += len(cells)
        yield Step(done, best, len(known) == len(cells))
        spent = 0.0


def _check_replay(
    known: Sequence[Mapping[str, Any]], texts: Sequence[str], journal: Journal, done: int
) -> None:
    for i, line in enumerate(known):
        if line.get("cell") != texts[i]:
            raise JournalError(
                f"{journal.path}, query {done + i + 1}: the journal has {line.get('cell')}, "
                f"but the search now asks for {texts[i]}; was it another version?"
            )


def _lines(
    table: Table,
    rows: NDArray[np.int64],
    texts: Sequence[str],
    digests: Digests,
    expected: tuple[FloatArray, FloatArray] | None,
    done: int,
) -> list[dict[str, Any]]:
    lines = []
    for i, row in enumerate(rows.tolist()):
        line: dict[str, Any] = {"kind": "query", "query": done + i + 1, "cell": texts[i]}
        line["hash"] = digests[i].tobytes().hex()
        line |= {name: float(values[row]) for name, values in table.metrics.items()}
        line["mean"] = None if expected is None else _finite(expected[0][i])
        line["deviation"] = None if expected is None else _finite(expected[1][i])
        lines.append(line)
    return lines


def _finite(value: np.floating[Any] | float) -> float | None:
    return float(value) if math.isfinite(value) else None
