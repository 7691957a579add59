"""The canonical bytes of a Result, written a second time from CONTRIBUTING's words and the published schema alone."""

from __future__ import annotations

import hashlib
import json
import math
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from flopsbench.result.codec import encode, identity
from flopsbench.result.place import NAME_DIGITS
from flopsbench.result.types import Result
from tests.registry.tree import tree_of
from tests.result.test_codec import structs
from tests.validate.honest import honest

ROOT = Path(__file__).parents[2]
VECTORS = sorted((ROOT / "tests/golden/vectors").glob("*.json"))
SCHEMA = json.loads((ROOT / "flopsbench/result/result.schema.json").read_text())
LISTED = re.compile(r"^\| `(tests/golden/vectors/[\w.]+)` \| `(sha256:[0-9a-f]{64})` \|", re.MULTILINE)

TWO_FORMS = {"telemetry", "efficiency"}  # where they are empty: left out, or {}


# A second writer: nothing of flopsbench but the schema it publishes


def written(document: dict[str, Any]) -> bytes:
    """The canonical bytes of what the document holds, in whatever order and form it came."""
    zeros = document | {"id": "sha256:" + 64 * "0"}
    text = json_text(ordered(zeros, SCHEMA), 0) + "\n"
    id = "sha256:" + hashlib.sha256(text.encode()).hexdigest()
    return text.replace(zeros["id"], id, 1).encode()


def ordered(value: Any, schema: dict[str, Any]) -> Any:
    """Fields in the schema's order without defaults, numbers as floats where the schema has numbers."""
    if "anyOf" in schema:  # a type or null
        schema = next(each for each in schema["anyOf"] if (each == {"type": "null"}) == (value is None))
    if "$ref" in schema:
        schema = SCHEMA["$defs"][schema["$ref"].rpartition("/")[2]]
    if isinstance(value, list):
        return [ordered(item, kind) for item, kind in zip(value, kinds(schema, len(value)), strict=True)]
    if "properties" in schema:
        known = {name: each for name, each in schema["properties"].items() if name in value}
        held = {name: ordered(value[name], each) for name, each in known.items()}
        return {name: item for name, item in held.items() if name in TWO_FORMS or item != known[name].get("default")}
    return float(f"{value:.6g}") if schema.get("type") == "number" else value


def kinds(schema: dict[str, Any], length: int) -> list[dict[str, Any]]:
    return schema.get("prefixItems") or [schema["items"]] * length


def json_text(value: Any, depth: int) -> str:
    """JSON with one space per level; a list of numbers on one line."""
    if isinstance(value, float):
        return number(value)
    if not value or not isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    before, after = "\n" + " " * (depth + 1), "\n" + " " * depth
    if isinstance(value, dict):
        pairs = (
            f"{json.dumps(name, ensure_ascii=False)}: {json_text(item, depth + 1)}" for name, item in value.items()
        )
        return "{" + before + f",{before}".join(pairs) + after + "}"
    items = [json_text(item, depth + 1) for item in value]
    if all(isinstance(item, int | float) and not isinstance(item, bool) for item in value):
        return "[" + ", ".join(items) + "]"
    return "[" + before + f",{before}".join(items) + after + "]"


def number(value: float) -> str:
    """The fewest digits that read back as the value; an exponent below 0.00001 and from 10^16 on."""
    if value == 0 or 1e-5 <= abs(value) < 1e16:
        text = f"{Decimal(repr(value)):f}"
        return text if "." in text else f"{text}.0"
    digits, exponent = f"{Decimal(repr(value)):e}".lower().split("e")
    mantissa = digits.rstrip("0").rstrip(".") if "." in digits else digits
    return f"{mantissa}e{int(exponent)}"


# What it proves


def test_there_are_vectors_and_contributing_lists_them_with_their_ids() -> None:
    listed = dict(LISTED.findall((ROOT / "CONTRIBUTING.md").read_text()))
    assert listed == {path.relative_to(ROOT).as_posix(): json.loads(path.read_bytes())["id"] for path in VECTORS}
    assert len(listed) == 3


