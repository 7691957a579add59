"""Measures calls inside the process of one side: looks what there is, takes turns with the other, or goes alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from flopsbench.measure.profiles import PROFILES, Rules
from flopsbench.result.types import Rate
from flopsbench.runs.messages import ENOUGH
from flopsbench.track.calls.messages import Asked, CallEvent, CallFound, CallReady, CallTimed
from flopsbench.track.suite.callable import (
    CallRequest,
    Measurement,
    call_instruments,
    call_sampling,
    no_instruments,
    process_of,
    take_blocks,
)

# Of the rules of a run, which refuse a call that takes too long: here a test that takes a minute is welcome.
PATIENT_S = 150.0


@dataclass(slots=True)
class CallMeter:
    """A CallMeter measures as it was asked: ``emit`` sends an event to the parent, ``answer`` waits for its line.

    ``tests`` are those that had something to measure.
    """

    asked: Asked
    emit: Callable[[CallEvent], None]
    answer: Callable[[], bytes]
    tests: set[str] = field(default_factory=set)

    def __call__(self, request: CallRequest, name: str, test: str) -> Measurement:
        """Measure a call and tell the parent; one that nobody wants is called once, as it may prepare the next."""
        measured = self.measure(request, name)
        self.tell(request, name, test)
        return measured

    def measure(self, request: CallRequest, name: str) -> Measurement:
        """Measure a call, and tell what it took."""
        if self.asked.manner == "look" or (self.asked.only is not None and name not in self.asked.only):
            return _once(request)
        return self._timed(request, name)

    def tell(self, request: CallRequest, name: str, test: str) -> None:
        """Tell that there is such a call, where that is what was asked."""
        self.tests.add(test)
        if self.asked.manner == "look":
            dtype = request.dtype.name if request.dtype else None
            self.emit(CallFound(name, test, request.work, dtype, request.is_remote))

    def _timed(self, request: CallRequest, name: str) -> Measurement:
        """Take blocks, in turns or alone, and send them."""
        in_turns = self.asked.manner == "turns"
        rules: Rules = PROFILES["ab" if in_turns else "standard"]
        # Two sides that take turns meet one machine.
        instruments = no_instruments() if in_turns else call_instruments(request)
        time_s = PATIENT_S if in_turns else rules.case_time_s
        sampled = call_sampling(request, rules, time_s, partial(self._hand_over, name))
        blocks, warmups_s = take_blocks(request, instruments, sampled)
        process = process_of(blocks, self.asked.order, warmups_s)
        self.emit(CallTimed(name, process))
        seconds = sorted(process.block_s)
        low, middle, high = (request.work.count * blocks.loops / seconds[at] for at in (-1, len(seconds) // 2, 0))
        return Measurement(
            amount=request.work.count,
            unit=request.work.unit,
            rate=Rate(middle, low, high, high, "blocks"),
            blocks=len(seconds),
            stop_reason=blocks.stop_reason,
        )

    def _hand_over(self, name: str) -> bool:
        """Wait for this side's turn; return whether there is another after it."""
        self.emit(CallReady(name))
        return self.answer() != ENOUGH


def _once(request: CallRequest) -> Measurement:
    """Call once; the rate is that of the one call, for a test that looks at it."""
    per_s = request.work.count / request.clock.time(request.fn, 1).seconds
    return Measurement(
        amount=request.work.count,
        unit=request.work.unit,
        rate=Rate(per_s, per_s, per_s, per_s, "blocks"),
        blocks=1,
        stop_reason="called once",
    )
