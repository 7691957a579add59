"""Tests rule 5: numbers become text in units.py only, so that one figure looks the same everywhere."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator
from itertools import pairwise

import pytest

from tests.house.sources import PACKAGE, modules, place, tree
from tests.house.test_rules import text_constants

UNITS = "units.py"
TEMPLATES = sorted((PACKAGE / "site/html/templates").iterdir())
WHAT_TO_DO = "call a function of units.py (a filter, in a template), which says how a number is written"

# Python's format specification; widths, zeros in front, "d" and "x" alone are paddings of what is no measured number.
SPEC = re.compile(
    r"(?:.?[<>=^])?(?P<sign>[-+ ]?)z?#?0?\d*(?P<group>[,_]?)(?P<precision>(?:\.\d+)?[,_]?)(?P<type>[a-zA-Z%]?)",
    re.DOTALL,
)
PERCENT = re.compile(r"(?<!%)%(?:\(\w+\))?[-+ #0]*(?:\d+|\*)?(?:\.(?:\d+|\*))?[diuoxXeEfFgG]")
BEHIND = re.compile(r"\s?%(?!\w)")  # what follows something that was filled in
ALONE = re.compile(r"\s?%(?:\s|\Z)")
FILLED = re.compile(r"\{[^{}\s]*\}\s?%(?!\w)|%[sdg]\s?%%")
CLOCK = re.compile(r"[kMGT]Hz\b")
NO_UNITS = {
    ("host/privacy.py", "'%'"): "the zone of an address of IPv6",
    ("render/files/annotations.py", "'%'"): "what escapes begin with",
    ("result/facts.py", "'MHz'"): "the unit of a column, which stands in its heading",
}
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


def units_by_hand(module: ast.Module) -> Iterator[str]:
    """Yield each text that puts a sign of per cent behind what is filled in, or holds a clock's unit."""
    for node in ast.walk(module):
        if isinstance(node, ast.JoinedStr):
            for before, part in pairwise(node.values):
                if isinstance(before, ast.FormattedValue) and BEHIND.match(text_of(part)):
                    yield f"line {node.lineno}: {ast.unparse(node)}"
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add) and BEHIND.match(text_of(node.right)):
            yield f"line {node.lineno}: {ast.unparse(node)}"
    for text in text_constants(module):
        if ALONE.match(text) or FILLED.search(text) or CLOCK.search(text):
            yield f"{text!r}"


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


def test_per_cent_and_clocks_become_text_in_units_alone() -> None:
    found = {(place(path), told) for path in modules() if place(path) != UNITS for told in units_by_hand(tree(path))}
    assert not found - NO_UNITS.keys(), "call share, percent, signed_percent or gigahertz of units.py"
    assert not NO_UNITS.keys() - found, "no longer written: take it off the list"
    assert list(units_by_hand(tree(PACKAGE / UNITS))), "nothing is seen"


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


@pytest.mark.parametrize(
    "planted",
    [
        'f"{units.fixed(100 * x, 1)} % slower"',
        'f"{x}%"',
        'f"from {a} to {b}\u00a0%, that is"',
        'f"a clock of {x} GHz"',
        '"a clock of {:} GHz".format(x)',
        'str(x) + "%"',
        'str(x) + " % here"',
        '"{} %".format(x)',
        '"{0}% of {1}".format(x, y)',
        'units.share(x).replace("%", " ")',
        '"".join((x, " %"))',
        'UNIT = "GHz"',
        '"%s %%" % x',
        "x = f\"{a}{'%'}\"",
    ],
)
def test_a_unit_by_hand_is_seen(planted: str) -> None:
    assert list(units_by_hand(ast.parse(planted)))


@pytest.mark.parametrize(
    "allowed",
    [
        '"a 95 % interval"',
        'f"{date:%Y-%m-%d}"',
        '"%s of %d" % x',
        'time.strftime("%Y-%m-%d")',
        'f"a bound of 95 % for {x}"',
        '\'<line x2="100%" y="{}"/>\'',
        '"--format=%(refname)"',
        'f"{units.percent(x)} here"',
        "a % b",
    ],
)
def test_a_text_without_a_unit_by_hand_is_let_be(allowed: str) -> None:
    assert not list(units_by_hand(ast.parse(allowed)))


def test_a_filter_in_a_template_is_let_be() -> None:
    assert not IN_TEMPLATE.search(
        '<b>{{ summary.results|grouped }}</b>{% include "parts.html" %}{% if a %}"{% endif %}'
    )
