"""The parent beside its workers: whose seeds, whose time and whose proof a document has, whatever a worker says."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from flopsbench import run
from flopsbench.backends.formats import usual_formats
from flopsbench.dtype import DTYPES
from flopsbench.host.environment import software
from flopsbench.measure.blocks import MOST_TIMES_MORE
from flopsbench.measure.stopping import MOST_BLOCKS_KEPT
from flopsbench.problem import MOST_SETS
from flopsbench.proof.evidence import Bases, Claim, Evidence, base_length
from flopsbench.proof.ledger import SEED_BITS, Look
from flopsbench.proof.verdict import refused
from flopsbench.result.keys import case_id
from flopsbench.result.said import as_reason
from flopsbench.result.types import Case, CasePolicy, ComputeRecord, Proof, Said, significant
from flopsbench.runs import judging, messages, referee
from flopsbench.runs.referee import (
    BEST_PART,
    FASTER,
    LATE_S,
    LOOK_S,
    LOOK_SHARE,
    SLOWER,
    WAKING_S,
    CaseNotes,
    ParentReferee,
    Watched,
    disagreement,
    evidence_for,
    seen,
)
from flopsbench.runs.worker import ReferredTo
from flopsbench.stats import thinned
from flopsbench.words.reason import Reason
from tests.documents import case, process
from tests.processes import workers
from tests.runs.test_process import program

Install = Callable[..., None]

EDGE = 1024
COMPUTE = ComputeRecord(a="fp32", b="fp32", c="fp32", accumulate="fp32", library="a library", math="ieee")
SEED = 3
LOOPS = 10  # of a block, as in the records of these tests
EVIDENCE = Evidence(
    m=EDGE, n=EDGE, k=EDGE, layout="nn", a="fp32", b="fp32", c="fp32", math="ieee", accumulate="fp32",
    bases=Bases(SEED, base_length(EDGE, EDGE, EDGE)),
)  # fmt: skip
RIGHT = Proof(method="m", passed=True, bound=1e-4, checked="c", max_residual=2e-7, rms_error=1e-7)
WRONG = refused(Reason("judge_late", seconds="1"))
FORGED = Proof(method="forged", passed=True, bound=1.0, checked="nothing", max_residual=0.0)


class Bench:
    """Stands for the process of the judge: it says what it is to say."""

    descriptor = -1

    def __init__(self) -> None:
        self.proof = RIGHT
        self.asked: list[Claim] = []
        self.prepared: list[tuple[Sequence[str], Bases]] = []

    def __enter__(self) -> Bench:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def prepare(self, storages: Sequence[str], bases: Bases) -> None:
        self.prepared.append((storages, bases))

    def judge(self, claim: Claim) -> Proof:
        self.asked.append(claim)
        return self.proof


class Worker:
    """Stands for a worker: it notes what it is told, and when it is stopped."""

    seed = SEED

    def __init__(self, waiting_s: float = 0.0) -> None:
        self.told: list[bytes] = []
        self.waited, self.waiting = 0.0, waiting_s

    def waited_s(self) -> float:
        """So much more each time."""
        self.waited += self.waiting
        return self.waited

    def answer(self, line: bytes) -> None:
        self.told.append(line)

    def stop(self) -> None:
        self.told.append(b"STOP")

    def go_on(self) -> None:
        self.told.append(b"GO ON")


class Clock:
    """A clock that is set by hand, and what the processes waited for a core."""

    def __init__(self) -> None:
        self.seconds = self.waited = self.waiting = 0.0

    def perf_counter(self) -> float:
        return self.seconds

    def waited_s(self, pid: int) -> float | None:
        """So much more each time."""
        assert pid == os.getpid()
        self.waited += self.waiting
        return self.waited


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Bench:
    judge = Bench()
    monkeypatch.setattr(referee, "JudgeProcess", lambda: judge)
    return judge


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(referee, "time", made)
    monkeypatch.setattr(referee, "waited_s", made.waited_s)
    return made


def record(blocks_s: Sequence[float], **fields: Any) -> Case:
    """What a worker says of its case at the end: by default that all is well, and a proof of its own."""
    kept = thinned([significant(seconds) for seconds in blocks_s], MOST_BLOCKS_KEPT)
    timed = process(kept, blocks_total=len(blocks_s))
    known = {"compute": COMPUTE, "processes": [timed], "stats": None, "grade": None, "proof": FORGED}
    return case(**known | fields)


def block(host_s: float, count: int = 1) -> messages.Block:
    return messages.Block("x", count, 1e12, "FLOP/s", host_s)


def planned(**fields: Any) -> messages.Started:
    """What a worker says first: that there is one case, which is as the record will be."""
    return messages.Started([record([0.1], **fields)], [], software())


def turn(parent: ParentReferee, worker: Worker, **fields: Any) -> None:
    """Let a case have its turn."""
    started = planned(**fields)
    assert parent.hears(started, worker) == started
    begun = messages.Begun(case_id(started.cases[0]))
    assert parent.hears(begun, worker) == begun


def one_block(
    parent: ParentReferee,
    worker: Worker,
    clock: Clock,
    here_s: float,
    told_s: float,
    device_s: float | None = None,
    look_s: float = 0.001,
    loops: int = LOOPS,
) -> None:
    """A block on new operands that takes so long here, by the worker's clock, and by that of a device."""
    for purpose in ("operands", "order"):
        assert parent.hears(messages.Asking(purpose, LOOPS), worker) is None
    assert parent.hears(messages.Beginning("x"), worker) is None
    clock.seconds += here_s
    assert parent.hears(block(told_s), worker) == block(told_s)
    assert parent.hears(messages.Asking("look", LOOPS), worker) is None
    clock.seconds += look_s
    assert parent.hears(messages.Looked(Look(loops=loops, seconds=device_s or told_s, c=b"")), worker) is None
    clock.seconds += 3.0  # what comes between two blocks is none of theirs


