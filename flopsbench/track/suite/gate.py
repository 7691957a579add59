"""Judges a measured test against a baseline, by its rate and by its rate over the ceiling: the gate of a test suite.

One process against a file of another day can be 10 % off with no change in the code: the other tenants of the host,
its clock, its temperature. Where a ceiling was measured beside both, a changed machine changes rate and ceiling
alike, and the rate over the ceiling stays: a regression is called only where both say so.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

from flopsbench import units
from flopsbench.dtype import Unit
from flopsbench.errors import NotComparable, UsageError
from flopsbench.host.cpu.names import cpu_model
from flopsbench.host.environment import software
from flopsbench.host.identity import this_hardware_key
from flopsbench.stats import Interval
from flopsbench.track import defaults
from flopsbench.track.comparison import Change, parse_fail_on, parse_margin
from flopsbench.track.suite.baseline import Baseline, Timing, load, version_changes
from flopsbench.track.verdicts import Verdict, smallest_slowdown, verdict_of_interval
from flopsbench.units import format_digits, format_rate, prefix_index

DEFAULT_FAIL_ON: tuple[Verdict, ...] = ("regression",)
CAN_FAIL: tuple[Verdict, ...] = ("regression", "missing", "inconclusive")
LEAST_USE = 0.5  # slower, as a share, is the least that a baseline has to be able to call


@dataclass(frozen=True, slots=True)
class Gate:
    """A Gate is a baseline, the name of its file, and what fails. ``margin`` is a share.

    ``suspects`` are the versions that changed since the baseline was written.
    """

    baseline: Baseline
    file: str
    margin: float = defaults.SUITE_MARGIN
    fail_on: Collection[Verdict] = DEFAULT_FAIL_ON
    suspects: list[str] = field(default_factory=list)

    def judge(self, test: str, now: Timing) -> Change:
        """Return the change of one test; ``new`` where the baseline lacks it, or has it for another amount of work."""
        base = self.baseline.tests.get(test)
        if base is None:
            return Change(test, "new", f"not in {self.file}: nothing to compare with")
        if (base.flop, base.unit) != (now.flop, now.unit):
            before, after = units.grouped(base.flop), units.grouped(now.flop)
            reason = f"in {self.file} a call is {before} operations, now it is {after}: not the same work"
            return Change(test, "new", reason)
        return compare_timings(test, base, now, self.margin)

    def fails(self, change: Change) -> bool:
        """Return whether the change fails its test: one that the baseline lacks counts as missing."""
        return ("missing" if change.verdict == "new" else change.verdict) in self.fail_on

    def message(self, change: Change, now: Timing) -> str:
        """Return why a test fails, for somebody who reads nothing else."""
        base, found = self.baseline.tests.get(change.case), with_spread(now.rate, now.unit)
        test = change.case.partition("::")[2] or change.case  # the file stands beside it everywhere
        if base is None or change.estimate is None:
            return f"{test}: {found}, {change.reason}"
        moved = f"{units.percent(abs(change.estimate), 1)} {'slower' if change.estimate < 0 else 'faster'}"
        against = f"{with_spread(base.rate, base.unit)} in {self.file}"
        lines = [f"{moved} ({found} against {against})", f"{test}: {change.reason}"]
        return "\n".join([*lines, *(f"changed since: {suspect}" for suspect in self.suspects)])


def parse_gate(file: str | None, margin: str | None, fail_on: str | None) -> Gate | None:
    """Return the gate that options ask for, None without a file.

    Raise UsageError for a margin or verdict that makes no sense, with or without a file: a slip in a configuration
    shows at once. Raise DocumentRejected for a file that is no baseline, NotComparable for one of another machine.
    """
    share = defaults.SUITE_MARGIN if margin is None else parse_margin(margin)
    verdicts = DEFAULT_FAIL_ON if fail_on is None else _parse_verdicts(fail_on)
    if file is None:
        return None
    base = load(file)
    if base.hardware_key != this_hardware_key():
        raise NotComparable(
            f"{file} was written on another machine ({base.cpu}, key {base.hardware_key}) than this one "
            f"({cpu_model()}, key {this_hardware_key()}): write one here with --flops-save"
        )
    return Gate(base, Path(file).name, share, verdicts, list(version_changes(base.software, software())))


def _parse_verdicts(text: str) -> tuple[Verdict, ...]:
    """Return the verdicts of "regression,missing", or none for "none".

    Raise UsageError for a verdict that this gate never gives: a slip must not switch the gate off.
    """
    for name in text.split(","):
        if name.strip() not in (*CAN_FAIL, "none"):
            raise UsageError(f"--fail-on {name.strip() or repr(text)}: there are {', '.join(CAN_FAIL)} and none")
    return parse_fail_on(text)


def compare_timings(test: str, base: Timing, now: Timing, margin: float) -> Change:
    """Compare two timings by their rates, and by their shares of the ceiling where both have one.

    What the two disagree on is inconclusive.
    """
    rates = relative(base.rate, now.rate)
    verdict, reason = verdict_of_interval(rates.low, rates.high, margin), _told(rates, margin, "slower", "faster")
    if base.of_ceiling and now.of_ceiling:
        shares = relative(base.of_ceiling.interval, now.of_ceiling.interval)
        was, has = percent(base.of_ceiling.median), percent(now.of_ceiling.median)
        reason += f"; of the ceiling {has} against {was}: {_told(shares, margin, 'less', 'more')}"
        if verdict_of_interval(shares.low, shares.high, margin) != verdict:
            verdict, reason = "inconclusive", f"{reason}; the two disagree: the machine may have changed"
    elif verdict == "regression":
        reason += "; without a ceiling beside both, a slower machine looks the same"
    return Change(
        case=test,
        verdict=verdict,
        reason=reason,
        unit=now.unit,
        base_per_s=base.rate.estimate,
        new_per_s=now.rate.estimate,
        estimate=rates.estimate,
        low=rates.low,
        high=rates.high,
    )


def relative(base: Interval, now: Interval) -> Interval:
    """Return the change as a share of base, -0.03 is 3 % less: lowest over highest to highest over lowest.

    That is wider than a 95 % interval, on purpose: blocks of one process know little of how processes differ.
    """
    return Interval(now.estimate / base.estimate - 1, now.low / base.high - 1, now.high / base.low - 1)


def least_called(base: Timing) -> float:
    """Return the smallest slowdown, as a share, that a timing as sure as this baseline could be called for."""
    return smallest_slowdown(math.log(base.high_s / base.low_s), defaults.SUITE_MARGIN)


def _told(change: Interval, margin: float, less: str, more: str) -> str:
    """Return a change in words, beside the margin: "6.7 % slower, more than the margin of 2 %"."""

    def word(share: float) -> str:
        return f"{percent(abs(share))} {less if share < 0 else more}"

    place = {"unchanged": ", within", "inconclusive": f" ({word(change.low)} to {word(change.high)}), across"}
    where = place.get(verdict_of_interval(change.low, change.high, margin), ", more than")
    return f"{word(change.estimate)}{where} the margin of {units.percent(margin)}"


def percent(share: float) -> str:
    """Return a share to two digits or to the whole percent: "6.7 %", "0.31 %", "182 %"."""
    return units.percent_digits(share, 2 if share < 0.995 else 3) if share else units.percent(0)


def with_spread(rate: Interval, unit: Unit) -> str:
    """Return a rate with its interval in the same prefix: "182 GFLOPS (180 to 184)"."""
    return f"{format_rate(rate.estimate, unit)} ({interval(rate)})"


def interval(rate: Interval) -> str:
    """Return the ends of an interval in the prefix its estimate is printed with: "180 to 184"."""
    scale = 10.0 ** (3 * prefix_index(rate.estimate))
    return f"{format_digits(rate.low / scale, 3)} to {format_digits(rate.high / scale, 3)}"
