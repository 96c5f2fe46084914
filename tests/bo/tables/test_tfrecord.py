from __future__ import annotations

import os
from pathlib import Path

import pytest
from benchmark_files import tfrecord, write_tfrecords

from otnas.tables import tfrecord as reader
from otnas.tables.tfrecord import TFRecordError
from otnas_fast._core import crc32c

RECORDS = [b"first", b"", b"third " * 100]


def slow_crc32c(data: bytes) -> int:
    rest = 0xFFFFFFFF
    for byte in data:
        rest ^= byte
        for _ in range(8):
            rest = rest >> 1 ^ (0x82F63B78 if rest & 1 else 0)
    return rest ^ 0xFFFFFFFF


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", 0),
        (b"123456789", 0xE3069283),
        (bytes(32), 0x8A9136AA),  # RFC 3720, B.4
        (b"\xff" * 32, 0x62A8AB43),
        (bytes(range(32)), 0x46DD794E),
    ],
)
def test_crc32c_known_values(data: bytes, expected: int) -> None:
    assert crc32c(data) == expected


def test_crc32c_equals_the_slow_one() -> None:
    for size in (*range(40), 1000):
        data = os.urandom(size)
        assert crc32c(data) == crc32c(memoryview(bytearray(data))) == slow_crc32c(data)


def test_masked_crc_known_value() -> None:
    # The length 5 and its check sum, as every TFRecord file with a record of five bytes has them.
    assert tfrecord(b"hello")[:12].hex() == "0500000000000000eab2043e"
    assert reader.masked_crc32c((5).to_bytes(8, "little")) == 0x3E04B2EA


def test_round_trip(tmp_path: Path) -> None:
    path = write_tfrecords(tmp_path / "file", RECORDS)
    assert list(reader.read(path)) == RECORDS


def test_progress_ends_at_the_size(tmp_path: Path) -> None:
    path = write_tfrecords(tmp_path / "file", [b"x"] * 5000)
    seen: list[tuple[int, int]] = []
    assert len(list(reader.read(path, lambda done, total: seen.append((done, total))))) == 5000
    size = path.stat().st_size
    assert seen[0] == (4096 * 17, size)
    assert seen[-1] == (size, size)


@pytest.mark.parametrize("damaged_byte", range(17 + 16))
def test_every_flipped_byte_is_found(tmp_path: Path, damaged_byte: int) -> None:
    data = bytearray(tfrecord(b"x") + tfrecord(b""))
    data[damaged_byte] ^= 0x10
    path = tmp_path / "file"
    path.write_bytes(data)
    with pytest.raises(TFRecordError, match=r"at byte \d+, after \d good records") as caught:
        list(reader.read(path))
    assert (caught.value.offset, caught.value.count) == ((0, 0) if damaged_byte < 17 else (17, 1))


@pytest.mark.parametrize("removed", [1, 4, 5, 6, 16])
def test_truncated(tmp_path: Path, removed: int) -> None:
    data = tfrecord(b"first") + tfrecord(b"x")
    path = tmp_path / "file"
    path.write_bytes(data[:-removed])
    with pytest.raises(TFRecordError, match=r"the file ends inside .* at byte 21, after 1 good"):
        list(reader.read(path))


def test_wrong_kind_and_empty(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"PK\x03\x04 this is a zip archive, is it not")
    with pytest.raises(TFRecordError, match="no TFRecord file"):
        list(reader.read(path))
    path.write_bytes(b"")
    with pytest.raises(TFRecordError, match="empty"):
        list(reader.read(path))


def test_giant_length_is_not_allocated(tmp_path: Path) -> None:
    length = (2**40).to_bytes(8, "little")
    path = tmp_path / "file"
    path.write_bytes(length + reader.masked_crc32c(length).to_bytes(4, "little"))
    with pytest.raises(TFRecordError, match="a record of 1099511627776 bytes at byte 0"):
        list(reader.read(path))
