"""Curves of errors against queries, one figure per experiment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from otnas.arrays import FloatArray, IntArray
from otnas.reading import style
from otnas.reading.results import Experiment
from otnas.reading.statistics import LEVEL, bootstrap_mean

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MARKS = 8
"""Markers on a curve; more would hide it."""

MOST_BANDS = 5
"""Bands in a panel; more hide each other."""

_ORACLE: dict[str, Any] = {"linestyle": ":", "linewidth": 0.8, "drawstyle": "steps-post"}


def draw(experiment: Experiment, *, oracle: bool = False) -> Figure:
    """Return a figure of two panels: error of the best by validation, and its regret.

    Curves are means over trials, with 95 % bootstrap bands for the five methods of lowest final
    regret. The panel of regrets has a logarithmic scale, on which methods that are close to the
    optimum can be told apart.

    Parameters
    ----------
    experiment : Experiment
    oracle : bool
        Whether to add, dotted, the error of an oracle that chooses by test error.
    """
    from matplotlib.figure import Figure

    with style.applied():
        figure = Figure(figsize=(style.WIDTH, 3.35), layout="constrained")
        left, right = figure.subplots(1, 2)
        styles = style.of_methods(list(experiment.trials))
        banded = _banded(experiment)
        for i, method in enumerate(experiment.trials):
            error = experiment.curves(method, "error_of_best")
            regret = experiment.curves(method, "regret")
            with_band = method in banded
            curve(left, experiment, method, error, styles[method], i, with_band=with_band)
            curve(right, experiment, method, regret, styles[method], i, with_band=with_band)
            if oracle and experiment.has_test_error:
                best = bootstrap_mean(experiment.curves(method, "oracle_regret")).mean
                look = {**_ORACLE, "color": styles[method]["color"]}
                queries = _shown(experiment, best.size)
                best = best[queries - 1]
                left.plot(queries, best + experiment.trials[method][0].lowest, **look)
                right.plot(queries, best, **look)
        _finish(experiment, left, right)
        handles, labels = left.get_legend_handles_labels()
        if oracle and experiment.has_test_error:
            handles += left.plot([], [], color="#555555", **_ORACLE)
            labels.append("oracle: chosen by test error")
        figure.legend(
            handles,
            labels,
            loc="outside lower center",
            # About 120 characters fit on a line.
            ncols=min(len(labels), max(1, 120 // (max(map(len, labels)) + 12))),
            frameon=False,
            handlelength=3.4,
        )
    return figure


def _banded(experiment: Experiment) -> list[str]:
    """Return the methods whose bands are shown."""

    def last(method: str) -> float:
        return float(experiment.curves(method)[:, -1].mean())

    return sorted(experiment.trials, key=last)[:MOST_BANDS]


def curve(
    axes: Axes,
    experiment: Experiment,
    method: str,
    curves: FloatArray,
    look: dict[str, Any],
    i: int,
    *,
    with_band: bool = True,
) -> None:
    """Draw the mean of the curves of the i-th method, with its band."""
    band = bootstrap_mean(curves)
    queries = _shown(experiment, band.mean.size)
    step = max(1, queries.size // _MARKS)
    # Staggered, since markers of close curves would otherwise overlap.
    offset = i * step // max(1, len(experiment.trials))
    label = f"{method} (n = {band.n})"
    at = queries - 1
    axes.plot(
        queries, band.mean[at], label=label, markevery=(offset, step), ms=4, mew=0.5,
        markeredgecolor="white", zorder=3, drawstyle="steps-post", **look,
    )  # fmt: skip
    if band.n > 1 and with_band:
        axes.fill_between(
            queries, band.low[at], band.high[at], step="post",
            color=look["color"], alpha=0.13, linewidth=0,
        )  # fmt: skip


def _shown(experiment: Experiment, length: int) -> IntArray:
    """Return the numbers of queries shown: those from the end of the common initial design on."""
    return np.arange(min(int(experiment.common["initial"]), length), length + 1)


def _finish(experiment: Experiment, left: Axes, right: Axes) -> None:
    name = experiment.error_name
    left.set_ylabel(f"{name} of the best by validation (%)")
    right.set_ylabel("regret (percentage points)")
    lowest = next(iter(experiment.trials.values()))[0].lowest
    left.axhline(lowest, color="#888888", linewidth=0.8, zorder=1)
    top = left.get_ylim()[1]
    left.set_ylim(lowest - 0.12 * (top - lowest), top)
    left.annotate(
        f"lowest of the table: {lowest:.2f} %",
        (1.0, lowest),
        xycoords=("axes fraction", "data"),
        xytext=(0, -9),
        textcoords="offset points",
        ha="right",
        fontsize=6.5,
        color="#555555",
    )
    _log_scale(right)
    for axes in (left, right):
        axes.set_xlabel("architectures trained")
        axes.set_axisbelow(True)
    percent = f"{100 * LEVEL:.0f} %"
    size = int(experiment.common["batch_size"])
    batches = f", batches of {size}" if size > 1 else ""
    dataset = experiment.table["provenance"]["dataset"]
    left.set_title(f"{dataset}, {experiment.name}{batches}", loc="left")
    which = "" if len(experiment.trials) <= MOST_BANDS else f" of the best {MOST_BANDS}"
    right.set_title(
        f"mean, {percent} bootstrap band{which}; below the panel: 0",
        loc="left",
        color="#555555",
        fontsize=7.5,
    )


def _log_scale(axes: Axes) -> None:
    """Set the scale of regrets; a curve that reaches 0 leaves the panel at the bottom."""
    from matplotlib.ticker import FuncFormatter, LogLocator

    values = np.concatenate([np.asarray(line.get_ydata(), dtype=np.float64) for line in axes.lines])
    positive = values[values > 0]
    if not positive.size:
        return
    axes.set_yscale("log", nonpositive="clip")
    low, high = float(positive.min()), float(positive.max())
    axes.set_ylim(max(low / 1.5, high / 1e4), high * 1.4)
    axes.yaxis.set_major_locator(LogLocator(10, subs=(1.0, 2.0, 5.0)))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.yaxis.set_minor_formatter(FuncFormatter(lambda value, _: ""))