@pytest.mark.parametrize("path", VECTORS, ids=lambda path: path.stem)
def test_the_id_of_a_vector_is_the_digest_of_its_bytes(path: Path) -> None:
    document = path.read_bytes()
    id = json.loads(document)["id"]
    blank = document.replace(id.encode(), b"sha256:" + b"0" * 64, 1)
    assert id == "sha256:" + hashlib.sha256(blank).hexdigest() == identity(document, id)


@pytest.mark.parametrize("path", [*VECTORS, *sorted((ROOT / "results").rglob("*.json"))], ids=lambda path: path.stem)
def test_the_second_writer_writes_every_vector_and_every_published_result(path: Path) -> None:
    document = path.read_bytes()
    assert written(json.loads(document)) == document
    assert written(disordered(json.loads(document), SCHEMA)) == document


def disordered(value: Any, schema: dict[str, Any]) -> Any:
    """The same content in another form: fields backwards, defaults written out, whole numbers without a point."""
    if "$ref" in schema:
        schema = SCHEMA["$defs"][schema["$ref"].rpartition("/")[2]]
    if isinstance(value, list):
        return [disordered(item, kind) for item, kind in zip(value, kinds(schema, len(value)), strict=True)]
    if isinstance(value, float) and value.is_integer() and math.copysign(1, value) > 0:
        return int(value)
    if "properties" not in schema or not isinstance(value, dict):
        return value
    backwards = {}
    for name, each in reversed(schema["properties"].items()):
        if name in value:
            backwards[name] = disordered(value[name], each)
        elif "default" in each and name not in TWO_FORMS:
            backwards[name] = each["default"]
    return backwards


@pytest.mark.parametrize("path", VECTORS, ids=lambda path: path.stem)
def test_flopsbench_finds_a_vector_canonical(path: Path) -> None:
    from flopsbench.result.codec import decode

    document = path.read_bytes()
    assert encode(decode(document)) == document


@pytest.mark.parametrize("said", [True, False], ids=["said", "left out"])
def test_what_is_empty_may_be_said_or_left_out(said: bool) -> None:
    from flopsbench.result.codec import decode
    from flopsbench.validate.document import validate_document

    tree = tree_of((ROOT / "tests/golden/result-1.0-quick-cpu.json").read_bytes())
    tree["peaks"], tree["ceilings"] = [], []
    for case in tree["cases"]:
        for process in case.get("processes", []):
            process.pop("block_ceilings", None)
            process.pop("telemetry", None)
            process |= {"telemetry": {}} if said else {}
        if "stats" in case:
            case["stats"].pop("efficiency", None)
            case["stats"] |= {"efficiency": {}} if said else {}
    document = written({name: value for name, value in tree.items() if value != []})
    assert (b'"telemetry": {}' in document, b'"efficiency": {}' in document) == (said, said)
    assert encode(decode(document)) == document
    assert not validate_document(document).rejected


@pytest.mark.parametrize("other", ["é", "1e-6", "\t"])
def test_a_changed_byte_is_another_id(other: str) -> None:
    document = VECTORS[0].read_bytes()
    id = json.loads(document)["id"]
    assert identity(document.replace(b"CC0-1.0", other.encode()), id) != id


def test_the_name_of_a_file_is_the_beginning_of_its_id() -> None:
    for path in (ROOT / "results/v1").rglob("*.json"):
        assert path.stem == json.loads(path.read_bytes())["id"].removeprefix("sha256:")[:NAME_DIGITS]
    assert NAME_DIGITS == 16


def test_both_writers_agree_on_an_honest_result() -> None:
    document = encode(honest())
    assert written(json.loads(document)) == document


@pytest.mark.slow
@settings(max_examples=60)
@given(structs(Result))
def test_both_writers_agree_on_any_result(result: Result) -> None:
    document = encode(result)
    assert written(json.loads(document)) == document
