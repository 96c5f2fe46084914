"""Where files live between runs, and how they are written."""

from __future__ import annotations

import contextlib
import os
import secrets
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO

# Windows would translate line ends without it; elsewhere there is no such flag.
_BINARY = getattr(os, "O_BINARY", 0)


def data_folder() -> Path:
    """Return the folder for tables and enumerated spaces; it need not exist yet.

    The environment variable ``OTNAS_DATA`` if set, else the platform's folder for the data of
    applications: ``%LOCALAPPDATA%`` on Windows, ``~/Library/Application Support`` on macOS,
    ``$XDG_DATA_HOME`` or ``~/.local/share`` elsewhere, each followed by ``otnas``.
    """
    chosen = os.environ.get("OTNAS_DATA")
    if chosen:
        return Path(chosen).expanduser()
    home = Path.home()
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = home / "Library" / "Application Support"
    else:
        base = Path(os.environ.get("XDG_DATA_HOME") or home / ".local" / "share")
    return base / "otnas"


@contextlib.contextmanager
def written_atomically(path: Path) -> Iterator[IO[bytes]]:
    """Open a file that appears under `path` only when the block ends without an exception.

    Readers see the old file or the new one, never half of one; a full disk or Ctrl-C leaves
    nothing behind. The folder is made if needed.

    Raises
    ------
    OSError
        If the folder or the file cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.parent / f".{path.name}.{secrets.token_hex(8)}"
    # Not `tempfile`, whose files only their owner may read.
    handle = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL | _BINARY, 0o666)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
