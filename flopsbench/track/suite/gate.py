"""The gate of a test suite: a measured test against a baseline, by its rate and by its rate over the ceiling.

One process against a file of another day can be 10 % off with no change in the code: the other tenants of the host,
its clock, its temperature. Where a ceiling was measured beside both, a changed machine changes rate and ceiling
alike, and the rate over the ceiling stays: a regression is called only where both say so.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

from flopsbench.dtype import Unit
from flopsbench.errors import NotComparable, UsageError
from flopsbench.host.cpu import cpu_model
from flopsbench.host.environment import software
from flopsbench.host.identity import this_hardware_key
from flopsbench.stats import Interval
from flopsbench.track.comparison import Change, Verdict, parse_fail_on, parse_margin
from flopsbench.track.suite.baseline import Baseline, Timing, changes, load
from flopsbench.units import format_digits, format_rate, prefix_index

DEFAULT_MARGIN = 0.1
DEFAULT_FAIL_ON: tuple[Verdict, ...] = ("regression",)
CAN_FAIL: tuple[Verdict, ...] = ("regression", "missing", "inconclusive")


@dataclass(frozen=True, slots=True)
class Gate:
    """A baseline, the name of its file, and what fails. ``margin`` is a share; ``suspects`` are versions changed."""

    baseline: Baseline
    file: str
    margin: float = DEFAULT_MARGIN
    fail_on: Collection[Verdict] = DEFAULT_FAIL_ON
    suspects: list[str] = field(default_factory=list)

    def judge(self, test: str, now: Timing) -> Change:
        """The change of one test; ``new`` where the baseline lacks it, or has it for another amount of work."""
        base = self.baseline.tests.get(test)
        if base is None:
            return Change(test, "new", f"not in {self.file}: nothing to compare with")
        if (base.flop, base.unit) != (now.flop, now.unit):
            reason = f"in {self.file} a call is {base.flop:,} operations, now it is {now.flop:,}: not the same work"
            return Change(test, "new", reason)
        return compare(test, base, now, self.margin)

    def fails(self, change: Change) -> bool:
        """Whether the change fails its test: one that the baseline lacks counts as missing."""
        return ("missing" if change.verdict == "new" else change.verdict) in self.fail_on

    def message(self, change: Change, now: Timing) -> str:
        """Why a test fails, for somebody who reads nothing else."""
        base, found = self.baseline.tests.get(change.case), with_spread(now.rate, now.unit)
        test = change.case.partition("::")[2] or change.case  # the file stands beside it everywhere
        if base is None or change.estimate is None:
            return f"{test}: {found}, {change.reason}"
        against = f"{with_spread(base.rate, base.unit)} in {self.file}"
        lines = [f"{test}: {found} against {against}: {change.reason}"]
        return "\n".join([*lines, *(f"changed since: {suspect}" for suspect in self.suspects)])


def parse_gate(file: str | None, margin: str | None, fail_on: str | None) -> Gate | None:
    """The gate that options ask for, None without a file.

    Raise UsageError for a margin or verdict that makes no sense, with or without a file: a slip in a configuration
    shows at once. Raise DocumentRejected for a file that is no baseline, NotComparable for one of another machine.
    """
    share = DEFAULT_MARGIN if margin is None else parse_margin(margin)
    verdicts = DEFAULT_FAIL_ON if fail_on is None else _parse_verdicts(fail_on)
    if file is None:
        return None
    base = load(file)
    if base.hardware_key != this_hardware_key():
        raise NotComparable(
            f"{file} was written on another machine ({base.cpu}, key {base.hardware_key}) than this one "
            f"({cpu_model()}, key {this_hardware_key()}): write one here with --flops-save"
        )
    return Gate(base, Path(file).name, share, verdicts, list(changes(base.software, software())))


def _parse_verdicts(text: str) -> tuple[Verdict, ...]:
    """What fails here, "regression,missing" or "none": a part of what fails elsewhere, and never nothing by mistake."""
    for name in text.split(","):
        if name.strip() not in (*CAN_FAIL, "none"):
            raise UsageError(f"--fail-on {name.strip() or repr(text)}: there are {', '.join(CAN_FAIL)} and none")
    return parse_fail_on(text)


def compare(test: str, base: Timing, now: Timing, margin: float) -> Change:
    """By the rates, and by their shares of the ceiling where both have one: what they disagree on is inconclusive."""
    rates = relative(base.rate, now.rate)
    verdict, reason = _call(rates, margin), _told(rates, margin, "slower", "faster")
    if base.of_ceiling and now.of_ceiling:
        shares = relative(base.of_ceiling.interval, now.of_ceiling.interval)
        was, has = percent(base.of_ceiling.median), percent(now.of_ceiling.median)
        reason += f"; of the ceiling {has} against {was}: {_told(shares, margin, 'less', 'more')}"
        if _call(shares, margin) != verdict:
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
    """The change as a share of base, -0.03 is 3 % less: lowest over highest to highest over lowest.

    That is wider than a 95 % interval, on purpose: blocks of one process know little of how processes differ.
    """
    return Interval(now.estimate / base.estimate - 1, now.low / base.high - 1, now.high / base.low - 1)


def _call(change: Interval, margin: float) -> Verdict:
    """Sure only where the whole interval is beyond the margin, or within it."""
    if change.high < -margin:
        return "regression"
    if change.low > margin:
        return "improvement"
    return "unchanged" if change.low >= -margin and change.high <= margin else "inconclusive"


def _told(change: Interval, margin: float, less: str, more: str) -> str:
    def word(share: float) -> str:
        return f"{percent(abs(share))} {less if share < 0 else more}"

    place = {"unchanged": ", within", "inconclusive": f" ({word(change.low)} to {word(change.high)}), across"}
    return f"{word(change.estimate)}{place.get(_call(change, margin), ', more than')} the margin of {100 * margin:g} %"


def percent(share: float) -> str:
    """A share to two digits or to the whole percent: "6.7 %", "0.31 %", "182 %"."""
    return f"{format_digits(100 * share, 2 if share < 0.995 else 3)} %" if share else "0 %"


def with_spread(rate: Interval, unit: Unit) -> str:
    """A rate with its interval in the same prefix: "182 GFLOPS (180 to 184)"."""
    return f"{format_rate(rate.estimate, unit)} ({interval(rate)})"


def interval(rate: Interval) -> str:
    """The ends of an interval in the prefix its estimate is printed with: "180 to 184"."""
    scale = 10.0 ** (3 * prefix_index(rate.estimate))
    return f"{format_digits(rate.low / scale, 3)} to {format_digits(rate.high / scale, 3)}"
