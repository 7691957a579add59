"""The document: it comes back as it was written, its id belongs to its bytes, and nothing else is let in."""

from __future__ import annotations

import hashlib
import json
import os
import re
import tracemalloc
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from flopsbench import load as load_from_package
from flopsbench.analysis.rate import rate_of
from flopsbench.errors import DocumentRejected, ExitCode
from flopsbench.result.codec import decode, encode, identity, json_schema
from flopsbench.result.files import LARGEST_DOCUMENT_BYTES, load
from flopsbench.result.keys import case_id, case_key
from flopsbench.result.said import sentence_fields
from flopsbench.result.types import BLANK_ID, SCHEMA_VERSION, Call, Case, Result, significant
from flopsbench.text import seen
from flopsbench.words.reason import Reason
from tests import documents

GOLDEN = sorted((Path(__file__).parents[1] / "golden").glob("result-*.json"))
JSON_NUMBER = re.compile(rb"(?<=[\[: \n])-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?=[,\]}\s])")


def plain() -> dict[str, Any]:
    """A valid document, ready to be spoilt."""
    parsed: dict[str, Any] = json.loads(encode(documents.result()))
    return parsed


def refusal(document: Any) -> str:
    """The sentence ``document`` is refused with, given as bytes or as what JSON holds."""
    with pytest.raises(DocumentRejected) as caught:
        decode(document if isinstance(document, bytes) else json.dumps(document).encode())
    return str(caught.value)


# --- strategies: any Result the types allow, made from the types themselves


def of(info: msgspec.inspect.Type) -> st.SearchStrategy[Any]:
    """Values of one msgspec type, its constraints kept."""
    match info:
        case msgspec.inspect.StructType():
            return structs(info.cls)
        case msgspec.inspect.ListType():
            return st.lists(of(info.item_type), min_size=info.min_length or 0, max_size=3)
        case msgspec.inspect.TupleType():
            return st.tuples(*map(of, info.item_types))
        case msgspec.inspect.DictType():
            return st.dictionaries(of(info.key_type), of(info.value_type), max_size=2)
        case msgspec.inspect.UnionType():
            return st.one_of(*map(of, info.types))
        case msgspec.inspect.LiteralType():
            return st.sampled_from(info.values)
        case msgspec.inspect.Metadata():
            return st.sampled_from((info.extra_json_schema or {})["enum"])
        case msgspec.inspect.StrType():
            return st.from_regex(info.pattern, fullmatch=True) if info.pattern else PRINTABLE
        case msgspec.inspect.IntType():
            return st.integers(0 if info.ge is None else int(info.ge), 2**63 - 1)
        case msgspec.inspect.FloatType():
            low = 1e-300 if info.gt == 0 else 0 if info.ge == 0 else -1e300
            return st.floats(low, 1e300)
        case msgspec.inspect.BoolType():
            return st.booleans()
        case msgspec.inspect.NoneType():
            return st.none()
    raise AssertionError(f"no strategy for {info}")


PRINTABLE = st.text(st.characters(exclude_categories=("Cc", "Cf", "Cs", "Zl", "Zp")), max_size=8).map(seen)
MOMENTS = {"created", "committed"}
TIMES = st.datetimes().map(lambda moment: f"{moment.replace(microsecond=0).isoformat()}Z")


@cache
def structs(cls: type[Any]) -> st.SearchStrategy[Any]:
    info = msgspec.inspect.type_info(cls)
    assert isinstance(info, msgspec.inspect.StructType)
    built = st.builds(cls, **{each.name: TIMES if each.name in MOMENTS else of(each.type) for each in info.fields})
    return built.map(CONSISTENT[cls]) if cls in CONSISTENT else built


def consistent(case: Case) -> Case:
    """The case with what the loader holds it to: its key, stats if and only if measured, series of one length."""
    processes = [
        replace(process, host_block_s=process.block_s, block_ceilings=[(1.0, 2.0)] * len(process.block_s))
        for process in case.processes or [documents.process()]
    ]
    measured = case.stats or documents.stats()
    return replace(case, case=case_key(case), processes=processes, stats=measured if case.status == "ok" else None)


def consistent_call(call: Call) -> Call:
    """The call with a rate and blocks if and only if it was measured, in its own unit."""
    measured = {"processes": [documents.process()], "stats": replace(documents.stats(), unit=call.unit)}
    return replace(call, **(measured if call.status == "ok" else {"processes": [], "stats": None}))


