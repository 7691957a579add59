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
from flopsbench.measure.referee import SEED_BITS
from flopsbench.measure.stopping import MOST_BLOCKS_KEPT
from flopsbench.proof.evidence import Bases, Evidence, Product
from flopsbench.proof.verdict import refused
from flopsbench.result.said import as_reason
from flopsbench.result.types import Case, ComputeRecord, Proof, Said, significant
from flopsbench.runs import judging, messages, referee
from flopsbench.runs.referee import BEST_PART, FASTER, SLOWER, CaseNotes, ParentReferee, Watched, disagreement, seen
from flopsbench.runs.worker import ReferredTo
from flopsbench.stats import thinned
from flopsbench.words.reason import Reason
from tests.documents import case, process
from tests.processes import workers
from tests.runs.test_process import program

Install = Callable[..., None]

EDGE = 1024
COMPUTE = ComputeRecord(a="fp32", b="fp32", c="fp32", accumulate="fp32", library="a library", math="ieee")
EVIDENCE = Evidence(
    m=EDGE, n=EDGE, k=EDGE, layout="nn", a="fp32", b="fp32", c="fp32", math="ieee", accumulate="fp32",
    bases=Bases(3, EDGE * EDGE), products=[Product(at=0, a_offset=5, b_offset=700)],
)  # fmt: skip
RIGHT = Proof(method="m", passed=True, bound=1e-4, checked="c", max_residual=2e-7, rms_error=1e-7)
WRONG = refused(Reason("judge_late", seconds="1"))
FORGED = Proof(method="forged", passed=True, bound=1.0, checked="nothing", max_residual=0.0)


class Bench:
    """Stands for the process of the judge: it says what it is to say."""

    descriptor = -1

    def __init__(self) -> None:
        self.proof = RIGHT
        self.asked: list[Evidence] = []

    def __enter__(self) -> Bench:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def judge(self, evidence: Evidence) -> Proof:
        self.asked.append(evidence)
        return self.proof


class Worker:
    """Stands for a worker: it notes what it is told, and when it is stopped."""

    def __init__(self) -> None:
        self.told: list[bytes] = []

    def answer(self, line: bytes) -> None:
        self.told.append(line)

    def stop(self) -> None:
        self.told.append(b"STOP")

    def go_on(self) -> None:
        self.told.append(b"GO ON")


class Clock:
    """A clock that is set by hand, and what the processes waited for a core."""

    def __init__(self) -> None:
        self.seconds = self.waited = 0.0

    def perf_counter(self) -> float:
        return self.seconds

    def waited_s(self, pid: int) -> float:
        return self.waited if pid == os.getpid() else 1e9  # whatever a worker waited, nobody asks


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


def watched(
    clock: Clock,
    blocks: Sequence[tuple[float, float]],
    waited_s: float = 0.0,
    evidence: Evidence = EVIDENCE,
    **fields: Any,
) -> Case:
    """The record of a case whose blocks took so long here, and so long by the worker's clock."""  # fmt: skip
    with ParentReferee() as parent:
        worker = Worker()
        for count, (here_s, told_s) in enumerate(blocks, 1):
            assert parent.hears(messages.Beginning("x"), worker) is None
            clock.seconds += here_s
            clock.waited += waited_s
            assert parent.hears(block(told_s, count), worker) == block(told_s, count)
            clock.seconds += 3.0  # what comes between two blocks is none of theirs
        assert parent.hears(messages.Handing("x", evidence), worker) is None
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
            assert parent.hears(messages.Asking(), worker) is None
        dealt = [int(line) for line in worker.told]
        assert len(set(dealt)) == 2000
        assert all(0 <= seed < 2**SEED_BITS for seed in dealt)
        assert max(dealt) > 2 ** (SEED_BITS - 3)
        monkeypatch.setattr(referee.secrets, "randbits", lambda bits: 41)
        parent.hears(messages.Asking(), worker)
    assert worker.told[-1] == b"41\n"


def test_a_worker_draws_no_seed_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[messages.Event] = []
    monkeypatch.setattr("flopsbench.runs.worker.answer", lambda: b"7\n")
    assert ReferredTo("x", said.append, -1).deal() == 7
    assert said == [messages.Asking()]


# --- time


def test_an_honest_clock_is_believed_and_the_proof_is_the_judges(bench: Bench, clock: Clock) -> None:
    found = watched(clock, HONEST)
    assert (found.status, found.reason, found.proof) == ("ok", None, RIGHT)
    assert bench.asked == [EVIDENCE]


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


