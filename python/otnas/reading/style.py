"""The style of plots: legible in print, without colour, and to the colour-blind."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

# Okabe & Ito (2008), without yellow, which is too light for lines.
_COLOURS = ("#000000", "#D55E00", "#0072B2", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
_LINES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (8, 2)), (0, (3, 1, 3, 1, 1, 1)))
_MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "*", "h")

WIDTH = 7.0
"""Width of a figure over two columns, in inches."""

_RC: dict[Any, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 8,
    "axes.labelsize": 8,
    "axes.titlesize": 9,
    "legend.fontsize": 7.5,
    "xtick.labelsize": 7.5,
    "ytick.labelsize": 7.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.7,
    "axes.grid": True,
    "grid.color": "#dddddd",
    "grid.linewidth": 0.5,
    "lines.linewidth": 1.4,
    "figure.dpi": 100,
    "savefig.dpi": 200,
    # Text of PDF files can be selected and edited.
    "pdf.fonttype": 42,
    "svg.fonttype": "path",
    # The same figure gives the same file.
    "svg.hashsalt": "otnas",
}


@contextmanager
def applied() -> Iterator[None]:
    """Use the style inside the block, with a backend that needs no screen."""
    import matplotlib

    with matplotlib.rc_context(_RC):
        yield


def of_methods(methods: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return a colour, a line and a marker for every method, all three different from its peers'.

    Methods beyond the seventh differ from earlier ones of the same colour in line and marker.
    """
    styles = {}
    for i, method in enumerate(methods):
        again = i // len(_COLOURS)
        styles[method] = {
            "color": _COLOURS[i % len(_COLOURS)],
            "linestyle": _LINES[(i + 2 * again) % len(_LINES)],
            "marker": _MARKERS[i % len(_MARKERS)],
        }
    return styles
