# SPDX-License-Identifier: Apache-2.0
"""lvr-report DIR: draws the report of a fit from DIR/law.h5, which `lvr-fit TABLE --out DIR` wrote.

Writes, each complete or absent:
  DIR/figures/NAME.svg and NAME.png   r2_by_group, r2_by_benchmark, surface_BENCHMARK, predicted_BENCHMARK and, where
                                      the fit has them, recall_mean, recall_by_benchmark, plan_intervals,
                                      study_selected, study_all; with --pairs pair_001_CATEGORY ...; what file
                                      names cannot hold is percent-encoded; with --training training_align, training_align_each, ...
  DIR/figures/figures.json            the names of these files; the next run removes those it no longer draws
  DIR/report.html                     one self-contained page, which opens without a network
The last line on stdout is the path of report.html. Equal law.h5 (and pairs and metrics), equal bytes.
Exit status: 0; 2 usage; 3 law.h5, or what --pairs or --training names, is missing or damaged, or a Python package is; 4 cannot write.
"""
from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

sys.dont_write_bytecode = True  # an installed tree may belong to someone else

from failure import EXIT_INPUT
from program import Parser, Program, load
from publish import check_stdout, write_stdout


def arguments() -> argparse.Namespace:
    parser = Parser(
        prog="lvr-report",
        description="Figures and a self-contained report.html from a folder that lvr-fit --out wrote.",
        epilog="Writes DIR/figures/*.svg, *.png and DIR/report.html; prints the path of report.html.",
    )
    parser.add_argument("folder", metavar="DIR", type=Path, help="folder with law.h5 (from lvr-fit TABLE --out DIR)")
    parser.add_argument("--pairs", metavar="PAIRS", type=Path,
                        help="folder with pairs.json (from lvr-score correspond --draw N PAIRS): shown in the report too")
    parser.add_argument("--training", metavar="OUT", type=Path, action="append", default=[],
                        help="folder of lvr-train, or of one representation in it: its loss curves are shown too; may be repeated")
    parser.add_argument("--spair", metavar="DIR", type=Path, help="where SPair-71k is, if not where pairs.json says")
    chosen = parser.parse_args()
    if chosen.spair and not chosen.pairs:
        parser.error("--spair is of use with --pairs only")
    return chosen


def report() -> None:
    """Raises ReportError."""
    chosen = arguments()
    check_stdout()  # before the work
    law = load("law_file").load_law(chosen.folder)
    draw_pairs = None
    if chosen.pairs:
        sys.path.insert(1, str(Path(__file__).resolve().parent.parent / "pairs"))
        pairs = load("pairs_file").read_pairs(chosen.pairs, chosen.spair)
        draw_pairs = lambda gallery: load("pairs_section").draw_pairs(pairs, gallery)
    draw_training = None
    if chosen.training:
        trainings = load("training_file").read_training(chosen.training)
        draw_training = lambda gallery: load("training_section").draw_training(trainings, gallery)
    page = load("draw").draw_report(law, chosen.folder, program.say, draw_pairs, draw_training)
    write_stdout(os.fsencode(page) + b"\n")  # whatever bytes the folder's name is made of


program = Program("lvr-report", report)

assert EXIT_INPUT == 3  # what the wrapper, cmake/lvr-python.in, returns when it finds no Python

if __name__ == "__main__":
    sys.exit(program.main())