def watched(
    clock: Clock,
    blocks: Sequence[tuple[float, float]],
    waited_s: float = 0.0,
    waited_there_s: float = 0.0,
    c: str = "fp32",
    asked: dict[str, Any] | None = None,
    device_s: float | None = None,
    look_s: float = 0.001,
    begun: Sequence[int] = (),
    **fields: Any,
) -> Case:
    """The record of a case whose blocks took so long here, and so long by the worker's clock; ``asked`` is the plan.

    Before them there were blocks of so many launches as ``begun`` says, which do not count.
    """
    with ParentReferee() as parent:
        worker = Worker(waited_there_s)
        turn(parent, worker, **(asked or {}))
        for loops in begun:
            one_block(parent, worker, clock, 0.01, 0.005, loops=loops)
        for here_s, told_s in blocks:
            clock.waiting = waited_s
            one_block(parent, worker, clock, here_s, told_s, device_s, look_s)
        assert parent.hears(messages.Handing("x", c), worker) is None
        ended = messages.Ended(record([told_s for _, told_s in blocks], **fields))
        heard = parent.hears(ended, worker)
    assert isinstance(heard, messages.Ended)
    return heard.case


HONEST = [(0.1001, 0.1)] * 12


def code_of(found: Case) -> str:
    reason = as_reason(str(found.reason), found.reason_said)
    assert isinstance(reason, Reason)
    assert found.reason_said is not None
    return found.reason_said.code


# --- seeds


