"""Errors of studies: all are the user's to solve, and their messages say how."""

from __future__ import annotations


class StudyError(ValueError):
    """What a study cannot go on with."""


class TooManyFailures(StudyError):  # noqa: N818
    """More trainings failed than a run allows; the message has the first traceback."""


class BrokenExecutorError(StudyError):
    """What runs the trainings cannot go on."""


class JournalError(StudyError):
    """A journal is damaged, or is not the one that it should be."""


class LockedError(StudyError):
    """Another process is writing where this one wants to."""
