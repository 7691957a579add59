"""The validator never falls over: whatever it is given, it answers with codes of the table and plain sentences."""

from __future__ import annotations

import io
import json
import os
from collections import defaultdict
from typing import Any
from xml.etree import ElementTree

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from rich.console import Console

from flopsbench.registry.validate import Checked
from flopsbench.render.files.findings import (
    ANNOTATIONS,
    findings_as_annotations,
    findings_as_json,
    findings_as_junit,
)
from flopsbench.render.terminal.findings import Tally, report
from flopsbench.result.codec import decode, encode
from flopsbench.text import printable, seen
from flopsbench.validate.document import validate_document
from flopsbench.validate.finding import CODES, Finding
from tests.registry.tree import signed, tree_of
from tests.validate.honest import MEASURED, honest
from tests.validate.hostile import small_bytes
from tests.validate.test_hostile import rejections

bounded = settings(max_examples=200)

Node = tuple[Any, Any]  # a list or an object, and the index or key of something in it


def check(document: bytes) -> None:
    """Whatever the bytes are, the answer is sound; what goes through can be read, and is laid out as it should be."""
    assert rejections(document) or (decode(document) and signed(tree_of(document)) == document)


any_printable = st.text(st.characters(exclude_categories=("C", "Zl", "Zp"))).map(seen) | st.lists(
    st.sampled_from(["[", "]", "1", "2.5", ", ", " ", '"', "\\", ":", "{", "}", "e", "-", "u0000", "\u00e9"]),
    max_size=12,
).map("".join)
anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["<b>", "../", "\x1b[2J", ""]),
    lambda inside: st.lists(inside, max_size=5) | st.dictionaries(st.text(max_size=8), inside, max_size=5),
    max_leaves=20,
)


@pytest.mark.slow
@bounded
@given(st.binary(max_size=4000))
def test_random_bytes(document: bytes) -> None:
    check(document)


@pytest.mark.slow
@bounded
@given(st.text(max_size=2000))
def test_random_text(text: str) -> None:
    check(text.encode("utf-8", "surrogatepass"))


@pytest.mark.slow
@bounded
@given(anything)
def test_random_json(value: Any) -> None:
    check(json.dumps(value).encode())


@pytest.mark.slow
@bounded
@given(st.integers(0), st.binary(max_size=8), st.integers(0, 40))
def test_one_place_overwritten(place: int, new: bytes, gone: int) -> None:
    at = place % len(small_bytes())
    check(small_bytes()[:at] + new + small_bytes()[at + gone :])


@pytest.mark.slow
@bounded
@given(st.integers(0), st.integers(0), st.integers(0))
def test_a_part_of_it_put_elsewhere(start: int, length: int, place: int) -> None:
    document = small_bytes()
    first = start % len(document)
    piece = document[first : first + length % 2000]
    at = place % len(document)
    check(document[:at] + piece + document[at:])


@pytest.mark.slow
@bounded
@example(["mat1 of [64, 128] and mat2 of [128, 64]"])
@example([": [1, 2]", '": [1, 2]'])
@given(st.lists(any_printable, min_size=1, max_size=3))
def test_any_text_may_be_written(texts: list[str]) -> None:
    """A library's error messages are not ours to word: brackets, quotes and backslashes in them break nothing."""
    result = honest(measured=(MEASURED[1],))
    written = encode(replace(result, cases=[replace(case, grade_reasons=texts) for case in result.cases]))
    assert decode(written).cases[0].grade_reasons == texts
    assert encode(decode(written)) == written
    assert not rejections(written) & {"integrity.canonical", "integrity.id", "integrity.json", "integrity.schema"}


@pytest.mark.slow
@bounded
@given(st.data())
def test_any_value_in_the_place_of_any_other(data: st.DataObject) -> None:
    tree = tree_of(small_bytes())
    parent, at = data.draw(st.sampled_from(list(nodes(tree))))
    others = [inside[other] for inside, other in nodes(tree_of(small_bytes()))]
    parent[at] = data.draw(anything | st.sampled_from(others))
    check_tree(tree)


