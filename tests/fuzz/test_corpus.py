"""What fuzzers once found, and a few fresh inputs a target."""

from __future__ import annotations

import random
import sys
from pathlib import Path

import pytest

pytest.importorskip("pyarrow")
HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

import files  # noqa: E402
import objects  # noqa: E402

KEPT = [
    (folder.name, path)
    for folder in sorted((HERE / "corpus").iterdir())
    if folder.name in files.TARGETS
    for path in sorted(folder.iterdir())
]
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.mark.parametrize(("name", "path"), KEPT)
def test_findings_stay_mended(name: str, path: Path) -> None:
    files.TARGETS[name].check(path.read_bytes())


@pytest.mark.parametrize("name", files.TARGETS)
def test_some_changed_files(name: str) -> None:
    target = files.TARGETS[name]
    if target.check is not files.TARGETS["table"].check:
        target.check(target.wrap(target.content))
    for number in range(30):
        target.check(target.file(random.Random(f"test-{number}")))


def test_some_arguments() -> None:
    for number in range(300):
        objects.check(random.Random(f"test-{number}"))
