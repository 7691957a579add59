"""What a document holds beside a sentence makes that very sentence, or is not believed."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from msgspec.structs import replace

from flopsbench.result.codec import decode, encode
from flopsbench.result.said import as_reason, as_reasons, said_sentences, sentence_fields
from flopsbench.result.types import Ceiling, Proof, Said
from flopsbench.words.reason import Reason
from tests import documents
from tests.words.test_reason import reasons

NO_BLAS = Reason("numpy_no_blas", dtype="fp16")
BATTERY = Reason("on_battery")


def test_a_sentence_becomes_plain_text_and_what_it_is_made_of() -> None:
    assert sentence_fields(reason=NO_BLAS) == {
        "reason": "numpy has no BLAS path for fp16",
        "reason_said": Said("numpy_no_blas", {"dtype": "fp16"}),
    }
    assert type(sentence_fields(reason=NO_BLAS)["reason"]) is str
    assert sentence_fields(reason="it broke", stop_reason=None) == {
        "reason": "it broke",
        "reason_said": None,
        "stop_reason": None,
        "stop_reason_said": None,
    }


def test_a_list_has_codes_where_each_of_its_sentences_has_one() -> None:
    told = sentence_fields(grade_reasons=[NO_BLAS, BATTERY])
    assert told["grade_reasons_said"] == [Said("numpy_no_blas", {"dtype": "fp16"}), Said("on_battery")]
    assert as_reasons(told["grade_reasons"], told["grade_reasons_said"]) == [NO_BLAS, BATTERY]
    assert all(isinstance(each, Reason) for each in as_reasons(told["grade_reasons"], told["grade_reasons_said"]))
    assert sentence_fields(grade_reasons=[NO_BLAS, "it is old"])["grade_reasons_said"] == []
    assert sentence_fields(grade_reasons=[]) == {"grade_reasons": [], "grade_reasons_said": []}


def test_no_sentence_of_a_list_is_lost_or_added() -> None:
    assert as_reasons(["a", "b"], []) == ["a", "b"]
    assert as_reasons(["it ran on battery", "b"], [Said("on_battery")]) == ["it ran on battery", "b"]
    assert as_reasons(["b"], [Said("on_battery")] * 2) == ["b"]


@given(reasons())
def test_every_reason_comes_back_from_a_document(reason: Reason) -> None:
    """Control characters are no part of a document: sentence and values lose the same ones."""
    case = documents.case("failed", **sentence_fields(reason=reason))
    read = decode(encode(documents.result(case))).cases[0]
    back = as_reason(str(read.reason), read.reason_said)
    assert isinstance(back, Reason)
    assert back.code == reason.code
    assert read.reason_said is not None
    assert back.text("zh") == Reason(reason.code, **read.reason_said.values).text("zh")
    assert as_reason(str(reason), sentence_fields(reason=reason)["reason_said"]).text("zh") == reason.text("zh")  # type: ignore[attr-defined]  # a Reason


@pytest.mark.parametrize(
    "said",
    [
        None,
        Said("numpy_is_slow"),
        Said("numpy_no_blas"),
        Said("numpy_no_blas", {"dtype": "bf16"}),
        Said("numpy_no_blas", {"dtype": "fp16", "why": "slow"}),
        Said("quantity_exact", {"figure": str(NO_BLAS)}),
        Said("on_battery"),
    ],
)
def test_what_does_not_make_the_sentence_is_not_believed(said: Said | None) -> None:
    assert not isinstance(as_reason(str(NO_BLAS), said), Reason)
    assert as_reason(str(NO_BLAS), said) == NO_BLAS


def test_a_code_of_a_newer_version_is_read_and_kept() -> None:
    case = documents.case("failed", reason="the moon was full", reason_said=Said("full_moon", {"phase": 1}))
    plain = json.loads(encode(documents.result(case))) | {"schema_version": "1.4"}
    read = decode(json.dumps(plain).encode()).cases[0]
    assert read.reason_said == Said("full_moon", {"phase": 1})
    assert as_reason(str(read.reason), read.reason_said) == "the moon was full"


def test_every_place_of_a_sentence_is_looked_at() -> None:
    said = Said("on_battery")
    process = replace(documents.process(), stop_reason_said=said)
    proof = Proof(method="m", passed=True, bound=1e-4, checked="c", reason_said=said)
    case = documents.case(
        processes=[process], proof=proof, reason_said=said, grade_reasons=["a"], grade_reasons_said=[said, said]
    )
    ceiling = Ceiling(device="cpu", dtype="fp32", reason="b", reason_said=said)
    result = replace(documents.result(case), ceilings=[ceiling])
    assert list(said_sentences(result)) == [
        (case.case, None, said),
        (case.case, None, said),
        (case.case, process.stop_reason, said),
        (case.case, "a", said),
        (case.case, None, said),
        ("cpu/fp32", "b", said),
    ]


def test_a_document_without_codes_has_nothing_to_look_at() -> None:
    assert not list(said_sentences(documents.result(documents.case(grade_reasons=["a"]))))
