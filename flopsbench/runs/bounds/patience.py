"""Decides how long a run waits for a worker's next word, by the step that the worker is in, and for a whole case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf

from flopsbench.measure.blocks import Step
from flopsbench.runs import messages
from flopsbench.runs.messages import Event
from flopsbench.units import general, round_digits
from flopsbench.words.reason import Reason


@dataclass(frozen=True, slots=True)
class Limit:
    """A Limit is how many seconds a step may take: at least so many, and a multiple of what it is expected to take."""

    least_s: float
    times: float = 0.0

    def seconds(self, expected_s: float) -> float:
        """Return the limit of a step that is expected to take so long; of nonsense, the least."""
        return self.least_s + (self.times * expected_s if 0 < expected_s < inf else 0.0)


# torch takes 10 s to import from a cold disk, and a minute to compile a kernel, as it may when that is launched first.
LIMITS: dict[Step, Limit] = {
    "start": Limit(60),
    "import": Limit(60),
    "devices": Limit(30),
    "prepare": Limit(60),
    "first_launch": Limit(60, times=4),
    "launch": Limit(10, times=20),
    "block": Limit(10, times=10),
    "ceiling": Limit(30),
    "fetch": Limit(60),
}
CASE = Limit(120, times=10)  # of its share of the time that a process has


@dataclass(slots=True)
class Patience:
    """Patience is what a run has with one worker: which step that is in, of which backend, and how long it may take.

    Only the time that the run waits for the worker counts: what it spends suspended is not its own. ``most_share_s``
    is the longest share of time that a case can have. The case under way may take ``case_s``, of which ``case_left_s``
    is left.
    """

    most_share_s: float
    limits: Mapping[Step, Limit] = field(default_factory=lambda: LIMITS)
    step: Step = "start"
    subject: str = ""
    limit_s: float = field(init=False)
    case_s: float = inf
    case_left_s: float = inf

    def __post_init__(self) -> None:
        self.limit_s = self.limits[self.step].seconds(0)

    def heed(self, event: Event) -> None:
        """Note what an event says of the step or the case under way."""
        if isinstance(event, messages.Stepping):
            self.step, self.subject = event.step, event.subject
            self.limit_s = self.limits[event.step].seconds(event.expected_s)
        elif isinstance(event, messages.Begun):
            self.case_s = self.case_left_s = CASE.seconds(min(event.share_s, self.most_share_s))
        elif isinstance(event, messages.Ended):
            self.case_s = self.case_left_s = inf
        elif isinstance(event, messages.Started):
            self.subject = ""

    @property
    def left_s(self) -> float:
        """Return how many seconds the next word may take."""
        return min(self.limit_s, self.case_left_s)

    def spend(self, seconds: float) -> None:
        """Take what was waited off what is left to the case."""
        self.case_left_s = max(0.0, self.case_left_s - seconds)

    def verdict(self) -> Reason:
        """Return the sentence about a worker that has used up what was left."""
        if self.case_left_s < self.limit_s:
            return Reason("case_too_long", seconds=general(round_digits(self.case_s, 3)))
        seconds = general(round_digits(self.limit_s, 3))
        told: dict[Step, Reason] = {
            "start": Reason("hung_start", seconds=seconds),
            "import": Reason("hung_import", seconds=seconds),
            "devices": Reason("hung_devices", seconds=seconds),
            "prepare": Reason("hung_prepare", seconds=seconds),
            "first_launch": Reason("hung_first_launch", seconds=seconds),
            "launch": Reason("hung_launch", seconds=seconds),
            "block": Reason("hung_block", seconds=seconds),
            "ceiling": Reason("hung_ceiling", seconds=seconds),
            "fetch": Reason("hung_fetch", seconds=seconds),
        }
        return told[self.step]
