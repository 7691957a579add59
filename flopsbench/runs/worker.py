"""Runs the worker, one fresh process: it plans, then runs every case in a random order of its own.

It is started as ``-m flopsbench.runs.worker``.
It reads a Request, a line, on standard input and writes Events, a line each, on what was standard output; whatever
libraries print goes to standard error. Where it takes turns, a line gives it the next one. It ends when the other side
is gone.
"""

from __future__ import annotations

import mmap
import os
import random
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

import msgspec
from msgspec.structs import replace

from flopsbench.backends.brought import load_brought
from flopsbench.backends.installed import load_backends
from flopsbench.backends.operands import Codes
from flopsbench.device import kind_of
from flopsbench.errors import FlopsbenchError, Unsupported
from flopsbench.host.environment import software
from flopsbench.host.parent import die_with_parent
from flopsbench.measure.case import Taken, Turn, measure
from flopsbench.measure.gemm import Gemm
from flopsbench.measure.instruments import open_instruments
from flopsbench.measure.profiles import PROFILES, Rules, sampling
from flopsbench.proof.evidence import Evidence
from flopsbench.result.keys import case_id
from flopsbench.result.said import sentence_fields
from flopsbench.result.types import Case, ComputeRecord, Proof, Status
from flopsbench.runs import messages
from flopsbench.runs.messages import Request
from flopsbench.runs.plan import Planned, check_kernels, choose_backends, plan
from flopsbench.telemetry.device import device_record

Emit = Callable[[messages.Event], None]


def main() -> None:
    """Serve the one request that standard input holds."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides when to end
    die_with_parent()
    events = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # a library that prints must not garble the events
    request = msgspec.json.decode(sys.stdin.buffer.readline(), type=Request)
    encoder = msgspec.json.Encoder()

    def emit(event: messages.Event) -> None:
        _write(events, encoder.encode(event))

    try:
        serve(request, emit)
    except FlopsbenchError as error:
        emit(messages.Refused(type(error).__name__, str(error)))


def _write(events: BinaryIO, line: bytes) -> None:
    """Write one line at once: whoever listens sees each event as it happens."""
    events.write(line + b"\n")
    events.flush()


def serve(request: Request, emit: Emit) -> None:
    """Run the request's cases and emit events; raise FlopsbenchError when there is nothing to run."""
    options = request.options
    brought = load_brought(request.brought)
    others = [name for name in options.backends if name not in brought]
    backends = (load_backends(others) if others or not brought else {}) | brought
    check_kernels(options.kernels, choose_backends(options.backends, backends))
    cases = plan(options, backends, request.seed)
    devices = {case.device.id: case.device for case in cases}
    emit(
        messages.Started(
            cases=[case.record(request.regime) for case in cases],
            devices=[device_record(device) for device in devices.values()],
            software=software(),
        )
    )
    turns = [case for case in cases if _is_wanted(case_id(case.record(request.regime)), request)]
    random.Random(f"{request.seed}/{request.order}").shuffle(turns)
    for position, (case, case_time_s) in enumerate(_timed(turns, PROFILES[request.profile], request)):
        ended = _run(case, case_time_s, Turn(request.order, position), request, emit)
        emit(ended)
        # What fails on a board of its own may have broken it for this process, unless only the product was wrong.
        is_board = not case.device.is_host
        if is_board and ended.case.status == "failed" and ended.case.proof is None:
            emit(messages.Tainted())
            return
    emit(messages.Finished())


def _is_wanted(id: str, request: Request) -> bool:
    """Return whether this process has to run the case."""
    return id not in request.skip and (request.only is None or id in request.only)


def _timed(turns: list[Planned], rules: Rules, request: Request) -> Iterator[tuple[Planned, float]]:
    """Yield each case with its share of the time that is left; what one does not use goes to those after it."""
    budget_s = request.options.time_s or rules.time_s
    began = time.perf_counter()
    for index, case in enumerate(turns):
        if budget_s is None:
            yield case, rules.case_time_s
        else:
            yield case, (budget_s - (time.perf_counter() - began)) / (len(turns) - index)


