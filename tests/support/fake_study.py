"""A study in memory, as the runner needs it: items are 0, 1, 2, ... in this order."""

from __future__ import annotations

import time
from dataclasses import replace

from otnas.search.base import ExhaustedError
from otnas.study import runner
from otnas.study.trial import State, Trial


class FakeStudy:
    def __init__(self, n_items=10**9):
        self._trials: list[Trial] = []
        self._n_items, self._next = n_items, 0
        self._again: list[int] = []
        self.asked: list[int] = []
        self.too_late: list[tuple[int, float]] = []

    def ask(self, n=1):
        self.asked.append(n)
        items = [*self._again, *range(self._next, self._n_items)[:n]][:n]
        if len(items) < n:
            raise ExhaustedError(f"n: expected at most {len(items)}, got {n}")
        self._next = max(self._next, max(items) + 1)
        self._again = [item for item in self._again if item not in items]
        return [self._add(item) for item in items]

    def _add(self, item, **rest):
        self._trials.append(Trial(len(self._trials), item, asked=time.time(), **rest))
        return self._trials[-1]

    def _set(self, trials, allowed, **changes):
        trials = trials if isinstance(trials, list) else [trials]
        for trial in trials:
            now = self._trials[trial.id]
            assert now.state in allowed, (now, changes)
            self._trials[trial.id] = replace(now, ended=time.time(), **changes)

    def tell(self, trial, value, metrics=None, *, run=None):
        allowed = (State.RUNNING, State.LOST)
        self._set(trial, allowed, state=State.DONE, value=value, metrics=metrics or {}, run=run)

    def fail(self, trial, reason, *, run=None):
        self._set(trial, (State.RUNNING,), state=State.FAILED, reason=reason, run=run)

    def cancel(self, trial, reason=None):
        self._set(trial, (State.RUNNING,), state=State.CANCELLED, reason=reason)
        self._again.append(trial.item)

    def lose(self, trials, reason):
        self._set(trials, (State.RUNNING,), state=State.LOST, reason=reason)

    def retry(self, trial):
        old = self._trials[trial.id]
        assert old.state is State.LOST
        first = old.id if old.retry_of is None else old.retry_of
        return self._add(old.item, retry_of=first, attempt=old.attempt + 1)

    def late(self, trial, value):
        self.too_late.append((trial.id, value))

    @property
    def trials(self):
        return list(self._trials)

    @property
    def running(self):
        return [t for t in self._trials if t.state is State.RUNNING]

    @property
    def n_counted(self):
        return sum(t.counts for t in self._trials)

    @property
    def best(self):
        done = [t for t in self._trials if t.state is State.DONE]
        return min(done, key=lambda t: t.value, default=None)

    def run(self, train, **rest):
        runner.run(self, train, **{"progress": False, **rest})
