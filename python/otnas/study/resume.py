"""Continuing a search from a journal."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from otnas.search import Search
from otnas.study.errors import JournalError
from otnas.study.history import History, damage_named
from otnas.study.trial import State, Trial


def resume(
    search: Search[Any],
    history: History,
    events: Sequence[Mapping[str, Any]],
    path: Path,
    *,
    verify: bool,
) -> None:
    """Bring a new search and an empty history to the end of a journal.

    Items that were asked for are claimed, and the search's state after the last ask is restored:
    no decision is repeated. With `verify`, and where the journal has no state, all decisions are.

    Raises
    ------
    JournalError
        If a line is damaged or contradicts the others, or the search asks for other items.
    """
    asks = [i for i, event in enumerate(events) if event.get("event") == "ask"]
    for i, event in enumerate(events):
        with damage_named(path, i + 2):
            recompute = verify or event.get("state") is None
            _repeat(search, history, event, path, recompute=recompute)
            if not recompute and i == asks[-1]:
                search.restore(event["state"])


def _repeat(
    search: Search[Any], history: History, event: Mapping[str, Any], path: Path, *, recompute: bool
) -> None:
    kind, trials, first = event["event"], history.trials, len(history.trials)
    given_up = []
    if kind in ("cancel", "lose"):
        moved = [history.get(number) for number in event["trials"]]
        given_up = [trial.item for trial in moved if trial.state is State.RUNNING]
    history.apply(event)
    new = [trial.item for trial in trials[first:]]
    if kind == "ask" and recompute:
        found = search.ask(len(new))
        if found != new:
            raise JournalError(
                f"{path}: the journal has {[search.domain.to_json(item) for item in new]}, but the "
                f"search now asks for {[search.domain.to_json(item) for item in found]}; was it "
                "another version?"
            )
    elif kind in ("ask", "retry"):
        search.claim(new)
    elif kind == "attach":
        search.tell(new, [_value(search, trial) for trial in trials[first:]])
    elif kind == "tell":
        told = [trials[entry["id"]] for entry in event["trials"]]
        search.tell([t.item for t in told], [_value(search, t) for t in told])
    elif kind == "fail":
        search.fail([trials[number].item for number in event["trials"]])
    elif given_up:
        search.cancel(given_up)


def _value(search: Search[Any], trial: Trial) -> float:
    if trial.value is not None:
        return trial.value
    return -math.inf if search.direction == "maximise" else math.inf
