"""Where files are kept between runs, and how they are written."""

from __future__ import annotations

import contextlib
import errno
import lzma
import os
import secrets
import struct
import sys
import tokenize
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

ARCHIVE_ERRORS = (
    *(OSError, EOFError, ValueError, KeyError, IndexError, OverflowError, MemoryError),
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error),
    # An unknown compression or version, an encrypted member, a header nested too deep.
    *(NotImplementedError, RuntimeError, SyntaxError, tokenize.TokenError),
)
"""What the standard library and NumPy raise for damaged archives and compressed files."""

# Windows would translate line ends without it; elsewhere there is no such flag.
_BINARY = getattr(os, "O_BINARY", 0)


def data_folder() -> Path:
    """Return the folder for tables and enumerated spaces; it need not exist yet.

    It is the value of ``OTNAS_DATA`` if that environment variable is set, else the platform's
    folder for the data of applications: ``%LOCALAPPDATA%`` on Windows, ``~/Library/Application
    Support`` on macOS, ``$XDG_DATA_HOME`` or ``~/.local/share`` elsewhere, each followed by
    ``otnas``.
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
def written_atomically(path: Path, *, replace: bool = True) -> Iterator[IO[bytes]]:
    """Open a file that appears under `path` only when the block ends without an exception.

    Readers see the old file or the new one, never half of one; a full disk or Ctrl-C leaves
    nothing behind. The folder is made if needed.

    Parameters
    ----------
    path : Path
    replace : bool, default True
        Whether a file that exists, or appears in the meantime, is replaced.

    Raises
    ------
    FileExistsError
        If the file exists and `replace` is false; of two simultaneous writers, one gets this error.
    OSError
        If the folder or the file cannot be written; it names the file.
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
        if replace:
            os.replace(temporary, path)
        else:
            _publish(temporary, path)
    except BaseException as error:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        if isinstance(error, OSError) and error.filename in (None, temporary, str(temporary)):
            error.filename, error.filename2 = str(path), None
        raise


def _publish(temporary: Path, path: Path) -> None:
    """Rename a file, but not over another one."""
    try:
        os.link(temporary, path)  # unlike a renaming, this fails if there is a file
    except FileExistsError:
        raise
    except OSError:
        # Not all file systems have hard links: there, two writers at once are not told apart.
        if path.exists():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path)) from None
        os.replace(temporary, path)
    else:
        os.unlink(temporary)
