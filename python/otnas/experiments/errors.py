"""Errors of experiments: all are the user's to solve, and their messages say how."""

from __future__ import annotations


class ExperimentError(ValueError):
    """What an experiment cannot go on with; the message is one line."""


class ConfigurationError(ExperimentError):
    """A configuration has an unknown key or an impossible value."""


class JournalError(ExperimentError):
    """A journal is damaged, or is not the one that it should be."""


class LockedError(ExperimentError):
    """Another process is writing where this one wants to."""
