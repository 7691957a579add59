"""A against B: pairs of fresh processes that take turns; what looks like a regression is looked at twice."""

from __future__ import annotations

import random
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import msgspec

from flopsbench.errors import FlopsbenchError, UsageError
from flopsbench.result.types import Result
from flopsbench.runs.gather import Header, Observed, assemble, header
from flopsbench.runs.messages import Request
from flopsbench.runs.run import as_read
from flopsbench.track.ab.cases import Match, matches, pair_difference
from flopsbench.track.ab.outcome import Outcome, flagged, outcome
from flopsbench.track.ab.pair import duel
from flopsbench.track.ab.side import Arm
from flopsbench.track.ab.sign_flip import FEWEST_PAIRS, MOST_PAIRS

DEFAULT_PAIRS = 14


@dataclass(frozen=True, slots=True)
class Progress:
    """Where an A/B stands: pairs done of those planned, and ln(B/A) of each pair so far by case."""

    done: int
    pairs: int
    confirming: bool
    values: Mapping[str, list[float]]


OnProgress = Callable[[Progress], None]


def ignore_progress(progress: Progress) -> None:
    """Nobody watches."""


@dataclass(slots=True)
class Bout:
    """An A/B under way."""

    a: Arm
    b: Arm
    pairs: int
    seed: int
    on_progress: OnProgress
    base: Observed = field(init=False)
    new: Observed = field(init=False)
    matches: list[Match] = field(init=False)

    def __post_init__(self) -> None:
        self.base, self.new = _plan(self.a, self.seed), _plan(self.b, self.seed)
        self.matches = list(matches(self.a, self.base, self.b, self.new))

    def fight(self, names: set[str], again: bool = False) -> None:
        """All pairs of the named cases, the cases in random order within a pair."""
        draw = random.Random(self.seed + again)
        for pair in range(self.pairs):
            turns = [match for match in self.matches if match.name in names and match.alive]
            draw.shuffle(turns)
            for match in turns:
                self._pair(match, pair + self.pairs * again, again)
                values = {each.name: each.second_look if again else each.values for each in turns}
                self.on_progress(Progress(pair + (match is turns[-1]), self.pairs, again, values))

    def _pair(self, match: Match, order: int, again: bool) -> None:
        assert match.a is not None
        assert match.b is not None
        base, new = duel(match.a, match.b, seed=self.seed, order=order)
        self.base.take(base)
        self.new.take(new)
        match.base.append(base.case)
        match.new.append(new.case)
        if base.case.status == new.case.status == "ok":
            (match.second_look if again else match.values).append(pair_difference(base.case, new.case))


def ab(
    a: Arm,
    b: Arm,
    *,
    pairs: int = DEFAULT_PAIRS,
    margin: float = 0.02,
    seed: int | None = None,
    on_progress: OnProgress = ignore_progress,
) -> Outcome:
    """Compare two sides on every case they share; Ctrl-C keeps the pairs that are done.

    Costs two fresh processes a pair and case (on a CPU a third that only holds its place in memory), and as many again
    for each case that looks like a regression. Raise UsageError, or NothingMeasurable when there is nothing to run.
    """
    check_pairs(pairs)
    about = header(a.options, "ab")
    bout = Bout(a, b, pairs, secrets.randbelow(2**31) if seed is None else seed, on_progress)
    interrupted = False
    try:
        bout.fight({match.name for match in bout.matches})
        bout.fight(flagged(bout.matches, margin), again=True)
    except KeyboardInterrupt:
        interrupted = True
    base, new = (_result(arm, observed, about, interrupted) for arm, observed in ((a, bout.base), (b, bout.new)))
    return outcome(bout.matches, base, new, (a.name, b.name), margin)


def check_pairs(pairs: int) -> None:
    """Raise UsageError for a number of pairs with which nothing can be said, or not counted."""
    if not FEWEST_PAIRS <= pairs <= MOST_PAIRS:
        raise UsageError(
            f"--pairs {pairs}: write {FEWEST_PAIRS} to {MOST_PAIRS}; fewer cannot tell a change from chance at 95 %"
        )


def _result(arm: Arm, observed: Observed, about: Header, interrupted: bool) -> Result:
    observed.interrupted = "interrupted" if interrupted else ""
    tool = msgspec.structs.replace(about.tool, options=arm.options)
    return as_read(assemble(observed, replace(about, tool=tool)))


def _plan(arm: Arm, seed: int) -> Observed:
    """What this side would run, asked of a worker that runs nothing; raise FlopsbenchError when there is none."""
    observed = Observed(seed)
    with arm.start(Request(arm.options, "ab", seed, only=[])) as worker:
        for event in worker.events():
            observed.take(event)
    if not observed.planned:
        raise FlopsbenchError(f"{arm.name}: the measuring process ended before its work: {worker.last_words()}")
    return observed
