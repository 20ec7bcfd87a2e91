# SPDX-License-Identifier: Apache-2.0
"""Failures that the user can act on, in the grammar of all our programs: the problem, why it matters, what to do."""
from __future__ import annotations

# As in src/lvr/run/exit_codes.hpp.
EXIT_USAGE = 2
EXIT_INPUT = 3
EXIT_OUTPUT = 4
EXIT_INTERNAL = 6
EXIT_INTERRUPTED = 75


class ReportError(Exception):
    """One message for the user and the exit status that goes with it."""

    def __init__(self, status: int, problem: str, why: str, remedy: str) -> None:
        super().__init__(f"{problem}\n  why:    {why}\n  remedy: {remedy}")
        self.status = status


def input_error(problem: str, why: str, remedy: str) -> ReportError:
    """A file that we read is missing or wrong."""
    return ReportError(EXIT_INPUT, problem, why, remedy)


def output_error(problem: str, why: str, remedy: str) -> ReportError:
    """A file cannot be written."""
    return ReportError(EXIT_OUTPUT, problem, why, remedy)
