"""What to type instead of an unknown name."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def unknown(name: str, known: Iterable[str]) -> str:
    """Return a clause on an unknown name: the nearest known one, or all of them.

    >>> unknown("quries", ["queries", "trials"])
    "'quries' is unknown; did you mean 'queries'?"
    """
    names = list(known)
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    if near:
        return f"{name!r} is unknown; did you mean {near[0]!r}?"
    return f"{name!r} is unknown; known are {', '.join(names) or 'none'}"
