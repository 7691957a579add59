"""One case from several processes: what a lost process costs, and what a failed proof does."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec.structs import replace

from flopsbench.result.codec import encode
from flopsbench.result.said import as_reason, sentence_fields
from flopsbench.result.strict import parse
from flopsbench.result.types import Case, Ceiling, Proof, Said
from flopsbench.result.work import limit_of
from flopsbench.runs.gather import Header, Observed, document, join, of_dead_process
from flopsbench.text import error_line, first_line
from flopsbench.validate.text import text_findings
from flopsbench.words.reason import Reason
from tests.documents import case, process, result
from tests.validate.hostile_texts import ALIKE, HIDDEN, IDENTITIES

PLANNED = replace(case(status="skipped"), reason="not reached")


def measured(order: int) -> Case:
    return case(processes=[process(order=order)], stats=None, grade=None)


def lost(reason: str = "it died") -> Case:
    return case(status="failed", reason=reason)


def test_processes_are_joined_in_order() -> None:
    joined = join(PLANNED, [measured(0), measured(1)])
    assert (joined.status, [each.order for each in joined.processes]) == ("ok", [0, 1])
    assert joined.grade_reasons == []


def test_a_process_lost_among_others_costs_the_grade_and_not_the_rate() -> None:
    joined = join(PLANNED, [measured(0), lost(), measured(2)])
    assert joined.status == "ok"
    assert [each.order for each in joined.processes] == [0, 2]
    assert joined.grade_reasons == ["1 of 3 processes gave no rate: it died"]


def test_one_failed_proof_fails_the_case() -> None:
    wrong = Proof(method="m", passed=False, bound=1e-4, checked="c", max_residual=3.0, reason="C is not A·B")
    failed = case(status="failed", reason="C is not A·B", processes=[process(order=1)], proof=wrong)
    joined = join(PLANNED, [measured(0), failed, measured(2)])
    assert (joined.status, joined.reason, joined.proof) == ("failed", "C is not A·B", wrong)


def test_a_case_no_process_could_run_has_the_reason() -> None:
    assert join(PLANNED, [lost("killed by signal 9"), lost("x")]).reason == "killed by signal 9"
    refused = case(status="unsupported", reason="no fast path")
    assert join(PLANNED, [refused]).status == "unsupported"


def test_a_case_nobody_reached_stays_as_planned() -> None:
    assert join(PLANNED, []) == PLANNED


def test_a_ceiling_beside_which_nothing_ran_is_left_out_and_one_with_a_reason_is_not() -> None:
    ran = case(processes=[process(block_ceilings=[(4e11, 5e11)])])
    loops = [Ceiling("cpu", dtype, instruction="x", method="y") for dtype in (ran.dtype, "int8")]
    none = Ceiling("cpu", "fp16", reason="no loop")
    observed = Observed(1, ceilings={limit_of(ceiling): ceiling for ceiling in (*loops, none)})
    told = result()
    made = document(observed, Header(told.tool, told.host, None), [ran], {})
    assert made.ceilings == [replace(loops[0], rate_per_s=4.5e11), none]


def test_reasons_lose_their_paths() -> None:
    assert join(PLANNED, [lost("no /home/alice/lib.so")]).reason == "no lib.so"


def test_what_a_reason_is_made_of_loses_its_paths_with_it() -> None:
    failed = of_dead_process(PLANNED, "no /home/alice/lib.so")
    joined = join(PLANNED, [failed])
    assert joined.reason == "the process that measured it died: no lib.so"
    assert joined.reason_said == Said("process_died", {"last_words": "no lib.so"})
    doubted = join(PLANNED, [measured(0), failed])
    assert doubted.grade_reasons == ["1 of 2 processes gave no rate: the process that measured it died: no lib.so"]
    (said,) = doubted.grade_reasons_said
    assert isinstance(as_reason(doubted.grade_reasons[0], said), Reason)
    assert "/home" not in str(said)


ERRORS = {
    "TypeError: ‹built-in function matmul› got ‹class 'numpy.ndarray'›": TypeError(
        "<built-in function matmul> got <class 'numpy.ndarray'>"
    ),
    "RuntimeError: no std::vector‹std::pair‹int›› at 0x... here": RuntimeError(
        "no std::vector<std::pair<int>> at 0x7ffd12345678abcd here"
    ),
    "SyntaxError: unexpected token = 'x12345678'": SyntaxError("unexpected token = 'x12345678'"),
    "OSError: ask ...": OSError("ask alice@example.com"),
    "ValueError: a < b, and it's 3 %": ValueError("a < b, and it's 3 %"),
}


@pytest.mark.parametrize("told", ERRORS)
def test_what_a_library_says_is_written_as_it_may_be_published(told: str) -> None:
    assert join(PLANNED, [lost(error_line(ERRORS[told]))]).reason == told


FRAGMENTS = [
    *(
        "<",
        ">",
        "&lt;b",
        "%3C",
        "..",
        "/",
        "../",
        "://",
        "javascript:",
        "data:",
        "@",
        " at ",
        " dot com",
        "~",
        "0x",
        "::",
    ),
    *(
        "password",
        "token",
        "=",
        ":",
        "\\",
        "-",
        ".",
        "(",
        "[at]",
        "login:",
        "serial ",
        "host ",
        "lan",
        "\u0430",
        "\u200b",
    ),
    *(text for texts in IDENTITIES.values() for text in texts.values()),
    *ALIKE.values(),
    *HIDDEN.values(),
]
said_by_anybody = st.one_of(
    st.text(max_size=400),
    st.lists(st.sampled_from(FRAGMENTS) | st.text("af01 ", max_size=18), max_size=12).map("".join),
)


@given(said_by_anybody, said_by_anybody)
@example("a" * 30_000, "1.2.3.4 " * 200)
@example("\ud800", "\u200b")
@example("", ":")
def test_whatever_an_error_says_no_document_is_refused_for_it(first: str, second: str) -> None:
    records = [
        case(status="failed", **sentence_fields(reason=Reason("out_of_memory", error=error_line(MemoryError(first))))),
        lost(error_line(type(second.replace("\0", "").encode(errors="ignore").decode(), (Exception,), {})(first))),
        of_dead_process(PLANNED, first_line(second)),
    ]
    cases = [join(PLANNED, [record]) for record in records]
    cases += [join(PLANNED, [measured(0), record]) for record in records]
    assert all(each.reason or each.grade_reasons for each in cases)
    document = encode(result(*cases))
    assert not {finding.code for finding in text_findings(document)}
    parse(document)


def test_a_reason_whose_own_words_are_cut_has_no_code(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flopsbench.runs.gather.without_places", lambda text: text.replace("battery", "..."))
    told = join(PLANNED, [case(status="failed", **sentence_fields(reason=Reason("on_battery")))])
    assert (told.reason, told.reason_said) == ("it ran on ...", None)


def test_a_text_of_a_library_has_no_code_and_no_planned_one() -> None:
    planned = replace(PLANNED, **sentence_fields(reason=Reason("not_reached")))
    assert join(planned, []).reason_said == Said("not_reached")
    assert join(planned, [lost("it died")]).reason_said is None
