"""One line for every trial that ends, on standard error."""

from __future__ import annotations

import contextlib
import sys

from otnas.study.results import StudyResults
from otnas.study.trial import Trial


class Progress:
    """Print what happens in a run, unless `shown` is false.

    Parameters
    ----------
    shown : bool
    n_trials : int
        How many trials there will be.
    """

    def __init__(self, shown: bool, n_trials: int) -> None:
        self.shown, self._n_trials = shown, n_trials

    def ended(self, trial: Trial, study: StudyResults) -> None:
        """Print how a trial ended and how far the run is."""
        if not self.shown:
            return
        width = len(str(self._n_trials))
        words = [f"[{study.n_counted:{width}}/{self._n_trials}]", f"trial {trial.id:{width}}"]
        words.append(f"{trial.state.value:9}")
        if trial.value is not None:
            words.append(f"{trial.value:<10.6g}")
        elif trial.reason:
            words.append(trial.reason.strip().splitlines()[-1][:100])
        with contextlib.suppress(RuntimeError):  # nothing is done yet
            words.append(f"best {study.best.value:.6g}")
        if trial.run is not None:
            words.append(f"{trial.run.ended - trial.run.started:.1f} s on {trial.run.worker}")
        # A terminal that has closed is no reason to stop trainings.
        with contextlib.suppress(OSError, ValueError):
            print("  ".join(words), file=sys.stderr, flush=True)
