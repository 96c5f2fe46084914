"""`PoolSearch` with a journal: what was asked and told survives the process.

The file is a `journal.Journal` with one line an event. A line with ``ask`` has the number of items
asked for and the items; one with ``told`` has items and values (null for +inf, a failed training).
Resuming is replaying: the search does again what the journal says, and must ask for the same items.
"""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from otnas.arrays import IntArray
from otnas.experiments.errors import JournalError
from otnas.experiments.journal import Journal
from otnas.search import PoolSearch


class JournaledPoolSearch:
    """Ask and tell, written down before they return.

    After a restart, `search.pending` has the items that were asked for and not told.

    Parameters
    ----------
    search : PoolSearch
        New, and made as at the first time, with the same seed (an integer).
    path : str or Path
        The journal: made with its folder if it is not there, else continued.

    Attributes
    ----------
    search : PoolSearch
        For everything that only reads: `best`, `items`, `values`, `pending`, `posterior`.

    Raises
    ------
    ValueError
        If `search` was asked or told before, or has no seed.
    JournalError
        If the file is no such journal, is damaged (a torn last line is cut off), or was written by
        a search with another pool, other settings or another seed, as far as what it asked for
        shows (random first items depend on the seed and the size of the pool only). The file is
        left as it is.
    LockedError
        If another process is writing it.
    """

    def __init__(self, search: PoolSearch, path: str | Path) -> None:
        if search.items.size or search.pending.size:
            raise ValueError(
                f"search: expected a new one, got one with {search.items.size} items told and "
                f"{search.pending.size} pending"
            )
        if not search.seeded:
            raise ValueError("search: expected one with a seed, else it cannot be repeated")
        self.search = search
        n_items = search.posterior.process.kernel.n_items
        self._journal = Journal(Path(path), {"search": "pool", "n_items": n_items})
        try:
            for event in self._journal.queries:
                self._replay(event)
        except BaseException:
            self.close()
            raise
        self._n_events = len(self._journal.queries)

    def ask(self, n: int = 1) -> IntArray:
        """Return n items to evaluate, see `PoolSearch.ask`."""
        items = self.search.ask(n)
        self._write({"ask": int(n), "items": items.tolist()})
        return items

    def tell(self, items: ArrayLike, values: ArrayLike) -> None:
        """Report values, see `PoolSearch.tell`; nothing is written if it refuses them."""
        self.search.tell(items, values)
        finite = [v if np.isfinite(v) else None for v in np.asarray(values, np.float64).tolist()]
        self._write({"told": np.asarray(items).tolist(), "values": finite})

    def close(self) -> None:
        """Close the journal."""
        self._journal.close()

    def __enter__(self) -> JournaledPoolSearch:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _write(self, event: dict[str, Any]) -> None:
        self._n_events += 1
        self._journal.append([{"kind": "query", "query": self._n_events, **event}])

    def _replay(self, event: dict[str, Any]) -> None:
        where = f"{self._journal.path}, line {event['query'] + 1}"
        try:
            if "ask" in event:
                items = self.search.ask(event["ask"]).tolist()
                if items != event["items"]:
                    raise JournalError(
                        f"{where}: the journal's search asked for {event['items']}, this one for "
                        f"{items}; use the same pool, settings and seed, or another journal"
                    )
            else:
                values = [np.inf if v is None else v for v in event["values"]]
                self.search.tell(event["told"], values)
        except JournalError:
            raise
        except (KeyError, TypeError, ValueError, IndexError, RuntimeError) as error:
            raise JournalError(f"{where} cannot be repeated: {error}") from error
