"""A trial: one item that is suggested, trained and told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import Enum
from typing import Any


class State(str, Enum):
    """The state of a trial.

    ========= ============================ ===================== ================================
    state     is it modelled               can it come again     does it count
    ========= ============================ ===================== ================================
    running   at its posterior mean        no                    not before it ends
    done      yes                          no                    yes
    failed    as the worst value           no                    yes
    cancelled no                           yes                   no
    lost      no                           yes, as a retry       no
    ========= ============================ ===================== ================================

    All states but `running` are final, except that a lost trial may still become done if its result
    arrives before that of a retry.

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
        A name such as "host:process".

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
    """A trial in its current state.

    Attributes
    ----------
    id : int
        Numbers 0, 1, 2, ... in the order of asking.
    item : Any
        What to train, such as a Cell or the number of a pool item; in its JSON form where a journal
        is read without its search.
    state : State
    value : float, optional
        The value told.
    metrics : mapping
        Further results told, by name.
    reason : str, optional
        Reason of a failure, cancellation or loss, tracebacks included.
    retry_of : int, optional
        Id of the first attempt at this item, if this is a retry.
    attempt : int
        0, and 1, 2, ... for retries.
    costs : mapping
        Costs known before training, by name.
    mean, deviation : float, optional
        Mean and standard deviation of the value that the model predicted.
    asked, ended : float, optional
        Seconds since 1970.
    seconds : float, optional
        Time that choosing it took, as its share of the batch.
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
        """Whether the trial ended with a value or as a failure."""
        return self.state in (State.DONE, State.FAILED)

    def to_record(self) -> dict[str, Any]:
        """Return a flat dictionary, with keys such as ``metric.NAME`` and the run's three parts."""
        record = {f.name: getattr(self, f.name) for f in fields(self)}
        metrics, run, costs = record.pop("metrics"), record.pop("run"), record.pop("costs")
        record["state"] = self.state.value
        for name in ("started", "ended", "worker"):
            record[f"run_{name}"] = None if run is None else getattr(run, name)
        record |= {f"cost.{name}": cost for name, cost in costs.items()}
        return record | {f"metric.{name}": value for name, value in metrics.items()}
