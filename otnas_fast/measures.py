"""The measures that can describe a cell, each of which becomes one block of an embedding."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from otnas_fast import _validate as check

MeasureNames: TypeAlias = str | Iterable[str]

PATH_MEASURES = ("prefix", "suffix")
"""The measures on tries of words: their vectors are long, with few nonzero coordinates."""

MEASURES = (
    *("operations-1", "operations-2", "indegree", "outdegree"),
    *PATH_MEASURES,
    *("sizes", "depth", "terminals"),
)

PRESETS = {
    "tw": ("operations-1", "indegree", "outdegree"),
    "tw-2g": ("operations-2", "indegree", "outdegree"),
    "tw-path": ("operations-2", "indegree", "outdegree", "prefix", "suffix", "sizes"),
    "tw-full": (
        *("operations-2", "indegree", "outdegree", "prefix", "suffix"),
        *("sizes", "depth", "terminals"),
    ),
}
"""The paper's kernels, by 1- and 2-grams of operations; with paths and sizes; all measures."""

DEFAULT_LENGTHSCALES = {
    "operations": 1.0,
    "indegree": 0.1,
    "outdegree": 0.1,
    "prefix": 5.0,
    "suffix": 5.0,
    "sizes": 4.0,
    "depth": 2.0,
    "terminals": 2.5,
}
"""About the mean distance between random NAS-Bench cells, so that no block drowns the others.

Measured over NAS-Bench-101 / NAS-Bench-201, all cells alike: operations (2-grams) 0.80 / 1.38,
in-degree 0.11 / 0.08, out-degree 0.10 / 0.08, prefix and suffix 6.2 / 4.6, sizes 3.7 / 4.5,
depth 1.8 / 1.2, terminals 2.3 / 1.6.
"""


def block_name(measure: str) -> str:
    """Return the name of a measure's block; it is ``operations`` for 1- and 2-grams."""
    return measure.partition("-")[0]


def check_measures(measures: object) -> tuple[str, ...]:
    """Return the names of the measures, presets spelt out; unknown or repeated ones are refused.

    Raises
    ------
    TypeError, ValueError
    """
    if isinstance(measures, str):
        given: tuple[object, ...] = (measures,)
    elif isinstance(measures, Iterable):
        given = tuple(measures)
    else:
        raise TypeError(
            f"measures: expected a preset, a name or names, got {check.shown(measures)}"
        )
    names: tuple[str, ...] = ()
    for name in given:
        if not isinstance(name, str):
            check.wrong("measures", "names", name)
        if name not in MEASURES and name not in PRESETS:
            raise ValueError(
                f"measures: expected names out of {MEASURES} or of the presets {tuple(PRESETS)}, "
                f"got {check.shown(name)}"
            )
        names += PRESETS.get(name, (name,))
    blocks = [block_name(name) for name in names]
    if not names or len(set(blocks)) < len(blocks):
        raise ValueError(
            f"measures: expected at least one, each once, and operations once, "
            f"got {check.shown(names)}"
        )
    return names


def check_ngram(ngram: object) -> int:
    """Return ngram, 1 or 2; anything else is refused."""
    if check.integer(ngram, "ngram") not in (1, 2):
        raise ValueError(f"ngram: expected 1 or 2, got {check.shown(ngram)}")
    return check.integer(ngram, "ngram")


def chosen_measures(ngram: object, measures: object) -> tuple[str, ...] | None:
    """Return the measures that `ngram` and `measures` ask for; None if neither is given.

    Raises
    ------
    TypeError, ValueError
        If they are invalid, or if both are given.
    """
    if ngram is None and measures is None:
        return None
    if ngram is not None and measures is not None:
        raise ValueError(
            f"ngram, measures: expected one of the two (ngram=2 is measures='tw-2g'), "
            f"got ngram={check.shown(ngram)} and measures={check.shown(measures)}"
        )
    if measures is not None:
        return check_measures(measures)
    return PRESETS["tw" if check_ngram(ngram) == 1 else "tw-2g"]
