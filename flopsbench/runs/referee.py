"""Stands beside the workers of a run: draws what they may not know before, keeps time, and has products judged."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import NamedTuple, Protocol

import msgspec
from msgspec.structs import replace

from flopsbench.backends.formats import usual_formats
from flopsbench.dtype import DTYPES, mode_of
from flopsbench.host.kernel.counters import waited_s
from flopsbench.measure.blocks import MOST_TIMES_MORE
from flopsbench.measure.stopping import MOST_BLOCKS_KEPT
from flopsbench.problem import MOST_SETS, OPS
from flopsbench.proof.evidence import Bases, Claim, Evidence, base_length
from flopsbench.proof.ledger import Ledger, Look
from flopsbench.proof.verdict import audited
from flopsbench.result.keys import case_id
from flopsbench.result.said import sentence_fields
from flopsbench.result.types import Case, Proof, Status, significant
from flopsbench.runs import messages
from flopsbench.runs.judging import JudgeProcess
from flopsbench.runs.messages import Ended, Event
from flopsbench.stats import median, thinned
from flopsbench.units import general
from flopsbench.words.reason import Reason

SLOWER = 1.02  # this process's time over the worker's in the blocks that were seen best; honest ones reach 1.016
LATE_S = 3e-4  # which messages take besides, more on a busy machine; it counts in short blocks alone
WAKING_S = 3e-3  # that a worker may wait for a core, beside other work, before it begins or looks
LOOK_S, LOOK_SHARE = 5e-3, 0.02  # after a block, and of it: C is looked at within a millisecond, on a GPU within two
SHORTER = 3  # times than asked for a block may be, as a machine may have been busy in the warm-up alone
FASTER = 0.999  # this process stamps before it answers, so that it is never behind
OFTEN = 1.3  # times as long as told in over a quarter of the blocks; beside other work honest ones reach 1.17
BEST_PART = 10  # of so many blocks the best seen but one counts: one may be seen wrong


class Answerable(Protocol):
    """An Answerable is a worker that waits for a line, and can be stopped where it is.

    ``seed`` is that of its operands.
    """

    seed: int

    def answer(self, line: bytes) -> None:
        """Send one line."""
        ...

    def waited_s(self) -> float | None:
        """Return how long it has waited for a core, in seconds; None where nobody counts."""
        ...

    def stop(self) -> None:
        """Stop all its threads where they are."""
        ...

    def go_on(self) -> None:
        """Let it go on."""
        ...


class Moment(NamedTuple):
    """A Moment is a reading of the clock, and how long this process and a worker had waited for a core until then.

    None stands for a wait that the kernel does not count.
    """

    seconds: float
    here_s: float | None
    there_s: float | None

    @classmethod
    def of(cls, worker: Answerable) -> Moment:
        """Return this moment."""
        return cls(time.perf_counter(), waited_s(os.getpid()), worker.waited_s())

    def least_s(self, began: Moment) -> float:
        """Return the seconds since a moment, without those that went by before either process had a core.

        What the worker waited is no excuse beyond what it takes to wake up on a busy machine: most of it falls within
        its blocks, and it can wait on purpose. A wait that nobody counts may have been so long for either.
        """
        here_s, there_s = _passed(began.here_s, self.here_s), _passed(began.there_s, self.there_s)
        return self.seconds - began.seconds - here_s - min(there_s, WAKING_S)


def _passed(then_s: float | None, now_s: float | None) -> float:
    """Return the wait between two readings; what waking up takes where one is not known."""
    return WAKING_S if then_s is None or now_s is None else now_s - then_s


class Watched(NamedTuple):
    """A Watched is one block in seconds: by the worker's clock, by this process's, and by that less waiting for a core.

    ``until_look_s`` is how long after its end C was looked at, less the same.
    """

    told_s: float
    seen_s: float
    least_s: float
    until_look_s: float = 0.0


@dataclass(slots=True)
class CaseNotes:
    """CaseNotes are what the referee saw of one case in one process: times beside the worker's, and its proof.

    ``planned`` is the case that has its turn, ``began`` and ``ended`` when the present block did; ``evidence`` is what
    ``proof`` is about, and ``ledger`` what was dealt for it.
    """

    planned: Case | None = None
    began: Moment | None = None
    ended: Moment | None = None
    blocks: list[Watched] = field(default_factory=list)
    ledger: Ledger = field(default_factory=Ledger)
    evidence: Evidence | None = None
    proof: Proof | None = None

    def end(self, now: Moment, told_s: float) -> None:
        """Note that a block has ended, by the worker's clock after so many seconds; one that never began is none."""
        if self.began and told_s > 0:
            self.blocks.append(Watched(told_s, now.seconds - self.began.seconds, now.least_s(self.began)))
        self.began, self.ended = None, now

    def looked(self, now: Moment, look: Look) -> None:
        """Note what was seen of C, and how long after the end of a block."""
        self.ledger.looked(look)
        if self.ended and self.blocks:
            self.blocks[-1] = self.blocks[-1]._replace(until_look_s=now.least_s(self.ended))
        self.ended = None

    def counted(self) -> list[Watched]:
        """Return the blocks that count, after the last time that they were begun again."""
        return self.blocks[len(self.ledger.blocks()) - len(self.ledger.counted()) :]