CONSISTENT: dict[type[Any], Any] = {Case: consistent, Call: consistent_call}


def of_this_version(result: Result) -> Result:
    cases = {case_id(case): case for case in result.cases}
    calls = {seen(call.name): call for call in result.calls}
    return replace(result, schema_version=SCHEMA_VERSION, cases=list(cases.values()), calls=list(calls.values()))


results = structs(Result).map(of_this_version)
thorough = settings(max_examples=40, suppress_health_check=list(HealthCheck))


def to_six_digits(value: Any) -> Any:
    """What a document keeps of plain data."""
    if isinstance(value, float):
        return float(f"{value:.5e}")
    if isinstance(value, dict):
        return {key: to_six_digits(item) for key, item in value.items()}
    return [to_six_digits(item) for item in value] if isinstance(value, list | tuple) else value


@pytest.mark.slow
@thorough
@given(results)
def test_any_result_comes_back_as_it_was_but_for_the_seventh_digit(result):
    expected = msgspec.convert(to_six_digits(msgspec.to_builtins(result)), Result)
    back = decode(encode(result))
    assert replace(back, id=BLANK_ID) == replace(expected, id=BLANK_ID)


@pytest.mark.slow
@thorough
@given(results)
def test_encoding_is_deterministic_and_idempotent(result):
    document = encode(result)
    assert encode(result) == document
    assert encode(decode(document)) == document


@pytest.mark.slow
@thorough
@given(results)
def test_the_id_of_any_result_is_that_of_its_bytes(result):
    document = encode(result)
    claimed = decode(document).id
    assert identity(document, claimed) == claimed


@pytest.mark.slow
@thorough
@given(results)
def test_what_is_encoded_fits_the_schema(result):
    validator().validate(json.loads(encode(result)))


@cache
def validator() -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(json_schema())


# --- identity


def test_the_id_is_the_sha256_of_the_bytes_with_its_own_digits_as_zeros():
    document = encode(documents.result())
    zeroed = re.sub(rb"sha256:[0-9a-f]{64}", b"sha256:" + b"0" * 64, document)
    assert decode(document).id == "sha256:" + hashlib.sha256(zeroed).hexdigest()


def test_no_byte_can_change_without_the_id():
    document = encode(documents.result())
    claimed = decode(document).id
    for position in range(len(document)):
        changed = bytearray(document)
        changed[position] ^= 1
        assert identity(bytes(changed), claimed) != claimed, position


def test_the_id_does_not_depend_on_the_one_a_result_had_before():
    result = documents.result()
    assert encode(replace(result, id="sha256:" + "a" * 64)) == encode(result)


# --- golden documents


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_a_golden_document_loads_and_is_written_again_byte_for_byte(path):
    assert encode(load(path)) == path.read_bytes()


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_a_golden_document_carries_its_own_id(path):
    claimed = load(path).id
    assert identity(path.read_bytes(), claimed) == claimed


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_a_golden_document_fits_the_schema(path):
    validator().validate(json.loads(path.read_bytes()))


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_the_rates_of_a_golden_document_can_be_computed_again(path):
    for case in load(path).cases:
        if case.stats:
            again = rate_of(case.processes, case.flop_per_launch)
            assert case.stats.rate == replace(again, **to_six_digits(msgspec.to_builtins(again)))


def test_the_golden_documents_show_every_status_and_what_a_gpu_adds():
    cases = [case for path in GOLDEN for case in load(path).cases]
    assert len(GOLDEN) >= 2
    assert {case.status for case in cases} == {"ok", "unsupported", "failed", "skipped"}
    assert any(process.host_block_s for case in cases for process in case.processes)
    assert any(process.telemetry.energy_j for case in cases for process in case.processes)
    assert any(case.dtype.startswith("fp8") and case.stats for case in cases)


def test_the_package_loads_a_document_too():
    assert load_from_package(GOLDEN[0]) == load(GOLDEN[0])


# --- the schema


