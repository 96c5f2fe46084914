"""What benchmarks are to reach: collected, printed in one table, and binding with ``--targets``."""

from __future__ import annotations

from dataclasses import dataclass

import pytest


@dataclass(frozen=True)
class Target:
    """One figure and its limit."""

    what: str
    measured: float
    limit: float
    unit: str
    at_most: bool

    @property
    def is_met(self) -> bool:
        return self.measured <= self.limit if self.at_most else self.measured >= self.limit

    @property
    def line(self) -> str:
        bound = "at most" if self.at_most else "at least"
        verdict = "met" if self.is_met else "MISSED"
        return (
            f"{self.what:<64} {self.measured:>9.3g} {self.unit:<18} "
            f"{bound:>8} {self.limit:>6.3g}  {verdict}"
        )


class Targets:
    """Collects figures; missed limits fail their test, once it has ended, only if they are binding.

    Times depend on what else the machine does: without ``--targets`` benchmarks check answers.
    """

    def __init__(self, binding: bool) -> None:
        self._binding = binding
        self.all: list[Target] = []

    def at_most(self, what: str, measured: float, limit: float, unit: str) -> None:
        self.all.append(Target(what, measured, limit, unit, True))

    def at_least(self, what: str, measured: float, limit: float, unit: str) -> None:
        self.all.append(Target(what, measured, limit, unit, False))

    def check(self, since: int) -> None:
        """Fail if a binding limit was missed by the figures from that number on."""
        missed = [target.line for target in self.all[since:] if not target.is_met]
        if self._binding and missed:
            pytest.fail("\n".join(missed), pytrace=False)
