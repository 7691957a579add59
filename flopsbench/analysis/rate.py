"""Computes the figures for readers from a case's blocks and nothing else, so that anyone can compute them again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from flopsbench.device import kind_of
from flopsbench.dtype import Unit
from flopsbench.result.types import Case, Efficiency, Host, Process, Rate, RateBasis, Stats
from flopsbench.stats import Interval, mean, median, median_interval, process_interval

FEWEST_PROCESSES = 3  # for an interval over processes
LEAST_METERED_S = 1.0


def summarise(
    processes: Sequence[Process],
    flop_per_launch: int,
    unit: Unit,
    peak_per_s: float | None = None,
    flop_per_hz: float | None = None,
    quota: bool = False,
) -> Stats:
    """Compute rate, efficiency and work per joule of one case.

    ``peak_per_s`` is the datasheet's rate; ``flop_per_hz`` is operations per clock of the whole device, which
    with the clock seen gives the peak at that clock. Under a CPU ``quota`` blocks that ran before it was used up
    would flatter: there the rate is total work over total time.
    """
    rate = rate_of(processes, flop_per_launch, quota)
    clock_hz = _median_of([process.telemetry.clock_hz for process in processes])
    return Stats(
        unit=unit,
        rate=rate,
        efficiency=Efficiency(
            ceiling=_over_ceiling(processes, flop_per_launch),
            peak=rate.median / peak_per_s if peak_per_s else None,
            peak_at_clock=rate.median / (flop_per_hz * clock_hz) if flop_per_hz and clock_hz else None,
        ),
        per_joule=per_joule(processes, flop_per_launch),
    )


def under_quota(case: Case, host: Host) -> bool:
    """Return whether a case ran under a CPU quota: its rate is then that of the total."""
    limits = host.virtualisation
    return bool(limits and limits.quota_cpus) and kind_of(case.device).is_host


def rate_of(processes: Sequence[Process], flop_per_launch: int, quota: bool = False) -> Rate:
    """Return the rate with its 95 % interval, and what the interval is over."""
    interval, basis = _launch_interval(processes, _mean_launch_s(processes) if quota else None)
    return Rate(
        median=flop_per_launch / interval.estimate,
        low=flop_per_launch / interval.high,
        high=flop_per_launch / interval.low,
        best=flop_per_launch / min([min(each.block_s) / each.loops for each in processes]),
        basis=basis,
    )


def _launch_interval(processes: Sequence[Process], mean_s: float | None) -> tuple[Interval, RateBasis]:
    if mean_s is None and len(processes) >= FEWEST_PROCESSES:
        return process_interval([median(each.block_s) / each.loops for each in processes]), "processes"
    spread = median_interval([seconds / each.loops for each in processes for seconds in each.block_s])
    if mean_s is None:
        return spread, "blocks"
    return Interval(mean_s, min(mean_s, spread.low), max(mean_s, spread.high)), "total"


def _mean_launch_s(processes: Sequence[Process]) -> float:
    """Return the seconds per launch: all time over all launches."""
    return sum(sum(each.block_s) for each in processes) / sum(each.loops * len(each.block_s) for each in processes)


def _over_ceiling(processes: Sequence[Process], flop_per_launch: int) -> float | None:
    """Return the share of the ceiling.

    It is the median over processes of the median over blocks of the rate over the mean of the block's two ceilings.
    """
    shares = [_share(process, 2.0 * flop_per_launch * process.loops) for process in processes if process.block_ceilings]
    return median(shares) if shares else None


def _share(process: Process, twice_the_flop: float) -> float:
    blocks = zip(process.block_s, process.block_ceilings, strict=True)
    return median([twice_the_flop / (seconds * (before + after)) for seconds, (before, after) in blocks])


def per_joule(processes: Sequence[Process], flop_per_launch: int, least_s: float = LEAST_METERED_S) -> float | None:
    """Return work over energy in FLOP/J or OP/J, of all timed blocks of the processes whose energy is known.

    Meters tick every 10 to 100 ms: what was metered for less than ``least_s`` would be mostly their grain.
    """
    energy_j, seconds = metered(processes)
    if not energy_j or seconds < least_s:
        return None
    loops = [each.loops * each.blocks_total for each in processes if each.telemetry.energy_j]
    return flop_per_launch * sum(loops) / energy_j


def metered(processes: Sequence[Process]) -> tuple[float, float]:
    """Return the joules, and the seconds of all timed blocks, of the processes whose energy is known."""
    known = [process for process in processes if process.telemetry.energy_j]
    return (
        sum([process.telemetry.energy_j or 0.0 for process in known]),
        sum([mean(process.block_s) * process.blocks_total for process in known]),
    )


def _median_of(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return median(known) if known else None
