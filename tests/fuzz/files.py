"""Targets: one a file format. Each takes the bytes of a file and must survive them.

A reader either gives a table of finite numbers or refuses the file by a ValueError of one short
message that names it; anything else is a finding.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import os
import random
import struct
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import seeds
from mutate import changed

from otnas import PoolSearch, Study
from otnas.experiments import configuration, searches
from otnas.nested import parse_json, parse_toml
from otnas.spaces import nasbench101 as space101
from otnas.tables import Table, container, store
from otnas.tables.readers import analog, nasbench101, nasbench201, nats, restricted_pickle
from otnas.tables.readers.delimited import Columns, Meaning, Tolerance, read_csv, read_parquet
from otnas_fast.formats import crc32c

CHOICE: Any = {"dataset": "cifar10", "epochs": 200, "seeds": "mean"}
COLUMNS = Columns("arch", valid="error", seconds="seconds", parameters="parameters")
MEANING = Meaning("percent", "error")
SKIP = Tolerance(unknown="skip", duplicates="mean")

CORPUS = Path(__file__).parent / "corpus"

_SEPARATOR = b"\n--\n"  # between the parts of a content
_FOLDER = Path(tempfile.mkdtemp(dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None))


class FindingError(AssertionError):
    """A property did not hold."""


def reads(reader: Callable[[Path], Table | None]) -> Callable[[bytes], None]:
    def check(data: bytes) -> None:
        path = _FOLDER / "fuzzed-file"
        path.write_bytes(data)
        try:
            table = reader(path)
        except ValueError as error:
            text = str(error)
            if path.name not in text or len(text) > 2000:
                raise FindingError(
                    f"a message without the file's name, or too long: {text[:300]}"
                ) from error
            return
        if table is not None:
            for name, values in table.metrics.items():
                if not np.isfinite(values).all():
                    raise FindingError(f"{name} is not finite")
            assert len(table.texts) == len(table)

    return check


def _own_table(path: Path) -> Table:
    table = store.read(path)
    if path.read_bytes() != _TABLE:
        raise FindingError("a changed table was accepted")
    store.read_summary(path)
    return table


def _inside(content: list[bytes]) -> bytes:
    """A table's file whose header and arrays have changed and whose check sums are right."""
    text, arrays = content
    with contextlib.suppress(Exception):
        header = json.loads(text)
        for section in header["sections"].values():
            size = math.prod(section["shape"]) * np.dtype(section["dtype"]).itemsize
            section["crc32c"] = crc32c(arrays[section["offset"] : section["offset"] + size])
        text = json.dumps(header).encode()
    text = text + b" " * (-(len(text) + len(container.MAGIC) + 12) % 64)
    return container.MAGIC + struct.pack("<QI", len(text), crc32c(text)) + text + arrays


def _changed_table(path: Path) -> Table:
    table = store.read(path)
    store.read_summary(path)
    with contextlib.suppress(KeyError):  # a changed key
        table.rows(table.cells[:1])
    return table


def _pickle(data: bytes) -> None:
    with contextlib.suppress(restricted_pickle.RefusedPickleError):
        restricted_pickle.loads(data, restricted_pickle.PLAIN_DATA, "the file")


def _nested(data: bytes) -> None:
    for parse in (parse_json, lambda text: parse_toml(text.decode())):
        with contextlib.suppress(ValueError):
            parse(data)


def _cells_cache(path: Path) -> None:
    if space101._load(path) is not None:
        raise FindingError("a cache of other cells was accepted")


def _journal(path: Path) -> None:
    """Read a journal, and go on with it: either works, or it is a StudyError."""
    results = Study.read(path)
    results.to_records()
    with Study(PoolSearch(gram=seeds.GRAM, seed=0), path) as study:
        study.tell(study.ask(), 1.0)
    if len(Study.read(path).trials) != len(results.trials) + 1:
        raise FindingError("a trial is not there")


def _configuration(path: Path) -> None:
    read = configuration.read(path)
    with contextlib.suppress(configuration.ConfigurationError):  # it names the method, not the file
        searches.resolve(read)


@dataclass(frozen=True)
class FileTarget:
    """What to check, honest content, and how content becomes a file."""

    check: Callable[[bytes], None]
    content: Any
    wrap: Callable[[Any], bytes] = bytes

    def file(self, rng: random.Random) -> bytes:
        """Return a changed file: its content before it is wrapped, the file itself, or both."""
        content, whole = self.content, rng.randrange(3)
        if whole != 1:
            if isinstance(content, list):
                content = list(content)
                at = rng.randrange(len(content))
                content[at] = changed(content[at], rng)
            else:
                content = changed(content, rng)
        data = self.wrap(content)
        return changed(data, rng) if whole == 1 or rng.randrange(20) == 0 else data

    def joined(self) -> bytes:
        """Return the honest content in one, as fuzzers that know only bytes start from."""
        parts = self.content
        return _SEPARATOR.join(parts) if isinstance(parts, list) else bytes(parts)

    def around(self, joined: bytes) -> bytes:
        """Return the file with such a content."""
        if not isinstance(self.content, list):
            return self.wrap(joined)
        parts = joined.split(_SEPARATOR, len(self.content) - 1)
        return self.wrap(parts + [b""] * (len(self.content) - len(parts)))


_TABLE = seeds.table(_FOLDER)


def _parts(data: bytes) -> list[bytes]:
    (length,) = struct.unpack_from("<Q", data, len(container.MAGIC))
    begin = len(container.MAGIC) + 12
    return [data[begin : begin + length].rstrip(), data[begin + length :]]


TARGETS = {
    "table": FileTarget(reads(_own_table), _TABLE),
    "table_inside": FileTarget(reads(_changed_table), _parts(_TABLE), _inside),
    "tfrecord": FileTarget(reads(nasbench101.read), seeds.records(), seeds.tfrecords),
    "torch_zip": FileTarget(
        reads(lambda path: nasbench201.read(path, **CHOICE)), seeds.torch_pickle(), seeds.torch_zip
    ),
    "torch_old": FileTarget(
        reads(lambda path: nasbench201.read(path, **CHOICE)), seeds.torch_pickle(), seeds.torch_old
    ),
    "nats": FileTarget(
        reads(lambda path: nats.read(path, **CHOICE)), seeds.nats_pickle(), seeds.compressed
    ),
    "analog": FileTarget(reads(analog.load), seeds.torch_pickle()),
    "pickle": FileTarget(_pickle, seeds.torch_pickle()),
    "csv": FileTarget(
        reads(
            lambda path: read_csv(
                path, "nasbench201", COLUMNS, MEANING, name="mine", tolerance=SKIP
            )
        ),
        seeds.csv(),
    ),
    "parquet": FileTarget(
        reads(
            lambda path: read_parquet(
                path, "nasbench201", COLUMNS, MEANING, name="mine", tolerance=SKIP
            )
        ),
        seeds.parquet(),
    ),
    "cells_cache": FileTarget(reads(_cells_cache), seeds.cells_cache()),
    "journal": FileTarget(reads(_journal), seeds.journal(_FOLDER)),
    "configuration": FileTarget(reads(_configuration), seeds.configuration()),
    "nested": FileTarget(_nested, b'{"a": [1, {"b": null}], "c": "text"}'),
}


def check(name: str, data: bytes) -> None:
    """Check a file of a target; if it is a finding, put it into the corpus too."""
    try:
        TARGETS[name].check(data)
    except Exception:
        kept = CORPUS / name / hashlib.sha256(data).hexdigest()[:16]
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_bytes(data)
        raise
