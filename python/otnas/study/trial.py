"""A trial: one item, suggested, trained and told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import Enum
from typing import Any


class State(str, Enum):
    """Where a trial stands.

    ========= ============================ ===================== ================================
    state     is it modelled               can it come again     does it count
    ========= ============================ ===================== ================================
    running   at its posterior mean        no                    not before it ends
    done      yes                          no                    yes
    failed    as the worst value           no                    yes
    cancelled no                           yes                   no
    lost      no                           yes, as a retry       no
    ========= ============================ ===================== ================================

    All but `running` are final; only a lost trial may still become done, if its result arrives
    before that of a retry.

    Examples
    --------
    >>> State("done").value, State.FAILED.value
    ('done', 'failed')
    """

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    LOST = "lost"


@dataclass(frozen=True)
class Run:
    """Where and when a training ran.

    Attributes
    ----------
    started, ended : float
        Seconds since 1970.
    worker : str
        Such as "host:process".

    Examples
    --------
    >>> run = Run(started=0.0, ended=90.0, worker="node1:4711")
    >>> run.ended - run.started
    90.0
    """

    started: float
    ended: float
    worker: str


@dataclass(frozen=True)
class Trial:
    """A trial as it stands.

    Attributes
    ----------
    id : int
        0, 1, 2, ... in the order of asking.
    item : Any
        What to train: a Cell, the number of a pool item. As JSON has it where a journal is read
        without its search.
    state : State
    value : float, optional
        As told.
    metrics : mapping
        What else was told, by name.
    reason : str, optional
        Of a failure, cancellation or loss; tracebacks included.
    retry_of : int, optional
        Id of the first attempt at this item.
    attempt : int
        0, and 1, 2, ... for retries.
    costs : mapping
        What was known before, by name.
    mean, deviation : float, optional
        What the model expected of the value.
    asked, ended : float, optional
        Seconds since 1970.
    seconds : float, optional
        What choosing it took, its share of the batch.
    run : Run, optional
    """

    id: int
    item: Any
    state: State = State.RUNNING
    value: float | None = None
    metrics: Mapping[str, Any] = field(default_factory=dict)
    reason: str | None = None
    retry_of: int | None = None
    attempt: int = 0
    costs: Mapping[str, float] = field(default_factory=dict)
    mean: float | None = None
    deviation: float | None = None
    asked: float | None = None
    ended: float | None = None
    seconds: float | None = None
    run: Run | None = None

    @property
    def counts(self) -> bool:
        """Whether the trial ended with knowledge: a value, or that the training fails."""
        return self.state in (State.DONE, State.FAILED)

    def to_record(self) -> dict[str, Any]:
        """Return a flat dictionary: ``metric.NAME``, ``cost.NAME``, the run as its three parts."""
        record = {f.name: getattr(self, f.name) for f in fields(self)}
        metrics, run, costs = record.pop("metrics"), record.pop("run"), record.pop("costs")
        record["state"] = self.state.value
        for name in ("started", "ended", "worker"):
            record[f"run_{name}"] = None if run is None else getattr(run, name)
        record |= {f"cost.{name}": cost for name, cost in costs.items()}
        return record | {f"metric.{name}": value for name, value in metrics.items()}
