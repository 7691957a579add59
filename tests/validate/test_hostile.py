"""The validator against documents that are wrong in one way each: refused for that, and for nothing else."""

from __future__ import annotations

import datetime
import re
from pathlib import Path

import msgspec
import pytest

from flopsbench.result.codec import encode
from flopsbench.result.types import Result
from flopsbench.validate.document import validate_document
from flopsbench.validate.finding import CODES, Finding
from flopsbench.words.reason import Reason
from tests.registry.tree import Tree, get, in_order, put, signed, tree_of
from tests.validate.fields import Field, fields, free_texts, with_call
from tests.validate.honest import honest
from tests.validate.hostile import FP64, REMARKABLE, WRONG, Wrong, document, honest_bytes, named, say, small_bytes
from tests.validate.hostile_bytes import WRONG_BYTES, WrongBytes
from tests.validate.hostile_machines import DOUBTFUL, IMPOSSIBLE, SEVERAL, UNUSUAL
from tests.validate.hostile_texts import HONEST, HONEST_NAMES

LISTED = msgspec.inspect.ListType | msgspec.inspect.DictType

NOW = datetime.datetime(2026, 12, 1, tzinfo=datetime.UTC)
PUBLISHED = sorted((Path(__file__).parents[2] / "results" / "v1").rglob("*.json"))

# What no single document can be wrong in, and the tests that are about it instead.
ELSEWHERE = {
    code: where
    for where, codes in {
        "test_hostile_files": (
            "file.unreadable",
            "file.symlink",
            "file.stray",
            "file.misplaced",
            "population.duplicate",
            "change.edited",
            "change.deleted",
            "change.renamed",
        ),
        "test_entry": ("entry.profile", "entry.calls", "entry.width"),
        "test_moderation": ("moderation.invalid",),
        "test_signature": ("signature.invalid",),
    }.items()
    for code in codes
}

MARKUP = {
    "text.markup": "<script>alert(1)</script>",
    "text.scheme": "javascript:alert(1)",
    "text.traversal": "../../etc/passwd",
}
PLAIN_SENTENCE = re.compile(r"[^\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]{1,400}")


def findings(of: bytes) -> list[Finding]:
    """What the validator says on a day after all of these documents, in words that are safe to print."""
    found = validate_document(of, now=NOW).findings
    for finding in found:
        assert finding.code in CODES
        assert PLAIN_SENTENCE.fullmatch(finding.sentence), finding
        assert not finding.where or PLAIN_SENTENCE.fullmatch(finding.where), finding
    return found


def rejections(of: bytes) -> set[str]:
    """The codes it refuses the document with."""
    return {finding.code for finding in findings(of) if finding.level == "reject"}


def reviews(of: bytes) -> set[str]:
    """The codes for which a person is to look at it."""
    return {finding.code for finding in findings(of) if finding.level == "review"}


@pytest.mark.parametrize(
    "result",
    [honest(), honest(seed=2), honest(quota_cpus=4.0)],
    ids=["as it is", "another run", "under a quota"],
)
def test_an_honest_document_is_not_refused(result: Result) -> None:
    assert not findings(encode(result))


@pytest.mark.parametrize("path", PUBLISHED, ids=lambda path: path.stem)
def test_a_published_document_is_not_refused(path: Path) -> None:
    assert not rejections(path.read_bytes())


@pytest.mark.slow
@pytest.mark.parametrize("wrong", [*WRONG, *IMPOSSIBLE], ids=lambda wrong: wrong.name)
def test_what_is_wrong_is_refused_for_that_alone(wrong: Wrong) -> None:
    assert rejections(document(wrong)) == {wrong.code}


@pytest.mark.parametrize("wrong", WRONG_BYTES, ids=lambda wrong: wrong.name)
def test_wrong_bytes_are_refused_for_that_alone(wrong: WrongBytes) -> None:
    assert rejections(wrong.change(honest_bytes())) == {wrong.code}


@pytest.mark.parametrize("remarkable", [*REMARKABLE, *DOUBTFUL, *SEVERAL], ids=lambda remarkable: remarkable.name)
def test_what_a_reader_must_know_is_told_without_refusing(remarkable: Wrong) -> None:
    codes = {finding.code for finding in findings(document(remarkable))}
    assert remarkable.code in codes
    assert all(isinstance(finding.sentence, Reason) for finding in findings(document(remarkable)))
    assert not rejections(document(remarkable))


