"""Cells as text: ``op,op,op;u-v u-v u-v``.

The text has the operations of the vertices between input and output in order, a semicolon, and the
edges. Vertices are numbered from the input, 0. So ``conv3x3-bn-relu,maxpool3x3;0-1 1-2 2-3 0-3`` is
input -> conv -> pool -> output with a shortcut.
"""

from __future__ import annotations

import numpy as np

from otnas_fast import Cell, Taxonomy


def check_names(taxonomy: Taxonomy) -> None:
    """Refuse operation names that the text form could not tell apart."""
    for name in (*taxonomy.operations, *taxonomy.absent):
        if not name or name != name.strip() or set(name) & set(",;\n\r"):
            raise ValueError(
                "taxonomy: expected operation names without ',', ';', line breaks and spaces at "
                f"the ends, got {name!r}"
            )


def format_cell(cell: Cell) -> str:
    """Write a cell as it is, not pruned."""
    edges = " ".join(f"{u}-{v}" for u, v in np.argwhere(cell.matrix).tolist())
    return f"{','.join(cell.ops[1:-1])};{edges}"


def parse_cell(text: str, taxonomy: Taxonomy) -> Cell:
    """Read what `format_cell` writes.

    Raises
    ------
    TypeError, ValueError
        If the text has another form, a vertex does not exist or an operation is unknown, or there
        is a cycle.
    """
    if not isinstance(text, str):
        raise TypeError(f"text: expected a string, got {type(text).__name__}")
    operations, separator, edges = text.partition(";")
    if not separator:
        raise ValueError(f"text: expected the form 'op,op;0-1 1-2', got {text!r}")
    names = operations.split(",") if operations else []
    ops = ["input", *(name.strip() for name in names), "output"]
    matrix = np.zeros((len(ops), len(ops)), dtype=np.uint8)
    for edge in edges.split():
        source, dash, target = edge.partition("-")
        if not (dash and source.isascii() and source.isdigit() and target.isdigit()):
            raise ValueError(f"text: expected edges as 'from-to', got {edge!r} in {text!r}")
        if max(int(source), int(target)) >= len(ops):
            raise ValueError(f"text: expected vertices 0 to {len(ops) - 1}, got edge {edge!r}")
        if matrix[int(source), int(target)]:
            raise ValueError(f"text: expected every edge once, got {edge!r} twice in {text!r}")
        matrix[int(source), int(target)] = 1
    try:
        return Cell(matrix, ops, taxonomy)
    except ValueError as error:
        raise ValueError(f"text {text!r}: {str(error).replace('archs[0]: ', '')}") from None
