"""Puts together what renders every page: the templates, compiled once, the words, and how figures are printed.

Templates escape whatever they print; only what this package made itself (words, charts, rows) is taken as HTML.
"""

from __future__ import annotations

import re
from importlib.resources import files
from types import SimpleNamespace

from jinja2 import DictLoader, Environment, StrictUndefined
from markupsafe import Markup

from flopsbench.render.html import cells
from flopsbench.render.html.security import POLICY
from flopsbench.text import printable
from flopsbench.units import general, grouped
from flopsbench.words.pages import TEXTS, both, say

Menu = tuple[tuple[str, str, str | Markup], ...]  # the name of each page, its address, and its label

_WORD = re.compile(r"\{\{ t\.(\w+) \}\}")


def environment(menu: Menu) -> Environment:
    """Return the templates, with what pages of every kind print their figures with."""
    made = Environment(loader=DictLoader(_templates()), autoescape=True, undefined=StrictUndefined, auto_reload=False)
    made.filters |= {"grouped": grouped, "general": general, "printable": printable}
    made.globals |= {
        "t": SimpleNamespace(**TEXTS),
        "text": TEXTS,
        "say": say,
        "both": both,
        "policy": POLICY,
        "menu": menu,
        "unknown": cells.NONE,
        "rate": cells.rate,
        "share": cells.share,
    }
    return made


def _templates() -> dict[str, str]:
    """Return the templates by name, in which the words for ``{{ t.KEY }}``, equal on all pages, are filled in."""
    folder = files("flopsbench.site.html") / "templates"
    texts = {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}
    return {name: _WORD.sub(lambda found: TEXTS[found[1]], text) for name, text in texts.items()}


def assets() -> dict[str, bytes]:
    """Return stylesheet, script and icon by file name, for the site's folder ``assets``."""
    folder = files("flopsbench.site.html") / "assets"
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir(), key=lambda path: path.name)}
