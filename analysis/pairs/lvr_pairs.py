# SPDX-License-Identifier: Apache-2.0
"""lvr-pairs DIR [--spair DIR]: pictures of what matching made of some pairs of SPair-71k, from DIR/pairs.json, which
`lvr-score correspond --draw N DIR` wrote.

Writes, each complete or absent:
  DIR/pairs/pair_001_CATEGORY.svg, .png ...   one picture for each pair: source, target, predictions, errors
  DIR/pairs/figures.json                      the names of these files; the next run removes those it no longer draws
  DIR/pairs.html                              one self-contained page with all of them and the list of errors
The last line on stdout is the path of pairs.html. Equal pairs.json and pictures, equal bytes.
Exit status: 0; 2 usage; 3 pairs.json or a picture is missing or damaged, or a Python package is; 4 cannot write.
"""
from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

sys.dont_write_bytecode = True  # an installed tree may belong to someone else
sys.path.insert(1, str(Path(__file__).resolve().parent.parent / "report"))  # our programs' shell, and the style

from program import Parser, Program, load
from publish import check_stdout, write_stdout


def arguments() -> argparse.Namespace:
    parser = Parser(
        prog="lvr-pairs",
        description="Pictures of matched pairs of SPair-71k, and a page with all of them and the list of errors.",
        epilog="Writes DIR/pairs/*.svg, *.png and DIR/pairs.html; prints the path of pairs.html.",
    )
    parser.add_argument("folder", metavar="DIR", type=Path,
                        help="folder with pairs.json (from lvr-score correspond --draw N DIR)")
    parser.add_argument("--spair", metavar="DIR", type=Path, help="where SPair-71k is, if not where pairs.json says")
    return parser.parse_args()


def pairs() -> None:
    """Raises ReportError."""
    chosen = arguments()
    check_stdout()  # before the work
    read = load("pairs_file").read_pairs(chosen.folder, chosen.spair)
    page = load("pairs_page").write_page(read, chosen.folder)
    write_stdout(os.fsencode(page) + b"\n")  # whatever bytes the folder's name is made of


if __name__ == "__main__":
    sys.exit(Program("lvr-pairs", pairs).main())
