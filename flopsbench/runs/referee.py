"""Stands beside the workers of a run: draws what they may not know before, keeps time, and has products judged."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import NamedTuple, Protocol

import msgspec
from msgspec.structs import replace

from flopsbench.host.kernel_counters import waited_s
from flopsbench.proof.evidence import SEED_BITS
from flopsbench.result.said import sentence_fields
from flopsbench.result.types import OWN_SPACE, Proof
from flopsbench.runs import messages
from flopsbench.runs.judging import JudgeProcess
from flopsbench.runs.messages import Ended, Event
from flopsbench.stats import median
from flopsbench.units import general
from flopsbench.words.reason import Reason

SLOWER = 1.02  # median over a case's blocks of this process's time over the worker's; honest ones reach 1.004
FASTER = 0.999  # this process stamps before it answers, so that it is never behind


class Answerable(Protocol):
    """An Answerable is a worker that waits for a line, and can be stopped where it is."""

    @property
    def pid(self) -> int: ...
    def answer(self, line: bytes) -> None: ...
    def stop(self) -> None: ...
    def go_on(self) -> None: ...


class Moment(NamedTuple):
    """A Moment is a reading of the clock, and how long this process and a worker had waited for a core until then."""

    seconds: float
    waited_s: float

    @classmethod
    def now(cls, worker: Answerable) -> Moment:
        """Return this moment."""
        return cls(time.perf_counter(), waited_s(os.getpid()) + waited_s(worker.pid))


@dataclass(slots=True)
class CaseNotes:
    """CaseNotes are what the referee saw of one case in one process: times beside the worker's, and its proof.

    ``began`` is when the present block began. Each of ``blocks`` is the time that passed here over the worker's time of
    the block, and the same less what both processes waited for a core: on a busy machine either may be late.
    """

    began: Moment | None = None
    blocks: list[tuple[float, float]] = field(default_factory=list)
    proof: Proof | None = None


class ParentReferee:
    """A ParentReferee answers the questions of the workers of one run, one worker at a time or two in turns."""

    def __init__(self) -> None:
        self._judge = JudgeProcess()
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
    def memory(self) -> int:
        """Return the descriptor of the memory that workers hand products over in."""
        return self._judge.descriptor

    def hears(self, event: Event, worker: Answerable) -> Event | None:
        """Answer a question; return any other event, a case's end with what was seen here instead of there."""
        notes = self._notes.setdefault(worker, CaseNotes())
        if isinstance(event, messages.Asking):
            worker.answer(b"%d\n" % secrets.randbits(SEED_BITS))
        elif isinstance(event, messages.Beginning):
            notes.began = Moment.now(worker)  # before the answer, or it would be late
            worker.answer(b"\n")
        elif isinstance(event, messages.Handing):
            worker.stop()
            notes.proof = self._judge.judge(event.evidence)
            worker.go_on()
            worker.answer(msgspec.json.encode(notes.proof) + b"\n")
        elif isinstance(event, messages.Ended):
            del self._notes[worker]
            return seen(event, notes)
        else:
            if isinstance(event, messages.Block) and notes.began:
                passed = Moment.now(worker)
                elapsed_s, waited_s = (now - then for now, then in zip(passed, notes.began, strict=True))
                notes.blocks.append((elapsed_s / event.host_s, (elapsed_s - waited_s) / event.host_s))
            return event
        return None


def disagreement(blocks: Sequence[tuple[float, float]]) -> float | None:
    """Return the median of times seen here over the worker's where the worker's cannot be true; None where they can."""
    if not blocks:
        return None
    least, most = (median(ratios) for ratios in zip(*blocks, strict=True))
    if least < FASTER:
        return least
    return most if most > SLOWER else None


def seen(ended: Ended, notes: CaseNotes) -> Ended:
    """Return the end of a case with the judge's own proof; it failed where its times are not those seen here.

    A library that flopsbench does not own has a clock of its own, and its rates are marked.
    """
    case = ended.case
    if case.status != "ok" or case.proof is None or notes.proof is None:
        return ended
    case = replace(case, proof=notes.proof)
    marked = case.compute is not None and OWN_SPACE in case.compute.notes
    if marked or (ratio := disagreement(notes.blocks)) is None:
        return replace(ended, case=case)
    told = sentence_fields(reason=Reason("clock_disagrees", times=general(ratio, 3)))
    failed = replace(notes.proof, passed=False, **told)
    return replace(ended, case=replace(case, status="failed", proof=failed, **told))
