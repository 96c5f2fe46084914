"""Errors of studies, which users can solve; the messages say how."""

from __future__ import annotations


class StudyError(ValueError):
    """A study cannot do what was asked for."""


class TooManyFailures(StudyError):  # noqa: N818
    """More trainings failed than a run allows; the message has the first traceback."""


class BrokenExecutorError(StudyError):
    """The executor that runs the trainings cannot go on."""


class JournalError(StudyError):
    """A journal is damaged, or is not the one that it should be."""


class LockedError(StudyError):
    """Another process holds the lock on a file or folder that this one needs."""
