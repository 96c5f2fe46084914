"""The harness of faults does what it says."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import faults
import pytest

WRITE = """
import os, sys
with open(sys.argv[1], "wb") as file:
    file.write(bytes(5000))
    file.flush()
    os.fsync(file.fileno())
print("written")
"""


def test_a_full_disk_cuts_a_write_short_and_then_fails(tmp_path: Path) -> None:
    path = tmp_path / "file"
    with faults.disk_full(after=1000), path.open("wb", buffering=0) as file:
        assert file.write(bytes(5000)) == 1000
        with pytest.raises(OSError, match="too large") as caught:
            file.write(bytes(1))
    assert caught.value.errno == errno.EFBIG
    path.write_bytes(bytes(5000))  # as before again


def test_the_nth_call_fails(tmp_path: Path) -> None:
    with (tmp_path / "file").open("wb") as file, faults.failing("fsync", nth=2) as calls:
        os.fsync(file.fileno())
        with pytest.raises(OSError, match="Input/output"):
            os.fsync(file.fileno())
    assert calls == [2]


@pytest.mark.parametrize(
    ("death", "bytes_left"),
    [
        ({"at_byte": 1234}, {1234}),
        ({"at_call": "fsync"}, {5000}),
        ({"after_call": "fsync"}, {5000}),
    ],
)
def test_a_child_dies_where_it_is_told_to(
    tmp_path: Path, death: dict[str, object], bytes_left: set[int]
) -> None:
    path = tmp_path / "file"
    ending = faults.run_dying(WRITE, path, **death)  # type: ignore[arg-type]
    assert ending.died
    assert ending.stdout == ""
    assert path.stat().st_size in bytes_left
    assert not faults.run_dying(WRITE, path).died
