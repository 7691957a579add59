"""Tests rule 9: a docstring begins with a verb, or with the name of its class, and prose says "per".

A function is described by an imperative, a module by a verb in the third person, each from a list beside this file. A
class is named by its own docstring, so that the first sentence says what the word means.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.sources import modules, place, tree

HERE = Path(__file__).parent
IMPERATIVES = set((HERE / "imperatives.txt").read_text().split())  # verbs; "file", "time" and "count" are meant as such
THIRD_PERSON = set((HERE / "third_person.txt").read_text().split())
AFTER_A_CLASS = {"is", "are"} | THIRD_PERSON | IMPERATIVES  # "Counters say", of a class whose name is a plural

COUNTED = (
    r"operations?|bytes?|seconds?|blocks?|rows?|launch(?:es)?|documents?|samples?|process(?:es)?|lines?|FLOPS?|watts?"
    r"|files?|items?|pairs?|cases?|threads?|sides?|testcases?|points?|pages?"
)
BY = (
    r"clock|second|launch|process|case|block|row|pair|side|file|line|device|thread|core|SM|Result|machine|series|document"
    r"|joule|watt|dtype|reason|command|event|finding|unit"
)
PER = re.compile(rf"\b(?:{COUNTED}) an? (?:{BY})\b")

Function = ast.FunctionDef | ast.AsyncFunctionDef


def of_module(docstring: str) -> str | None:
    """Return what is wrong with the first words of a module's docstring, if anything is."""
    first, second = [*re.findall(r"\S+", docstring), "", ""][:2]
    if first.rstrip(",:").lower() in THIRD_PERSON and first[0].isupper() and second != "of":
        return None
    if (first, second) == ("This", "module"):
        return None
    return 'begin with a verb that says what the module does: "Reads ...", "This module decides ..." (third_person.txt)'


def of_class(name: str, docstring: str) -> str | None:
    """Return what is wrong with the first words of a class's docstring, if anything is."""
    found = re.match(rf"(?:An? )?{name} (\w+)", docstring)
    return None if found and found[1] in AFTER_A_CLASS else f'begin with the class and a verb: "A {name} is ..."'


def of_function(docstring: str) -> str | None:
    """Return what is wrong with the first words of a function's docstring, if anything is."""
    first, second = [*docstring.split(), "", ""][:2]
    if first.rstrip(",;").lower() in IMPERATIVES and first[0].isupper() and second != "of":
        return None
    return 'begin with an imperative: "Return ...", "Raise ..." (imperatives.txt)'


def riddles(module: ast.Module) -> Iterator[str]:
    """Yield what is wrong with the docstrings of a module, and which ones are missing."""
    if text := ast.get_docstring(module):
        yield from _told(1, "the module", text, of_module(text))
    elif module.body:
        yield "line 1, the module: has no docstring"
    yield from _inside(module, hidden=False)


def _inside(parent: ast.AST, hidden: bool) -> Iterator[str]:
    """Yield what is wrong below a node; what is ``hidden`` is private, or within a function."""
    for node in ast.iter_child_nodes(parent):
        within = hidden
        if isinstance(node, ast.ClassDef | Function):
            text = ast.get_docstring(node)
            within = hidden or node.name.startswith("_")
            if text:
                of_node = of_class(node.name, text) if isinstance(node, ast.ClassDef) else of_function(text)
                yield from _told(node.lineno, node.name, text, of_node)
            elif isinstance(node, ast.ClassDef) or not (within or _is_overload(node)):
                yield f"line {node.lineno}, {node.name}: has no docstring"
            within = within or isinstance(node, Function)
        yield from _inside(node, within)


def _is_overload(node: Function) -> bool:
    return any(ast.unparse(decorator).endswith("overload") for decorator in node.decorator_list)


def _told(line: int, name: str, text: str, wrong: str | None) -> Iterator[str]:
    if wrong:
        yield f"line {line}, {name}: {text.splitlines()[0]!r}: {wrong}"
    if found := PER.search(" ".join(text.split())):
        yield f"line {line}, {name}: {found[0]!r}: write per"


def test_docstrings_name_their_subject_and_have_a_verb() -> None:
    found = [f"{place(path)}, {riddle}" for path in modules() for riddle in riddles(tree(path))]
    assert not found, "\n".join(
        ["a verb that is missing in a list of tests/house/ belongs there; a noun does not", *found]
    )


RIDDLES = (
    "The same with slashes.",
    "Too little of it.",
    "Logarithms of the rates, and whose they are.",
    "What msgspec says, after where it stands.",
    "The file of a case.",
    "File of a case.",
    "Nobody watches.",
    "Returns the rate.",
    "return the rate.",
    "Return the operations a clock.",
)


@pytest.mark.parametrize("docstring", RIDDLES)
@pytest.mark.parametrize(
    "place", ["def f():\n    ", "class F:\n    @property\n    def f(self):\n        ", "async def f():\n    "]
)
def test_a_riddle_of_a_function_is_seen(place: str, docstring: str) -> None:
    planted = ast.parse(
        f'"""Reads files."""\n{place}"""{docstring}"""'.replace("class F:\n", 'class F:\n    """F is it."""\n')
    )
    (found,) = riddles(planted)
    assert ("f: " in found and docstring.split()[0] in found) or "write per" in found


@pytest.mark.parametrize(
    "docstring", [*RIDDLES[:7], "A Side.", "A side is one of two.", "Holds a Side.", "A Sides is."]
)
def test_a_riddle_of_a_class_is_seen(docstring: str) -> None:
    (found,) = riddles(ast.parse(f'"""Reads files."""\nclass Side:\n    """{docstring}"""'))
    assert 'begin with the class and a verb: "A Side is ..."' in found


@pytest.mark.parametrize("docstring", [*RIDDLES[:7], "A worker is one process.", "Is the backend.", "Read a file."])
def test_a_riddle_of_a_module_is_seen(docstring: str) -> None:
    (found,) = riddles(ast.parse(f'"""{docstring}"""\nx = 1'))
    assert "begin with a verb" in found


@pytest.mark.parametrize(
    "planted",
    ["x = 1", '"""Reads files."""\nclass _Side:\n    x = 1', '"""Reads files."""\ndef f():\n    return 1'],
)
def test_a_missing_docstring_is_seen(planted: str) -> None:
    (found,) = riddles(ast.parse(planted))
    assert found.endswith("has no docstring")


@pytest.mark.parametrize(
    "planted",
    [
        "",
        '"""Reads files: one per case."""',
        '"""This module decides verdicts."""',
        '"""Reads files."""\ndef f():\n    """Return the operations per clock of one core."""\n    def g(): ...',
        '"""Reads files."""\nclass _Side:\n    """A _Side is one of two."""\n    def __init__(self): ...',
        '"""Reads files."""\nclass Sides:\n    """Sides are both."""\n    @overload\n    def f(self): ...',
    ],
)
def test_plain_prose_passes(planted: str) -> None:
    assert not list(riddles(ast.parse(planted)))
