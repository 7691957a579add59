"""Tests that each sentence of a document goes through the catalogue, and that each text of the catalogue is used."""

from __future__ import annotations

import ast
import json
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

from flopsbench.doctor.symptom import LEVELS
from flopsbench.scale.standing import Fairness
from flopsbench.track.verdicts import Verdict
from flopsbench.validate.finding import CODES, Level
from flopsbench.words.catalogue import PAGES, SENTENCES, WORDS, placeholders
from tests.house.sources import PACKAGE, modules, place, room, tree

# The rooms whose sentences end in a document, and those whose findings end on a page.
WRITERS = {"analysis", "backends", "ceiling", "measure", "problem", "proof", "runs"}
CHECKERS = {"registry", "validate"}
ON_NO_PAGE = {"change.moderation", "moderation.unknown", "population.outlier"}  # they are about files of a pull request
SHOWN = {code for code, level in CODES.items() if level != "reject"} - ON_NO_PAGE
# What nobody says any more, and documents of 1.0 to 1.2 do: since A and B are the harness's own, they need no proof.
RETIRED = {
    "operand_not_finite": "a backend could bring operands with values that are not finite",
    "operand_not_random": "a backend could bring operands of zeros or ones",
    "operands_equal": "a backend could bring one matrix as both operands",
}
TELLING = ("reason", "reasons", "complaint", "doubt")  # what names of sentences end in
# Texts of the scale that are looked up by a name which the data or a number gives.
BY_NAME = {
    *(f"quantity_{each}" for each in ("exact", "at_least", "up_to", "approx", "forecast")),
    *(f"outlook_{each}" for each in ("target", "forecast")),
    *(f"counted_{each}" for each in ("chips", "H100e")),
    *(f"counts_{each}" for each in ("dense", "sparse", "unstated")),
    *(f"basis_{each}" for each in ("peak", "achieved")),
    *(f"precision_{each}_short" for each in ("unstated", "mixed")),
    *("target", "forecast"),
}
# Texts of screens that are looked up by a verdict, a level or the label of a fact.
BY_WORD = {
    *(f"verdict_{each.replace(' ', '_')}" for each in get_args(Verdict)),
    *(f"level_{each}" for each in get_args(Level)),
    *(f"symptom_{each}" for each in LEVELS),
    *(key for key in WORDS if key.startswith("fact_")),
}
# Groups of texts that are known by their English alone: rooms below the catalogue, and the system, write them.
HEARD = "found by its English"


def reasons(module: ast.Module) -> Iterator[tuple[str, set[str]]]:
    """Yield the code of each Reason that a module makes, with the names of its values; "**" where they are unknown."""
    for node in ast.walk(module):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "Reason" and node.args:
            code = node.args[0]
            names = {keyword.arg or "**" for keyword in node.keywords}
            yield (code.value if isinstance(code, ast.Constant) else "", names)


def plain(node: ast.AST | None) -> bool:
    """Return whether an expression may be a sentence that is written there, outside of the catalogue."""
    if isinstance(node, ast.IfExp):
        return plain(node.body) or plain(node.orelse)
    if isinstance(node, ast.BoolOp | ast.List | ast.Tuple):
        return any(map(plain, node.values if isinstance(node, ast.BoolOp) else node.elts))
    if isinstance(node, ast.BinOp):
        return plain(node.left) or plain(node.right)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return plain(node.func.value)  # "{} is slow".format(name)
    return isinstance(node, ast.JoinedStr) or (
        isinstance(node, ast.Constant) and isinstance(node.value, str) and bool(node.value)
    )


def planted(module: ast.Module) -> Iterator[str]:
    """Yield each place where a writer of documents gives a sentence of its own."""
    for node in ast.walk(module):
        given: list[ast.expr | None] = []
        if isinstance(node, ast.Call) and (name := ast.unparse(node.func).rpartition(".")[2]) != "Reason":
            given = [word.value for word in node.keywords if word.arg and word.arg.endswith(TELLING)]
            given += node.args if name == "Unsupported" else node.args[1:] if name == "Doubt" else []
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            given = [node.value] if any(ast.unparse(target).endswith(TELLING) for target in targets) else []
        elif isinstance(node, ast.FunctionDef) and any(word in node.name for word in TELLING):
            given = [part.value for part in ast.walk(node) if isinstance(part, ast.Return | ast.Yield)]
        yield from (f"line {node.lineno}: {ast.unparse(each)}" for each in given if each and plain(each))


