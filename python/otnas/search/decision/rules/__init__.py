"""Batch rules by name: which k of the M most promising candidates to try next."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import is_dataclass

import numpy as np
from numpy.typing import ArrayLike

from otnas import checks
from otnas.registry import Registry
from otnas.search.decision.candidates import Candidates
from otnas.search.decision.rules.base import FunctionRule, Rule
from otnas.search.decision.rules.determinantal import KDPP, GreedyMAP, QualityKDPP
from otnas.search.decision.rules.hallucinating import BUCB, ConstantLiar, KrigingBeliever, TopK
from otnas.search.decision.rules.penalisation import LocalPenalisation
from otnas.search.decision.rules.thompson import JointThompson


def _check(name: str, rule: object) -> None:
    if not (isinstance(rule, type) and issubclass(rule, Rule) and is_dataclass(rule)):
        raise TypeError(f"rule: expected a dataclass that is a Rule, got {checks.shown(rule)}")
    if not hasattr(rule, "summary"):
        raise TypeError(f"rule: expected a summary, got {rule.__name__} without one")


_BUILT_IN: dict[str, type[Rule]] = {
    "kdpp-quality": QualityKDPP,
    "kdpp": KDPP,
    "map": GreedyMAP,
    "thompson": JointThompson,
    "bucb": BUCB,
    "believer": KrigingBeliever,
    "liar": ConstantLiar,
    "penalise": LocalPenalisation,
    "top-k": TopK,
}

_ALSO = {
    "k-dpp": "kdpp",
    "quality-k-dpp": "kdpp-quality",
    "thompson-sampling": "thompson",
    "gp-bucb": "bucb",
    "kriging-believer": "believer",
    "constant-liar": "liar",
    "local-penalisation": "penalise",
    "local-penalization": "penalise",
}

RULES: Registry[type[Rule]] = Registry("rule", _check, _BUILT_IN, _ALSO)
"""Batch rules by name; ``RULES.register("my-rule", MyRule)`` adds one."""

RuleLike = str | Rule | Callable[[Candidates, int, np.random.Generator], ArrayLike]
"""A name, a rule, or a function (candidates, k, rng) -> k different positions."""


def rule_class(chosen: RuleLike) -> type[Rule]:
    """Return the class of a rule, whose fields are its settings.

    Raises
    ------
    ValueError
        If there is no rule of that name; the message contains the nearest one.
    TypeError
        If `chosen` is neither a name, a rule nor a function.

    Examples
    --------
    >>> rule_class("top-k") is RULES["top-k"]
    True
    """
    if isinstance(chosen, str):
        if chosen not in RULES:
            raise ValueError(f"batch_rule: {checks.unknown(chosen, RULES, 'batch rule')}")
        return RULES[chosen]
    if isinstance(chosen, Rule):
        return type(chosen)
    if not callable(chosen):
        raise TypeError(f"batch_rule: expected a name or a function, got {chosen!r}")
    return FunctionRule


__all__ = ["RULES", "FunctionRule", "Rule", "RuleLike", "rule_class"]
