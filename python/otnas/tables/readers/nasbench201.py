"""NAS-Bench-201: ``NAS-Bench-201-v1_0-e61699.pth`` and ``NAS-Bench-201-v1_1-096897.pth``.

These files were written by ``torch.save`` but hold dictionaries of numbers and no tensors that
matter here, so the pickle inside is read by the restricted loader and PyTorch is not needed. The
older form of ``torch.save`` (several pickles in a row) and the zip archive are both understood.

The pickle is one object: reading it needs as much memory as the official API does (users report 28
GB, https://github.com/D-X-Y/AutoDL-Projects/issues/78). The ``-simple`` folder of NATS-Bench
(`otnas.tables.readers.nats`) has newer results of the same cells and is read one by one.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from otnas.storage import ARCHIVE_ERRORS
from otnas.tables.provenance import sha256_of
from otnas.tables.readers import restricted_pickle
from otnas.tables.readers.bounded import read_compressed, reading, shown_text
from otnas.tables.readers.restricted_pickle import (
    PLAIN_DATA,
    Allowed,
    RefusedPickleError,
    StandIn,
)
from otnas.tables.readers.tfrecord import Progress
from otnas.tables.readers.trials201 import Choice, Collector
from otnas.tables.table import Table

# How the older form begins: a pickled magic number, the version of the protocol, and a dictionary
# about the machine.
_MAGIC_NUMBER = 0x1950A86A20F9469CFC6C
_PROTOCOL_VERSION = 1001
_KEY_OF_EPOCHS = {12: "less", 200: "full"}


# Stands in for whatever rebuilds a tensor: network weights are not read.
_NOTHING = StandIn(lambda *_: None)

_STORAGES = ("Float", "Double", "Half", "BFloat16", "Long", "Int", "Short", "Char", "Byte", "Bool")
_ALLOWED: Allowed = {
    **PLAIN_DATA,
    ("torch._utils", "_rebuild_tensor_v2"): _NOTHING,
    ("torch._utils", "_rebuild_parameter"): _NOTHING,
    ("builtins", "set"): set,
    ("__builtin__", "set"): set,
    **{("torch", f"{kind}Storage"): _NOTHING for kind in _STORAGES},
}


def read(
    path: Path,
    *,
    dataset: str,
    epochs: int,
    seeds: int | str,
    name: str | None = None,
    progress: Progress | None = None,
) -> Table:
    """Read a NAS-Bench-201 file.

    Parameters
    ----------
    path : Path
    dataset : {"cifar10-valid", "cifar10", "cifar100", "ImageNet16-120"}
    epochs : {12, 200}
    seeds : {111, 777, 888, 999} or "mean"
    name : str, optional
        Name of the table; by default ``nasbench201_`` and the data set.
    progress : callable, optional
        Given the architectures read so far and in all.

    Raises
    ------
    OSError, ValueError
        If the file is not there, not of this format, or damaged.

    Examples
    --------
    >>> table = read(
    ...     Path("NAS-Bench-201-v1_1-096897.pth"), dataset="cifar100", epochs=200, seeds="mean"
    ... )  # doctest: +SKIP
    """
    choice = Choice(dataset, epochs, seeds)
    content = _load(path)
    collector = Collector(choice, path.name)
    with reading(path, "NAS-Bench-201 file"):
        names, by_index = content["meta_archs"], content["arch2infos"]
        for count, index in enumerate(sorted(by_index)):
            collector.add(names[index], by_index[index][_KEY_OF_EPOCHS[epochs]])
            if progress is not None and count % 64 == 63:
                progress(count + 1, len(by_index))
        return collector.table(name or f"nasbench201_{dataset}", sha256_of(path))


def _load(path: Path) -> Mapping[str, Any]:
    with path.open("rb") as file:
        content = _from_zip(file, path) if zipfile.is_zipfile(file) else _from_pickles(file, path)
    if not isinstance(content, dict):
        raise ValueError(
            f"{path}: expected a NAS-Bench-201 dictionary, got {type(content).__name__}"
        )
    return content


def _from_zip(file: IO[bytes], path: Path) -> Any:
    data: io.BytesIO | None = None
    try:
        with zipfile.ZipFile(file) as archive:
            members = [name for name in archive.namelist() if name.endswith("/data.pkl")]
            if len(members) == 1:
                with archive.open(members[0]) as member:
                    data = io.BytesIO(read_compressed(member, path, "zip archive"))
    except ARCHIVE_ERRORS as error:
        raise ValueError(f"{path} is a damaged zip archive: {shown_text(error)}") from error
    if data is None:
        raise ValueError(f"{path} is a zip archive but not one of torch.save")
    return restricted_pickle.load_stream(data, _ALLOWED, str(path), _no_tensor)


def _from_pickles(file: IO[bytes], path: Path) -> Any:
    try:
        data = restricted_pickle.mapped(file, path)
        begin = [restricted_pickle.load_stream(data, {}, str(path)) for _ in range(3)]
    except RefusedPickleError as error:
        raise ValueError(f"{path} is no file of torch.save, or cut short ({error})") from error
    if begin[:2] != [_MAGIC_NUMBER, _PROTOCOL_VERSION]:
        raise ValueError(f"{path} is no file of torch.save")
    return restricted_pickle.load_stream(data, _ALLOWED, str(path), _no_tensor)


def _no_tensor(_: object) -> None:
    """Stand in for the numbers of a tensor."""