def test_lies_in_fewer_blocks_than_half_move_no_median(bench: Bench, clock: Clock) -> None:
    """They are not found, and gain nothing: the rate is the median of the blocks as well."""
    blocks = [(0.1, 0.05 if index in (1, 3, 5) else 0.1) for index in range(11)]
    found = watched(clock, blocks)
    assert found.status == "ok"
    assert sorted(found.processes[0].block_s)[5] == 0.1


def test_what_this_process_waited_for_a_core_is_no_lie(bench: Bench, clock: Clock) -> None:
    assert watched(clock, [(0.15, 0.1)] * 12, waited_s=0.049).status == "ok"
    assert watched(clock, [(0.15, 0.1)] * 12, waited_s=0.02).status == "failed"


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


@pytest.mark.parametrize("ratio", [SLOWER * 1.001, FASTER * 0.999])
def test_the_limits_of_what_is_believed(ratio: float) -> None:
    assert disagreement([Watched(0.1, ratio / 10, ratio / 10)] * 5) == pytest.approx(ratio)
    assert disagreement([Watched(0.1, 0.1004, 0.1004)] * 5) is None
    assert disagreement([]) is None


def test_a_clock_of_a_library_of_its_own_is_marked_and_not_doubted(bench: Bench, clock: Clock) -> None:
    blocks = [(0.1, 1e-6)] * 12
    marked = replace(COMPUTE, own_space=True)
    assert watched(clock, blocks, compute=marked).status == "ok"
    noted = replace(COMPUTE, notes=["own clock and memory"])  # which a kernel may say of itself
    assert watched(clock, blocks, compute=noted).status == watched(clock, blocks).status == "failed"


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
        {"compute": None},
        {"compute": replace(COMPUTE, a="bf16")},
        {"compute": replace(COMPUTE, math="tf32")},
        {"edge": 2048},
        {"layout": "nt"},
    ],
    ids=[
        "faster",
        "one less",
        "faster by the host",
        "two processes",
        "no process",
        "no blocks",
        "fewer than none",
        "no compute",
        "storage",
        "math",
        "size",
        "layout",
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


def test_a_gpus_blocks_are_held_by_the_hosts_seconds(bench: Bench, clock: Clock) -> None:
    timed = process([0.099] * 12, host_block_s=[0.1] * 12)
    assert watched(clock, HONEST, processes=[timed]).status == "ok"


def test_a_block_that_never_began_is_none(bench: Bench, clock: Clock) -> None:
    with ParentReferee() as parent:
        worker = Worker()
        for _ in range(12):
            parent.hears(block(0.1), worker)
        parent.hears(messages.Handing("x", EVIDENCE), worker)
        heard = parent.hears(messages.Ended(record([0.1] * 12)), worker)
    assert isinstance(heard, messages.Ended)
    assert code_of(heard.case) == "not_as_seen"


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
        parent.hears(messages.Handing("x", EVIDENCE), worker)
    assert worker.told[:2] == [b"STOP", b"GO ON"]
    assert msgspec.json.decode(worker.told[2], type=Proof) == RIGHT


def test_a_case_is_not_judged_by_what_was_seen_of_another(bench: Bench, clock: Clock) -> None:
    with ParentReferee() as parent:
        worker, other = Worker(), Worker()
        for each in (worker, other):
            parent.hears(messages.Beginning("x"), each)
            clock.seconds += 0.1001
            parent.hears(block(0.1), each)
            parent.hears(messages.Handing("x", EVIDENCE), each)
        ended = messages.Ended(record([0.1]))
        statuses = [parent.hears(ended, each) for each in (worker, other, worker)]
    assert [each.case.status for each in statuses if isinstance(each, messages.Ended)] == ["ok", "ok", "failed"]


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
    result = run("cpu", backend="forgers", kernel=kernels, **SETTINGS)  # type: ignore[arg-type]  # settings of several types
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
        touch {tmp_path}/died; read line; echo the gavel broke >&2; exit 5"""
    monkeypatch.setattr(referee, "JudgeProcess", lambda: judging.JudgeProcess(program(tmp_path, dies_once)))
    result = run("cpu", backend="exact", dtype="fp64", size=["250", "251"], time_s=1.0, seed=1)
    failed, right = sorted(result.cases, key=lambda each: each.status)
    assert (failed.status, right.status) == ("failed", "ok")
    assert failed.reason == "the judge ended before its verdict: exit code 5: the gavel broke"
    assert failed.reason_said == Said("judge_died", {"last_words": "exit code 5: the gavel broke"})
    assert failed.stats is None
    assert not workers()
