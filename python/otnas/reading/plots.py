"""Figures as files."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from otnas.reading import curves, fronts, pictures, style
from otnas.reading.results import Experiment
from otnas.storage import written_atomically

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Without the date, the same journals give the same files.
_METADATA = {
    "png": {"Software": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
    "svg": {"Date": None, "Creator": None, "Format": None, "Type": None},
}


def write(
    experiment: Experiment, folder: Path, formats: Sequence[str], *, oracle: bool = False
) -> list[Path]:
    """Write curves, the front if there are costs and pictures of the best; return the files.

    Parameters
    ----------
    experiment : Experiment
    folder : Path
        Created if needed; existing plots are replaced.
    formats : sequence of {"png", "pdf", "svg"}
    oracle : bool
        See `curves.draw`.
    """
    return save(figures(experiment, oracle=oracle), folder, formats)


def save(figures: Mapping[str, Figure], folder: Path, formats: Sequence[str]) -> list[Path]:
    """Write figures, given by file name, and return the files."""
    written = []
    for name, figure in figures.items():
        for kind in formats:
            path = folder / f"{name}.{kind}"
            with written_atomically(path) as file:
                file.write(rendered(figure, kind))
            written.append(path)
    return written


def figures(experiment: Experiment, *, oracle: bool = False) -> dict[str, Figure]:
    """Return the figures of an experiment by file name."""
    drawn = {experiment.name: curves.draw(experiment, oracle=oracle)}
    if experiment.costs:
        drawn[f"{experiment.name}-front"] = fronts.draw(experiment)
    best = pictures.best_found(experiment)
    if best:
        drawn[f"{experiment.name}-best"] = pictures.draw(experiment, best)
    return drawn


def rendered(figure: Figure, kind: str) -> bytes:
    """Return a figure as the contents of a file."""
    stream = io.BytesIO()
    with style.applied():
        figure.savefig(stream, format=kind, metadata=_METADATA[kind])
    return stream.getvalue()
