"""Studies: a search, its trials, and a journal that survives the process.

Every call is checked, applied in memory and written to the journal, all or nothing: if one of these
steps fails or is interrupted, memory and file are as before. Once a call has returned, its effect
is on the disk. Several threads may share a study: their calls take turns.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from otnas.search import Search
from otnas.search.cells.features import FeaturesLike
from otnas.search.costs import CostsLike
from otnas.spaces import SearchSpace
from otnas.study import arguments, runner, searches
from otnas.study import header as headers
from otnas.study.arguments import Metrics
from otnas.study.errors import StudyError
from otnas.study.history import TELLABLE
from otnas.study.recorder import Recorder, all_or_nothing
from otnas.study.results import StudyResults
from otnas.study.searches import EarlierStudies
from otnas.study.trial import Run, State, Trial

TrialLike: TypeAlias = Trial | int


class Study(StudyResults):
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
        self._search = search
        header = {
            "search": search.describe(),
            "objective": objective,
            **headers.checked_about(about or {}),
            "versions": headers.versions(search.packages),
            "started": time.time(),
        }
        where = None if path is None else Path(path)
        self._recorder = Recorder(search, header, where, sync=sync, verify=verify)
        self._run_lock = threading.Lock()
        super().__init__(self._recorder.history)

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
    def search(self) -> Search[Any]:
        """The search; call `ask` and `tell` of the study, not of the search."""
        return self._search

    @property
    def path(self) -> Path | None:
        """The path of the journal, if there is one."""
        return self._recorder.path

    @all_or_nothing
    def ask(self, n: int = 1) -> list[Trial]:
        """Return n new running trials of different items; see `Search.ask`."""
        clock = time.perf_counter()
        items = self._search.ask(n)
        seconds = (time.perf_counter() - clock) / len(items)
        expected = self._search.predictions(items)
        first = len(self._history.trials)
        asked = arguments.trials(self._search.domain, items, first)
        if expected is not None:
            for new, *moments in zip(asked, *(v.tolist() for v in expected), strict=True):
                new["mean"], new["deviation"] = map(arguments.finite, moments)
        self._recorder.write("ask", trials=asked, seconds=seconds, state=self._search.state())
        return self._history.trials[first:]

    @all_or_nothing
    def tell(
        self,
        trials: TrialLike | Sequence[TrialLike],
        values: ArrayLike,
        metrics: Metrics | Sequence[Metrics | None] | None = None,
        *,
        run: Run | None = None,
    ) -> None:
        """Report values of trials that are running or lost, in any number and order.

        If a lost trial's item was asked for again, that other running trial is cancelled, since
        there is a value now.

        Parameters
        ----------
        trials : Trial or id, or several
        values : number, or array (k,)
            An infinite value on the bad side counts as a failed training.
        metrics : mapping of names to numbers, texts or None, or one per trial, optional
            What else was measured; it is stored with the trial.
        run : Run, optional
            Where and when the training ran.

        Raises
        ------
        StudyError
            If a trial is in another state or of another study, or a later one of the same item has
            ended.
        TypeError, ValueError
            If values are missing, NaN, or outside the range that the method accepts.
        """
        chosen = self._several(trials)
        single = not isinstance(trials, Sequence)
        numbers, results = arguments.results(values, metrics, len(chosen), single=single)
        ran = arguments.as_json(run)
        told = [{"id": t.id, **r, "run": ran} for t, r in zip(chosen, results, strict=True)]
        for trial in chosen:
            self._history.require(trial, TELLABLE, "running or lost")
            for other in self._others(trial) if trial.state is State.LOST else ():
                if other.counts:
                    raise StudyError(f"trial {trial.id}: trial {other.id} of its item ended")
                self._search.cancel([other.item])
                self._recorder.write(
                    "cancel", trials=[other.id], reason=f"trial {trial.id} has a value"
                )
        self._search.tell([trial.item for trial in chosen], numbers)
        self._recorder.write("tell", trials=told)

    @all_or_nothing
    def attach(
        self, items: Any, values: ArrayLike, metrics: Metrics | Sequence[Metrics] | None = None
    ) -> list[Trial]:
        """Add results obtained elsewhere as new trials; see `Search.tell`.

        Parameters
        ----------
        items : item, or iterable of k items
        values : number, or array (k,)
        metrics : mapping, or one per item, optional

        Raises
        ------
        StudyError
            If an item is that of a running trial, or counts as the same.
        TypeError, ValueError
            As `tell`.
        """
        single = self._search.domain.is_item(items)
        things = [items] if single else list(items)
        numbers, results = arguments.results(values, metrics, len(things), single=single)
        first = len(self._history.trials)
        pending = set(self._search.pending)
        self._search.tell(things, numbers)
        if gone := pending.difference(self._search.pending):
            number = next(trial.id for trial in self.running if trial.item in gone)
            raise StudyError(f"items: trial {number} of one of them is running: tell it")
        new = arguments.trials(self._search.domain, things, first)
        self._recorder.write("attach", trials=[t | r for t, r in zip(new, results, strict=True)])
        return self._history.trials[first:]

    @all_or_nothing
    def fail(
        self, trials: TrialLike | Sequence[TrialLike], reason: str, *, run: Run | None = None
    ) -> None:
        """Report that trainings failed: they count as the worst value and are not asked for again.

        Raises
        ------
        StudyError
            If a trial is not running.
        """
        chosen = self._several(trials)
        self._recorder.write(
            "fail", trials=[t.id for t in chosen], reason=reason, run=arguments.as_json(run)
        )
        self._search.fail([trial.item for trial in chosen])

    def cancel(self, trials: TrialLike | Sequence[TrialLike], reason: str | None = None) -> None:
        """Give up trials that are running or lost: nothing is learned, and items may come again.

        Raises
        ------
        StudyError
            If a trial is neither.
        """
        self._take_back("cancel", trials, reason)

    def lose(self, trials: TrialLike | Sequence[TrialLike], reason: str) -> None:
        """Report that trials were lost, as when a worker vanished; see `retry`.

        Raises
        ------
        StudyError
            If a trial is not running.
        """
        self._take_back("lose", trials, reason)

    @all_or_nothing
    def retry(self, trial: TrialLike) -> Trial:
        """Return a new running trial of a lost trial's item.

        Raises
        ------
        StudyError
            If the trial is not lost, or its item has been asked for again since.
        """
        old = self._one(trial)
        self._recorder.write("retry", id=len(self._history.trials), of=old.id)
        try:
            self._search.claim([old.item])
        except ValueError:
            raise StudyError(
                f"trial {old.id}: expected one whose item was not asked for again since"
            ) from None
        return self._history.trials[-1]

    @all_or_nothing
    def late(self, trial: TrialLike, value: float | None) -> None:
        """Record a result that came too late to count; nothing else changes."""
        number = None if value is None else arguments.finite(float(value))
        self._recorder.write("late", id=self._one(trial).id, value=number)

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

    @all_or_nothing
    def _take_back(
        self, kind: str, trials: TrialLike | Sequence[TrialLike], reason: str | None
    ) -> None:
        chosen = self._several(trials)
        running = [trial.item for trial in chosen if trial.state is State.RUNNING]
        self._recorder.write(kind, trials=[trial.id for trial in chosen], reason=reason)
        self._search.cancel(running)

    def _others(self, lost: Trial) -> list[Trial]:
        """Return other trials, running or ended, of an item that counts as that of a lost one."""
        identify = self._search.domain.identify
        key = identify(lost.item)[0]
        return [
            trial
            for trial in self._history.trials
            if (trial.counts or trial.state is State.RUNNING) and identify(trial.item)[0] == key
        ]

    def _one(self, trial: TrialLike) -> Trial:
        if not isinstance(trial, Trial):
            return self._history.get(trial)
        found = self._history.get(trial.id)
        # A journal that is read without its search has items in JSON.
        if trial.item not in (found.item, self._search.domain.to_json(found.item)):
            raise StudyError(f"trial {trial.id}: expected one of this study, got one of another")
        return found

    def _several(self, trials: TrialLike | Sequence[TrialLike]) -> list[Trial]:
        if isinstance(trials, (Trial, int, np.integer)):
            return [self._one(trials)]
        if not isinstance(trials, Iterable):
            raise TypeError(f"trials: expected trials or their ids, got {trials!r}")
        return [self._one(trial) for trial in trials]
