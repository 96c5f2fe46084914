"""Tables as files, written once and opened by memory mapping."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy.typing as npt

from otnas.tables import container
from otnas.tables.container import ContainerError
from otnas.tables.provenance import Provenance
from otnas.tables.readers.bounded import shown_text
from otnas.tables.table import Table
from otnas_fast import CellArray, Taxonomy
from otnas_fast.taxonomy import BUILT_IN

_FIXED = ("offsets", "successors", "codes", "keys")
_METRIC = "metric "


def write(table: Table, path: Path, *, replace: bool = True) -> None:
    """Write a table to a file: all of it or nothing.

    Raises
    ------
    OSError
        If the file cannot be written, or is there and `replace` is false; nothing is left then.
    """
    cells, taxonomy = table.cells, table.cells.taxonomy
    header = {
        "name": table.name,
        "space": table.space,
        "taxonomy": {
            "families": {family: list(ops) for family, ops in taxonomy.families.items()},
            "alpha": taxonomy.alpha,
            "absent": list(taxonomy.absent),
            "max_layers": taxonomy.max_layers,
            "name": taxonomy.name,
        },
        "provenance": table.provenance.to_dict(),
    }
    arrays: dict[str, npt.NDArray[Any]] = {
        "keys": table.keys,
        "offsets": cells.offsets,
        "successors": cells.successors,
        "codes": cells.codes,
    }
    arrays |= {_METRIC + name: values for name, values in table.metrics.items()}
    container.write(path, header, arrays, replace=replace)


def read(path: Path) -> Table:
    """Open the file of a table; its arrays stay on the disk until they are used.

    Raises
    ------
    ContainerError, OSError
        If the file is not that of a table, is damaged or truncated, or cannot be read.
    """
    header, arrays = container.read(path)
    try:
        taxonomy = _taxonomy(header["taxonomy"])
        offsets, successors, codes, keys = (arrays[name] for name in _FIXED)
        return Table(
            name=str(header["name"]),
            space=str(header["space"]),
            cells=CellArray(offsets, successors, codes, taxonomy),
            metrics={
                name.removeprefix(_METRIC): values
                for name, values in arrays.items()
                if name.startswith(_METRIC)
            },
            provenance=Provenance.from_dict(header["provenance"]),
            known_keys=keys,
        )
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise _damaged(path, error) from error


@dataclass(frozen=True)
class Summary:
    """What the header of a table's file says."""

    space: str
    architectures: int
    metrics: tuple[str, ...]
    provenance: Provenance


def read_summary(path: Path) -> Summary:
    """Return what the header says, without touching the arrays.

    Raises
    ------
    ContainerError, OSError
        As `read`.
    """
    header = container.read_header(path)
    try:
        sections = header["sections"]
        return Summary(
            space=str(header["space"]),
            architectures=int(sections["keys"]["shape"][0]),
            metrics=tuple(s.removeprefix(_METRIC) for s in sections if s.startswith(_METRIC)),
            provenance=Provenance.from_dict(header["provenance"]),
        )
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, OverflowError) as error:
        raise _damaged(path, error) from error


def _damaged(path: Path, error: Exception) -> ContainerError:
    return ContainerError(f"{path} is no table of otnas, or damaged: {shown_text(error)}")


def _taxonomy(fields: dict[str, Any]) -> Taxonomy:
    taxonomy = Taxonomy(
        fields["families"],
        alpha=fields["alpha"],
        absent=fields["absent"],
        max_layers=fields["max_layers"],
        name=fields["name"],
    )
    # The built-in object itself, where it is one: what is cached on it is shared.
    return next((known for known in BUILT_IN if known == taxonomy), taxonomy)
