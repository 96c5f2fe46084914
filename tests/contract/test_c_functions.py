"""The C functions for Cython: what has been promised stays, and all who declare it agree."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
STORED = ROOT / "tests" / "contract" / "c_functions.txt"
HEADER = ROOT / "bindings" / "c_table.hpp"
DECLARATIONS = ROOT / "otnas_fast" / "__init__.pxd"

STRUCTS = ("Cells", "Rows", "Functions")
MEMBER = re.compile(r"\w[\w\s*]*?[\s*](?:\w+|\(\*\w+\)\([^()]*\))$")


def members(text: str, struct: str) -> list[str]:
    """Return the declarations of one struct, spaced alike."""
    body = re.search(rf"struct {struct}(?: \{{|:)\n(.*?)\n(?=\S)", text, re.DOTALL)
    assert body, struct
    # A member ends with a semicolon in C++, with its line in Cython.
    parts = body[1].split(";" if ";" in body[1] else "\n")
    words = (" ".join(part.split()) for part in parts)
    return [f"{struct}: {member}" for member in words if MEMBER.match(member)]


def cython() -> list[str]:
    text = re.sub(r" *#.*| noexcept nogil", "", DECLARATIONS.read_text())
    return [m for struct in STRUCTS for m in members(text, struct)]


def test_the_declarations_are_those_stored():
    stored = STORED.read_text().splitlines()
    assert cython() == stored, (
        "Functions may only be added, at the end of the table; add them to c_functions.txt too"
    )


def test_the_header_and_the_declarations_agree():
    text = re.sub(r" *//.*", "", HEADER.read_text()).replace("std::", "")
    text = text.replace("CellEmbedder", "Embedder").replace("TreeMetric", "Tree")
    header = [m for struct in STRUCTS for m in members(text, struct)]
    assert header == cython()


def enumeration(text: str, name: str) -> list[str]:
    body = re.search(rf"enum (?:class )?{name}\b[^\n]*\n(.*?)(?:\n\}}|\n\n)", text, re.DOTALL)
    assert body, name
    return [
        re.sub("^k", "", word).replace("_", "").lower()
        for word in re.findall(r"^ *(\w+)", re.sub(r" *(//|#).*", "", body[1]), re.MULTILINE)
    ]


def test_enumerations_agree():
    text = DECLARATIONS.read_text()
    status = enumeration(HEADER.read_text(), "Status")
    assert enumeration(text, "Status") == status
    measures = ROOT / "csrc" / "include" / "otnas" / "pairwise" / "embedding.hpp"
    assert enumeration(text, "Measure") == enumeration(measures.read_text(), "Measure")