class ParentReferee:
    """A ParentReferee answers the questions of the workers of one run, one worker at a time or two in turns."""

    def __init__(self) -> None:
        self._judge = JudgeProcess()
        self._planned: dict[Answerable, dict[str, Case]] = {}
        self._notes: dict[Answerable, CaseNotes] = {}

    def __enter__(self) -> ParentReferee:
        """Start the judge, which draws its numbers while the worker imports its library."""
        self._judge.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the judge."""
        self._judge.__exit__(kind, error, trace)

    @property
    def memory(self) -> int | str:
        """Return the descriptor, or the path, of the memory that workers hand products over in."""
        return self._judge.memory

    def hears(self, event: Event, worker: Answerable) -> Event | None:
        """Answer a question; return any other event, a case's end with what was seen here instead of there."""
        notes = self._notes.setdefault(worker, CaseNotes())
        if isinstance(event, messages.Asking):
            worker.answer(b"%d\n" % notes.ledger.deal(event.purpose, min(max(event.sets, 1), MOST_SETS)))
        elif isinstance(event, messages.Beginning):
            notes.began = Moment.of(worker)  # before the answer, or it would be late
            worker.answer(b"\n")
        elif isinstance(event, messages.Looked):
            notes.looked(Moment.of(worker), event.look)
        elif isinstance(event, messages.Handing):
            worker.stop()
            self._judged(notes, event, worker.seed)
            worker.go_on()
            worker.answer(msgspec.json.encode(notes.proof) + b"\n")
        elif isinstance(event, messages.Ended):
            del self._notes[worker]
            return seen(event, notes)
        else:
            self._note(event, notes, worker)
            return event
        return None

    def _judged(self, notes: CaseNotes, event: messages.Handing, seed: int) -> None:
        """Let the products of the case that has its turn be judged."""
        if notes.planned is None:
            return
        notes.evidence = evidence_for(notes.planned, event.c, seed)
        proof = self._judge.judge(Claim(notes.evidence, notes.ledger))
        notes.proof = audited(proof, notes.ledger)

    def _note(self, event: Event, notes: CaseNotes, worker: Answerable) -> None:
        """Note what others are told as well: which cases there are, which has its turn, and when a block is over."""
        if isinstance(event, messages.Block):
            notes.end(Moment.of(worker), event.host_s)
        elif isinstance(event, messages.Started):
            self._planned[worker] = {case_id(case): case for case in event.cases}
        elif isinstance(event, messages.Begun):
            self._notes[worker] = CaseNotes(planned=self._planned.get(worker, {}).get(event.id))
            self._prepare(self._notes[worker].planned, worker.seed)

    def _prepare(self, planned: Case | None, seed: int) -> None:
        """Let the judge draw the numbers of a case while the worker does, long before it times anything."""
        if planned and OPS[planned.op].proven:
            asked = evidence_for(planned, "", seed)
            self._judge.prepare(sorted({asked.a, asked.b}), asked.bases)


def evidence_for(planned: Case, c: str, seed: int) -> Evidence:
    """Return what the judge has to know of a case, with no product yet; ``c`` is the storage format of its products."""
    formats, dtype = usual_formats(planned.dtype), DTYPES[planned.dtype]
    return Evidence(
        m=planned.m,
        n=planned.n,
        k=planned.k,
        layout=planned.layout,
        a=formats.a,
        b=formats.b,
        c=c,
        math=dtype.math,
        accumulate=dtype.accumulate,
        bases=Bases(seed, base_length(planned.m, planned.n, planned.k)),
    )