def test_the_schema_is_a_schema():
    jsonschema.Draft202012Validator.check_schema(json_schema())
    assert json_schema()["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def small_golden() -> dict[str, Any]:
    """A GPU's document with one case, one process, two blocks: nearly every field once."""
    document: dict[str, Any] = json.loads(next(path for path in GOLDEN if "cuda" in path.name).read_bytes())
    case = document["cases"][1]
    process = case["processes"][0]
    for series in ("block_s", "host_block_s", "warmup_block_s"):
        process[series] = process[series][:2]
    process["block_ceilings"] = [[9e14, 9.1e14], [9.1e14, 9e14]]
    return document | {"cases": [case | {"processes": [process]}], "ceilings": document["ceilings"][:1]}


def leaves(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to everything in a document that is neither object nor array."""
    if not isinstance(node, dict | list):
        yield path
        return
    for key, child in node.items() if isinstance(node, dict) else enumerate(node):
        yield from leaves(child, (*path, key))


def changed(document: dict[str, Any], path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    copy: dict[str, Any] = json.loads(json.dumps(document))
    node: Any = copy
    for key in path[:-1]:
        node = node[key]
    node[path[-1]] = value
    return copy


@pytest.mark.slow
@pytest.mark.parametrize("value", [None, -1.5, 0, "?", [], True], ids=repr)
def test_schema_and_loader_agree_on_every_field(value):
    document = small_golden()
    assert validator().is_valid(document)
    for path in leaves(document):
        spoilt = changed(document, path, value)
        try:
            decode(json.dumps(spoilt).encode())
            refused = False
        except DocumentRejected as error:
            refused = "not a valid Result" in str(error) or "schema" in str(error)
        assert refused != validator().is_valid(spoilt), (path, value)


def test_fields_that_are_not_known_are_accepted_everywhere():
    document = plain()
    for part in (document, document["host"], document["cases"][0], document["cases"][0]["processes"][0]):
        part["from_the_future"] = {"a": [1, 2.5, None, "text"]}
    assert decode(json.dumps(document).encode()) == decode(encode(documents.result()))


def test_a_newer_minor_version_is_read():
    assert decode(json.dumps(plain() | {"schema_version": "1.99"}).encode()).schema_version == "1.99"


# --- precision and size


def digits_of(number: bytes) -> int:
    mantissa = re.split(rb"[eE]", number.lstrip(b"-"))[0]
    whole, _, part = mantissa.partition(b".")
    return len((whole + part).strip(b"0")) if part.strip(b"0") else len(whole.strip(b"0"))


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_no_measured_number_has_more_than_six_significant_digits(path):
    integers = {
        str(value).encode()
        for value in every_value(json.loads(path.read_bytes()))
        if isinstance(value, int) and not isinstance(value, bool)
    }
    numbers = set(JSON_NUMBER.findall(path.read_bytes())) - integers
    assert len(numbers) > 100
    assert max(map(digits_of, numbers)) == 6


def every_value(node: Any) -> Iterator[Any]:
    if isinstance(node, dict | list):
        for child in node.values() if isinstance(node, dict) else node:
            yield from every_value(child)
    else:
        yield node


def test_a_figure_of_many_digits_is_written_with_six():
    rate = documents.stats(median=765432198765.4, low=7.6e11, high=2.6 / 3 * 1e12)
    document = encode(documents.result(documents.case(stats=rate)))
    assert b"765432000000.0" in document
    assert b"866667000000.0" in document
    assert b"7654321" not in document


@given(st.floats(1e-300, 1e300))
def test_rounding_keeps_five_parts_in_ten_million_and_is_final(value):
    assert significant(value) == pytest.approx(value, rel=5.1e-6)
    assert significant(significant(value)) == significant(value)


def full(order: int, count: int, *, ceilings: bool, host: bool) -> Any:
    """A process with ``count`` blocks of six digits each."""
    block_s = [0.100001 + index / 1e4 for index in range(count)]
    return documents.process(
        block_s,
        order=order,
        warmup_block_s=block_s[:10],
        **sentence_fields(stop_reason=Reason("interval_within", half_width="0.5%")),
        host_block_s=block_s if host else [],
        block_ceilings=[(2.34567e11, 2.34568e11)] * count if ceilings else [],
    )


def test_a_quick_document_of_ten_cases_stays_below_30_kb():
    cases = [
        documents.case(edge=64 * edge, processes=[full(0, 20, ceilings=True, host=False)]) for edge in range(1, 11)
    ]
    assert len(encode(documents.result(*cases))) < 30_000


@pytest.mark.parametrize(("blocks", "ceilings"), [(20, True), (60, False)], ids=["cpu", "gpu"])
def test_a_registry_document_of_ten_cases_stays_below_200_kb(blocks, ceilings):
    processes = [full(order, blocks, ceilings=ceilings, host=not ceilings) for order in range(5)]
    cases = [documents.case(edge=64 * edge, processes=processes) for edge in range(1, 11)]
    assert len(encode(documents.result(*cases))) < 200_000


def test_the_fullest_document_the_rules_allow_can_be_read_again():
    processes = [full(order, 60, ceilings=True, host=True) for order in range(6)]
    cases = [documents.case(edge=edge, processes=processes) for edge in range(1, 81)]
    assert len(encode(documents.result(*cases))) < LARGEST_DOCUMENT_BYTES


# --- what is no document


def test_a_refusal_names_the_file_and_has_the_exit_code_of_a_rejected_document(tmp_path):
    path = tmp_path / "broken.json"
    path.write_bytes(b"{}")
    with pytest.raises(DocumentRejected, match=re.escape(f"{path}: not a flopsbench Result")) as caught:
        load(path)
    assert caught.value.exit_code == ExitCode.REJECTED


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(DocumentRejected, match=r"nowhere\.json: cannot be read: No such file"):
        load(tmp_path / "nowhere.json")


def test_a_directory_is_refused(tmp_path):
    with pytest.raises(DocumentRejected, match="cannot be read: Is a directory"):
        load(tmp_path)


@pytest.mark.parametrize("content", [b"", b" \n\t\r\n"])
def test_an_empty_file_is_refused(content):
    assert refusal(content) == "the file is empty"


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_a_document_cut_anywhere_is_refused_as_truncated(path):
    document = path.read_bytes().rstrip()
    for length in range(1, len(document), 100):
        assert refusal(document[:length]).startswith("truncated: "), length


@pytest.mark.parametrize("cut", [b'{"a": "b', b'{"a": tru', b'{"a": 1.', b'{"a": -', b'{"a": "\\u00', b'{"a"', b"{"])
def test_a_document_cut_within_a_word_is_truncated(cut):
    assert refusal(cut).startswith("truncated: ")


@pytest.mark.parametrize("text", [b"hello", b"{broken}", b'{"a":1 "b":2}', b'{"a":1}x', b"{'a':1}", b'{"a":1,}'])
def test_what_is_whole_but_no_json_is_not_called_truncated(text):
    assert refusal(text).startswith("not JSON: ")


def test_bytes_that_are_not_utf_8_are_refused_with_their_place():
    document = encode(documents.result())
    assert refusal(document[:40] + b"\xff" + document[40:]) == "not UTF-8 at byte 40"


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999", "9" * 400, "9" * 5000])
@pytest.mark.parametrize("field", ["method_version", "from_the_future"])
def test_numbers_beyond_all_numbers_are_refused_in_any_field(number, field):
    document = json.dumps(plain() | {field: "HERE"}).replace('"HERE"', number).encode()
    assert refusal(document) == f"{number[:20]} is not a number a Result may hold"


def test_the_largest_integers_are_still_read():
    assert decode(json.dumps(plain() | {"from_the_future": 10**20 - 1}).encode())


@pytest.mark.parametrize("depth", [0, 1, 7])
def test_a_key_that_stands_twice_is_refused_at_any_depth(depth):
    inner = '{"twice": 1, "once": 2, "twice": 1}'
    for _ in range(depth):
        inner = f'{{"in": [{inner}]}}'
    document = json.dumps(plain() | {"from_the_future": "HERE"}).replace('"HERE"', inner).encode()
    assert refusal(document) == "the key 'twice' stands twice in one object"


def test_a_key_that_stands_twice_among_very_many_is_found_too():
    pairs = ",".join(f'"key{index}":0' for index in range(150_000))
    assert refusal(f'{{{pairs},"key149999":0}}'.encode()) == "the key 'key149999' stands twice in one object"


@pytest.mark.parametrize("opening", [b"[", b'{"a":', b'{"schema":"flopsbench.result","a":['])
def test_deep_nesting_is_refused(opening):
    assert refusal(opening * 100_000) == "nested far deeper than any Result"


def test_a_sparse_file_of_a_gigabyte_is_refused_without_reading_it(tmp_path):
    path = tmp_path / "huge.json"
    path.touch()
    os.truncate(path, 1 << 30)
    assert_refused_as_too_large(path)


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="this system has no endless file /dev/zero")
def test_an_endless_file_is_refused():
    assert_refused_as_too_large(Path("/dev/zero"))


def assert_refused_as_too_large(path: Path) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(DocumentRejected, match="larger than 4 MiB, which no Result is"):
            load(path)
        assert tracemalloc.get_traced_memory()[1] < 4 * LARGEST_DOCUMENT_BYTES
    finally:
        tracemalloc.stop()


def test_a_document_of_just_the_largest_size_is_read_and_one_byte_more_is_not(tmp_path):
    path = tmp_path / "padded.json"
    path.write_bytes(encode(documents.result()).ljust(LARGEST_DOCUMENT_BYTES))
    assert load(path).schema == "flopsbench.result"
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(DocumentRejected, match="larger than"):
        load(path)


@pytest.mark.parametrize("document", [[], "text", 1, None, {}, {"schema": "other"}, {"schema": ["flopsbench.result"]}])
def test_json_that_is_no_result_is_refused(document):
    assert refusal(document) == 'not a flopsbench Result: "schema" is not "flopsbench.result"'


@pytest.mark.parametrize("letter", ["\x1b", "\x00", "\x07", "\n", "\r", "\x7f", "\x9b"])
@pytest.mark.parametrize("place", [("host", "os"), ("software", "env"), ("tool", "options", "sizes")])
def test_text_that_a_terminal_would_obey_is_refused(letter, place):
    document = plain()
    *folders, last = place
    here = document
    for folder in folders:
        here = here[folder]
    here[last] = {"env": {f"a{letter}": "b"}, "sizes": ["1", f"2{letter}"]}.get(last, f"Linux{letter}[31m")
    assert "holds control characters" in refusal(document)


def test_control_characters_of_a_library_do_not_get_into_a_document():
    loud = documents.result(documents.case(status="unsupported", reason="no\x1b[31m way\x07"))
    assert decode(encode(loud)).cases[0].reason == "no [31m way "


@pytest.mark.parametrize("version", ["2.0", "10.0", "999999999.0"])
def test_a_newer_major_version_asks_for_an_upgrade_whatever_its_fields(version):
    sentence = refusal({"schema": "flopsbench.result", "schema_version": version})
    assert f"written in schema version {version}, newer than the {SCHEMA_VERSION}" in sentence
    assert "pip install --upgrade flopsbench" in sentence


@pytest.mark.parametrize(
    "version", [None, 1.0, 1, "", "1", "1.", "1.0.0", "v1.0", " 1.0", "1.٣", "-1.0", "9" * 5000 + ".0"]
)
def test_a_version_that_is_not_major_minor_is_refused(version):
    assert refusal(plain() | {"schema_version": version}) == '"schema_version" is not major.minor'


def test_a_document_without_a_version_is_refused():
    document = plain()
    del document["schema_version"]
    assert refusal(document) == '"schema_version" is not major.minor'


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        (("license",), None, "$.license"),
        (("id",), "sha256:xyz", "$.id"),
        (("id",), BLANK_ID.upper(), "$.id"),
        (("created",), "yesterday", "$.created"),
        (("created",), "2026-08-01T12:00:00+02:00", "$.created"),
        (("created",), "٢٠٢٦-08-01T12:00:00Z", "$.created"),
        (("tool", "name"), None, "$.tool.name"),
        (("tool", "profile"), "slow", "$.tool.profile"),
        (("method_version",), 0, "$.method_version"),
        (("host", "cpu", "logical"), 0, "$.host.cpu.logical"),
        (("cases", 0, "m"), 0, "$.cases[0].m"),
        (("cases", 0, "n"), -4, "$.cases[0].n"),
        (("cases", 0, "k"), 2.5, "$.cases[0].k"),
        (("cases", 0, "flop_per_launch"), 0, "$.cases[0].flop_per_launch"),
        (("cases", 0, "status"), "fine", "$.cases[0].status"),
        (("cases", 0, "layout"), "tt", "$.cases[0].layout"),
        (("cases", 0, "processes", 0, "block_s"), [], "$.cases[0].processes[0].block_s"),
        (("cases", 0, "processes", 0, "block_s", 3), -0.1, "$.cases[0].processes[0].block_s[3]"),
        (("cases", 0, "processes", 0, "block_s", 3), 0, "$.cases[0].processes[0].block_s[3]"),
        (("cases", 0, "processes", 0, "loops"), 0, "$.cases[0].processes[0].loops"),
        (("cases", 0, "processes", 0, "wall_s"), -1, "$.cases[0].processes[0].wall_s"),
        (("cases", 0, "stats", "rate", "median"), 0, "$.cases[0].stats.rate.median"),
        (("cases", 0, "stats", "unit"), "FLOPS", "$.cases[0].stats.unit"),
        (("cases", 0, "grade"), "D", "$.cases[0].grade"),
    ],
)
def test_a_field_that_is_wrong_is_refused_with_its_place(path, value, told):
    sentence = refusal(changed(plain(), path, value))
    assert sentence.startswith("not a valid Result: ")
    assert sentence.endswith(f"`{told}`")


@pytest.mark.parametrize("field", [field for field in plain() if field not in ("schema", "schema_version")])
def test_a_document_without_a_required_field_is_refused(field):
    document = plain()
    del document[field]
    assert f"missing required field `{field}`" in refusal(document)


@pytest.mark.parametrize(
    ("field", "value"),
    [("dtype", "fp64"), ("m", 512), ("n", 512), ("k", 512), ("layout", "nt"), ("backend", "torch"), ("kernel", "x"),
     ("device", "cuda:0"), ("regime", "sustained")],
)  # fmt: skip
def test_a_case_whose_key_is_not_that_of_its_fields_is_refused(field, value):
    assert "does not match its own fields" in refusal(changed(plain(), ("cases", 0, field), value))


def test_a_case_that_stands_twice_is_refused():
    document = plain()
    document["cases"] *= 2
    assert "on cpu stands twice" in refusal(document)


def test_the_same_case_on_two_devices_stands_once_on_each():
    first, second = (documents.case(device=f"cuda:{index}") for index in (0, 1))
    assert first.case == second.case
    assert len(decode(encode(documents.result(first, second))).cases) == 2


def test_a_measured_case_without_stats_is_refused():
    document = plain()
    del document["cases"][0]["stats"]
    assert "is ok but its stats say otherwise" in refusal(document)


@pytest.mark.parametrize("status", ["failed", "unsupported", "skipped"])
def test_stats_of_what_was_not_measured_are_refused(status):
    sentence = refusal(changed(plain(), ("cases", 0, "status"), status))
    assert f"is {status} but its stats say otherwise" in sentence


def test_stats_without_blocks_are_refused():
    assert "has stats but no blocks" in refusal(changed(plain(), ("cases", 0, "processes"), []))


@pytest.mark.parametrize(("series", "value"), [("host_block_s", [0.1]), ("block_ceilings", [[1e12, 1e12]])])
def test_readings_that_are_not_one_a_block_are_refused(series, value):
    sentence = refusal(changed(plain(), ("cases", 0, "processes", 0, series), value))
    assert sentence.endswith(f"has 10 block_s but 1 {series}")


# --- the schema, and odd texts and numbers


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({}, ""),
        ({"status": "failed"}, "is failed, which does not fit"),
        ({"processes": []}, "is ok, which does not fit"),
        ({"unit": "B/s"}, "is counted in B/s, its rate in FLOP/s"),
    ],
)
def test_a_call_whose_parts_do_not_fit_each_other_is_refused(fields: dict[str, Any], told: str) -> None:
    call = replace(documents.call(), **fields)
    document = encode(replace(documents.result(), calls=[call, replace(documents.call(), name="another")]))
    assert told in refusal(document) if told else decode(document).calls[0] == call


def test_a_call_that_stands_twice_is_refused() -> None:
    twice = replace(documents.result(), calls=[documents.call(), documents.call()])
    assert refusal(encode(twice)) == "call 'tests/test_mul.py::test_small' stands twice"


def test_the_schema_that_is_shipped_is_that_of_the_types():
    shipped = files("flopsbench.result").joinpath("result.schema.json").read_text()
    assert json.loads(shipped) == json_schema()


def test_a_text_may_hold_the_mark_that_stands_for_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flopsbench.result.codec._FIRST_MARK", 1)
    reason = "-0E1 [1, 2] -0E[3]1 -0E2-0E10"
    made = documents.result(documents.case(), documents.case("failed", dtype="fp64", reason=reason))
    assert decode(encode(made)).cases[1].reason == reason
    assert decode(encode(made)).cases[0] == made.cases[0]


def test_half_a_character_loses_no_result() -> None:
    document = encode(documents.result(documents.case("failed", reason="cannot open 'caf\udce9'")))
    assert decode(document).cases[0].reason == "cannot open 'caf '"


@pytest.mark.parametrize("digits", [19, 31])
def test_integers_end_where_the_schema_says(digits: int) -> None:
    document = encode(documents.result()).replace(b'"method_version": 2', b'"method_version": ' + b"9" * digits)
    with pytest.raises(DocumentRejected):
        decode(document)
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(document, type=Result)
