"""Finds whether a board held its clock down: too hot, or at a limit of power."""

from __future__ import annotations

from flopsbench.analysis.causes.slow import Cause, Slow
from flopsbench.result.throttle import LIMITS, SLOWDOWNS
from flopsbench.stats import known_median
from flopsbench.units import gigahertz
from flopsbench.words.reason import Reason

HELD = 0.97  # of its highest clock: above that nothing was held down


def by_throttling(slow: Slow) -> Cause | None:
    """Find a reason for a lower clock, where the clock really was lower."""
    highest = slow.device.clock_max_hz if slow.device else None
    clock = known_median(each.clock_hz for each in slow.telemetry)
    seen = {reason for each in slow.telemetry for reason in each.throttle_reasons}
    hot, limited = sorted(seen & SLOWDOWNS), sorted(seen & LIMITS)
    if slow.is_host or not highest or not clock or clock > HELD * highest or not (hot or limited):
        return None
    told = {"reasons": ", ".join(hot or limited), "clock": gigahertz(clock), "highest": gigahertz(highest)}
    return Cause(clock / highest, Reason("board_slowed", **told) if hot else Reason("board_limited", **told))
