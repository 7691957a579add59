"""Stands beside the workers of a run: draws what they may not know before, keeps time, and has products judged."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass, field
from types import TracebackType
from typing import Protocol

import msgspec
from msgspec.structs import replace

from flopsbench.host.kernel_counters import waited_s
from flopsbench.measure.referee import SEED_BITS
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

    def answer(self, line: bytes) -> None: ...
    def stop(self) -> None: ...
    def go_on(self) -> None: ...


@dataclass(slots=True)
class CaseNotes:
    """CaseNotes are what the referee saw of one case in one process: times beside the worker's, and its proof.

    ``began_s`` is when the present block began, by a clock that stands still while this process waits for a core: it
    must not be late itself where the machine is busy.
    """

    began_s: float = 0.0
    ratios: list[float] = field(default_factory=list)
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
            notes.began_s = _running_s()  # before the answer, or it would be late
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
            if isinstance(event, messages.Block) and notes.began_s:
                notes.ratios.append((_running_s() - notes.began_s) / event.host_s)
                notes.began_s = 0.0
            return event
        return None


def _running_s() -> float:
    """Return the time less what this process has waited for a core."""
    return time.perf_counter() - waited_s()


def seen(ended: Ended, notes: CaseNotes) -> Ended:
    """Return the end of a case with the judge's own proof; it failed where its times are not those seen here.

    A library that flopsbench does not own has a clock of its own, and its rates are marked.
    """
    case = ended.case
    if case.status != "ok" or case.proof is None or notes.proof is None:
        return ended
    case = replace(case, proof=notes.proof)
    marked = case.compute is not None and OWN_SPACE in case.compute.notes
    ratio = median(notes.ratios) if notes.ratios else 1.0
    if marked or FASTER <= ratio <= SLOWER:
        return replace(ended, case=case)
    told = sentence_fields(reason=Reason("clock_disagrees", times=general(ratio, 3)))
    failed = replace(notes.proof, passed=False, **told)
    return replace(ended, case=replace(case, status="failed", proof=failed, **told))
