"""The search of a study, made from the names of a space and a method."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from otnas import spaces
from otnas.search import Search, methods
from otnas.search.cells.prior import EarlierLike, PriorLike
from otnas.spaces import SearchSpace
from otnas.study import history as histories
from otnas.study.errors import JournalError
from otnas.study.results import StudyResults

EarlierStudy = EarlierLike | str | Path
"""What `methods.make` takes, or the path of a journal."""
EarlierStudies = PriorLike | EarlierStudy | list[EarlierStudy] | Mapping[str, EarlierStudy]
"""One earlier search, several in a list, or several by name."""

_KNOWN = ("costs", "budget", "reference", "features", "prior")


def new_search(
    search: Search[Any] | None,
    space: SearchSpace[Any] | str | None,
    method: str | None,
    prior: EarlierStudies | None,
    **options: Any,
) -> Search[Any]:
    """Return the given search, or one made from names and the options of `methods.make`.

    Raises
    ------
    TypeError, ValueError
        Unless either a search or a space is given, or if options are given with a search.
    JournalError
        If a prior is the path of a file that is not a journal.
    """
    if (search is None) == (space is None):
        found = "neither" if search is None else "both"
        raise TypeError(
            f"search: expected either a search, or the name of a space and a method, got {found}"
        )
    if search is not None:
        if method is not None:
            raise TypeError("method: expected with a space only, got one beside a search")
        for name in _KNOWN:
            if (prior if name == "prior" else options[name]) is not None:
                name = "costs" if name in ("budget", "reference") else name
                raise TypeError(f"{name}: expected with a space only, got some beside a search")
        return search
    space = spaces.get(space) if isinstance(space, str) else space
    return methods.make(
        method or methods.default(space),
        space,  # type: ignore[arg-type]
        prior=None if prior is None else _read(prior),
        **options,
    )


def read(path: str | Path) -> StudyResults:
    """Return the contents of a journal; see `Study.read`."""
    history = histories.load(Path(path))
    if history is None:
        raise JournalError(f"{path}: expected a journal, got one without a whole line")
    return StudyResults(history)


def _read(prior: Any) -> Any:
    """Return earlier searches, with the journals among them read."""
    if isinstance(prior, (str, Path)):
        return read(prior)
    if isinstance(prior, list):
        return [_read(one) for one in prior]
    if isinstance(prior, Mapping):
        return {name: _read(one) for name, one in prior.items()}
    return prior
