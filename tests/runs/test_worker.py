"""The worker's own share: how much time each case gets, and that its parent can read what it says."""

from __future__ import annotations

import math

import pytest
from msgspec.structs import replace

from flopsbench.backends.installed import Broken
from flopsbench.errors import FlopsbenchError
from flopsbench.measure.profiles import OVERTIME_S, PROFILES
from flopsbench.result.types import NOT_REACHED, Options, Process
from flopsbench.runs import messages, worker
from flopsbench.runs.messages import Request
from flopsbench.runs.plan import plan
from flopsbench.runs.worker import readable
from flopsbench.words.reason import Reason
from tests import documents

CASES = plan(Options(devices=["cpu"], sizes=["8,16,24"], dtypes=["fp64"]), {"one": Broken("one", "")}, 0) * 3


def shares(time_s: float | None, spent_s: float, profile: str = "standard") -> list[float | None]:
    options = Options(devices=["cpu"], time_s=time_s)
    request = Request(options, "standard", 0, spent_s=spent_s)
    return [share for _, share in worker._timed(CASES, PROFILES[profile], request)]  # type: ignore[index]  # a profile


def test_what_is_left_is_shared_and_what_one_does_not_use_goes_to_those_after_it() -> None:
    assert shares(30.0, 0) == [pytest.approx(10, rel=0.01), pytest.approx(15, rel=0.01), pytest.approx(30, rel=0.01)]


def test_what_other_workers_have_spent_is_not_there_any_more() -> None:
    assert shares(30.0, 24.0)[0] == pytest.approx(2, rel=0.01)


def test_over_its_time_a_process_goes_on_for_the_least_number_of_blocks_and_then_no_more() -> None:
    assert all(share is not None and share <= 0 for share in shares(30.0, 30.0 + OVERTIME_S - 1))
    assert shares(30.0, 30.0 + OVERTIME_S) == [None] * 3


def test_the_time_of_a_profile_is_not_asked_for_and_skips_nothing() -> None:
    assert all(share is not None for share in shares(None, 1e6, "quick"))
    assert shares(None, 1e6) == [PROFILES["standard"].case_time_s] * 3


def test_a_case_that_is_skipped_says_of_which_time() -> None:
    ended = worker._used_up(CASES[0], Request(Options(devices=["cpu"], time_s=2.5), "quick", 0))
    assert (ended.case.status, ended.case.reason) == ("skipped", "the 2.5 s of --time were over long before its turn")


NO_ROOM = Reason("too_little_memory", needed="1.09 TiB", free="21.2 GiB")
GAVE_OUT = Reason("out_of_memory", error="MemoryError")


@pytest.mark.parametrize(
    ("reason", "memory_bytes", "told"),
    [
        (NO_ROOM, 2 << 30, "needs 1.09 TiB of memory, 21.2 GiB are free, and --memory allows 2 GiB"),
        (NO_ROOM, None, str(NO_ROOM)),
        (GAVE_OUT, 2 << 30, "out of memory, which --memory limits: MemoryError"),
        (GAVE_OUT, None, str(GAVE_OUT)),
        (NOT_REACHED, 2 << 30, str(NOT_REACHED)),
        ("what a stranger says", 2 << 30, "what a stranger says"),
    ],
)
def test_where_memory_lacks_the_limit_that_was_asked_for_is_named(
    reason: str, memory_bytes: int | None, told: str
) -> None:
    request = Request(Options(devices=["cpu"]), "quick", 0, memory_bytes=memory_bytes)
    assert worker._limited(reason, CASES[0], request) == told


def test_the_memory_of_a_board_is_not_what_the_option_limits() -> None:
    request = Request(Options(devices=["cuda"]), "quick", 0, memory_bytes=2 << 30)
    board = plan(Options(devices=["tpu"], sizes=["8"]), {"one": Broken("one", "")}, 0)[0]
    assert worker._limited(NO_ROOM, board, request) == NO_ROOM


def process(**fields: object) -> Process:
    return replace(documents.process(), **fields)


@pytest.mark.parametrize(
    "broken",
    [
        {"first_launch_s": math.nan},
        {"wall_s": -1.0},
        {"block_s": []},
        {"block_s": [0.0]},
        {"loops": 2**70},
        {"blocks_total": None},
        {"stop_reason": "\ud800"},
        {"stop_reason": object()},
    ],
)
def test_what_no_parent_could_read_fails_for_that_reason(broken: dict[str, object]) -> None:
    ended = messages.Ended(documents.case(processes=[process(**broken)]))
    told = readable(ended)
    assert told.case.status == "failed"
    assert str(told.case.reason).startswith("what its process found cannot be written down: ")
    assert readable(told) == told


def test_what_can_be_read_stays_as_it_is() -> None:
    ended = messages.Ended(documents.case())
    assert readable(ended) == ended


class Odd(str):
    def strip(self, *_: object) -> str:
        raise RuntimeError("no")


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (FlopsbenchError("the kernel claims 0 threads"), "the kernel claims 0 threads"),
        (FlopsbenchError("one\ntwo"), "one"),
        (FlopsbenchError(), "FlopsbenchError"),
        (FlopsbenchError(" "), "FlopsbenchError"),
        (FlopsbenchError(7), "FlopsbenchError: 7"),
        (FlopsbenchError(Odd("odd")), "FlopsbenchError: odd"),
        (ValueError("a shape"), "ValueError: a shape"),
    ],
    ids=repr,
)
def test_a_row_tells_what_flopsbench_says_or_the_class_of_another_error(error: Exception, told: str) -> None:
    assert worker._told(error) == told
