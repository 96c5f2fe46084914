"""The calls of a study: each is checked, applied in memory and written, all or nothing.

If one of these steps fails or is interrupted, memory and file are as before. Once a call has
returned, its effect is on the disk. Several threads may share a study: their calls take turns.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from otnas.search import Search
from otnas.study import arguments
from otnas.study.arguments import Metrics
from otnas.study.errors import StudyError
from otnas.study.history import TELLABLE
from otnas.study.recorder import Recorder, all_or_nothing
from otnas.study.results import StudyResults
from otnas.study.trial import Run, State, Trial

TrialLike: TypeAlias = Trial | int


class Ledger(StudyResults):
    """A search and its numbered trials, recorded as they happen.

    Parameters
    ----------
    search : Search
    recorder : Recorder
        Of the same search.

    Attributes
    ----------
    running_lock : Lock
        Held by the run that is under way.
    """

    def __init__(self, search: Search[Any], recorder: Recorder) -> None:
        super().__init__(recorder.history)
        self._search, self._recorder = search, recorder
        self.running_lock = threading.Lock()

    @property
    def search(self) -> Search[Any]:
        """The search; call `ask` and `tell` of the study, not of the search."""
        return self._search

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
