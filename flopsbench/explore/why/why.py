"""Finds out why cases are slow: a run tells which are, and experiments on each of them tell the cause.

``why`` is the table of contents: each step is a line and has a module of its own.
"""

from __future__ import annotations

import datetime
import secrets
import time
from collections.abc import Callable
from importlib.metadata import version
from itertools import chain
from typing import NamedTuple

from flopsbench.analysis.advice import LOW
from flopsbench.analysis.causes.slow import Slow, slow
from flopsbench.analysis.vendor import is_own
from flopsbench.device import Device
from flopsbench.dtype import NAMED
from flopsbench.errors import FlopsbenchError, NothingMeasurable, UsageError
from flopsbench.explore.suspects.cores import of_affinity, of_quota, of_threads
from flopsbench.explore.suspects.pages import of_huge_pages
from flopsbench.explore.suspects.rivals import of_library
from flopsbench.explore.suspects.shapes import of_shape, of_size
from flopsbench.explore.suspects.variables import of_holding_variables, of_other_variables
from flopsbench.explore.why.conclusion import concluded, not_explained
from flopsbench.explore.why.experiment import Arm, Experiment
from flopsbench.explore.why.explanation import Explained, Explanation
from flopsbench.explore.why.hypothesis import Hypothesis
from flopsbench.explore.why.sides import case_as_it_is, rivals_of, side_case, without_rest
from flopsbench.explore.why.subject import Subject
from flopsbench.result.keys import case_id
from flopsbench.result.types import Case, Options, Result
from flopsbench.runs.listener import OnEvent
from flopsbench.runs.plan import auto_edge
from flopsbench.runs.referee import ParentReferee
from flopsbench.runs.run import run
from flopsbench.text import utc
from flopsbench.track.ab.turns import SideCase
from flopsbench.track.differences import machine
from flopsbench.units import general
from flopsbench.words.reason import Reason

LEAST_S, MOST_S = 30.0, 36_000.0  # that it may be asked to take
FIRST_SHARE, MOST_FIRST_S = 0.2, 32.0  # of the time, for the run that tells which cases are slow
MOST_CASES = 2  # that are examined: one of each library

# The likeliest first, the other libraries between the two: where time is short the last ones are left out.
FIRST_SUSPECTS = (of_quota, of_holding_variables, of_affinity, of_threads)
LAST_SUSPECTS = (of_shape, of_size, of_huge_pages, of_other_variables)


class Stage(NamedTuple):
    """A Stage is where an exploration stands: which case, sets of processes done of those planned, and which look."""

    case: str
    done: int
    sets: int
    again: bool


OnStage = Callable[[Stage], None]


def why(
    options: Options, *, time_s: float, seed: int | None = None, on_event: OnEvent, on_stage: OnStage
) -> Explanation:
    """Find out by experiment why the slowest of the cases asked for are slow; Ctrl-C keeps what is known by then.

    Takes about ``time_s`` seconds; where that is short, fewer hypotheses are tested. Raise UsageError, or
    NothingMeasurable when there is nothing to run.
    """
    over_s = time.monotonic() + time_s
    seed = secrets.randbelow(2**31) if seed is None else seed
    result = _first_run(options, min(FIRST_SHARE * time_s, MOST_FIRST_S), seed, on_event)
    cases: list[Explained] = []
    interrupted = result.interrupted
    chosen = [] if interrupted else [_subject(each, options) for each in slowest(result, named=bool(options.dtypes))]
    with ParentReferee() as referee:
        for number, subject in enumerate(chosen):
            now_s = time.monotonic()
            until_s = now_s + (over_s - now_s) / (len(chosen) - number)
            try:
                cases.append(_explained(subject, referee, seed, until_s, on_stage))
            except KeyboardInterrupt:
                interrupted = True
                break
    return Explanation(
        schema="flopsbench.why",
        tool=f"flopsbench {version('flopsbench')}",
        created=utc(datetime.datetime.now(datetime.UTC)),
        machine=machine(result.host),
        settings=result.software.env,
        cases=cases,
        interrupted=interrupted,
    )


