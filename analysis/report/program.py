# SPDX-License-Identifier: Apache-2.0
"""The shell of our Python programs: arguments, messages, exit status. Needs no package."""
from __future__ import annotations

import argparse
import importlib
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from failure import EXIT_INTERNAL, EXIT_INTERRUPTED, ReportError, input_error
from publish import write_stdout

_REQUIREMENTS = Path(__file__).resolve().parent / "requirements.txt"


class Parser(argparse.ArgumentParser):
    def print_help(self, file: Any = None) -> None:
        write_stdout(self.format_help().encode())  # or an error, as for any other output


def load(module: str) -> Any:
    """A module of ours, and with it packages that may be missing. Reading needs h5py and numpy; only drawing needs
    the large ones, so that bad input is refused at once."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise input_error(
            f"Python cannot load {error.name or error} ({sys.executable})",
            "what is drawn is drawn with the packages listed in requirements.txt",
            f"run scripts/setup.sh, or `{sys.executable} -m pip install -r {_REQUIREMENTS}`, "
            "or set LVR_PYTHON to a Python that has them",
        ) from error


class Program:
    def __init__(self, name: str, body: Callable[[], None]) -> None:
        """@param body what the program does; it raises ReportError"""
        self.name = name
        self._body = body

    def say(self, message: str) -> None:
        """Talk, which nobody need hear: the exit status speaks as well."""
        try:
            if sys.stderr is not None:
                print(f"{self.name}: {message}", file=sys.stderr)
        except OSError:
            pass

    def run(self) -> int:
        """@return the exit status, once a message says what is wrong"""
        try:
            self._body()
            return 0
        except ReportError as error:
            self.say(f"error: {error}")
            return error.status
        except Exception as error:  # a defect of ours; the user gets a message all the same
            debug = self.name.upper().replace("-", "_") + "_DEBUG"
            if os.environ.get(debug):
                raise
            self.say(
                f"error: {type(error).__name__}: {error}\n  why:    this is a defect of {self.name}; no file is "
                f"half-written\n  remedy: run again with {debug}=1 and report what it prints"
            )
            return EXIT_INTERNAL

    def main(self) -> int:
        signal.signal(signal.SIGTERM, _interrupted)
        try:
            return self.run()
        except KeyboardInterrupt:
            self.say("stopped by a signal; run it again")
            return EXIT_INTERRUPTED


def _interrupted(*_: object) -> None:
    raise KeyboardInterrupt
