"""The results of a study."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from otnas.search.front import Front, front
from otnas.study.history import History
from otnas.study.trial import State, Trial

if TYPE_CHECKING:
    import pandas

_NONE = Trial(0, None).to_record()
_NUMBERS = (
    *("value", "retry_of", "mean", "deviation"),
    *("asked", "ended", "seconds", "run_started", "run_ended"),
)


class StudyResults:
    """The trials of a study, as recorded in its journal.

    Parameters
    ----------
    history : History
    """

    def __init__(self, history: History) -> None:
        self._history = history

    @property
    def header(self) -> dict[str, Any]:
        """Everything that determines what is asked for, in JSON types."""
        return dict(self._history.header)

    @property
    def versions(self) -> dict[str, Any]:
        """Versions of the software that last wrote to the journal."""
        return dict(self._history.versions)

    @property
    def direction(self) -> str:
        """Whether values are minimised or maximised."""
        search = self._history.header.get("search")
        found = search.get("direction") if isinstance(search, dict) else None
        return "maximise" if found == "maximise" else "minimise"

    @property
    def trials(self) -> list[Trial]:
        """All trials, in the order of their ids."""
        return list(self._history.trials)

    @property
    def running(self) -> list[Trial]:
        """Trials that were asked for and have not ended."""
        return [trial for trial in self._history.trials if trial.state is State.RUNNING]

    @property
    def n_counted(self) -> int:
        """Number of trials that ended with a value or as failures."""
        return sum(trial.counts for trial in self._history.trials)

    @property
    def best(self) -> Trial:
        """The trial with the best value, the first of equals.

        Raises
        ------
        RuntimeError
            If no trial is done yet.
        """
        done = [(t.value, t) for t in self._history.trials if t.value is not None]
        if not done:
            raise RuntimeError("best: expected at least one trial that is done, got none")
        pick = max if self.direction == "maximise" else min
        return pick(done, key=lambda pair: pair[0])[1]

    @property
    def front(self) -> Front:
        """The done trials that no other one dominates in value and all known costs.

        Raises
        ------
        RuntimeError
            If no trial is done yet, or no costs are known.
        """
        done = [t for t in self._history.trials if t.value is not None]
        names = list(dict.fromkeys(name for trial in done for name in trial.costs))
        if not names:
            raise RuntimeError("front: expected trials that are done and have costs, got none")
        costs = np.array([[trial.costs.get(name, np.nan) for name in names] for trial in done])
        values = np.array([trial.value for trial in done], dtype=np.float64)
        return front(done, values, costs, names, self.direction, self.reference)

    @property
    def reference(self) -> dict[str, float]:
        """The reference point of hypervolumes, as in the header: with all, some or no names."""
        found: Any = self._history.header
        for key in ("search", "domain", "costs", "reference"):
            found = found.get(key) if isinstance(found, dict) else None
        numbers = found.items() if isinstance(found, dict) else ()
        return {
            name: float(number)
            for name, number in numbers
            if isinstance(number, (int, float)) and math.isfinite(number)
        }

    def to_records(self) -> list[dict[str, Any]]:
        """Return a flat dictionary per trial; see `Trial.to_record`."""
        return [trial.to_record() for trial in self._history.trials]

    def to_pandas(self) -> pandas.DataFrame:
        """Return a data frame with one row per trial: the columns of `to_records`.

        Raises
        ------
        ImportError
            If pandas is not installed.
        """
        import pandas

        records = self.to_records()
        columns = dict.fromkeys(name for record in (_NONE, *records) for name in record)
        frame = pandas.DataFrame.from_records(records, columns=list(columns))
        return frame.astype(dict.fromkeys(_NUMBERS, float))  # also where all are missing