def check_time(time_s: float) -> None:
    """Raise UsageError for a time in which nothing can be found, or that nobody waits for."""
    if not LEAST_S <= time_s <= MOST_S:
        raise UsageError(Reason("why_time_range", time=general(time_s), least=general(LEAST_S), most=general(MOST_S)))


def _subject(found: Slow, options: Options) -> Subject:
    """Return what is known of a slow case; its shape is fixed where it was asked for."""
    device = found.device
    assert device is not None
    known = Device(device.kind, device.index, device.name, units=device.units, memory_bytes=device.memory_bytes)
    usual_edge = auto_edge(known, NAMED[found.case.dtype])
    return Subject(found, usual_edge, fixed=any(size != "auto" for size in options.sizes))


def _first_run(options: Options, time_s: float, seed: int, on_event: OnEvent) -> Result:
    """Return a run of what is asked for."""
    return run(
        options.devices,
        backend=options.backends,
        dtype=options.dtypes,
        size=options.sizes,
        time_s=time_s,
        seed=seed,
        on_event=on_event,
    )


def slowest(result: Result, named: bool) -> list[Slow]:
    """Return the cases to examine: of each library the one furthest below its ceiling, if that is low, the worst first.

    Where none is low it is the lowest of all. Own kernels are left out where the vendor's are there. Where dtypes are
    ``named``, a case counts as well that was refused for what it would take. Raise NothingMeasurable where no case has
    a limit to be held against.
    """
    every = [found for case in result.cases if (found := slow(case, result))]
    known = [each for each in every if not is_own(each.case)] or every
    measured = {each.case.dtype for each in known}
    refused = [case for case in result.cases if named and case.dtype not in measured and is_too_slow(case)]
    known += [Slow(case, result, 0.0, of_ceiling=True) for case in refused]
    known.sort(key=lambda each: each.share)
    if not known:
        raise NothingMeasurable(Reason("why_no_case"))
    by_library: dict[str, Slow] = {}
    for each in known:
        by_library.setdefault(each.case.backend, each)
    return [each for each in by_library.values() if each.share < LOW][:MOST_CASES] or known[:1]


def is_too_slow(case: Case) -> bool:
    """Return whether a case was refused because its launches would take too long."""
    return case.status == "unsupported" and case.reason_said is not None and case.reason_said.code == "no_fast_path"


def _explained(subject: Subject, referee: ParentReferee, seed: int, until_s: float, on_stage: OnStage) -> Explained:
    """Return what experiments on one case find until the time is over."""
    try:
        experiment = _planned(subject, referee, seed, until_s, on_stage)
        experiment.first_look()
        experiment.second_look()
    except FlopsbenchError as error:
        return not_explained(subject, error.reason)
    return concluded(subject, experiment)


def _planned(subject: Subject, referee: ParentReferee, seed: int, until_s: float, on_stage: OnStage) -> Experiment:
    """Return the experiment that tests every hypothesis on a case; what cannot be run here is in it as lost."""
    base = case_as_it_is(subject, referee, seed)
    rivals = rivals_of(subject, referee, seed)
    arms = [_arm(each, base, subject, referee, seed) for each in hypotheses(subject, rivals)]

    def on_set(done: int, sets: int, again: bool) -> None:
        on_stage(Stage(case_id(subject.case), done, sets, again))

    return Experiment(base, Arm(None, base), arms, referee, seed, until_s, on_set)


def hypotheses(subject: Subject, rivals: list[Case]) -> list[Hypothesis]:
    """Return everything that may hold a case down, the likeliest first."""
    first, last = (chain.from_iterable(of(subject) for of in each) for each in (FIRST_SUSPECTS, LAST_SUSPECTS))
    return [*first, *of_library(subject, rivals), *last]


def _arm(hypothesis: Hypothesis, base: SideCase, subject: Subject, referee: ParentReferee, seed: int) -> Arm:
    """Return the processes that test one hypothesis."""
    if hypothesis.kind == "quota":
        return Arm(hypothesis, without_rest(base, subject), turned=True)
    try:
        return Arm(hypothesis, side_case(hypothesis, base, referee, seed))
    except FlopsbenchError as error:
        return Arm(hypothesis, base, lost=Reason("why_lost", reason=error.reason))
