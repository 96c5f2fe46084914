"""Earlier searches of an experiment: random results of another table, or a study's journal."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from otnas import tables
from otnas.experiments.configuration import ConfigurationError
from otnas.search.cells.prior import LARGEST_PRIOR
from otnas.study import Study, StudyError
from otnas.tables import Table

_OF_TABLE = re.compile(r"(.+):(\d{1,9})")


def check(texts: Sequence[str]) -> None:
    """Raise a ConfigurationError unless each is ``TABLE:NUMBER`` or a journal, and exists."""
    known(list(texts), 0)


def known(texts: Sequence[str], seed: int) -> dict[str, Any] | None:
    """Return earlier searches by name, as `methods.make` takes them; None if there are none.

    Parameters
    ----------
    texts : sequence of str
        As `Configuration.prior`.
    seed : int
        Seed of the trial: other seeds draw other results.

    Raises
    ------
    ConfigurationError
        If there is no such table or journal, or a number is out of range.
    """
    found: dict[str, Any] = {}
    for i, text in enumerate(texts):
        try:
            found[f"prior{i}"] = _read(text, np.random.default_rng([seed, i]))
        except (LookupError, ValueError, OSError, StudyError) as error:
            message = error.args[0] if isinstance(error, KeyError) else error
            raise ConfigurationError(f"prior: {text}: {message}") from None
    return found or None


def _read(text: str, rng: np.random.Generator) -> Any:
    named = _OF_TABLE.fullmatch(text)
    if named is None:
        return Study.read(Path(text))
    n = int(named[2])
    if not 2 <= n <= LARGEST_PRIOR:
        raise ValueError(f"expected from 2 to {LARGEST_PRIOR} results, got {n}")
    return _table(named[1]).sample(n, rng)


@lru_cache(maxsize=4)
def _table(name: str) -> Table:
    return tables.load(name)
