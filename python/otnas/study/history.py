"""The trials of a study from the events of its journal; only here do trials change state.

Events, as a journal has them
-----------------------------
ask : "trials", each with "id", "item", "mean" and "deviation"; "state" of the search afterwards
attach : "trials", each with "id", "item", "value", "metrics": results from elsewhere
    (both with "costs" by name, where some are known)
tell : "trials", each with "id", "value" (null: the training failed), "metrics", "run"
fail, cancel, lose : "trials", a list of ids; "reason"
retry : "id" of the new trial, "of" the lost one
late : "id", "value": a result that came too late to count
versions : "versions" of the software from there on

All but the last have the "time".
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from otnas import checks
from otnas.search import transaction
from otnas.study import arguments, journal, old_format
from otnas.study.errors import JournalError, StudyError
from otnas.study.trial import Run, State, Trial

# The states from which an event may move a trial, and the state to which it does.
_MOVES = {
    "fail": ((State.RUNNING,), State.FAILED),
    "cancel": ((State.RUNNING, State.LOST), State.CANCELLED),
    "lose": ((State.RUNNING,), State.LOST),
}
TELLABLE = (State.RUNNING, State.LOST)
"""States of trials whose values may be told."""


class History:
    """The trials of a study, changed by events.

    Parameters
    ----------
    header : mapping
    decode : callable
        Converts an item from its JSON form; by default it is left unchanged.

    Raises
    ------
    TypeError
        If the header is not that of a study.
    """

    def __init__(
        self, header: Mapping[str, Any], decode: Callable[[Any], Any] = lambda item: item
    ) -> None:
        for key in ("versions", "search"):
            if not isinstance(header.get(key, {}), Mapping):
                raise TypeError(f"expected an object {key!r}, got {checks.shown(header[key])}")
        self.header = dict(header)
        self.trials: list[Trial] = []
        self.versions: dict[str, Any] = dict(header.get("versions", {}))
        self._decode = decode

    def apply(self, event: Mapping[str, Any]) -> None:
        """Apply an event to the trials.

        Raises
        ------
        StudyError
            If a trial is not in a state that allows it.
        KeyError, TypeError, ValueError, IndexError
            If the event is not as described above.
        """
        kind = event["event"]
        if kind in ("ask", "attach"):
            for new in event["trials"]:
                self._add(self._new(kind, new, event))
        elif kind == "tell":
            for told in event["trials"]:
                self._tell(told, event["time"])
        elif kind in _MOVES:
            for number in event["trials"]:
                self._move(kind, number, event)
        elif kind == "retry":
            old = self.get(event["of"])
            self.require(old, (State.LOST,), "lost")
            first = old.id if old.retry_of is None else old.retry_of
            self._add(
                Trial(
                    _id(event["id"]),
                    old.item,
                    retry_of=first,
                    attempt=old.attempt + 1,
                    costs=old.costs,
                    asked=_number(event["time"]),
                )
            )
        elif kind == "versions":
            self.versions = dict(event["versions"])
        elif kind != "late":
            raise ValueError(f"expected an event, got {checks.shown(kind)}")

    def get(self, number: object) -> Trial:
        """Return the trial with an id.

        Raises
        ------
        StudyError
            If there is none.
        """
        if isinstance(number, bool) or not isinstance(number, (int, np.integer)):
            raise TypeError(f"trial: expected a Trial or an id, got {checks.shown(number)}")
        if not 0 <= number < len(self.trials):
            raise StudyError(f"trial: expected an id in [0, {len(self.trials)}), got {number}")
        return self.trials[int(number)]

    def require(self, trial: Trial, states: Iterable[State], wanted: str) -> None:
        """Raise a StudyError unless a trial is in one of the given states."""
        if trial.state not in states:
            raise StudyError(
                f"trial {trial.id}: expected one that is {wanted}, got one that is "
                f"{trial.state.value}"
            )

    def checkpoint(self) -> transaction.Undo:
        """Return a function that undoes all later changes."""
        return transaction.checkpoint(self)

    def _add(self, trial: Trial) -> None:
        if trial.id != len(self.trials):
            raise ValueError(f"expected trial {len(self.trials)}, got {checks.shown(trial.id)}")
        self.trials.append(trial)

    def _new(self, kind: str, new: Mapping[str, Any], event: Mapping[str, Any]) -> Trial:
        trial = Trial(
            _id(new["id"]),
            self._decode(new["item"]),
            costs=_costs(new.get("costs", {})),
            mean=_number(new.get("mean")),
            deviation=_number(new.get("deviation")),
            asked=_number(event["time"]),
            seconds=_number(event.get("seconds")),
        )
        return trial if kind == "ask" else _told(trial, new, event["time"])

    def _tell(self, told: Mapping[str, Any], time: float) -> None:
        trial = self.get(told["id"])
        self.require(trial, TELLABLE, "running or lost")
        self.trials[trial.id] = _told(trial, told, time)

    def _move(self, kind: str, number: int, event: Mapping[str, Any]) -> None:
        trial, (states, target) = self.get(number), _MOVES[kind]
        self.require(trial, states, " or ".join(state.value for state in states))
        self.trials[number] = replace(
            trial,
            state=target,
            reason=_text(event.get("reason")),
            ended=_number(event["time"]),
            run=_run(event.get("run")),
        )


def load(path: Path, decode: Callable[[Any], Any] = lambda item: item) -> History | None:
    """Read a journal of this format or the previous one, without its search.

    Return None if it has no complete line yet: its process was stopped at once.

    Parameters
    ----------
    path : Path
    decode : callable
        See `History`.

    Raises
    ------
    JournalError
        If the file is no journal, or a line is damaged; the message has its number.
    OSError
        If the file cannot be read.
    """
    contents = journal.read(path)
    if contents is None:
        return None
    if contents.header["format"] == journal.OLD_FORMAT:
        contents = old_format.lifted(contents, path)
    with damage_named(path, 1):
        history = History(contents.header, decode)
    for number, event in enumerate(contents.events, start=2):
        with damage_named(path, number):
            history.apply(event)
    return history


class damage_named:  # noqa: N801  (used like a function)
    """Turn errors that a damaged line raises into a JournalError with the line's number."""

    def __init__(self, path: Path, number: int) -> None:
        self._where = f"{path}, line {number}"

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, KeyError):
            raise JournalError(f"{self._where}: expected a key {error}") from None
        if isinstance(error, JournalError):
            return
        if isinstance(error, (TypeError, ValueError, IndexError, RuntimeError, OverflowError)):
            raise JournalError(f"{self._where}: {error}") from error


