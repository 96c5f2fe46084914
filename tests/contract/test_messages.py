"""Errors about arguments read alike: "name: expected WHAT, got VALUE"."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ERRORS = ("TypeError", "ValueError", "IndexError", "KeyError")
# These speak of files: "PATH: ...", "PATH has ...".
FILES = ("tables", "reading")
FORM = re.compile(
    r"""([^:]*:\ )?([^:]*:\ )?expected\ .*,\ got\   # an argument, perhaps after what it is part of
    | .*\bunknown\(                                # from `checks.unknown`
    | .*\{(str\()?error\b|<                       # passes on what another error says
    | space\ \{self\.name\}                        # what a space cannot do
    """,
    re.DOTALL | re.VERBOSE,
)
OTHERS = {
    "requires y to be passed, but the target y is None",  # scikit-learn's own tests ask for it
    "a Configuration does not change; make a dict of it first",
    "expected packed texts: {error}",
}


def message(node: ast.expr) -> str:
    """Return a message with its values in braces; in angle brackets if it is no literal."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(
            str(part.value) if isinstance(part, ast.Constant) else f"{{{ast.unparse(part.value)}}}"
            for part in node.values
            if isinstance(part, ast.Constant | ast.FormattedValue)
        )
    return f"<{ast.unparse(node)}>"


def messages(source: str) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(source)):
        error = node.exc if isinstance(node, ast.Raise) else None
        if isinstance(error, ast.Call) and error.args and ast.unparse(error.func) in ERRORS:
            yield error.lineno, message(error.args[0])


def other_forms(source: str) -> list[tuple[int, str]]:
    return [
        (n, text) for n, text in messages(source) if not FORM.match(text) and text not in OTHERS
    ]


@pytest.mark.parametrize(
    "text", ['"k must be positive"', 'f"n: {n} is too small"', '"x: expected something else"']
)
def test_other_forms_are_seen(text):
    assert len(other_forms(f"raise ValueError({text})")) == 1
    assert not other_forms('raise ValueError(f"n: expected an integer >= 1, got {n}")')


@pytest.mark.parametrize("package", ["otnas_fast", "python/otnas"])
def test_errors_name_what_was_expected_and_what_came(package):
    found = []
    for path in sorted((ROOT / package).rglob("*.py")):
        if path.relative_to(ROOT / package).parts[0] not in FILES:
            for number, text in other_forms(path.read_text(encoding="utf-8")):
                found.append(f"{path.relative_to(ROOT)}:{number}: {text}")
    assert not found, "\n".join(found)
