"""Parses JSON and TOML of anybody, strictly and within bounds: nothing that a lenient parser lets pass."""

from __future__ import annotations

import json
import math
import re
import tomllib
from collections.abc import Iterator
from typing import Any

from flopsbench.errors import DocumentRejected
from flopsbench.text import hidden
from flopsbench.units import grouped
from flopsbench.words.reason import Reason

LONGEST_INTEGER = 20  # digits: the FLOP of one launch have 19
DEEPEST = 50  # objects and lists in each other; a Result has 7
TOO_DEEP = Reason("nested_too_deep")
DEEPEST_TOML = 4  # names in a dotted key, brackets in each other; moderation.toml and acks.toml have 2
MOST_TOML = 50_000  # dots, tables and values: tomllib takes up to a kilobyte and 0.1 ms for each
LARGEST_TOML = 1_000_000  # characters; some 5,000 entries about Results
MOST_LINES = 20_000  # of a file each line of which is TOML of its own
# The parts of TOML by which it is bounded, behind those in which they mean nothing: texts and comments. A text without
# an end takes all that is left of its line or of the file, so that no character is looked at from two beginnings.
_TOML = re.compile(
    r"""\"{3}(?:[^"\\]|\\.|"(?!""))*+"{0,5}+|'{3}(?:[^']|'(?!''))*+'{0,5}+"""
    r"""|"(?:[^"\\\n]|\\.)*+"?+|'[^'\n]*+'?+|\#[^\n]*+|(?P<part>[.,=\n\[\]{}])""",
    re.DOTALL,
)


def parse(document: bytes) -> Any:
    """Parse strict JSON; raise DocumentRejected also for what Python lets pass: NaN, 1e999, duplicate keys."""
    try:
        parsed = json.loads(
            document.decode("utf-8"),
            object_pairs_hook=_unique,
            parse_constant=_no_number,
            parse_float=_finite,
            parse_int=_bounded,
        )
    except UnicodeDecodeError as error:
        raise DocumentRejected(Reason("not_utf8", at=error.start), "encoding") from None
    except json.JSONDecodeError as error:
        if not document.strip():
            raise DocumentRejected(Reason("file_empty"), "json") from None
        unfinished = error.pos and error.msg != "Extra data" and _UNFINISHED.fullmatch(error.doc, error.pos)
        where = {"error": error.msg, "line": error.lineno, "column": error.colno}
        told = Reason("json_truncated", **where) if unfinished else Reason("not_json", **where)
        raise DocumentRejected(told, "json") from None
    except RecursionError:
        raise DocumentRejected(TOO_DEEP, "depth") from None
    if _depth(parsed) > DEEPEST:
        raise DocumentRejected(TOO_DEEP, "depth")
    return parsed


def _depth(parsed: Any) -> int:
    """Return how many objects and lists stand in each other."""
    level, depth = [parsed], -1
    while level:
        depth += 1
        level = [
            item
            for each in level
            if isinstance(each, dict | list)
            for item in (each.values() if isinstance(each, dict) else each)
        ]
    return depth


# All that follows the error when a document ends too early: nothing, half a word or number, an open string.
_UNFINISHED = re.compile(r'\s*(?:[\w.+-]*|"(?:[^"\\]|\\.)*\\?)\s*', re.DOTALL)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Make an object of its members; refuse a key that stands twice."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise DocumentRejected(Reason("key_twice", name=repr(name[:80])), "duplicate-key")
        _check_text(name)
        _check_text(value)
        found[name] = value
    return found


SURROGATE = re.compile("[\ud800-\udfff]")


def _check_text(value: Any) -> None:
    """Refuse what nobody sees in a text or in a list of texts: whoever prints a Result must be safe from it."""
    if isinstance(value, str) and SURROGATE.search(value):
        raise DocumentRejected(Reason("half_character", text=ascii(value[:40])), "json")
    if isinstance(value, str) and (part := hidden(value)):
        sentence = Reason("unseen_character", text=ascii(value[:40]), part=ascii(part))
        raise DocumentRejected(sentence, "control-character")
    if isinstance(value, list):
        for item in value:
            _check_text(item)


def _no_number(text: str) -> None:
    raise DocumentRejected(Reason("number_not_allowed", text=text[:20]), "json")


def _finite(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        _no_number(text)
    return value


def _bounded(text: str) -> int:
    if len(text) > LONGEST_INTEGER:
        _no_number(text)
    return int(text)


def parse_toml(text: str) -> dict[str, Any]:
    """Parse TOML within bounds; raise DocumentRejected, with where it is known, for anything else.

    The bounds are checked before tomllib reads the text: a dotted key of a few kilobytes takes it gigabytes.
    """
    _check_size(text)
    text = text.replace("\r\n", "\n")
    if complaint := _toml_complaint(found["part"] for found in _TOML.finditer(text) if found["part"]):
        raise DocumentRejected(complaint)
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, ValueError) as error:  # ValueError: an integer of thousands of digits
        raise DocumentRejected(Reason("not_toml", error=error)) from None


def _toml_complaint(parts: Iterator[str]) -> str:
    """Return what is too much of TOML, given its parts; empty where nothing is."""
    depth = dots = count = 0
    for part in parts:
        depth = max(0, depth + (part in "[{") - (part in "]}"))
        dots = dots + 1 if part == "." else 0
        count += part != "\n"
        if depth > DEEPEST_TOML or dots >= DEEPEST_TOML:
            return Reason("toml_too_deep")
        if count > MOST_TOML:
            return Reason("toml_too_much", most=grouped(MOST_TOML))
    return ""


def toml_lines(text: str) -> list[str]:
    """Return the lines of a file each of which is TOML of its own; refuse more than any file has."""
    _check_size(text)
    lines = text.replace("\r\n", "\n").split("\n")
    if len(lines) > MOST_LINES:
        raise DocumentRejected(Reason("too_many_lines", most=grouped(MOST_LINES)))
    return lines


def _check_size(text: str) -> None:
    if len(text) > LARGEST_TOML:
        raise DocumentRejected(Reason("too_many_characters", most=grouped(LARGEST_TOML)))
