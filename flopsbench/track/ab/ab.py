"""Compares A with B: pairs of fresh processes take turns, and what looks like a regression is looked at twice."""

from __future__ import annotations

import random
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import msgspec

from flopsbench.errors import FlopsbenchError, UsageError
from flopsbench.result.types import Result, Software
from flopsbench.runs import messages
from flopsbench.runs.bounds.loaded import LoadedCode
from flopsbench.runs.gather import Header, Observed, header
from flopsbench.runs.messages import Request
from flopsbench.runs.referee import ParentReferee
from flopsbench.runs.run import result_of
from flopsbench.track import defaults
from flopsbench.track.ab.cases import CasePairs, cases_of_sides, pair_difference, was_disturbed
from flopsbench.track.ab.looks import flagged, too_few_pairs
from flopsbench.track.ab.outcome import Outcome, outcome
from flopsbench.track.ab.pair import measure_pair
from flopsbench.track.ab.side import Side
from flopsbench.track.ab.sign_flip import FEWEST_PAIRS, MOST_PAIRS
from flopsbench.words.reason import Reason


@dataclass(frozen=True, slots=True)
class Progress:
    """Progress is where an A/B stands: pairs done of those planned, and ln(B/A) of each pair so far by case."""

    done: int
    pairs: int
    confirming: bool
    values: Mapping[str, list[float]]


OnProgress = Callable[[Progress], None]
OnNote = Callable[[str], None]


def ignore_progress(progress: Progress) -> None:
    """Do nothing; this is the listener of an A/B that shows no progress."""


def ignore_note(note: str) -> None:
    """Do nothing; this is the listener of an A/B that tells nobody what can be known before it begins."""


@dataclass(slots=True)
class PairedRun:
    """A PairedRun is an A/B under way: its two sides, the cases they share, and what was observed of each side."""

    a: Side
    b: Side
    pairs: int
    seed: int
    on_progress: OnProgress
    referee: ParentReferee
    base: Observed = field(init=False)
    new: Observed = field(init=False)
    cases: list[CasePairs] = field(init=False)

    def __post_init__(self) -> None:
        (self.base, of_base), (self.new, of_new) = (planned(side, self.referee, self.seed) for side in (self.a, self.b))
        if self.a.places.own and self.b.places.own:
            refuse_same((of_base, self.base.software), (of_new, self.new.software))
        self.cases = list(cases_of_sides(self.a, self.base, self.b, self.new))

    def measure(self, names: set[str], again: bool = False) -> None:
        """Measure all pairs of the named cases, the cases in random order within a pair; ``again`` for a second look.

        A case that gives no rate is left out from then on.
        """
        draw = random.Random(self.seed + again)
        for pair in range(self.pairs):
            turns = [case for case in self.cases if case.name in names and case.alive]
            draw.shuffle(turns)
            for case in turns:
                self._measure_pair(case, pair + self.pairs * again, again)
                values = {each.name: each.second_look if again else each.values for each in turns}
                self.on_progress(Progress(pair + (case is turns[-1]), self.pairs, again, values))

    def _measure_pair(self, case: CasePairs, order: int, again: bool) -> None:
        """Measure one pair of one case and keep what it came to."""
        assert case.a is not None
        assert case.b is not None
        base, new = measure_pair(case.a, case.b, self.referee, seed=self.seed, order=order)
        for side, ended in ((self.base, base), (self.new, new)):
            if not was_disturbed(ended.case):
                side.take(ended)
        case.base.append(base.case)
        case.new.append(new.case)
        if base.case.status == new.case.status == "ok":
            (case.second_look if again else case.values).append(pair_difference(base.case, new.case))


def ab(
    a: Side,
    b: Side,
    *,
    pairs: int = defaults.PAIRS,
    margin: float = defaults.MARGIN,
    seed: int | None = None,
    on_progress: OnProgress = ignore_progress,
    on_note: OnNote = ignore_note,
) -> Outcome:
    """Compare two sides on every case they share; Ctrl-C keeps the pairs that are done.

    Costs two fresh processes per pair and case (on a CPU a third that only holds its place in memory), and as many
    again for each case that looks like a regression. ``margin`` is a share. What is known before the first pair is
    told to ``on_note``. Raise UsageError, or NothingMeasurable when there is nothing to run.
    """
    check_pairs(pairs)
    about = header(a.options, "ab")
    interrupted = False
    with ParentReferee() as referee:
        run = PairedRun(a, b, pairs, secrets.randbelow(2**31) if seed is None else seed, on_progress, referee)
        if few := too_few_pairs(pairs, sum(case.alive for case in run.cases)):
            on_note(few)
        try:
            run.measure({case.name for case in run.cases})
            run.measure(flagged(run.cases, margin), again=True)
        except KeyboardInterrupt:
            interrupted = True
    base, new = (_result(side, observed, about, interrupted) for side, observed in ((a, run.base), (b, run.new)))
    return outcome(run.cases, base, new, (a.name, b.name), margin)


def check_pairs(pairs: int) -> None:
    """Raise UsageError for too few pairs to call any change, or for more than the exact test can count."""
    if not FEWEST_PAIRS <= pairs <= MOST_PAIRS:
        raise UsageError(Reason("pairs_range", pairs=pairs, fewest=FEWEST_PAIRS, most=MOST_PAIRS))


def _result(side: Side, observed: Observed, about: Header, interrupted: bool) -> Result:
    """Return the Result of one side, as it reads once it has been written."""
    observed.interrupted = "interrupted" if interrupted else ""
    tool = msgspec.structs.replace(about.tool, options=side.options)
    return result_of(observed, replace(about, tool=tool))


def refuse_same(base: tuple[LoadedCode, Software | None], new: tuple[LoadedCode, Software | None]) -> None:
    """Raise UsageError where two commits have loaded the very same libraries and nothing of the project."""
    versions = [software and (software.python, software.versions) for _, software in (base, new)]
    if base[0] == new[0] and versions[0] == versions[1] and not base[0].project:
        raise UsageError(Reason("sides_run_same_code"))


def planned(side: Side, referee: ParentReferee, seed: int) -> tuple[Observed, LoadedCode]:
    """Return the cases, devices and versions of one side, and whose code it has loaded.

    Raise FlopsbenchError where its worker ends without them.

    A worker of that side reports them and measures nothing: no other interpreter knows the side's backends.
    """
    observed, code = Observed(seed), LoadedCode()
    with side.start(Request(side.options, "ab", seed, only=[], places=side.places), referee) as worker:
        for event in worker.events():
            observed.take(event)
            code = event.code if isinstance(event, messages.Started) else code
    if not observed.planned:
        raise FlopsbenchError(Reason("side_process_ended", side=side.name, last_words=worker.last_words()))
    return observed, code
