"""Studies: trials of a search that survive the process, and a runner for real trainings."""

from otnas.study.errors import JournalError, LockedError, StudyError
from otnas.study.study import Study
from otnas.study.trial import Run, State, Trial

__all__ = ["JournalError", "LockedError", "Run", "State", "Study", "StudyError", "Trial"]