def disagreement(blocks: Sequence[Watched]) -> float | None:
    """Return how many times as long blocks took here as the worker told, where that cannot be true; else None.

    On a busy machine a worker may be late between its clock and this one, which only ever lengthens what is seen here.
    So the blocks that were seen best count: either all but a tenth took longer than told, or all but a tenth took
    longer than the median that was told, which is what a rate is made of. And where over a quarter of the blocks took
    far longer than told, that is no accident.
    """
    if not blocks:
        return None
    over = median(block.seen_s / block.told_s for block in blocks)
    if over < FASTER:
        return over
    told_s = _usual_s(blocks)
    ratios = sorted(block.least_s / block.told_s for block in blocks)
    if (often := ratios[3 * len(ratios) // 4]) > OFTEN:
        return often
    most = max(_best(ratios), _best([block.least_s for block in blocks]) / told_s)
    return most if most > SLOWER + LATE_S / told_s else None


def _usual_s(blocks: Sequence[Watched]) -> float:
    """Return the median of what the worker told."""
    return median(block.told_s for block in blocks)


def _best(values: Sequence[float]) -> float:
    """Return the value of the block that was seen best, but for a tenth of them."""
    return sorted(values)[len(values) // BEST_PART]


def went_on(blocks: Sequence[Watched]) -> float | None:
    """Return the seconds after which C was looked at in the blocks that were seen best, where work went on; else None.

    Looking takes a millisecond, and little of it goes by in Python: what a kernel has put off would be done in between.
    """
    until_look_s = _best([block.until_look_s for block in blocks])
    return until_look_s if until_look_s > LOOK_S + LOOK_SHARE * _usual_s(blocks) else None


def doubt(case: Case, blocks: Sequence[Watched]) -> Reason | None:
    """Return why the times of a case are not believed; None where they are."""
    if ratio := disagreement(blocks):
        return Reason("clock_disagrees", times=general(ratio, 3))
    if seconds := went_on(blocks):
        return Reason("went_on", milliseconds=general(1e3 * seconds, 3))
    told_s = _usual_s(blocks)
    if case.policy and told_s < case.policy.block_s / SHORTER:
        return Reason("blocks_too_short", seconds=general(told_s, 2))
    return None


def is_as_told(case: Case, notes: CaseNotes) -> bool:
    """Return whether the blocks and the problem of a worker's record are those that were seen here.

    Of the sustained regime only the last blocks count. Blocks may have begun again, with a few times more launches.
    """
    asked, ran = notes.evidence, case.compute
    if asked is None or ran is None or len(case.processes) != 1:
        return False
    process, most = case.processes[0], len(notes.counted())
    fewest = 1 if case.regime == "sustained" else most
    told = [significant(block.told_s) for block in notes.blocks[-process.blocks_total :]]
    looks = [seen.look for seen in notes.ledger.blocks()]
    looked = [significant(look.seconds) for look in looks]
    return (
        fewest <= process.blocks_total <= most
        and thinned(told, MOST_BLOCKS_KEPT) == (process.host_block_s or process.block_s)
        and notes.ledger.watched(len(notes.blocks), process.loops)
        and all(process.loops <= MOST_TIMES_MORE * look.loops for look in looks)
        and thinned(looked[-process.blocks_total :], MOST_BLOCKS_KEPT) == process.block_s
        and (asked.m, asked.n, asked.k, asked.layout) == (case.m, case.n, case.k, case.layout)
        and (asked.a, asked.b, asked.c, asked.accumulate) == (ran.a, ran.b, ran.c, ran.accumulate)
        and mode_of(ran.math) == asked.math
    )


def seen(ended: Ended, notes: CaseNotes) -> Ended:
    """Return the end of a case with the judge's own proof; it failed where its record is not what was seen here.

    Work that needs no proof is not judged. A library that flopsbench does not own has a clock of its own, and its
    rates are marked.
    """
    case = ended.case
    if case.status != "ok" or not OPS[case.op].proven:
        return ended
    if notes.proof is None or not is_as_told(case, notes):
        return _failed(ended, notes.proof, Reason("not_as_seen"))
    marked = case.compute is not None and case.compute.own_space
    if notes.proof.passed and not marked and (reason := doubt(case, notes.counted())):
        return _failed(ended, notes.proof, reason)
    status: Status = "ok" if notes.proof.passed else "failed"
    told = {"reason": notes.proof.reason, "reason_said": notes.proof.reason_said}
    return replace(ended, case=replace(case, status=status, proof=notes.proof, **told))


def _failed(ended: Ended, proof: Proof | None, reason: Reason) -> Ended:
    """Return the end of a case that failed for a reason, and its proof with it."""
    told = sentence_fields(reason=reason)
    failed = replace(proof, passed=False, **told) if proof else None
    return replace(ended, case=replace(ended.case, status="failed", proof=failed, **told))
