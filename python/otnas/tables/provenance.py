"""Where the numbers of a table come from."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Provenance:
    """Where the numbers of a table come from.

    Attributes
    ----------
    dataset : str
        What the networks were trained on.
    metric : str
        What the errors measure, in words.
    epochs : int or None
        Training epochs, if the source says.
    seeds : str
        Training seeds and how they are combined.
    source : str
        Name of the file or package read.
    sha256 : str or None
        Digest of the file read; None if there was no file (an object in memory).
    split : str
        Which images are used for training, validation and testing.
    notes : tuple of str
        What a reader of the results should know.

    Examples
    --------
    >>> from otnas import tables
    >>> tables.load("default").provenance.dataset
    'CIFAR-10'
    """

    dataset: str
    metric: str
    epochs: int | None
    seeds: str
    source: str
    sha256: str | None
    split: str = "not stated"
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the record as plain data for JSON."""
        return {**dataclasses.asdict(self), "notes": list(self.notes)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Provenance:
        """Return the record that `to_dict` wrote.

        Raises
        ------
        ValueError
            If fields are missing, unknown or of the wrong kind.
        """
        fields = {field.name for field in dataclasses.fields(cls)}
        if set(data) != fields:
            raise ValueError(f"expected the provenance fields {sorted(fields)}, got {sorted(data)}")
        texts = all(isinstance(data[name], str) for name in fields - {"epochs", "sha256", "notes"})
        notes = data["notes"]
        if not (
            texts
            and isinstance(data["epochs"], int | None)
            and isinstance(data["sha256"], str | None)
            and isinstance(notes, list)
            and all(isinstance(note, str) for note in notes)
        ):
            raise ValueError("the provenance record has fields of the wrong kind")
        return cls(**{**data, "notes": tuple(notes)})


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, or of the sorted names and digests of a folder's files."""
    if path.is_dir():
        total = hashlib.sha256()
        for file in sorted(file for file in path.iterdir() if file.is_file()):
            total.update(f"{file.name} {sha256_of(file)}\n".encode())
        return total.hexdigest()
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(2**20):
            digest.update(block)
    return digest.hexdigest()
