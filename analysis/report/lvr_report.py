# SPDX-License-Identifier: Apache-2.0
"""lvr-report DIR: draws the report of a fit from DIR/law.h5, which `lvr-fit TABLE --out DIR` wrote.

Writes, each complete or absent:
  DIR/figures/NAME.svg and NAME.png   r2_by_group, r2_by_benchmark, surface_BENCHMARK, predicted_BENCHMARK and, where
                                      the fit has them, recall_mean, recall_by_benchmark, plan_intervals,
                                      study_selected, study_all; what file names cannot hold is percent-encoded
  DIR/figures/figures.json            the names of these files; the next run removes those it no longer draws
  DIR/report.html                     one self-contained page, which opens without a network
The last line on stdout is the path of report.html. Equal law.h5, equal bytes.
Exit status: 0; 2 usage; 3 law.h5 is missing or damaged, or a Python package is missing; 4 cannot write.
"""
from __future__ import annotations

import argparse
import importlib
import os
import signal
import sys
from pathlib import Path
from typing import Any

sys.dont_write_bytecode = True  # an installed tree may belong to someone else

from failure import EXIT_INPUT, EXIT_INTERNAL, EXIT_INTERRUPTED, ReportError, input_error
from publish import check_stdout, write_stdout

_REQUIREMENTS = Path(__file__).resolve().parent / "requirements.txt"


def say(message: str) -> None:
    """Talk, which nobody need hear: the exit status speaks as well."""
    try:
        if sys.stderr is not None:
            print(f"lvr-report: {message}", file=sys.stderr)
    except OSError:
        pass


class _Parser(argparse.ArgumentParser):
    def print_help(self, file: Any = None) -> None:
        write_stdout(self.format_help().encode())  # or an error, as for any other output


def arguments() -> argparse.Namespace:
    parser = _Parser(
        prog="lvr-report",
        description="Figures and a self-contained report.html from a folder that lvr-fit --out wrote.",
        epilog="Writes DIR/figures/*.svg, *.png and DIR/report.html; prints the path of report.html.",
    )
    parser.add_argument("folder", metavar="DIR", type=Path, help="folder with law.h5 (from lvr-fit TABLE --out DIR)")
    return parser.parse_args()


def load(module: str) -> Any:
    """A module of ours, and with it packages that may be missing. Reading needs h5py and numpy; only drawing needs
    the large ones, so that bad input is refused at once."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise input_error(
            f"Python cannot load {error.name or error} ({sys.executable})",
            "the report is drawn with the packages listed in requirements.txt",
            f"run scripts/setup.sh, or `{sys.executable} -m pip install -r {_REQUIREMENTS}`, "
            "or set LVR_PYTHON to a Python that has them",
        ) from error


def report() -> None:
    """Raises ReportError."""
    folder = arguments().folder
    check_stdout()  # before the work
    law = load("law_file").load_law(folder)
    page = load("draw").draw_report(law, folder, say)
    write_stdout(os.fsencode(page) + b"\n")  # whatever bytes the folder's name is made of


def run() -> int:
    """@return the exit status, once a message says what is wrong"""
    try:
        report()
        return 0
    except ReportError as error:
        say(f"error: {error}")
        return error.status
    except Exception as error:  # a defect of ours; the user gets a message all the same
        if os.environ.get("LVR_REPORT_DEBUG"):
            raise
        say(
            f"error: {type(error).__name__}: {error}\n  why:    this is a defect of lvr-report; no file is half-written"
            "\n  remedy: run again with LVR_REPORT_DEBUG=1 and report what it prints"
        )
        return EXIT_INTERNAL


def _interrupted(*_: object) -> None:
    raise KeyboardInterrupt


def main() -> int:
    signal.signal(signal.SIGTERM, _interrupted)
    try:
        return run()
    except KeyboardInterrupt:
        say("stopped by a signal; run it again")
        return EXIT_INTERRUPTED


assert EXIT_INPUT == 3  # what the wrapper, cmake/lvr-report.in, returns when it finds no Python

if __name__ == "__main__":
    sys.exit(main())
