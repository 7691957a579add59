"""Runs the process of one side of a comparison of calls: the project is imported here and nowhere else.

It is started as ``-m flopsbench.track.calls.inside.worker``, reads an Asked, a line, on standard input and writes
CallEvents, a line each, on what was standard output; what the project prints goes to standard error.
"""

from __future__ import annotations

import os
import pkgutil
import signal
import sys
from collections.abc import Callable
from importlib.util import find_spec

import msgspec

from flopsbench.backend import HostClock
from flopsbench.errors import FlopsbenchError
from flopsbench.host.environment import software
from flopsbench.host.parent import die_with_parent, end_at_once
from flopsbench.result.said import sentence_fields
from flopsbench.runs.bounds.loaded import loaded_code
from flopsbench.text import error_line
from flopsbench.track.calls.inside.meter import CallMeter
from flopsbench.track.calls.messages import AllCalled, Asked, CallEvent, CallLost, CallsRefused, CodeSeen
from flopsbench.track.calls.target import CallTarget
from flopsbench.track.suite.callable import CallRequest
from flopsbench.words.reason import Reason


def main() -> None:
    """Serve the one request that standard input holds."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides when to end
    die_with_parent()
    # Descriptors of their own: pytest puts others in the places of the standard ones.
    lines, events = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    asked = msgspec.json.decode(lines.readline(), type=Asked)
    encoder = msgspec.json.Encoder()

    def emit(event: CallEvent) -> None:
        events.write(encoder.encode(event) + b"\n")
        events.flush()

    def answer() -> bytes:
        line = lines.readline()
        if not line:
            end_at_once()
        return line

    serve(asked, emit, answer)


def serve(asked: Asked, emit: Callable[[CallEvent], None], answer: Callable[[], bytes]) -> None:
    """Measure what was asked for and emit events."""
    meter, tests = CallMeter(asked, emit, answer), set[str]()
    if asked.target.kind == "suite":
        tests = _suite(asked.target.arguments, meter)
    else:
        _call(asked.target, meter)
    if asked.manner == "look":
        emit(CodeSeen(software(), loaded_code(asked.places, tests)))
    emit(AllCalled())


def _suite(arguments: list[str], meter: CallMeter) -> set[str]:
    """Run the tests of the project, and return their files."""
    if find_spec("pytest") is None:
        meter.emit(CallsRefused(**sentence_fields(message=Reason("no_pytest"))))
        return set()
    from flopsbench.track.calls.inside.suite import run_suite

    return run_suite(arguments, meter)


def _call(target: CallTarget, meter: CallMeter) -> None:
    """Measure a callable of the project, which may lie in the current folder where it is not installed."""
    sys.path.append(os.getcwd())
    (name,) = target.arguments
    try:
        function = _resolved(name)
        clock = HostClock(_resolved(target.sync)) if target.sync else HostClock()
    except FlopsbenchError as error:
        meter.emit(CallsRefused(**sentence_fields(message=error.args[0])))
        return
    request = CallRequest(function, target.work, clock, is_remote=target.sync is not None)
    try:
        meter(request, name, name)
    except BaseException as error:  # whatever the project raises, SystemExit included
        meter.emit(CallLost(name, "failed", error_line(error)))


def _resolved(name: str) -> Callable[[], object]:
    """Return the callable of a name; raise FlopsbenchError where it cannot be imported, or be called."""
    try:
        found = pkgutil.resolve_name(name)
    except BaseException as error:
        raise FlopsbenchError(Reason("callable_not_imported", name=name, error=error_line(error))) from None
    if not callable(found):
        raise FlopsbenchError(Reason("not_callable", name=name))
    function: Callable[[], object] = found
    return function


if __name__ == "__main__":
    main()
