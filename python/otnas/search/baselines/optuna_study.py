"""An Optuna study over categorical parameters (Akiba et al. 2019), without Optuna's messages.

Optuna's messages and its warnings on experimental features are suppressed only while its functions
run here: the user's own settings of logging and warnings stay as they are.
"""

from __future__ import annotations

import copy
import logging
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from otnas.search.extras import require


class CategoricalStudy:
    """A study that minimises over one categorical parameter per position.

    Parameters
    ----------
    choices : sequence of p sequences of str
        The choices at each position.
    make_sampler : callable
        ``make_sampler(optuna) -> sampler``.
    method : str
        Name of the method, for messages.

    Raises
    ------
    ImportError
        If Optuna is not installed.
    """

    def __init__(
        self,
        choices: Sequence[Sequence[str]],
        make_sampler: Callable[[Any], Any],
        method: str,
    ) -> None:
        self._optuna = require("optuna", method, "peers")
        self._states = self._optuna.trial.TrialState
        categorical = self._optuna.distributions.CategoricalDistribution
        # Optuna sorts parameters by name.
        self._distributions = {f"{i:03d}": categorical(tuple(c)) for i, c in enumerate(choices)}
        with quiet():
            sampler = make_sampler(self._optuna)
        self._study = self._new_study(sampler)

    def checkpoint(self) -> Callable[[], None]:
        """Return a function that undoes all later changes, including those of the sampler."""
        # Optuna replaces the records of trials, so a list of them stays valid.
        sampler, trials = copy.deepcopy(self._study.sampler), self._records()

        def undo() -> None:
            self._study = self._new_study(sampler)
            with quiet():
                self._study.add_trials(trials)

        return undo

    def ask(self) -> tuple[int, tuple[str, ...]]:
        """Return the number of a new running trial, and the p values suggested for it."""
        with quiet():
            trial = self._study.ask(self._distributions)
        return trial.number, tuple(trial.params[name] for name in self._distributions)

    def tell(self, number: int, value: float) -> None:
        """End a running trial with a value, which may be +inf."""
        with quiet():
            self._study.tell(number, value)

    def fail(self, number: int) -> None:
        """End a running trial without a value: samplers leave it out."""
        with quiet():
            self._study.tell(number, state=self._states.FAIL)

    def add(self, values: Sequence[str], value: float | None) -> int:
        """Add a trial that was not asked for, running if it has no value; return its number."""
        running = value is None
        with quiet():
            self._study.add_trial(
                self._optuna.trial.create_trial(
                    state=self._states.RUNNING if running else self._states.COMPLETE,
                    value=value,
                    params=dict(zip(self._distributions, values, strict=True)),
                    distributions=self._distributions,
                )
            )
        return len(self._records()) - 1

    @property
    def trials(self) -> list[tuple[str, tuple[str, ...], float | None]]:
        """State, parameter values and value (or None) of all trials, in the order of numbers."""
        return [
            (trial.state.name, tuple(trial.params[n] for n in self._distributions), trial.value)
            for trial in self._records()
        ]

    def _new_study(self, sampler: Any) -> Any:
        with quiet():
            return self._optuna.create_study(
                direction="minimize", sampler=sampler, study_name="otnas"
            )

    def _records(self) -> list[Any]:
        records: list[Any] = self._study.get_trials(deepcopy=False)
        return records


@contextmanager
def quiet() -> Iterator[None]:
    """Suppress Optuna's messages below the level of errors, and some of its warnings.

    This filters what this thread logs, and the warnings that a feature is experimental (Optuna 4)
    and that the Gaussian process replaces infinite values by the worst finite one, as it should.
    """
    thread = threading.get_ident()

    def passes(record: logging.LogRecord) -> bool:
        return record.levelno >= logging.ERROR or record.thread != thread

    # A logger's filter does not see what its children log.
    loggers = [
        logging.getLogger(name)
        for name in list(logging.root.manager.loggerDict)
        if name.partition(".")[0] == "optuna"
    ]
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".* is (an )?experimental")
        warnings.filterwarnings("ignore", message="Clip non-finite values")
        for logger in loggers:
            logger.addFilter(passes)
        try:
            yield
        finally:
            for logger in loggers:
                logger.removeFilter(passes)