@pytest.mark.slow
@bounded
@given(st.data())
def test_parts_left_out(data: st.DataObject) -> None:
    tree = tree_of(small_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        parent, at = data.draw(st.sampled_from(list(nodes(tree))))
        del parent[at]
    check_tree(tree)


@pytest.mark.slow
@bounded
@given(st.data())
def test_numbers_made_absurd(data: st.DataObject) -> None:
    """The figures meet no division by zero, no overflow and no root of a negative number."""
    tree = tree_of(small_bytes())
    numbers = [(parent, at) for parent, at in nodes(tree) if isinstance(parent[at], float | int)]
    absurd = st.sampled_from([5e-324, 1e-300, 1e-9, 0.5, 1.0, 1e9, 1e300, 1.79e308, -1.0, 0.0, 0, 1, 2**62, 10**30])
    for parent, at in data.draw(st.lists(st.sampled_from(numbers), min_size=1, max_size=30)):
        parent[at] = data.draw(absurd)
    check_tree(tree)


@pytest.mark.slow
def test_every_number_made_absurd() -> None:
    """One field after the other, in all places or in the first alone."""
    places: dict[str, list[Node]] = defaultdict(list)
    tree = tree_of(small_bytes())
    number_fields(tree, "", places)
    for numbers in places.values():
        for few in (numbers, numbers[:1], numbers[-1:]):
            known = [parent[at] for parent, at in few]
            absurd = [0, 2**63 - 1] if isinstance(known[0], int) else [0.0, 5e-324, 1e-307, 1e300, 1.7e308]
            for value in absurd:
                for parent, at in few:
                    parent[at] = value
                validate_document(signed(tree))
            for (parent, at), value in zip(few, known, strict=True):
                parent[at] = value
    assert tree == tree_of(small_bytes())


def number_fields(tree: Any, path: str, found: dict[str, list[Node]]) -> None:
    """The numbers below, by the path of their field without indices."""
    for at, value in list(tree.items()) if isinstance(tree, dict) else enumerate(tree):
        inside = f"{path}.{at}" if isinstance(tree, dict) else path
        if isinstance(value, dict | list):
            number_fields(value, inside, found)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            found[inside].append((tree, at))


def nodes(tree: Any) -> list[Node]:
    """Every place of the tree that holds something."""
    found: list[Node] = []
    places = list(tree.items()) if isinstance(tree, dict) else list(enumerate(tree))
    for at, value in places:
        found.append((tree, at))
        if isinstance(value, dict | list):
            found += nodes(value)
    return found


def check_tree(tree: Any) -> None:
    """The tree as it is, and under the id that belongs to it, which lets it past the first checks."""
    try:
        document = signed(tree)
    except (msgspec.MsgspecError, OverflowError, UnicodeError):  # integers and texts that only json writes
        document = json.dumps(tree).encode()
    check(document)


any_text = st.text(st.characters(exclude_categories=()), max_size=40) | st.sampled_from(
    [
        "::error::x",
        "a\n::stop-commands::x",
        "%0A::error::x",
        "[bold]x[/bold]",
        "[/",
        "]]>",
        "<!--",
        "\x1b]0;x\x07",
        "\u202e",
    ]
)
any_finding = st.builds(Finding, code=st.sampled_from(sorted(CODES)), sentence=any_text, where=any_text)
any_checked = st.builds(
    Checked, path=any_text | st.binary(max_size=40).map(os.fsdecode), findings=st.lists(any_finding)
)


@pytest.mark.slow
@bounded
@given(st.lists(any_checked, max_size=4))
def test_whatever_is_found_is_shown_and_obeyed_by_nobody(checked: list[Checked]) -> None:
    """One line stays one line, one command one command, and XML is XML."""
    shown = io.StringIO()
    for part in report(checked):
        Console(file=shown, width=100, force_terminal=False).print(part)
    assert shown.getvalue().replace("\n", "").isprintable()

    said = [finding for each in checked for finding in each.findings]
    commands = list(findings_as_annotations(checked))
    assert [command.partition(" ")[0] for command in commands] == [
        f"::{ANNOTATIONS[finding.level]}" for finding in said
    ]
    assert all(command.isprintable() and command.count("title=flopsbench") == 1 for command in commands)

    tally = Tally()
    told = json.loads(findings_as_json(tally.counted(checked), tally))
    assert sum(len(each["findings"]) for each in told["files"]) == len(said)
    rejected = {printable(each.path) for each in checked if any(one.level == "reject" for one in each.findings)}
    suite = ElementTree.fromstring(findings_as_junit(checked))
    assert {case.get("name") for case in suite.iter("testcase") if case.find("failure") is not None} == rejected
