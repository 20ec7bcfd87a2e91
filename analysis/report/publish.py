# SPDX-License-Identifier: Apache-2.0
"""Output: files that are complete or absent (written under a temporary name, synced, then renamed), and stdout."""
from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from failure import ReportError, output_error


def _failed(path: Path, error: OSError) -> ReportError:
    return output_error(
        f"{path}: cannot be written ({error.strerror or error})",
        "what was asked for would be incomplete",
        "check that the folder is writable and the disk has room",
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


def check_stdout() -> None:
    """Raises ReportError (output) if stdout is closed."""
    if sys.stdout is None:
        raise _failed_stdout("it is closed")


def write_stdout(content: bytes) -> None:
    """Past Python's buffer, which would fail a second time when Python ends; raises ReportError (output)."""
    check_stdout()
    try:
        while content:
            content = content[os.write(sys.stdout.fileno(), content) :]
    except OSError as error:
        raise _failed_stdout(error.strerror or str(error)) from error


def _failed_stdout(reason: str) -> ReportError:
    return output_error(
        f"standard output: cannot be written ({reason})",
        "what is printed there, such as the path of what was made, is the answer to the command",
        "send standard output to the terminal, a file with room or a program that reads it",
    )


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
