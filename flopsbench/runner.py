"""A whole run in the order it happens: fresh processes one after the other, then the Result."""

from __future__ import annotations

import datetime
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import IO

import msgspec
from msgspec.structs import replace

from flopsbench import environment, errors, protocol
from flopsbench.assemble import Observed, assemble
from flopsbench.document import decode, encode
from flopsbench.dtype import parse_dtype
from flopsbench.errors import FlopsbenchError
from flopsbench.plan import check_device_names
from flopsbench.problem import parse_sizes
from flopsbench.profile import PROFILES
from flopsbench.protocol import Event, Profile, Request
from flopsbench.result import Options, Regime, Result, case_id

OnEvent = Callable[[Event], None]

GRACE_S = 2.0  # for a worker that has said its last word


def run(
    device: str | Sequence[str] = "auto",
    *,
    backend: str | Sequence[str] = (),
    dtype: str | Sequence[str] = (),
    size: str | Sequence[str] = (),
    kernel: str | Sequence[str] = (),
    profile: Profile = "quick",
    time_s: float | None = None,
    seed: int | None = None,
    on_event: OnEvent | None = None,
) -> Result:
    """Measure, prove and describe this machine: one Result of every case asked for.

    Empty sequences mean "what is usual here". ``time_s`` is the budget of one process for all its cases, in
    seconds. ``on_event`` is told what happens, as it happens. Ctrl-C ends the run and keeps what was done: the
    Result then says ``interrupted``. Raise UsageError, or NothingMeasurable when there is nothing to run.
    """
    options = Options(
        devices=_listed(device),
        dtypes=[parse_dtype(name).name for name in _listed(dtype)],
        backends=_listed(backend),
        kernels=_listed(kernel),
        sizes=_listed(size),
        time_s=time_s,
    )
    check_options(options)
    observed = Observed(seed=secrets.randbelow(2**31) if seed is None else seed)
    host = environment.host()
    try:
        for order, regime in processes(profile):
            request = Request(options, profile, observed.seed, order, regime)
            run_process(request, observed, on_event or _ignore)
    except (KeyboardInterrupt, FlopsbenchError) as error:
        if not observed.planned:
            raise
        observed.interrupted = str(error) or "interrupted"
    result = assemble(observed, options, profile, host, created=datetime.datetime.now(datetime.UTC))
    return decode(encode(result))  # exactly what a reader of the document will see, id included


def _listed(names: str | Sequence[str]) -> list[str]:
    return [names] if isinstance(names, str) else list(names)


def _ignore(event: Event) -> None:
    """Nobody watches."""


def check_options(options: Options) -> None:
    """Raise UsageError for what is wrong on any machine, before a process is started."""
    if not options.devices:
        raise errors.UsageError("name a device: cpu, cuda, cuda:N, all or auto")
    check_device_names(options.devices)
    for size in options.sizes:
        if size != "auto":
            parse_sizes(size)
    if options.time_s is not None and not 0 < options.time_s < 1e6:
        raise errors.UsageError(f"--time {options.time_s:g}: give seconds, more than 0")


def processes(profile: Profile) -> Iterator[tuple[int, Regime]]:
    """The fresh processes of a profile, in order; the registry profile ends with one for the sustained regime."""
    rules = PROFILES[profile]
    for order in range(rules.processes):
        yield order, "burst"
    if rules.sustained:
        yield rules.processes, "sustained"


def run_process(request: Request, observed: Observed, on_event: OnEvent) -> None:
    """One worker; when it dies in a case, that case has failed and another worker goes on with the rest."""
    done: list[str] = []
    while not run_worker(replace(request, skip=done), observed, done, on_event):
        pass


def run_worker(request: Request, observed: Observed, done: list[str], on_event: OnEvent) -> bool:
    """One worker to its end; whether nothing is left to do. Adds to ``done`` what needs no other worker."""
    under_way = None
    with tempfile.TemporaryFile() as complaints:
        worker = _start(request, complaints)
        try:
            for event in _events(worker):
                observed.take(event)
                on_event(event)
                if isinstance(event, protocol.Begun):
                    under_way = event.id
                elif isinstance(event, protocol.Ended):
                    done.append(case_id(event.case))
                    under_way = None
                elif isinstance(event, protocol.Finished | protocol.Tainted):
                    return isinstance(event, protocol.Finished)
        finally:
            _end(worker)
        reason = _last_words(worker, complaints)
    planned = observed.ids(request.regime)
    if not planned:
        raise FlopsbenchError(f"the measuring process ended before its work: {reason}")
    lost = [under_way] if under_way else [id for id in planned if id not in done]
    for id in lost:
        observed.died(id, reason)
    done += lost
    return under_way is None


def _start(request: Request, complaints: IO[bytes]) -> subprocess.Popen[bytes]:
    """A fresh interpreter, out of reach of the terminal's Ctrl-C, that never imports from the current folder."""
    worker = subprocess.Popen(
        [sys.executable, "-P", "-m", "flopsbench.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=complaints,
        start_new_session=True,
    )
    assert worker.stdin is not None
    with suppress(BrokenPipeError):  # it died at once; what it said of that is read later
        worker.stdin.write(msgspec.json.encode(request))
        worker.stdin.close()
    return worker


def _events(worker: subprocess.Popen[bytes]) -> Iterator[Event]:
    """What the worker says, until it ends; raise its error when it refuses the request."""
    decoder = msgspec.json.Decoder(Event)
    assert worker.stdout is not None
    for line in worker.stdout:
        if not line.endswith(b"\n"):
            return  # it died in the middle of a word
        event = decoder.decode(line)
        if isinstance(event, protocol.Refused):
            raise getattr(errors, event.error)(event.message)
        yield event


def _end(worker: subprocess.Popen[bytes]) -> None:
    """Whatever happened, no worker outlives its run."""
    assert worker.stdout is not None
    worker.stdout.close()
    try:
        worker.wait(GRACE_S if sys.exc_info()[0] is None else 0)
    except subprocess.TimeoutExpired:
        worker.kill()
        worker.wait()


def _last_words(worker: subprocess.Popen[bytes], complaints: IO[bytes]) -> str:
    """How a worker died and the last line it wrote, for the reader of a failed row."""
    complaints.seek(0)
    lines = complaints.read().decode(errors="replace").strip().splitlines()
    code = worker.returncode
    how = f"killed by signal {-code}{' (out of memory?)' if code == -9 else ''}" if code < 0 else f"exit code {code}"
    return f"{how}: {lines[-1][:300]}" if lines else how
