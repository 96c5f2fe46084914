"""Small studies for tests of the runner."""

from __future__ import annotations

import json

from searches import small_sequences

from otnas import Study


def make(path=None, *, kind=Study, space=None, **rest):
    """A study of 81 cells, by random search."""
    chosen = {"method": "random", "seed": 0, **rest}
    return kind(path, space=space or small_sequences(), **chosen)


def states(study):
    return [trial.state.value for trial in study.trials]


def events(path, kind):
    """The events of a kind in a journal."""
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    return [line for line in lines if line.get("event") == kind]