@pytest.mark.parametrize("text", HONEST)
def test_an_honest_text_is_not_refused(text: str) -> None:
    assert not rejections(document(Wrong("", "", say(text))))


@pytest.mark.parametrize(("backend", "kernel"), HONEST_NAMES)
def test_an_honest_name_is_not_refused(backend: str, kernel: str) -> None:
    assert not rejections(document(Wrong("", "", named(FP64, backend, kernel))))


def many_of(tree: Tree, field: Field) -> object:
    """The last of what the field holds, 1500 times; a table of as many texts."""
    if isinstance(field.type, msgspec.inspect.DictType):
        return {f"{at}": "1" for at in range(1500)}
    parent, _, name = field.path.rpartition(".")
    known = get(tree, parent).get(name) if parent else tree[name]
    if known:
        return known[-1:] * 1500
    return [
        {"code": "on_battery"}
        if name.endswith("said")
        else [1.0, 1.0]
        if name == "block_ceilings"
        else 1.0
        if name.endswith("_hz")
        else "1"
    ] * 1500


@pytest.mark.parametrize(
    "field", [each for each in fields() if isinstance(each.type, LISTED)], ids=lambda field: field.path
)
def test_no_list_and_no_table_is_without_bounds(field: Field) -> None:
    tree = _tree_with(field.path)
    put(field.path, many_of(tree, field))(tree)
    assert rejections(signed(in_order(tree))) & {"integrity.bulk", "timing.blocks", "integrity.case"}


@pytest.mark.parametrize("doubtful", DOUBTFUL, ids=lambda doubtful: doubtful.name)
def test_a_person_looks_for_that_reason_alone(doubtful: Wrong) -> None:
    assert reviews(document(doubtful)) == {doubtful.code}


@pytest.mark.parametrize("unusual", UNUSUAL, ids=lambda unusual: unusual.name)
def test_an_honest_document_of_an_unusual_machine_is_not_refused(unusual: Wrong) -> None:
    assert not rejections(document(unusual))
    assert unusual.code in reviews(document(unusual)) if unusual.code else not reviews(document(unusual))


@pytest.mark.parametrize("code", MARKUP)
@pytest.mark.parametrize("field", list(free_texts()), ids=lambda field: field.path)
def test_no_free_text_carries_markup(field: Field, code: str) -> None:
    assert code in rejections(_planted(field.path, MARKUP[code]))


@pytest.mark.parametrize("code", MARKUP)
def test_no_key_carries_markup(code: str) -> None:
    for table in ("versions", "env"):
        tree = tree_of(small_bytes())
        tree["software"][table][MARKUP[code]] = "1"
        assert code in rejections(signed(tree))


@pytest.mark.slow
@pytest.mark.parametrize("code", MARKUP)
def test_no_field_of_any_kind_carries_markup(code: str) -> None:
    for field in fields():
        assert rejections(_planted(field.path, MARKUP[code])), field.path


@pytest.mark.parametrize("field", list(free_texts()), ids=lambda field: field.path)
def test_no_free_text_carries_control_characters(field: Field) -> None:
    assert rejections(_planted(field.path, "fast\x1b[2Jer")) == {"integrity.control-character"}


def _tree_with(path: str) -> Tree:
    """An honest document; where a path leads to a call, with one that has a case's times."""
    tree = tree_of(small_bytes())
    if path == "calls":
        tree["calls"] = [{"name": "tests/test_a.py::test_b", "unit": "call/s", "amount": 1, "status": "skipped"}]
    with_call(tree, path)
    return tree


def _planted(path: str, text: str) -> bytes:
    tree = _tree_with(path)
    put(path, text)(tree)
    return signed(in_order(tree))


def test_the_corpus_is_large_and_names_each_wrong_once() -> None:
    names = [wrong.name for wrong in (*WRONG, *IMPOSSIBLE, *DOUBTFUL, *SEVERAL, *WRONG_BYTES)]
    assert len(names) == len(set(names)) >= 160


def test_the_corpus_has_every_reason_to_refuse() -> None:
    found = {wrong.code for wrong in (*WRONG, *IMPOSSIBLE, *WRONG_BYTES)} | set(ELSEWHERE)
    assert found == {code for code, level in CODES.items() if level == "reject"}
