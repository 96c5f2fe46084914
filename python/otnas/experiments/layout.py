"""The layout of the files of experiments.

Journals are ``OUT/NAME/METHOD/trial-0000.jsonl``, where NAME is that of the configuration.
"""

from __future__ import annotations

import re
from pathlib import Path

PATTERN = "trial-*.jsonl"


def journal_path(out: Path, experiment: str, method: str, trial: int) -> Path:
    """Return the file of a trial's journal."""
    # A colon, as in "thompson:tw", is not allowed in file names everywhere.
    return out / experiment / re.sub(r"[^A-Za-z0-9._-]", "_", method) / f"trial-{trial:04d}.jsonl"


def failure_path(journal: Path) -> Path:
    """Return the file with the traceback of a trial that failed."""
    return journal.with_suffix(".failure.txt")


def experiment_folders(folder: Path) -> list[Path]:
    """Return the sorted folders of experiments in a folder, which may be one itself.

    Raises
    ------
    FileNotFoundError
        If there is no journal.
    """
    found = {path.parent.parent for path in folder.glob(f"*/{PATTERN}")}
    found |= {path.parent.parent for path in folder.glob(f"*/*/{PATTERN}")}
    if not found:
        raise FileNotFoundError(
            f"{folder}: expected a folder with journals of 'otnas run', got "
            f"{'one without' if folder.is_dir() else 'none that exists'}"
        )
    # Presets in the order of the paper, others by name.
    order = {"sequential": 0, "batch": 1, "front": 2}
    return sorted(found, key=lambda path: (order.get(path.name, 3), path.name))
