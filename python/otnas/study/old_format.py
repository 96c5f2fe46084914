"""Journals of the previous format, converted for reading, not for continuing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from otnas import checks
from otnas.study.errors import JournalError
from otnas.study.journal import Contents

# Keys of a query of an experiment that are no metrics.
_OTHERS = ("kind", "query", "cell", "hash", "mean", "deviation", "asked", "told")


def lifted(contents: Contents, path: Path) -> Contents:
    """Return a journal of format 2, of an experiment or a pool search, in the current format."""
    events: list[dict[str, Any]] = []
    running: dict[Any, int] = {}  # trial of an item that a pool search asked for
    n_trials = n_queries = 0
    for number, line in enumerate(contents.events, start=2):
        try:
            if line["kind"] == "versions":
                events.append({"event": "versions", "versions": line["versions"]})
                continue
            n_queries += 1
            if line["kind"] != "query" or line["query"] != n_queries:
                got = [line["kind"], line.get("query")]
                raise ValueError(f"expected query {n_queries}, got {checks.shown(got)}")
            new = list(_of_pool(line, running, n_trials) if "cell" not in line else _query(line))
        except (KeyError, TypeError, ValueError) as error:
            raise JournalError(f"{path}, line {number} is damaged: {error}") from None
        events += new
        n_trials += sum(len(e["trials"]) for e in new if e["event"] in ("ask", "attach"))
    header = dict(contents.header)
    if header.get("search") == "pool":
        header["search"] = {"method": "pool", "n_items": header.pop("n_items", None)}
    return Contents(header, events, contents.size)


def _query(line: dict[str, Any]) -> Iterator[dict[str, Any]]:
    number = line["query"] - 1
    asked = {"id": number, "item": line["cell"]}
    asked |= {key: line.get(key) for key in ("mean", "deviation")}
    yield {
        "event": "ask",
        "time": line.get("asked"),
        "seconds": line.get("overhead_seconds"),
        "trials": [asked],
    }
    metrics = {k: v for k, v in line.items() if k not in (*_OTHERS, "overhead_seconds")}
    told = {"id": number, "value": line["validation_error"], "metrics": metrics}
    yield {"event": "tell", "time": line.get("told"), "trials": [told]}


def _of_pool(
    line: dict[str, Any], running: dict[Any, int], n_trials: int
) -> Iterator[dict[str, Any]]:
    if "ask" in line:
        asked = [{"id": n_trials + i, "item": item} for i, item in enumerate(line["items"])]
        running |= {new["item"]: new["id"] for new in asked}
        yield {"event": "ask", "time": None, "trials": asked}
        return
    attached: list[dict[str, Any]] = []
    for item, value in zip(line["told"], line["values"], strict=True):
        if item in running:
            told = {"id": running.pop(item), "value": value}
            yield {"event": "tell", "time": None, "trials": [told]}
        else:
            attached.append({"id": n_trials + len(attached), "item": item, "value": value})
    if attached:
        yield {"event": "attach", "time": None, "trials": attached}