def unsaid(module: ast.Module) -> Iterator[str]:
    """Yield each finding that pages show and whose sentence is a text of its own."""
    for node in ast.walk(module):
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("Finding", "Fault")) and node.args:
            code = node.args[0].value if isinstance(node.args[0], ast.Constant) else ""
            told = [*node.args[1:2], *(word.value for word in node.keywords if word.arg == "sentence")]
            if (code in SHOWN or f"integrity.{code}" in SHOWN) and any(map(plain, told)):
                yield f"line {node.lineno}: {code}"


MADE = [(place(path), code, names) for path in modules() for code, names in reasons(tree(path))]
BRIEF = {f"brief_{code}" for where, code, _ in MADE if where == "analysis/grade.py"}  # each grade's reason in short


def test_each_code_is_in_the_catalogue_and_gets_the_values_that_its_sentence_names() -> None:
    wrong = [(where, code) for where, code, names in MADE if code and code not in WORDS]
    assert not wrong, "add the sentence to words/sentences.json, in both languages"
    filled = [made for made in MADE if made[1] and "**" not in made[2]]
    assert [(where, code) for where, code, names in filled if names != placeholders(code)] == []


def test_the_code_of_a_documents_sentence_is_written_where_it_is_made() -> None:
    looked_up = {
        "cli/noise.py",
        "cli/submit.py",
        "cli/usage.py",
        "render/terminal/devices.py",
        "render/terminal/findings.py",
    }  # on screens
    looked_up |= {"track/ab/outcome.py", "track/differences.py", "track/export.py"}
    assert [where for where, code, _ in MADE if not code and where not in looked_up] == [
        "result/said.py",
        "scale/about.py",
        "scale/rate.py",
        "scale/rules.py",
        "words/reason.py",
        "words/reason.py",
    ]


def test_each_sentence_is_made_in_one_room_alone() -> None:
    rooms: dict[str, set[str]] = defaultdict(set)
    for where, code, _ in MADE:
        rooms[code].add(where)
    unsaid = SENTENCES.keys() - rooms.keys()
    assert not unsaid - RETIRED.keys(), "nobody says this any more: say in RETIRED since when and why, never delete it"
    assert not RETIRED.keys() - unsaid, "said again, or no longer in the catalogue: take it off the list"
    twice = {code for code, places in rooms.items() if len(places) > 1 and code in SENTENCES}
    assert not twice, "one sentence has one home"


def test_each_text_that_is_said_is_used() -> None:
    every = (node for path in modules() for node in ast.walk(tree(path)))
    quoted = {node.value for node in every if isinstance(node, ast.Constant)}
    said = WORDS.keys() - PAGES.keys() - SENTENCES.keys() - heard()
    by_name = BY_NAME | BY_WORD | BRIEF
    assert not said - quoted - by_name - set(Fairness.__args__)  # type: ignore[attr-defined]  # of a Literal
    assert said >= by_name


def heard() -> set[str]:
    """Return the keys of the texts that nobody says by their key."""
    files = (json.loads(path.read_text()) for path in (PACKAGE / "words").glob("*.json"))
    return {key for groups in files for group, texts in groups.items() if group.startswith(HEARD) for key in texts}


@pytest.mark.parametrize("path", [path for path in modules() if room(path) in WRITERS], ids=place)
def test_who_writes_documents_takes_sentences_from_the_catalogue(path: Path) -> None:
    found = list(planted(tree(path)))
    assert not found, "make it a Reason, so that it can be said in Chinese too (words/sentences.json)"


