# SPDX-License-Identifier: Apache-2.0
"""lvr-features FOLDER --out FILE [--images DIR]: a picture of the features that lvr-extract wrote into FOLDER.

Beside each photograph its tokens, each a square whose red, green and blue are the first three principal components of
the tokens of all images in the picture. The photographs are shown as the model saw them: resized and cropped.
The last line on stdout is the path of FILE. Equal features and photographs, equal bytes.
Exit status: 0; 2 usage; 3 the features or a photograph are missing or damaged, or a Python package is; 4 cannot write.
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

FORMATS = (".png", ".svg", ".jpg")
COUNT = 12


def arguments() -> argparse.Namespace:
    parser = Parser(
        prog="lvr-features",
        description="A picture of features: each image beside the first three principal components of its tokens.",
        epilog="Prints the path of FILE. Images in quarantine are left out.",
    )
    parser.add_argument("folder", metavar="FOLDER", type=Path,
                        help="feature folder of one representation, which lvr-extract wrote: OUT/<representation>")
    parser.add_argument("--out", metavar="FILE", type=Path, required=True, help="picture to write: .png, .svg or .jpg")
    parser.add_argument("--images", metavar="DIR", type=Path,
                        help="folder of the pictures, as given to lvr-extract (with lists: --image-root); "
                        "without it only the features are drawn")
    parser.add_argument("--count", metavar="N", type=int, default=COUNT, help=f"at most so many images, the first ones ({COUNT})")
    parser.add_argument("--pick", metavar="ID", action="append", default=[], help="this image; may be given several times")
    chosen = parser.parse_args()
    if chosen.out.suffix.lower() not in FORMATS:
        parser.error(f"--out {chosen.out}: the name must end in one of {', '.join(FORMATS)}")
    if chosen.count < 1:
        parser.error("--count must be at least 1")
    return chosen


def features() -> None:
    """Raises ReportError."""
    chosen = arguments()
    check_stdout()  # before the work
    shown = load("feature_folder").read_features(chosen.folder, chosen.count, chosen.pick)
    photographs = load("photograph").read_photographs(chosen.images, shown) if chosen.images else []
    load("sheet").draw_sheet(shown, photographs, chosen.out)
    write_stdout(os.fsencode(chosen.out) + b"\n")  # whatever bytes its name is made of


if __name__ == "__main__":
    sys.exit(Program("lvr-features", features).main())
