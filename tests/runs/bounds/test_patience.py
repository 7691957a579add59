"""How long a run waits for a worker's next word: by step, by case, and only while it really waits."""

from __future__ import annotations

import json
import math
from typing import get_args

from hypothesis import given
from hypothesis import strategies as st

from flopsbench.measure.blocks import Step
from flopsbench.runs import messages
from flopsbench.runs.bounds.patience import CASE, LIMITS, Limit, Patience
from tests import documents

STEPS: tuple[Step, ...] = get_args(Step)


def test_every_step_has_a_limit_and_a_sentence_of_its_own() -> None:
    assert set(LIMITS) == set(STEPS)
    told = set()
    for step in STEPS:
        patience = Patience(1.0)
        patience.heed(messages.Stepping(step))
        told.add(patience.verdict().code)
    assert len(told) == len(STEPS)


def test_before_any_word_the_process_starts() -> None:
    assert Patience(1.0).left_s == LIMITS["start"].least_s
    assert str(Patience(1.0).verdict()) == "nothing was heard of it for 60 s while its process started"


def test_no_wait_is_told_with_an_exponent() -> None:
    patience = Patience(1e5)
    patience.heed(messages.Stepping("block", expected_s=4444.4))
    assert str(patience.verdict()).startswith("nothing was heard of it for 44500 s ")


def test_a_step_that_takes_long_by_right_may_take_a_multiple_of_it() -> None:
    patience = Patience(1.0)
    patience.heed(messages.Stepping("block", expected_s=3.0))
    assert patience.left_s == LIMITS["block"].least_s + LIMITS["block"].times * 3.0


@given(st.floats())
def test_what_is_expected_never_shortens_a_limit_nor_takes_it_away(expected_s: float) -> None:
    limit = Limit(10, times=2).seconds(expected_s)
    assert limit >= 10
    assert limit < math.inf or expected_s > 1e300


@given(st.floats())
def test_a_case_has_a_multiple_of_its_share_and_no_share_that_it_names_itself(share_s: float) -> None:
    patience = Patience(most_share_s=5.0)
    patience.heed(messages.Begun("a case", share_s))
    assert CASE.least_s <= patience.case_s <= CASE.least_s + CASE.times * 5.0


def test_what_was_waited_is_taken_off_the_case_alone() -> None:
    patience = Patience(1.0)
    patience.heed(messages.Begun("a case", 1.0))
    patience.heed(messages.Stepping("prepare"))
    patience.spend(CASE.least_s)
    assert patience.left_s == CASE.times * 1.0
    assert str(patience.verdict()) == "it took more than 130 s, many times its share of the time, and was ended"
    patience.heed(messages.Ended(documents.case()))
    assert patience.left_s == LIMITS["prepare"].least_s


def test_the_backend_under_way_is_known_until_all_is_planned() -> None:
    patience = Patience(1.0)
    for step in ("import", "devices"):
        patience.heed(messages.Stepping(step, subject="mylib"))
        assert patience.subject == "mylib"
    patience.heed(messages.Stepping("devices"))
    assert patience.subject == ""


def test_a_limit_is_written_with_the_word_for_its_step() -> None:
    patience = Patience(1.0, limits={**LIMITS, "import": Limit(0.25)})
    patience.heed(messages.Stepping("import", subject="mylib"))
    verdict = patience.verdict()
    assert verdict == "nothing was heard of it for 0.25 s while it was imported"
    assert json.dumps(dict(verdict.values)) == '{"seconds": "0.25"}'
