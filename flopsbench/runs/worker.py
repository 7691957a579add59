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
from flopsbench.backends.installed import Broken, Loaded, load_backends
from flopsbench.backends.operands import Codes
from flopsbench.device import kind_of
from flopsbench.errors import FlopsbenchError, Unsupported
from flopsbench.host.environment import software
from flopsbench.host.kernel.numa import spread_memory
from flopsbench.host.parent import die_with_parent, end_at_once
from flopsbench.measure.blocks import Step
from flopsbench.measure.case import Taken, Turn, measure
from flopsbench.measure.gemm import Gemm
from flopsbench.measure.instruments import open_instruments
from flopsbench.measure.profiles import OVERTIME_S, PROFILES, Rules, sampling
from flopsbench.proof.evidence import Evidence
from flopsbench.proof.ledger import Look, Purpose
from flopsbench.result.keys import case_id
from flopsbench.result.said import as_reason, given, sentence_fields
from flopsbench.result.types import Case, ComputeRecord, Proof, Status
from flopsbench.runs import messages
from flopsbench.runs.bounds.loaded import LoadedCode, loaded_code
from flopsbench.runs.bounds.memory import bound_memory, gave_out, ran_out
from flopsbench.runs.messages import Request
from flopsbench.runs.plan import Planned, check_kernels, choose_backends, plan
from flopsbench.telemetry.device import device_record
from flopsbench.text import error_line, first_line
from flopsbench.units import general, memory_size
from flopsbench.words.reason import Reason

Emit = Callable[[messages.Event], None]


