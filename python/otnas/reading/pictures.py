"""Pictures of architectures: their graphs, drawn with the operations."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from otnas import spaces
from otnas.reading import style
from otnas.reading.results import Experiment
from otnas_fast import Cell

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Light enough for black text; families differ in luminance, and all vertices carry their names.
_FILLS = ("#cfe3f3", "#fbe0c3", "#d3ecd9", "#ecd6e6", "#f5f0c4", "#e3e3e3")


@dataclass(frozen=True)
class Found:
    """An architecture that was found.

    Attributes
    ----------
    cell : Cell
    text : str
        As the journals write it.
    validation_error : float
    error : float
        On test data, where there is any.
    methods : list of str
        That found it.
    trials : int
        In so many trials, of all methods together.
    """

    cell: Cell
    text: str
    validation_error: float
    error: float
    methods: list[str]
    trials: int


def best_found(experiment: Experiment, limit: int = 3) -> list[Found]:
    """Return the architectures of lowest validation error that any trial trained.

    Empty if the table's space is none of the built-in ones, whose notation is known.
    """
    try:
        space = spaces.get(experiment.table["space"])
    except ValueError:
        return []
    where: dict[str, list[tuple[str, float, float]]] = defaultdict(list)
    for method, trials in experiment.trials.items():
        for trial in trials:
            for i, text in enumerate(trial.cells):
                entry = (method, float(trial.validation_error[i]), float(trial.error[i]))
                where[text].append(entry)
    ordered = sorted(where, key=lambda text: (where[text][0][1], text))
    return [
        Found(
            cell=space.parse(text),
            text=text,
            validation_error=where[text][0][1],
            error=where[text][0][2],
            methods=list(dict.fromkeys(method for method, _, _ in where[text])),
            trials=len(where[text]),
        )
        for text in ordered[:limit]
    ]


def draw(experiment: Experiment, found: Sequence[Found]) -> Figure:
    """Return a figure with a panel for every architecture."""
    from matplotlib.figure import Figure

    with style.applied():
        figure = Figure(figsize=(style.WIDTH, 3.3), layout="constrained")
        panels = figure.subplots(1, max(1, len(found)), squeeze=False)[0]
        for axes, item in zip(panels, found, strict=False):
            _draw_cell(axes, item.cell)
            error = f"validation {item.validation_error:.3f} %"
            if experiment.has_test_error:
                error += f", test {item.error:.3f} %"
            axes.set_title(error, fontsize=7.5)
            total = sum(map(len, experiment.trials.values()))
            axes.text(
                0.5, -0.02, f"in {item.trials} of {total} trials", transform=axes.transAxes,
                ha="center", va="top", fontsize=7, color="#555555",
            )  # fmt: skip
    return figure


def _draw_cell(axes: Axes, cell: Cell) -> None:
    pruned = cell.prune()
    matrix, ops = np.asarray(pruned.matrix, dtype=bool), list(pruned.ops)
    places = positions(matrix)
    families = {
        op: i for i, ops_of in enumerate(cell.taxonomy.families.values()) for op in ops_of
    }
    for u, v in np.argwhere(matrix).tolist():
        _edge(axes, places[u], places[v], _is_blocked(places, u, v))
    for vertex, op in enumerate(ops):
        is_end = vertex in (0, len(ops) - 1)
        fill = "#ffffff" if is_end else _FILLS[families.get(op, 0) % len(_FILLS)]
        axes.text(
            *places[vertex], op, ha="center", va="center", fontsize=6.5, zorder=3,
            bbox={"boxstyle": "round,pad=0.35", "facecolor": fill, "edgecolor": "#333333",
                  "linewidth": 0.8},
        )  # fmt: skip
    x, y = places.T
    axes.set_xlim(min(x.min(), -0.9) - 0.5, max(x.max(), 0.9) + 0.5)
    axes.set_ylim(y.min() - 0.4, y.max() + 0.4)
    axes.set_axis_off()


def positions(matrix: np.ndarray[tuple[int, int], np.dtype[np.bool_]]) -> np.ndarray[
    tuple[int, int], np.dtype[np.float64]
]:
    """Place vertices by the longest path from the input, downwards; shape (n, 2).

    Parameters
    ----------
    matrix : bool array (n, n)
        Upper triangular.
    """
    n = len(matrix)
    layer = np.zeros(n, dtype=int)
    for v in range(n):
        before = np.flatnonzero(matrix[:v, v])
        if before.size:
            layer[v] = layer[before].max() + 1
    places = np.zeros((n, 2))
    for depth in range(int(layer.max()) + 1 if n else 0):
        members = np.flatnonzero(layer == depth)
        if depth:
            # Below what leads to them, so that fewer edges cross.
            above = [places[np.flatnonzero(matrix[:, v]), 0].mean() for v in members]
            members = members[np.argsort(above, kind="stable")]
        places[members, 0] = 1.15 * (np.arange(members.size) - (members.size - 1) / 2)
        places[members, 1] = -depth
    return places


def _is_blocked(places: np.ndarray[tuple[int, int], np.dtype[np.float64]], u: int, v: int) -> bool:
    """Whether a straight edge would run through another vertex."""
    start, end = places[u], places[v]
    for w in range(len(places)):
        if w in (u, v) or not min(start[1], end[1]) < places[w, 1] < max(start[1], end[1]):
            continue
        share = (places[w, 1] - start[1]) / (end[1] - start[1])
        if abs(start[0] + share * (end[0] - start[0]) - places[w, 0]) < 0.5:
            return True
    return False


def _edge(axes: Axes, start: Sequence[float], end: Sequence[float], bent: bool) -> None:
    axes.annotate(
        "",
        xy=(end[0], end[1]),
        xytext=(start[0], start[1]),
        arrowprops={
            "arrowstyle": "-|>",
            "color": "#333333",
            "linewidth": 0.9,
            "shrinkA": 8,
            "shrinkB": 9,
            "connectionstyle": "arc3,rad=0.38" if bent else "arc3",
        },
        zorder=2,
    )
