"""Descriptions of tables for people to read."""

from __future__ import annotations

from pathlib import Path

from otnas import spaces
from otnas.tables import catalog, store
from otnas.tables.readers import analog, nasbenchgraph
from otnas.tables.table import Table

_UNITS = {
    "validation_error": "%",
    "test_error": "%",
    "training_seconds": " s",
    "parameters": "",
}


def describe(table: Table, path: Path) -> str:
    """Describe what a table holds and where it comes from.

    Parameters
    ----------
    table : Table
    path : Path
        Its file, whether or not it is there.
    """
    source, best = table.provenance, table.entry(table.best)
    lines = {
        "table": table.name,
        "space": table.space,
        "architectures": f"{len(table):,}",
        "dataset": source.dataset,
        "metric": source.metric,
        "epochs": "not stated" if source.epochs is None else str(source.epochs),
        "split": source.split,
        "seeds": source.seeds,
        "source": source.source,
        "SHA-256": source.sha256 or "none",
        "file": str(path) if path.is_file() else "none, read from its package",
    }
    text = [f"{label + ':':15}{value}" for label, value in lines.items()]
    text += [f"{'note:':15}{note}" for note in source.notes]
    text.append(f"{'best:':15}{best.text}")
    for name, values in table.metrics.items():
        unit = _UNITS.get(name, "")
        text.append(
            f"  {name:17}{best.metrics[name]:.7g}{unit}"
            f"   (all: {values.min():.7g} to {values.max():.7g}{unit})"
        )
    return "\n".join(text)


def _row_of_package(name: str) -> tuple[str, ...]:
    if name == catalog.DEFAULT:
        return name, "nasbench201", "15,625", "CIFAR-10", "-", analog.data_file().name
    space = spaces.get(name)
    dataset = name.removeprefix(nasbenchgraph.PREFIX)
    count = f"{len(space.enumerate()):,}"
    return name, space.name, count, dataset, "-", nasbenchgraph.PACKAGE


def overview() -> str:
    """List the tables that can be opened, one per line, and note damaged files."""
    rows: list[tuple[str, ...]] = [
        ("NAME", "SPACE", "ARCHITECTURES", "DATASET", "EPOCHS", "SOURCE")
    ]
    of_packages = catalog.of_packages()
    for name in catalog.names():
        if name in of_packages and not catalog.path_of(name).is_file():
            rows.append(_row_of_package(name))
            continue
        try:
            summary = store.read_summary(catalog.path_of(name))
        except (ValueError, OSError) as error:
            rows.append((name, f"cannot be read: {error}", "", "", "", ""))
            continue
        source = summary.provenance
        epochs = "-" if source.epochs is None else str(source.epochs)
        count = f"{summary.architectures:,}"
        rows.append((name, summary.space, count, source.dataset, epochs, source.source))
    widths = [max(len(row[i]) for row in rows if row[2]) for i in range(6)]
    lines = (
        "  ".join(f"{cell:{width}}" for cell, width in zip(r, widths, strict=True)) for r in rows
    )
    return "\n".join(line.rstrip() for line in lines)
