# SPDX-License-Identifier: Apache-2.0
"""Pages from templates."""
from __future__ import annotations

from pathlib import Path

import jinja2
from markupsafe import Markup

_TEMPLATES = Path(__file__).resolve().parent / "templates"


def environment(*more: Path) -> jinja2.Environment:
    """@param more folders of templates, beside the report's own"""
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader([_TEMPLATES, *more]),
        autoescape=True,
        undefined=jinja2.ChainableUndefined,
        keep_trailing_newline=True,
    )


def asset(name: str) -> Markup:
    return Markup((_TEMPLATES / name).read_text(encoding="utf-8"))