def _told(trial: Trial, told: Mapping[str, Any], time: float) -> Trial:
    value = _number(told["value"])
    (metrics,) = arguments.metrics([told.get("metrics")], 1, single=True)
    return replace(
        trial,
        state=State.FAILED if value is None else State.DONE,
        reason=None if value is not None else "the value told is infinite",
        value=value,
        metrics=metrics,
        ended=_number(time),
        run=_run(told.get("run")),
    )


def _run(run: Mapping[str, Any] | None) -> Run | None:
    if run is None:
        return None
    return Run(_finite(run["started"]), _finite(run["ended"]), str(_text(run["worker"])))


def _costs(value: Any) -> dict[str, float]:
    if not isinstance(value, Mapping):
        raise TypeError(f"costs: expected an object, got {checks.shown(value)}")
    return {name: _finite(cost) for name, cost in value.items()}


def _id(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"expected the number of a trial, got {checks.shown(value)}")
    return value


def _text(value: Any) -> str | None:
    if value is not None and not isinstance(value, str):
        raise TypeError(f"reason: expected a text, got {checks.shown(value)}")
    return value


def _number(value: Any) -> float | None:
    return None if value is None else _finite(value)


def _finite(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"expected a number, got {checks.shown(value)}")
    if not math.isfinite(value):  # JSON has 1e999
        raise ValueError(f"expected a finite number, got {value}")
    return float(value)
