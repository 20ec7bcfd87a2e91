# SPDX-License-Identifier: Apache-2.0
"""pairs.html: one file with everything in it. It loads nothing; its content security policy forbids it to."""
from __future__ import annotations

from pathlib import Path

from gallery import Gallery
from pairs_file import Pairs
from pairs_section import draw_pairs
from publish import make_folder, write_file
from style import use_style
from templating import asset, environment

_TEMPLATES = Path(__file__).resolve().parent / "templates"


def write_page(pairs: Pairs, folder: Path) -> Path:
    """Draws every pair into folder/pairs and writes the page last. @return its path; raises ReportError"""
    use_style()
    make_folder(folder / "pairs")
    gallery = Gallery(folder / "pairs")
    section = draw_pairs(pairs, gallery)
    gallery.tidy()
    template = environment(_TEMPLATES).get_template("pairs.html.j2")
    text = template.render(representation=pairs.representation, pairs=section, css=asset("report.css"))
    page = folder / "pairs.html"
    write_file(page, text.encode("utf-8", errors="replace"))
    return page
