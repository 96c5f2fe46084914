"""Figures of fronts: all results, those that no other dominates, and volumes over queries."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from otnas.arrays import FloatArray
from otnas.reading import curves, style
from otnas.reading.results import Experiment
from otnas.search.front import Front, hypervolumes
from otnas.study import Trial
from otnas.study.results import StudyResults

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Tried = Mapping[str, tuple[FloatArray, FloatArray]]
"""By label, values (n,) and one of the costs (n,)."""

_FRONT: dict[str, Any] = {"color": "#000000", "linewidth": 1.0, "zorder": 4}


def draw(experiment: Experiment) -> Figure:
    """Return a figure of all trials together, one panel per cost, and volumes over queries.

    Errors are validation errors. The volumes are means over trials with 95 % bootstrap bands, in
    percent of that of the table's own front.
    """
    with style.applied():
        figure, panels, last = _figure(experiment.costs)
        styles = style.of_methods(list(experiment.trials))
        for cost, axes in panels.items():
            for method, trials in experiment.trials.items():
                _tried(
                    axes,
                    np.concatenate([trial.costs[cost] for trial in trials]),
                    np.concatenate([trial.validation_error for trial in trials]),
                    color=styles[method]["color"],
                )
            _front(axes, experiment.front, cost)
            # Architectures that failed to learn would compress the range of all others.
            values = np.concatenate(
                [t.validation_error for trials in experiment.trials.values() for t in trials]
            )
            low, high = values.min(), np.quantile(values, 0.9)
            axes.set_ylim(low - 0.05 * (high - low), high + 0.05 * (high - low))
            axes.set_ylabel("validation error (%)")
        for i, method in enumerate(experiment.trials):
            volume = experiment.curves(method, "volume")
            curves.curve(last, experiment, method, volume, styles[method], i)
        last.set_ylabel("volume below the front (% of the table's)")
        last.set_xlabel("architectures trained")
        handles, labels = last.get_legend_handles_labels()
        more, names = next(iter(panels.values())).get_legend_handles_labels()
        figure.legend(
            [*handles, *more[-2:]],
            [*labels, *names[-2:]],
            loc="outside lower center",
            ncols=4,
            frameon=False,
        )
    return figure


def draw_study(study: StudyResults) -> Figure:
    """Return a figure of a study with costs: one panel per cost, and the volume over trials.

    The reference point is that of the search, else the worst value and costs of done trials.
    """
    found = study.front
    done = [t for t in study.trials if t.value is not None and t.costs.keys() >= found.costs.keys()]
    values = np.array([trial.value for trial in done], dtype=np.float64)
    with style.applied():
        figure, panels, last = _figure(tuple(found.costs))
        for cost, axes in panels.items():
            _tried(axes, _costs(done, cost), values, color="#56B4E9", label="tried")
            _front(axes, found, cost)
            axes.set_ylabel("value")
        table = np.column_stack([_costs(done, cost) for cost in found.costs])
        volumes = hypervolumes(values, table, tuple(found.costs), found.direction, reference(study))
        last.plot([t.id for t in done], volumes, color="#000000", drawstyle="steps-post")
        last.set_ylabel("volume below the front")
        last.set_xlabel("trial")
        handles, labels = next(iter(panels.values())).get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=3, frameon=False)
    return figure


def reference(study: StudyResults) -> dict[str, float]:
    """Return the reference point of a study with costs: that of its search, else the worst."""
    done = [trial for trial in study.trials if trial.value is not None]
    worst = min if study.direction == "maximise" else max
    found = {"value": float(worst(trial.value or 0.0 for trial in done))}
    for name in study.front.costs:
        found[name] = max(trial.costs[name] for trial in done if name in trial.costs)
    return {**found, **study.reference}


def _figure(costs: tuple[str, ...]) -> tuple[Figure, dict[str, Axes], Axes]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(style.WIDTH * (1 + len(costs)) / 2, 3.35), layout="constrained")
    *panels, last = figure.subplots(1, 1 + len(costs))
    for cost, axes in zip(costs, panels, strict=True):
        axes.set_xlabel(cost)
    for axes in (*panels, last):
        axes.set_axisbelow(True)
    return figure, dict(zip(costs, panels, strict=True)), last


def _tried(axes: Axes, costs: FloatArray, values: FloatArray, **look: Any) -> None:
    axes.plot(costs, values, ".", ms=2.5, mew=0, alpha=0.6, rasterized=True, **look)
    # Costs of networks differ by factors.
    if costs.min() > 0 and costs.max() > 20 * costs.min():
        axes.set_xscale("log")
    else:
        axes.locator_params(axis="x", nbins=5)


def _front(axes: Axes, found: Front, cost: str) -> None:
    """Draw a front over one of its costs, as a staircase where that is the only one."""
    order = np.argsort(found.costs[cost])
    costs, values = found.costs[cost][order], found.values[order]
    steps = {"drawstyle": "steps-post"} if len(found.costs) == 1 else {"linestyle": ""}
    axes.plot(costs, values, marker="o", ms=3, label="front", **{**_FRONT, **steps})
    best = found.knee
    knee = next(i for i, item in enumerate(found.items) if item is best)
    axes.plot(
        found.costs[cost][knee], found.values[knee], "*", ms=11, color="#000000", mec="white",
        zorder=5, label="knee",
    )  # fmt: skip


def _costs(trials: list[Trial], name: str) -> FloatArray:
    return np.array([trial.costs[name] for trial in trials])
