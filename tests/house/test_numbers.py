"""Tests rule 5: numbers become text in units.py only, so that one figure looks the same everywhere."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator

import pytest

from tests.house.sources import PACKAGE, modules, place, tree

UNITS = "units.py"
TEMPLATES = sorted((PACKAGE / "site/html/templates").iterdir())
WHAT_TO_DO = "call a function of units.py (a filter, in a template), which says how a number is written"

# Python's format specification; widths, zeros in front, "d" and "x" alone are paddings of what is no measured number.
SPEC = re.compile(
    r"(?:.?[<>=^])?(?P<sign>[-+ ]?)z?#?0?\d*(?P<group>[,_]?)(?P<precision>(?:\.\d+)?[,_]?)(?P<type>[a-zA-Z%]?)",
    re.DOTALL,
)
PERCENT = re.compile(r"(?<!%)%(?:\(\w+\))?[-+ #0]*(?:\d+|\*)?(?:\.(?:\d+|\*))?[diuoxXeEfFgG]")
IN_TEMPLATE = re.compile(r"""\.format\(|\|\s*(?:round|format|filesizeformat)\b|["']\s*%\s*[\w(\[]""")


def is_of_number(spec: str) -> bool:
    """Return whether a format specification says how a number is written: ".3", ",", "+", "g"; not ">12"."""
    found = SPEC.fullmatch(spec)
    return bool(found and (found["sign"] or found["group"] or found["precision"] or found["type"] in [*"eEfFgGn%"]))


def number_formats(module: ast.Module) -> Iterator[str]:
    """Yield where a module formats a number: by an f-string, ``format``, ``str.format`` or ``%``."""
    for node in ast.walk(module):
        if isinstance(node, ast.FormattedValue) and isinstance(node.format_spec, ast.JoinedStr):
            # What is filled in is a width or a number of digits, so that "1" stands for it.
            parts = (part.value if isinstance(part, ast.Constant) else "1" for part in node.format_spec.values)
            if is_of_number("".join(map(str, parts))):
                yield f"line {node.lineno}: {ast.unparse(node.value)} in an f-string"
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            if any(map(is_of_number, specs(node.value))):
                yield f"line {node.lineno}: {node.value!r}"
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod) and PERCENT.search(text_of(node.left)):
            yield f"line {node.lineno}: {ast.unparse(node)}"
        elif isinstance(node, ast.Call) and ast.unparse(node.func) == "format" and len(node.args) == 2:
            spec = node.args[1]
            if not isinstance(spec, ast.Constant) or is_of_number(str(spec.value)):
                yield f"line {node.lineno}: {ast.unparse(node)}"


def specs(text: str) -> list[str]:
    """Return the format specifications in a text for ``str.format``; none where it is no such text."""
    try:
        return [spec for _, _, spec, _ in string.Formatter().parse(text) if spec]
    except ValueError:
        return []


def text_of(node: ast.expr) -> str:
    """Return the literal parts of a string; empty for anything else, bytes among them, which are no text to read."""
    parts = node.values if isinstance(node, ast.JoinedStr) else [node]
    return "".join(part.value for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, str))


def test_numbers_become_text_in_units_alone() -> None:
    found = [
        f"{place(path)}, {told}" for path in modules() if place(path) != UNITS for told in number_formats(tree(path))
    ]
    assert not found, "\n".join([WHAT_TO_DO, *found])


def test_no_template_formats_a_number_itself() -> None:
    found = {path.name: IN_TEMPLATE.findall(path.read_text()) for path in TEMPLATES}
    assert TEMPLATES
    assert not any(found.values()), f"{WHAT_TO_DO}: {found}"


@pytest.mark.parametrize(
    "planted",
    [
        *(
            f'f"{{x:{spec}}}"'
            for spec in (".3g", ",", "+.0%", ".{n}f", "g", ".3", "+", "_", ",d", "+d", " d", ">12,", "08.2f", "n")
        ),
        '"{:,}".format(x)',
        'FORM = "about {rate:.3g} per second"',
        '"%.2f s" % x',
        '"%d of %(n)05d" % x',
        'f"{name}: %g" % x',
        'format(x, ".2f")',
        "format(x, form)",
    ],
)
def test_a_format_of_a_number_is_seen(planted: str) -> None:
    assert len(list(number_formats(ast.parse(planted)))) == 1


@pytest.mark.parametrize(
    "allowed",
    [
        *(f'f"{{x:{spec}}}"' for spec in (">12", "%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ", "02d", "<{n}", "016x", "*^8", "")),
        'f"{x!r} {y}"',
        '"{:>8} {name}".format(x)',
        '"%s: 5 %% of it" % x',
        'b"-0E%d" % digits',
        'format(x, ">12")',
        "a % b",
        'PATTERN = r"\\d{1,3}(?:,\\d{3})+"',
    ],
)
def test_a_padding_and_a_date_are_let_be(allowed: str) -> None:
    assert not list(number_formats(ast.parse(allowed)))


@pytest.mark.parametrize(
    "planted", ['{{ "{:,}".format(n) }}', "{{ x|round(2) }}", '{{ "%.2f"|format(x) }}', "{{ '%d' % n }}"]
)
def test_a_format_in_a_template_is_seen(planted: str) -> None:
    assert IN_TEMPLATE.search(planted)


def test_a_filter_in_a_template_is_let_be() -> None:
    assert not IN_TEMPLATE.search(
        '<b>{{ summary.results|grouped }}</b>{% include "parts.html" %}{% if a %}"{% endif %}'
    )
