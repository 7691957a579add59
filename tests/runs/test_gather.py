"""One case from several processes: what a lost process costs, and what a failed proof does."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from flopsbench.result.said import as_reason, sentence_fields
from flopsbench.result.types import Case, Proof, Said
from flopsbench.runs.gather import join, of_dead_process
from flopsbench.words.reason import Reason
from tests.documents import case, process

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


def test_a_reason_whose_own_words_are_cut_has_no_code(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flopsbench.runs.gather.without_places", lambda text: text.replace("battery", "..."))
    told = join(PLANNED, [case(status="failed", **sentence_fields(reason=Reason("on_battery")))])
    assert (told.reason, told.reason_said) == ("it ran on ...", None)


def test_a_text_of_a_library_has_no_code_and_no_planned_one() -> None:
    planned = replace(PLANNED, **sentence_fields(reason=Reason("not_reached")))
    assert join(planned, []).reason_said == Said("not_reached")
    assert join(planned, [lost("it died")]).reason_said is None