def main() -> None:
    """Serve the one request that standard input holds."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides when to end
    die_with_parent()
    spread_memory()  # threads that are made from now on inherit it
    events = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # a library that prints must not garble the events
    request = msgspec.json.decode(sys.stdin.buffer.readline(), type=Request)
    if request.memory_bytes is not None:
        bound_memory(request.memory_bytes)
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
    backends = _loaded(request, emit)
    check_kernels(options.kernels, choose_backends(options.backends, backends))
    cases = plan(options, backends, request.seed, lambda name: emit(messages.Stepping("devices", subject=name)))
    emit(messages.Stepping("devices"))
    devices = {case.device.id: case.device for case in cases}
    emit(
        messages.Started(
            cases=[case.record(request.regime) for case in cases],
            devices=[device_record(device) for device in devices.values()],
            software=software(),
            code=loaded_code(request.places) if request.places.own else LoadedCode(),
        )
    )
    turns = [case for case in cases if _is_wanted(case_id(case.record(request.regime)), request)]
    random.Random(f"{request.seed}/{request.order}").shuffle(turns)
    turns.sort(key=lambda case: not case.broken)  # however little time there is
    for position, (case, case_time_s) in enumerate(_timed(turns, PROFILES[request.profile], request)):
        if case.unmeasured:
            ended = _without_a_turn(case, request, "unsupported", case.unmeasured)
        elif case_time_s is None:
            ended = _used_up(case, request)
        else:
            ended = readable(_run(case, case_time_s, Turn(request.order, position), request, emit))
        emit(ended)
        # What fails on a board of its own may have broken it for this process, unless only the product was wrong.
        is_board = not case.device.is_host
        if is_board and ended.case.status == "failed" and ended.case.proof is None:
            emit(messages.Tainted())
            return
    emit(messages.Finished())


def _loaded(request: Request, emit: Emit) -> dict[str, Loaded]:
    """Return the backends that the request is about, by name, after the parent has heard of each."""
    named = request.options.backends
    broken = {name: Broken(name, as_reason(flaw.reason, flaw.reason_said)) for name, flaw in request.broken.items()}

    def on_import(name: str) -> None:
        emit(messages.Stepping("import", subject=name))

    brought = load_brought(request.brought, broken, on_import)
    others = [name for name in named if name not in brought]
    return {**(load_backends(others, broken, on_import) if others or not brought else {}), **brought}


def _used_up(case: Planned, request: Request) -> messages.Ended:
    """Return a case as skipped whose turn has come after the time of this process."""
    seconds = general(request.options.time_s or 0)
    return _without_a_turn(case, request, "skipped", Reason("time_used_up", seconds=seconds))


def _without_a_turn(case: Planned, request: Request, status: Status, why: Reason) -> messages.Ended:
    """Return the end of a case that is not run."""
    return messages.Ended(replace(case.record(request.regime), status=status, **sentence_fields(reason=why)))


def _is_wanted(id: str, request: Request) -> bool:
    """Return whether this process has to run the case."""
    return id not in request.skip and (request.only is None or id in request.only)


def _timed(turns: list[Planned], rules: Rules, request: Request) -> Iterator[tuple[Planned, float | None]]:
    """Yield each case with its share of the time that is left; what one does not use goes to those after it.

    Every case takes its least number of blocks, however little is left. None stands for the share where the request
    sets a time, and that has been over for as long as the least may take beyond it.
    """
    budget_s = request.options.time_s or rules.time_s
    began = time.perf_counter() - request.spent_s
    for index, case in enumerate(turns):
        if budget_s is None:
            yield case, rules.case_time_s
            continue
        left_s = budget_s - (time.perf_counter() - began)
        over = request.options.time_s is not None and left_s < -OVERTIME_S
        yield case, None if over else left_s / (len(turns) - index)


def _run(case: Planned, case_time_s: float, turn: Turn, request: Request, emit: Emit) -> messages.Ended:
    """Run one case and return its record: with its process, or with the reason why there is none."""
    record, amount = case.record(request.regime), case.problem.amount
    emit(messages.Begun(case_id(record), case_time_s))

    def on_block(count: int, launch_s: float, host_s: float) -> None:
        emit(messages.Block(case_id(record), count, amount.count / launch_s, amount.unit, host_s))

    def hand_over() -> bool:
        emit(messages.Waiting())
        return answer() != messages.ENOUGH

    kind, rules = kind_of(case.device.kind), PROFILES[request.profile]
    sampled = sampling(rules, kind, request.regime, case_time_s, hand_over, request.block_s)
    emit(messages.Stepping("ceiling"))
    instruments = open_instruments(case.device, case.problem.dtype, amount.unit)
    record = replace(record, policy=sampled.policy)
    try:
        referee = ReferredTo(case_id(record), emit, request.memory)
        taken = measure(case.candidate, sampled, instruments, turn, on_block, referee)
    except Unsupported as error:
        told = sentence_fields(reason=_limited(given(error), case, request))
        return messages.Ended(replace(record, status="unsupported", **told), instruments.ceiling)
    except BaseException as error:  # one kernel's failure must not end the run of the others, SystemExit neither
        status: Status = "skipped" if ran_out(error_line(error)) else "failed"
        told = sentence_fields(reason=_limited(_told(error), case, request))
        return messages.Ended(replace(record, status=status, **told), instruments.ceiling)
    return messages.Ended(_measured(record, taken), instruments.ceiling)


def answer() -> bytes:
    """Return the line that answers this worker; end it where nobody is left to give one."""
    line = sys.stdin.buffer.readline()
    if not line:
        end_at_once()
    return line


@dataclass(frozen=True, slots=True)
class ReferredTo:
    """ReferredTo is the referee of a worker: what it asks goes to the parent process."""

    id: str
    emit: Emit
    memory: int | str

    def step(self, step: Step, expected_s: float = 0.0) -> None:
        """Tell the parent which step begins."""
        self.emit(messages.Stepping(step, expected_s))

    def deal(self, purpose: Purpose, sets: int) -> int:
        """Return a seed that the parent draws."""
        self.emit(messages.Asking(purpose, sets))
        return int(answer())

    def begin(self) -> None:
        """Let the parent note when the block begins."""
        self.emit(messages.Beginning(self.id))
        answer()

    def looked(self, look: Look) -> None:
        """Hand it to the parent, which keeps it for the judge."""
        self.emit(messages.Looked(look))

    def judge(self, evidence: Evidence, products: Sequence[Codes]) -> Proof:
        """Hand the products over in the shared memory, and return what the judge says.

        Of the evidence the parent hears no more than the format of C: it knows the rest itself.
        """
        size = sum(codes.nbytes for codes in products)
        with open(self.memory, "r+b", buffering=0, closefd=isinstance(self.memory, str)) as file:
            file.truncate(max(os.fstat(file.fileno()).st_size, size))
            at = 0
            with mmap.mmap(file.fileno(), 0) as shared:
                for codes in products:
                    shared[at : at + codes.nbytes] = codes.tobytes()
                    at += codes.nbytes
        self.emit(messages.Handing(self.id, evidence.c))
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
        notes=[*map(str, gemm.notes)],
        own_space=gemm.own_space,
    )


def readable(ended: messages.Ended) -> messages.Ended:
    """Return the end of a case as its parent reads it; one that cannot be read has failed for that reason."""
    try:
        return msgspec.json.decode(msgspec.json.encode(ended), type=messages.Ended)
    except Exception as error:  # each kind of value has an error of its own
        case, told = ended.case, sentence_fields(reason=Reason("no_record", error=error_line(error)))
        failed = replace(case, status="failed", compute=None, processes=[], proof=None, **told)
        return messages.Ended(failed)


def _limited(reason: str, case: Planned, request: Request) -> str:
    """Return a reason that names ``--memory``, where the host has too little memory and that option limits it."""
    if request.memory_bytes is None or not isinstance(reason, Reason) or not case.device.is_host:
        return reason
    if reason.code == "too_little_memory":
        allowed = memory_size(request.memory_bytes)
        return Reason("too_little_memory_allowed", **reason.values, allowed=allowed)
    return gave_out(str(reason.values["error"])) if reason.code == "out_of_memory" else reason


def _told(error: BaseException) -> str:
    """Return what a row tells of an error: what one of flopsbench's own says, else the class and the first line."""
    if ran_out(error_line(error)):
        return Reason("out_of_memory", error=error_line(error))
    told = error.args[0] if isinstance(error, FlopsbenchError) and error.args else None
    if isinstance(told, Reason):
        return told
    return first_line(told) if type(told) is str and told.strip() else error_line(error)


if __name__ == "__main__":
    main()