def _run(case: Planned, case_time_s: float, turn: Turn, request: Request, emit: Emit) -> messages.Ended:
    """Run one case and return its record: with its process, or with the reason why there is none."""
    record, amount = case.record(request.regime), case.problem.amount
    emit(messages.Begun(case_id(record)))

    def on_block(count: int, launch_s: float, host_s: float) -> None:
        emit(messages.Block(case_id(record), count, amount.count / launch_s, amount.unit, host_s))

    def hand_over() -> bool:
        emit(messages.Waiting())
        return answer() != messages.ENOUGH

    kind, rules = kind_of(case.device.kind), PROFILES[request.profile]
    sampled = sampling(rules, kind, request.regime, case_time_s, hand_over)
    instruments = open_instruments(case.device, case.problem.dtype, amount.unit)
    record = replace(record, policy=sampled.policy)
    try:
        referee = ReferredTo(case_id(record), emit, request.memory)
        taken = measure(case.candidate, sampled, instruments, turn, on_block, referee)
    except Unsupported as error:
        told = sentence_fields(reason=error.reason)
        return messages.Ended(replace(record, status="unsupported", **told), instruments.ceiling)
    except Exception as error:  # one library's failure must not end the run of the others
        status: Status = "skipped" if _out_of_memory(error) else "failed"
        told = sentence_fields(reason=_told(error))
        return messages.Ended(replace(record, status=status, **told), instruments.ceiling)
    return messages.Ended(_measured(record, taken), instruments.ceiling)


def answer() -> bytes:
    """Return the line that answers this worker; end it where nobody is left to give one."""
    line = sys.stdin.buffer.readline()
    if not line:
        raise SystemExit
    return line


@dataclass(frozen=True, slots=True)
class ReferredTo:
    """ReferredTo is the referee of a worker: what it asks goes to the parent process."""

    id: str
    emit: Emit
    memory: int

    def deal(self) -> int:
        """Return a seed that the parent draws."""
        self.emit(messages.Asking())
        return int(answer())

    def begin(self) -> None:
        """Let the parent note when the block begins."""
        self.emit(messages.Beginning(self.id))
        answer()

    def judge(self, evidence: Evidence, products: Sequence[Codes]) -> Proof:
        """Hand the products over in the shared memory, and return what the judge says."""
        os.ftruncate(self.memory, max(os.fstat(self.memory).st_size, sum(codes.nbytes for codes in products)))
        with mmap.mmap(self.memory, 0) as shared:
            for product, codes in zip(evidence.products, products, strict=True):
                shared[product.at : product.at + codes.nbytes] = codes.tobytes()
        self.emit(messages.Handing(self.id, evidence))
        return msgspec.json.decode(answer(), type=Proof)


def _measured(record: Case, taken: Taken) -> Case:
    """Return the record with what its process found; a product that failed its proof fails the case."""
    proof = taken.proof
    return replace(
        record,
        status="failed" if proof and not proof.passed else "ok",
        reason=proof.reason if proof else None,
        reason_said=proof.reason_said if proof else None,
        compute=_compute(taken.work) if isinstance(taken.work, Gemm) else None,
        processes=[taken.process],
        proof=proof,
    )


def _compute(gemm: Gemm) -> ComputeRecord:
    """Return what ran, as a document shows it."""
    compute = gemm.compute
    return ComputeRecord(
        a=compute.a,
        b=compute.b,
        c=compute.c,
        accumulate=compute.accumulate,
        library=compute.library,
        math=compute.math,
        threads=compute.threads,
        operand_sets=len(gemm.sets.sets),
        notes=list(gemm.notes),
        own_space=gemm.own_space,
    )


def _out_of_memory(error: Exception) -> bool:
    """Return whether memory ran out: every library has an error class of its own for it, but uses these words."""
    return isinstance(error, MemoryError) or "out of memory" in str(error).lower()


def _told(error: Exception) -> str:
    """Return the class of an error and the first line of what it says."""
    return f"{type(error).__name__}: {str(error).strip().partition(chr(10))[0][:300]}"


if __name__ == "__main__":
    main()