@pytest.mark.parametrize("path", [path for path in modules() if room(path) in CHECKERS], ids=place)
def test_a_finding_that_pages_show_is_a_reason(path: Path) -> None:
    found = list(unsaid(tree(path)))
    assert not found, "make it a Reason, so that pages say it in Chinese too (words/sentences.json)"


@pytest.mark.parametrize(
    "line",
    [
        'raise Unsupported("numpy is slow")',
        'raise Unsupported(f"{name} is slow")',
        'raise errors.Unsupported("numpy" + name)',
        'raise Unsupported("{} is slow".format(name))',
        'replace(case, status="failed", reason="numpy is slow")',
        'replace(case, **sentence_fields(reason=f"{name} is slow"))',
        'sentence_fields(grade_reasons=[doubt, "numpy is slow"])',
        'sentence_fields(stop_reason=str(error) or "numpy is slow")',
        'blocks.stop_reason = "numpy is slow"',
        'reason = "numpy is slow" if slow else None',
        'reason: str = "numpy is slow"',
        'yield Doubt("B", "numpy is slow")',
        'yield Doubt("B", f"{name} is slow")',
        'def reason_to_stop(): return "numpy is slow"',
        'def _complaint(): return f"{name} is slow" if slow else None',
    ],
)
def test_a_planted_sentence_is_caught(line: str) -> None:
    assert list(planted(ast.parse(line)))


@pytest.mark.parametrize(
    "line",
    [
        'raise Unsupported(Reason("numpy_no_blas", dtype=name))',
        "raise Unsupported(_first_line(error))",
        'replace(case, status="failed", **sentence_fields(reason=_told(error)))',
        'stop_reason: str = ""',
        'blocks.stop_reason = sampling.reason_to_stop(seconds) or ""',
        'reason = Reason("on_battery") if host.on_battery else None',
    ],
)
def test_what_goes_through_the_door_is_let_be(line: str) -> None:
    assert not list(planted(ast.parse(line)))


CHINESE = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]")
# Where Chinese stands outside of words/, and why.
SPEAKS_CHINESE = {
    "scale/ladder.py": "the names of the rungs, which are figures and translate nothing",
    "scale/rate.py": "the words in which people write a rate",
}


def chinese(source: str) -> list[str]:
    """Return the lines of a module that hold Chinese, and its texts that do so by escapes."""
    texts = (str(node.value) for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Constant))
    return [text for text in [*source.splitlines(), *texts] if CHINESE.search(text)]


def test_chinese_stands_in_words_alone() -> None:
    found = {place(path) for path in modules() if room(path) != "words" and chinese(path.read_text())}
    assert not found - SPEAKS_CHINESE.keys(), "put the text into words/, in both languages, and say it by its key"
    assert not SPEAKS_CHINESE.keys() - found, "speaks English alone: take it off the list"


@pytest.mark.parametrize(
    "line",
    ['x = "\u699c\u5355"', 'x = f"{a}\uff0c{b}"', "x = 1  # \u6b21", r'x = "\u699c"', r'x = "\N{IDEOGRAPHIC COMMA}"'],
)
def test_chinese_is_seen(line: str) -> None:
    assert chinese(line)
    assert not chinese('x = "·×³−–… é"')


def test_a_planted_finding_is_caught() -> None:
    assert list(unsaid(ast.parse('yield Finding("physics.slow", "is slow", where)')))
    assert list(unsaid(ast.parse('yield Finding("physics.slow", sentence=f"{name} is slow")')))
    assert list(unsaid(ast.parse('yield Fault("table", f"{name} is old"), pair')))
    assert not list(unsaid(ast.parse('yield Finding("physics.rate", "is too fast", where)')))
    assert not list(
        unsaid(ast.parse('yield Finding("physics.slow", Reason("far_below_peak", share=share(SLOW)), where)'))
    )


def test_a_planted_code_is_seen_with_its_values() -> None:
    made = list(reasons(ast.parse('Reason("a", b=1, c=2)\nReason(code, **values)')))
    assert made == [("a", {"b", "c"}), ("", {"**"})]
