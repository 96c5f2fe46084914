"""The text ``Genotype(normal=[...], normal_concat=[...], reduce=[...], reduce_concat=[...])``.

The code published with DARTS (Liu et al. 2019) prints and stores its architectures in this form. It
is read as data: the syntax tree is inspected, and nothing is evaluated.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

OPERATIONS = (
    "max_pool_3x3",
    "avg_pool_3x3",
    "skip_connect",
    "sep_conv_3x3",
    "sep_conv_5x5",
    "dil_conv_3x3",
    "dil_conv_5x5",
)
"""The operations in the order in which the published code lists them, without ``none``."""

NODES = 4
"""Intermediate nodes of a cell."""

Edges = Sequence[tuple[str, int]]
"""The eight edges of a cell: operation and the node it comes from, two per node in order."""

_FIELDS = ("normal", "normal_concat", "reduce", "reduce_concat")
_CONCAT = list(range(2, 2 + NODES))
_LONGEST = 10_000
_FORM = (
    "Genotype(normal=[...], normal_concat=[2, 3, 4, 5], reduce=[...], reduce_concat=[2, 3, 4, 5])"
)


def format_genotype(normal: Edges, reduce: Edges) -> str:
    """Write both cells as the published code prints them."""
    return (
        f"Genotype(normal={list(normal)}, normal_concat={_CONCAT}, "
        f"reduce={list(reduce)}, reduce_concat={_CONCAT})"
    )


def parse_genotype(text: str) -> tuple[list[tuple[str, int]], list[tuple[str, int]]]:
    """Read both cells.

    Raises
    ------
    TypeError, ValueError
        If the text has another form, unknown operations, edges from nodes that do not come before,
        two edges of a node from one node, or concatenates other nodes.
    """
    if not isinstance(text, str):
        raise TypeError(f"text: expected a string, got {type(text).__name__}")
    fields = _fields(text)
    for name in ("normal_concat", "reduce_concat"):
        nodes = _value(fields[name], name)
        if not isinstance(nodes, list | tuple | range) or list(nodes) != _CONCAT:
            raise ValueError(f"text: {name}: expected {_CONCAT}, got {nodes}")
    return _edges(fields["normal"], "normal"), _edges(fields["reduce"], "reduce")


def _fields(text: str) -> dict[str, ast.expr]:
    wrong = ValueError(f"text: expected the form {_FORM}, got {text[:200]!r}")
    if len(text) > _LONGEST:
        raise wrong
    try:
        call = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise wrong from None
    if (
        not isinstance(call, ast.Call)
        or not isinstance(call.func, ast.Name)
        or call.func.id != "Genotype"
    ):
        raise wrong
    fields = dict(zip(_FIELDS, call.args, strict=False))
    fields |= {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}
    if set(fields) != set(_FIELDS) or len(call.args) + len(call.keywords) != len(_FIELDS):
        raise wrong
    return fields


def _value(expression: ast.expr, field: str) -> object:
    """Return a literal, or a range of literals."""
    try:
        if isinstance(expression, ast.Call):
            is_range = isinstance(expression.func, ast.Name) and expression.func.id == "range"
            if is_range and not expression.keywords:
                return range(*(ast.literal_eval(argument) for argument in expression.args))
        return ast.literal_eval(expression)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        raise ValueError(f"text: {field}: expected a list, got {ast.unparse(expression)}") from None


def _edges(expression: ast.expr, field: str) -> list[tuple[str, int]]:
    value = _value(expression, field)
    if not isinstance(value, list | tuple) or len(value) != 2 * NODES:
        raise ValueError(f"text: {field}: expected {2 * NODES} pairs, got {value}")
    edges: list[tuple[str, int]] = []
    for i, pair in enumerate(value):
        where = f"text: {field}[{i}]"
        if not isinstance(pair, list | tuple) or len(pair) != 2:
            raise ValueError(f"{where}: expected a pair (operation, node), got {pair!r}")
        operation, source = pair
        if operation not in OPERATIONS:
            raise ValueError(f"{where}: expected one of {', '.join(OPERATIONS)}, got {operation!r}")
        if type(source) is not int or not 0 <= source < i // 2 + 2:
            raise ValueError(f"{where}: expected a node 0 to {i // 2 + 1}, got {source!r}")
        if i % 2 and source == edges[-1][1]:
            raise ValueError(f"{where}: expected two different nodes, got {source} twice")
        edges.append((operation, source))
    return edges
