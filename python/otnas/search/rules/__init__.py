"""Batch rules: functions of (candidates, k, settings, rng) that return k different positions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from otnas.arrays import IntArray
from otnas.search.batch import BatchRule
from otnas.search.candidates import Candidates
from otnas.search.gp_settings import BatchSettings
from otnas.search.rules.determinantal import (
    KDPPSettings,
    MAPSettings,
    QualityKDPPSettings,
    greedy_map,
    plain_dpp,
    quality_dpp,
)
from otnas.search.rules.penalisation import penalise
from otnas.search.rules.sequential import (
    BUCBSettings,
    LiarSettings,
    believer,
    bucb,
    liar,
    top_k,
)
from otnas.search.rules.thompson import joint_thompson
from otnas.search.settings import unknown


@dataclass(frozen=True)
class Rule:
    """A batch rule.

    Attributes
    ----------
    summary : str
    settings : type of its settings, a `BatchSettings`
    choose : callable (candidates, k, settings, rng) -> k different positions
    by_bound : bool
        Whether the promising candidates are those of lowest confidence bound, instead of greatest
        acquisition value.
    for_one : bool
        Whether the rule also chooses batches of one; otherwise the acquisition function does.
    """

    summary: str
    settings: type[BatchSettings]
    choose: Callable[..., IntArray]
    by_bound: bool
    for_one: bool


RULES: dict[str, Rule] = {
    "kdpp-quality": Rule("quality k-DPP", QualityKDPPSettings, quality_dpp, True, False),
    "kdpp": Rule("k-DPP", KDPPSettings, plain_dpp, True, False),
    "map": Rule("greedy MAP of the quality k-DPP", MAPSettings, greedy_map, True, False),
    "thompson": Rule("joint Thompson sampling", BatchSettings, joint_thompson, True, True),
    "bucb": Rule("GP-BUCB", BUCBSettings, bucb, True, True),
    "believer": Rule("Kriging believer", BatchSettings, believer, False, True),
    "liar": Rule("constant liar", LiarSettings, liar, False, True),
    "penalise": Rule("local penalisation", BatchSettings, penalise, False, True),
    "top-k": Rule("best k by the acquisition function", BatchSettings, top_k, False, True),
}


def rule_of(chosen: str | BatchRule) -> Rule:
    """Return the rule of a name, or one that calls a function of (mean, covariance, k, rng).

    Raises
    ------
    ValueError
        If there is no rule of that name; the message has the nearest one.
    TypeError
        If `chosen` is neither a name nor a function.
    """
    if isinstance(chosen, str):
        if chosen not in RULES:
            raise ValueError(f"batch_rule: {unknown(chosen, RULES, 'batch rule')}")
        return RULES[chosen]
    if not callable(chosen):
        raise TypeError(f"batch_rule: expected a name or a function, got {chosen!r}")
    return Rule("a rule of the user's own", KDPPSettings, partial(_call, chosen), True, False)


def _call(
    function: BatchRule,
    candidates: Candidates,
    k: int,
    settings: BatchSettings,
    rng: np.random.Generator,
) -> IntArray:
    return function(candidates.mean, candidates.covariance, k, rng)


__all__ = ["RULES", "Rule", "rule_of"]
