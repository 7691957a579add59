"""Measures the calls of a project on one side alone, in fresh processes: a point of its history."""

from __future__ import annotations

from contextlib import ExitStack

from flopsbench.host import environment
from flopsbench.measure.profiles import PROFILES
from flopsbench.result.types import Profile, Result
from flopsbench.runs.gather import header
from flopsbench.track.ab.side import Side
from flopsbench.track.calls.command import command_call, command_process, first_run
from flopsbench.track.calls.found import SideOfCall, calls_of, looked_at, refuse_absent, refuse_refused
from flopsbench.track.calls.messages import Asked
from flopsbench.track.calls.outcome import SideOfRun, call_record, result_of_calls
from flopsbench.track.calls.process import SideOfPair, lost_in, started
from flopsbench.track.calls.target import CallTarget, with_target

PROFILE: Profile = "standard"


def measure_alone(side: Side, target: CallTarget) -> Result:
    """Return the Result of one side; raise UsageError where it cannot run its code, NothingMeasurable without calls."""
    about = header(with_target(side.options, target), PROFILE)
    if target.kind == "command":
        calls, software = {command_call(target).name: _command(side, target)}, environment.software()
    else:
        one = looked_at(side, target)
        refuse_refused(one)
        refuse_absent(one)
        assert one.seen is not None
        calls, software = calls_of(one, target.title), one.seen.software
        for order in range(PROFILES[PROFILE].processes):
            _measure(side, target, calls, order)
    records = [call_record(name, call) for name, call in calls.items()]
    return result_of_calls(records, SideOfRun(side.name, software, side.source), about)


def _measure(side: Side, target: CallTarget, calls: dict[str, SideOfCall], order: int) -> None:
    """Measure every call that gives a rate in one more process."""
    wanted = {name: call.found for name, call in calls.items() if call.found and not call.lost}
    if not wanted:
        return
    tests = list(dict.fromkeys(found.test for found in wanted.values()))
    with ExitStack() as stack:
        asked = Asked(target, "alone", only=list(wanted), tests=tests, order=order)
        one = SideOfPair(side, stack.enter_context(started(side, asked)))
        one.hear()
    lost = lost_in(one, list(wanted))
    for name, found in wanted.items():
        calls[name].lost = lost.get(found.test) or lost.get(name)
        if name in one.timed and not calls[name].lost:
            calls[name].processes.append(one.timed[name])


def _command(side: Side, target: CallTarget) -> SideOfCall:
    """Return the runs of a command; raise UsageError where it fails."""
    call = SideOfCall(command_call(target))
    first_run(side, target)
    for order in range(PROFILES[PROFILE].processes):
        call.processes.append(command_process(side, target, order))
    return call