def test_seeds_never_repeat_and_are_the_parents(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    worker = Worker()
    with ParentReferee() as parent:
        for _ in range(2000):
            assert parent.hears(messages.Asking("order", 3), worker) is None
        dealt = [int(line) for line in worker.told]
        assert len(set(dealt)) == 2000
        assert all(0 <= seed < 2**SEED_BITS for seed in dealt)
        assert max(dealt) > 2 ** (SEED_BITS - 3)
        monkeypatch.setattr("flopsbench.proof.ledger.secrets.randbits", lambda bits: 41)
        parent.hears(messages.Asking("order", 3), worker)
    assert worker.told[-1] == b"41\n"


def test_a_worker_draws_no_seed_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[messages.Event] = []
    monkeypatch.setattr("flopsbench.runs.worker.answer", lambda: b"7\n")
    assert ReferredTo("x", said.append, -1).deal("spots", 5) == 7
    assert said == [messages.Asking("spots", 5)]


@pytest.mark.parametrize(("asked", "dealt"), [(2**70, MOST_SETS), (0, 1), (-3, 1), (7, 7)])
def test_nobody_draws_for_more_sets_than_there_can_be(bench: Bench, asked: int, dealt: int) -> None:
    worker = Worker()
    with ParentReferee() as parent:
        turn(parent, worker)
        parent.hears(messages.Asking("operands", asked), worker)
        assert parent._notes[worker].ledger.dealt["operands"].sets == dealt


# --- time


def test_an_honest_clock_is_believed_and_the_proof_is_the_judges(bench: Bench, clock: Clock) -> None:
    found = watched(clock, HONEST)
    assert (found.status, found.reason, found.proof) == ("ok", None, RIGHT)
    assert [claim.evidence for claim in bench.asked] == [EVIDENCE]
    assert len(bench.asked[0].ledger.seen) == len(HONEST)


@pytest.mark.parametrize("count", [11, 12])
@pytest.mark.parametrize(
    ("lies", "told"),
    [
        ([0.9], "1.11"),
        ([0.5], "2"),
        ([0.97], "1.03"),
        ([0.5, 1.0], None),  # one in two, from the first on
        ([1.01], "0.99"),  # a clock that is fast is wrong as well: it hides what a block really took
    ],
)
def test_a_clock_that_lies_fails_the_case(
    bench: Bench, clock: Clock, lies: list[float], told: str | None, count: int
) -> None:
    blocks = [(0.1, 0.1 * lies[index % len(lies)]) for index in range(count)]
    found = watched(clock, blocks)
    assert found.status == "failed"
    assert code_of(found) == "clock_disagrees"
    assert found.proof is not None
    assert not found.proof.passed
    assert found.proof.method == RIGHT.method
    assert found.reason == found.proof.reason
    if told:
        assert f"{told} times as long as it said" in str(found.reason)


@pytest.mark.parametrize(("lying", "status"), [((1, 3), "ok"), ((1, 3, 5), "failed"), ((1, 3, 5, 7), "failed")])
def test_lies_in_a_few_blocks_move_no_median(bench: Bench, clock: Clock, lying: tuple[int, ...], status: str) -> None:
    """In under a quarter of them they are not found, and gain nothing: the rate is the median of the blocks as well."""
    found = watched(clock, [(0.1, 0.05 if index in lying else 0.1) for index in range(11)])
    assert found.status == status
    assert sorted(found.processes[0].block_s)[5] == 0.1


def test_what_this_process_waited_for_a_core_is_no_lie(bench: Bench, clock: Clock) -> None:
    assert watched(clock, [(0.15, 0.1)] * 12, waited_s=0.049).status == "ok"
    assert watched(clock, [(0.15, 0.1)] * 12, waited_s=0.02).status == "failed"


@pytest.mark.parametrize(("waking", "status"), [(1.9, "ok"), (2.9, "failed")])
def test_where_nobody_counts_what_a_process_waits_it_may_have_been_waking_up(
    bench: Bench, clock: Clock, monkeypatch: pytest.MonkeyPatch, waking: float, status: str
) -> None:
    """As without /proc, or in a kernel built without these counts; the block bears 2 % beside."""
    monkeypatch.setattr(referee, "waited_s", lambda pid: None)
    monkeypatch.setattr(Worker, "waited_s", lambda self: None)
    assert watched(clock, [(0.05 + waking * WAKING_S, 0.05)] * 12).status == status


@pytest.mark.parametrize("waited_there_s", [WAKING_S / 2, WAKING_S, 9.0])
def test_what_a_worker_waited_for_a_core_is_forgiven_for_as_long_as_it_takes_to_wake_up(
    bench: Bench, clock: Clock, waited_there_s: float
) -> None:
    """It waits within its blocks as well, which its own clock tells, and may wait on purpose."""
    forgiven_s, told_s = min(waited_there_s, WAKING_S), 0.1
    late_s, look_s = SLOWER * told_s + LATE_S + forgiven_s, LOOK_S + LOOK_SHARE * told_s + forgiven_s
    for more_s, status in ((-1e-5, "ok"), (1e-5, "failed")):
        late = watched(clock, [(late_s + more_s, told_s)] * 12, waited_there_s=waited_there_s)
        looked = watched(clock, HONEST, waited_there_s=waited_there_s, look_s=look_s + more_s)
        assert (late.status, looked.status) == (status, status)
    assert (code_of(late), code_of(looked)) == ("clock_disagrees", "went_on")


def test_most_blocks_may_be_late_where_the_machine_is_busy(bench: Bench, clock: Clock) -> None:
    late = [1.016, 1.079, 1.09, 1.081, 1.167, 1.002, 7.765, 1.376, 1.023, 1.05]  # as seen, 6 processes on 2 cores
    assert watched(clock, [(0.1 * each, 0.1) for each in late]).status == "ok"
    lies = [(0.1 * each, 0.09) for each in late]
    assert code_of(watched(clock, lies)) == "clock_disagrees"


@pytest.mark.parametrize("count", [10, 11, 40])
def test_two_blocks_without_work_hide_no_lie_in_the_others(bench: Bench, clock: Clock, count: int) -> None:
    """They are told honestly, and soon over, so that each of the two looks alone would miss it."""
    blocks = [(1e-3, 1e-3)] * (count // BEST_PART) + [(0.1, 0.05)] * (count - count // BEST_PART)
    assert code_of(watched(clock, blocks)) == "clock_disagrees"


@pytest.mark.parametrize("told_s", [0.5, 0.1, 0.025])
def test_the_limits_of_what_is_believed(told_s: float) -> None:
    def found(ratio: float) -> float | None:
        return disagreement([Watched(told_s, ratio * told_s, ratio * told_s)] * 5)

    most = SLOWER + LATE_S / told_s
    for ratio in (most * 1.0001, FASTER * 0.9999):
        assert found(ratio) == pytest.approx(ratio)
    for ratio in (most * 0.9999, FASTER * 1.0001):
        assert found(ratio) is None
    assert disagreement([]) is None


def test_a_clock_of_a_library_of_its_own_is_marked_and_not_doubted(bench: Bench, clock: Clock) -> None:
    blocks = [(0.1, 1e-6)] * 12
    marked = replace(COMPUTE, own_space=True)
    assert watched(clock, blocks, compute=marked).status == "ok"
    noted = replace(COMPUTE, notes=["own clock and memory"])  # which a kernel may say of itself
    assert watched(clock, blocks, compute=noted).status == watched(clock, blocks).status == "failed"


def test_work_that_goes_on_when_the_clock_has_stopped_is_seen(bench: Bench, clock: Clock) -> None:
    most_s = LOOK_S + LOOK_SHARE * 0.1
    assert watched(clock, HONEST, look_s=most_s * 0.99).status == "ok"
    found = watched(clock, HONEST, look_s=most_s * 1.01)
    assert (found.status, code_of(found)) == ("failed", "went_on")
    assert "7.07 ms passed" in str(found.reason)
    assert watched(clock, HONEST, look_s=0.05, waited_s=0.049).status == "ok"  # this process came late
    assert watched(clock, HONEST, look_s=9.0, compute=replace(COMPUTE, own_space=True)).status == "ok"


def test_blocks_far_shorter_than_asked_for_are_not_believed(bench: Bench, clock: Clock) -> None:
    """Whoever is slow in the warm-up alone chooses how many launches a block has."""
    for block_s, status in ((0.3, "ok"), (0.31, "failed")):
        found = watched(clock, HONEST, policy=CasePolicy(block_s=block_s, warmup_s=0.5))
        assert found.status == status
    assert code_of(found) == "blocks_too_short"


# --- what the record holds


@pytest.mark.parametrize(
    "forged",
    [
        {"processes": [process([0.05] * 12)]},
        {"processes": [process([0.1] * 11)]},
        {"processes": [process([0.1] * 12, host_block_s=[0.05] * 12)]},
        {"processes": [process([0.1] * 12)] * 2},
        {"processes": []},
        {"processes": [process([0.1] * 12, blocks_total=0)]},
        {"processes": [process([0.1] * 12, blocks_total=-3)]},
        {"processes": [process([0.1] * 12, loops=2 * LOOPS)]},
        {"compute": None},
        {"compute": replace(COMPUTE, a="bf16")},
        {"compute": replace(COMPUTE, math="tf32")},
        {"edge": 2048},
        {"layout": "nt"},
        {"compute": replace(COMPUTE, accumulate="fp64")},
    ],
    ids=[
        "faster",
        "one less",
        "faster by the host",
        "two processes",
        "no process",
        "no blocks",
        "fewer than none",
        "more launches",
        "no compute",
        "storage",
        "math",
        "size",
        "layout",
        "sums",
    ],
)
def test_a_record_of_other_blocks_or_another_problem_fails(bench: Bench, clock: Clock, forged: dict[str, Any]) -> None:
    found = watched(clock, HONEST, **forged)
    assert (found.status, code_of(found)) == ("failed", "not_as_seen")
    assert found.proof is not None
    assert not found.proof.passed


@pytest.mark.parametrize("count", [MOST_BLOCKS_KEPT - 1, MOST_BLOCKS_KEPT, MOST_BLOCKS_KEPT + 1, 3 * MOST_BLOCKS_KEPT])
def test_however_many_blocks_there_are_the_record_is_held_against_them(bench: Bench, clock: Clock, count: int) -> None:
    blocks = [(0.1002, 0.1 + index * 1.23456789e-7) for index in range(count)]
    assert watched(clock, blocks).status == "ok"


def test_of_the_sustained_regime_the_last_blocks_count(bench: Bench, clock: Clock) -> None:
    blocks = [(0.1001 + index / 1e3, 0.1 + index / 1e3) for index in range(12)]
    last = [significant(told_s) for _, told_s in blocks[8:]]
    sustained = {"regime": "sustained", "processes": [process(last)]}
    assert watched(clock, blocks, **sustained).status == "ok"
    assert watched(clock, blocks, **sustained | {"regime": "burst"}).status == "failed"
    first = [significant(told_s) for _, told_s in blocks[:4]]
    assert watched(clock, blocks, **sustained | {"processes": [process(first)]}).status == "failed"


@pytest.mark.parametrize(
    ("begun", "status"),
    [
        ([2], "ok"),
        ([2, 2, 4], "ok"),
        ([LOOPS // MOST_TIMES_MORE], "failed"),
        ([LOOPS], "failed"),
        ([LOOPS + 1], "failed"),
        ([4, 2], "failed"),
    ],
    ids=str,
)
def test_blocks_of_fewer_launches_may_come_before_those_that_count(
    bench: Bench, clock: Clock, begun: Sequence[int], status: str
) -> None:
    """The times of those that do not count are held against nothing: here the worker told half of them."""
    assert watched(clock, HONEST, begun=begun).status == status


def test_a_gpus_blocks_are_held_by_the_hosts_seconds(bench: Bench, clock: Clock) -> None:
    timed = process([0.099] * 12, host_block_s=[0.1] * 12)
    assert watched(clock, HONEST, processes=[timed], device_s=0.099).status == "ok"
    assert watched(clock, HONEST, processes=[timed], device_s=0.1).status == "failed"


def test_a_mode_may_say_more_than_its_name(bench: Bench, clock: Clock) -> None:
    assert watched(clock, HONEST, compute=replace(COMPUTE, math="ieee, fast accumulation off")).status == "ok"
    assert watched(clock, HONEST, asked={"dtype": "tf32"}).status == "failed"


def test_a_block_that_never_began_is_none(bench: Bench, clock: Clock) -> None:
    with ParentReferee() as parent:
        worker = Worker()
        turn(parent, worker)
        for _ in range(12):
            parent.hears(block(0.1), worker)
        parent.hears(messages.Handing("x", "fp32"), worker)
        heard = parent.hears(messages.Ended(record([0.1] * 12)), worker)
    assert isinstance(heard, messages.Ended)
    assert code_of(heard.case) == "not_as_seen"


def looked(parent: ParentReferee, worker: Worker, purposes: Sequence[str], loops: int, audit: bool = False) -> None:
    """A pass of so many launches on two sets."""
    for purpose in purposes:
        parent.hears(messages.Asking(purpose, 2), worker)  # type: ignore[arg-type]  # one of the purposes
    if "spots" not in purposes:
        parent.hears(messages.Asking("look", 2), worker)
    parent.hears(messages.Looked(Look(loops=loops, seconds=0.05 if audit else 0.1, c=b"", audit=audit)), worker)


@pytest.mark.parametrize(
    ("loops", "left_out", "status"),
    [
        (2, "between", "ok"),
        (2, "look", "failed"),
        (2, "operands", "failed"),
        (3, "", "ok"),
        (3, "between", "failed"),
        (3, "spots", "failed"),
        (3, "audit", "failed"),
    ],
)
def test_a_case_is_looked_at_as_often_as_the_method_says(
    bench: Bench, clock: Clock, loops: int, left_out: str, status: str
) -> None:
    """After each block, which begins on new operands; spots and audits lie between where sets come more than once."""
    clock.seconds = 1.0
    with ParentReferee() as parent:
        worker = Worker()
        turn(parent, worker)
        for index in range(12):
            now = left_out if index == 5 or left_out == "between" else ""
            if now not in ("between", "spots"):
                looked(parent, worker, ["operands", "order", "spots"], 2)
            if now not in ("between", "audit"):
                looked(parent, worker, ["operands", "order"], 2, audit=True)
            if now != "operands":
                parent.hears(messages.Asking("operands", 2), worker)
            parent.hears(messages.Asking("order", 2), worker)
            parent.hears(messages.Beginning("x"), worker)
            clock.seconds += 0.1001
            parent.hears(block(0.1), worker)
            if now != "look":
                parent.hears(messages.Asking("look", 2), worker)
                parent.hears(messages.Looked(Look(loops=loops, seconds=0.1, c=b"")), worker)
        parent.hears(messages.Handing("x", "fp32"), worker)
        timed = process([0.1] * 12, loops=loops)
        heard = parent.hears(messages.Ended(record([0.1] * 12, processes=[timed])), worker)
    assert isinstance(heard, messages.Ended)
    assert heard.case.status == status, heard.case.reason


@pytest.mark.parametrize("seconds", [0.0, -0.1])
def test_a_block_of_no_time_is_none(bench: Bench, clock: Clock, seconds: float) -> None:
    assert code_of(watched(clock, [(0.1, seconds)] * 12)) == "not_as_seen"


# --- the proof


def test_a_worker_that_hands_nothing_over_gets_nothing_for_its_own_proof() -> None:
    blocks = [0.1] * 12
    notes = CaseNotes(blocks=[Watched(0.1, 0.1001, 0.1001)] * 12)
    found = seen(messages.Ended(record(blocks)), notes).case
    assert (found.status, found.proof, code_of(found)) == ("failed", None, "not_as_seen")
    bare = seen(messages.Ended(record(blocks, proof=None)), notes).case
    assert (bare.status, code_of(bare)) == ("failed", "not_as_seen")


def test_a_worker_that_says_ok_where_the_judge_does_not_has_failed(bench: Bench, clock: Clock) -> None:
    bench.proof = WRONG
    found = watched(clock, HONEST)
    assert (found.status, found.proof) == ("failed", WRONG)
    assert (found.reason, found.reason_said) == (WRONG.reason, WRONG.reason_said)


def test_what_a_worker_itself_calls_failed_stays_so(bench: Bench, clock: Clock) -> None:
    told = {"status": "failed", "reason": "it broke", "processes": [], "proof": None}
    found = watched(clock, HONEST, **told)
    assert (found.status, found.reason) == ("failed", "it broke")


def test_the_worker_is_stopped_while_it_is_judged_and_told_the_verdict(bench: Bench) -> None:
    worker = Worker()
    with ParentReferee() as parent:
        turn(parent, worker)
        parent.hears(messages.Handing("x", "fp32"), worker)
    assert worker.told[:2] == [b"STOP", b"GO ON"]
    assert msgspec.json.decode(worker.told[2], type=Proof) == RIGHT


def test_a_case_is_not_judged_by_what_was_seen_of_another(bench: Bench, clock: Clock) -> None:
    with ParentReferee() as parent:
        worker, other = Worker(), Worker()
        for each in (worker, other):
            turn(parent, each)
            one_block(parent, each, clock, 0.1001, 0.1)
            parent.hears(messages.Handing("x", "fp32"), each)
        ended = messages.Ended(record([0.1]))
        statuses = [parent.hears(ended, each) for each in (worker, other, worker)]
    assert [each.case.status for each in statuses if isinstance(each, messages.Ended)] == ["ok", "ok", "failed"]


def test_products_of_no_case_are_not_judged(bench: Bench) -> None:
    worker = Worker()
    with ParentReferee() as parent:
        parent.hears(messages.Handing("x", "fp32"), worker)
    assert bench.asked == []
    assert worker.told == [b"STOP", b"GO ON", b"null\n"]


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_judge_draws_its_numbers_while_the_worker_does(bench: Bench, dtype: str) -> None:
    with ParentReferee() as parent:
        turn(parent, Worker(), dtype=dtype)
    assert bench.prepared == [(sorted(set(usual_formats(dtype)[:2])), EVIDENCE.bases)]


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_judge_is_told_what_was_asked_for(dtype: str) -> None:
    asked = evidence_for(record([0.1], dtype=dtype), "bf16", 7)
    assert (asked.a, asked.b, asked.c) == (*usual_formats(dtype)[:2], "bf16")
    assert (asked.math, asked.accumulate) == (DTYPES[dtype].math, DTYPES[dtype].accumulate)
    assert (asked.m, asked.n, asked.k, asked.layout) == (EDGE, EDGE, EDGE, "nn")
    assert asked.bases == Bases(7, base_length(EDGE, EDGE, EDGE))


# --- whole runs


def spinners() -> Iterator[None]:
    """Keep every core busy twice."""
    spins = "while True: pass"
    busy = [subprocess.Popen([sys.executable, "-c", spins]) for _ in range(2 * (os.cpu_count() or 1))]
    try:
        yield
    finally:
        for each in busy:
            each.kill()
            each.wait()


busy_machine = pytest.fixture(spinners)
SETTINGS = {"dtype": "fp64", "size": "256", "time_s": 1.0, "seed": 1}


@pytest.mark.process
def test_an_honest_run_beside_spinning_processes_gets_its_rate(
    busy_machine: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "1")
    (found,) = run("cpu", backend="numpy", **SETTINGS).cases  # type: ignore[arg-type]  # settings of several types
    assert (found.status, found.reason) == ("ok", None)


@pytest.mark.process
def test_kernels_that_change_the_clock_or_the_record_get_no_rate(install_strangers: Install) -> None:
    install_strangers("forgers")
    kernels = ["honest", "tenth_off", "half_off", "own_proof", "own_blocks", "always_right"]
    settings = {**SETTINGS, "time_s": None}  # which several cases could exceed on a busy machine
    result = run("cpu", backend="forgers", kernel=kernels, **settings)  # type: ignore[arg-type]  # settings of several types
    found = {each.kernel: each for each in result.cases}
    honest = found.pop("honest")
    assert (honest.status, honest.reason) == ("ok", None)
    assert [(kernel, each.status) for kernel, each in found.items() if each.status != "failed" or each.stats] == []
    expected = {
        "tenth_off": "clock_disagrees",
        "half_off": "clock_disagrees",
        "own_proof": "not_as_seen",
        "own_blocks": "not_as_seen",
        "always_right": "not_the_product",
    }
    assert {kernel: code_of(each) for kernel, each in found.items()} == expected


@pytest.mark.process
def test_a_judge_that_dies_fails_its_case_alone(
    install_strangers: Install, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install_strangers("exact")
    dies_once = f"""[ -e {tmp_path}/died ] && exec {sys.executable} "$@"
        touch {tmp_path}/died; read base; read claim; echo the gavel broke >&2; exit 5"""
    monkeypatch.setattr(referee, "JudgeProcess", lambda: judging.JudgeProcess(program(tmp_path, dies_once)))
    result = run("cpu", backend="exact", dtype="fp64", size=["250", "251"], time_s=1.0, seed=1)
    failed, right = sorted(result.cases, key=lambda each: each.status)
    assert (failed.status, right.status) == ("failed", "ok")
    assert failed.reason == "the judge ended before its verdict: exit code 5: the gavel broke"
    assert failed.reason_said == Said("judge_died", {"last_words": "exit code 5: the gavel broke"})
    assert failed.stats is None
    assert not workers()
