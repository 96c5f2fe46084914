"""Studies: trials of a search that survive the process, and a runner for real trainings."""

from otnas.study.errors import (
    BrokenExecutorError,
    JournalError,
    LockedError,
    StudyError,
    TooManyFailures,
)
from otnas.study.study import Study
from otnas.study.trial import Run, State, Trial

__all__ = [
    "BrokenExecutorError",
    "JournalError",
    "LockedError",
    "Run",
    "State",
    "Study",
    "StudyError",
    "TooManyFailures",
    "Trial",
]
