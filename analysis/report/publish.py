# SPDX-License-Identifier: Apache-2.0
"""Files that are complete or absent: written under a temporary name, synced, then renamed."""
from __future__ import annotations

import os
import tempfile
from pathlib import Path

from failure import ReportError, output_error


def _failed(path: Path, error: OSError) -> ReportError:
    return output_error(
        f"{path}: cannot be written ({error.strerror or error})",
        "the report would be incomplete",
        "check that the folder is writable and the disk has room, or copy law.h5 to a folder that is",
    )


def make_folder(folder: Path) -> None:
    """Makes the folder if it is not there; raises ReportError (output)."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _failed(folder, error) from error


def write_file(path: Path, content: bytes) -> None:
    """Replaces the file as a whole; raises ReportError (output) and leaves no trace if it cannot."""
    temporary = None
    try:
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name[:80]}.", suffix=".tmp", dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o666 & ~_umask())  # mkstemp's files are the owner's alone
        os.replace(temporary, path)
        temporary = None
    except OSError as error:
        raise _failed(path, error) from error
    finally:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
