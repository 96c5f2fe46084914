"""Studies: a search, its trials, and a journal that survives the process."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from otnas.search import Search
from otnas.search.cells.features import FeaturesLike
from otnas.search.costs import CostsLike
from otnas.spaces import SearchSpace
from otnas.study import arguments, runner, searches
from otnas.study import header as headers
from otnas.study.ledger import Ledger
from otnas.study.recorder import Recorder
from otnas.study.results import StudyResults
from otnas.study.searches import EarlierStudies


class Study(Ledger):
    """A search and its numbered trials, recorded in a journal as they happen.

    Parameters
    ----------
    search : Search, str or Path
        A new search with an integer seed; or the path of the journal, where the search is made
        from the arguments below.
    path : str or Path, optional
        The journal. It is created, with its folder, if it does not exist, and continued otherwise.
        Without a path the study lives in memory only.
    space : SearchSpace or str
        A search space or its name, given instead of a search.
    method : str
        See `otnas.search.methods`; by default "tw-full" for spaces of cells, else "places".
    seed, settings, initial, direction, pool, costs, budget, reference, features, prior
        See `otnas.search.methods.make`; a prior may also be the path of a journal. The header
        records a digest of its results: a prior that has grown since counts as a different one.
    objective : str
        A label for your version of the training. A journal written with another label is refused,
        so that results of two versions never mix.
    verify : bool
        Whether continuing a journal repeats and compares every decision in it, instead of trusting
        it. Otherwise opening costs a few look-ups per trial and at most one fit, which is made at
        the next `ask`. (Third-party methods whose state cannot be saved are always repeated.)
    sync : bool
        Whether calls wait for the disk; see `Journal`.
    about : mapping, optional
        Further entries of the journal's header, of JSON types; they must stay the same.

    Raises
    ------
    TypeError, ValueError
        If an argument has the wrong type, or `search` was used before or has no seed.
    JournalError
        If the file is not a journal, is damaged, or was written with other arguments: the message
        names the first difference.
    LockedError
        If another process has the journal open.

    Notes
    -----
    The table in `State` shows what becomes of a trial.

    Examples
    --------
    >>> study = Study(space="nasbench201", method="tw-full", seed=0)
    >>> trials = study.ask(3)
    >>> study.tell(trials[0], 6.3)
    >>> study.fail(trials[1], "out of memory")
    >>> [trial.state.value for trial in study.trials]
    ['done', 'failed', 'running']
    """

    def __init__(
        self,
        search: Search[Any] | str | Path | None = None,
        path: str | Path | None = None,
        *,
        space: SearchSpace[Any] | str | None = None,
        method: str | None = None,
        seed: int = 0,
        settings: Mapping[str, object] | None = None,
        initial: int | None = None,
        direction: str = "minimise",
        pool: Any = None,
        costs: CostsLike | None = None,
        budget: Mapping[str, float] | None = None,
        reference: Mapping[str, float] | None = None,
        features: FeaturesLike | None = None,
        prior: EarlierStudies | None = None,
        objective: str = "",
        verify: bool = False,
        sync: bool = True,
        about: Mapping[str, Any] | None = None,
    ) -> None:
        if isinstance(search, (str, Path)):
            if path is not None:
                raise TypeError(f"search: expected a Search beside a path, got {search!r}")
            search, path = None, search
        search = searches.new_search(
            search,
            space,
            method,
            prior,
            seed=seed,
            settings=settings,
            initial=initial,
            direction=direction,
            pool=pool,
            costs=costs,
            budget=budget,
            reference=reference,
            features=features,
        )
        arguments.check_new(search)
        arguments.check_objective(objective)
        header = {
            "search": search.describe(),
            "objective": objective,
            **headers.checked_about(about or {}),
            "versions": headers.versions(search.packages),
            "started": time.time(),
        }
        where = None if path is None else Path(path)
        super().__init__(search, Recorder(search, header, where, sync=sync, verify=verify))

    @classmethod
    def read(cls, path: str | Path) -> StudyResults:
        """Return the contents of a journal without its search: items stay in their JSON form.

        Journals of trials of ``otnas run`` and of the previous format can be read as well.

        Raises
        ------
        JournalError
            If the file is not a journal or is damaged.
        OSError
            If it cannot be read.
        """
        return searches.read(path)

    @property
    def path(self) -> Path | None:
        """The path of the journal, if there is one."""
        return self._recorder.path

    run = runner.run

    def close(self) -> None:
        """Close the journal; the study can still be looked at."""
        self._recorder.close()

    def __enter__(self) -> Study:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
