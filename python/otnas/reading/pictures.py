"""Pictures of architectures: their graphs, drawn with the operations."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from otnas import spaces
from otnas.arrays import FloatArray
from otnas.reading import graph_layout, style
from otnas.reading.results import Experiment
from otnas_fast import Cell

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.path import Path

_HALF_BOX = 0.15

# Light enough for black text; families differ in luminance, and all vertices show their names.
_FILLS = ("#cfe3f3", "#fbe0c3", "#d3ecd9", "#ecd6e6", "#f5f0c4", "#e3e3e3")


@dataclass(frozen=True)
class Found:
    """An architecture that was found.

    Attributes
    ----------
    cell : Cell
    text : str
        The architecture as written in the journals.
    validation_error : float
    error : float
        Error on test data, where there is any.
    methods : list of str
        Methods that found it.
    trials : int
        Number of trials that found it, of all methods together.
    """

    cell: Cell
    text: str
    validation_error: float
    error: float
    methods: list[str]
    trials: int


def best_found(experiment: Experiment, limit: int = 3) -> list[Found]:
    """Return the architectures of lowest validation error that any trial trained.

    The list is empty if the table's space is not built in, since its notation is then unknown.
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
    """Return a figure with one panel per architecture."""
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
    from matplotlib.patches import FancyArrowPatch

    pruned = cell.prune()
    drawing = graph_layout.place(np.asarray(pruned.matrix, dtype=np.bool_))
    families = {op: i for i, ops in enumerate(cell.taxonomy.families.values()) for op in ops}
    for points in drawing.edges.values():
        axes.add_patch(
            FancyArrowPatch(
                path=_curve(points),
                arrowstyle="-|>,head_length=3,head_width=1.6",
                color="#444444",
                linewidth=0.9,
                shrinkA=0,
                shrinkB=0,
                zorder=2,
            )
        )
    last = len(pruned.ops) - 1
    for vertex, op in enumerate(pruned.ops):
        fill = "#ffffff" if vertex in (0, last) else _FILLS[families.get(op, 0) % len(_FILLS)]
        x, y = drawing.vertices[vertex].tolist()
        axes.text(
            x, y, op, ha="center", va="center", fontsize=6.2, zorder=3,
            bbox={"boxstyle": "round,pad=0.35", "facecolor": fill, "edgecolor": "#333333",
                  "linewidth": 0.8},
        )  # fmt: skip
    # Half a box, and the width of a line, on both sides.
    half = max(1.3, float(np.abs(drawing.vertices[:, 0]).max()) + 0.58)
    for points in drawing.edges.values():
        half = max(half, float(np.abs(points[:, 0]).max()) + 0.1)
    axes.set_xlim(-half, half)
    axes.set_ylim(float(drawing.vertices[:, 1].min()) - 0.3, 0.3)
    axes.set_axis_off()


def _curve(points: FloatArray) -> Path:
    """Return a smooth line through points (m, 2), vertical at each of them."""
    from matplotlib.path import Path

    points = points.copy()
    # From the lower border of one box to the upper border of the other.
    points[0, 1] -= _HALF_BOX
    points[-1, 1] += _HALF_BOX + 0.02
    vertices, codes = [tuple(points[0])], [Path.MOVETO]
    for start, end in pairwise(points):
        middle = (start[1] + end[1]) / 2
        vertices += [(start[0], middle), (end[0], middle), tuple(end)]
        codes += [Path.CURVE4] * 3
    return Path(vertices, codes)
