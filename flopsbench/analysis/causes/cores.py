"""Finds whether a case had fewer cores than its ceiling, or shared them: threads, quota, siblings, a falling clock."""

from __future__ import annotations

from itertools import chain

from flopsbench.analysis.causes.slow import Cause, Slow
from flopsbench.analysis.grade import BUSY, STOLEN
from flopsbench.host.cpu.cores import parse_thread_count, thread_variables
from flopsbench.stats import known, known_median, median
from flopsbench.units import general, gigahertz, share
from flopsbench.words.reason import Reason

QUOTA_RAN_OUT = 0.9  # of the rate, at most, where it ran out although it is for as many cores as worked
SIBLINGS = 0.8  # of the rate, about, where two threads take turns on one core's units
INTERLEAVED = "interleave"  # also "weighted interleave": what the kernel calls pages that lie on every node in turn
CLOCK_FELL = 0.95  # of its highest: less of a fall comes with any load


def thread_setting(slow: Slow) -> tuple[str, str] | None:
    """Return the variable, and its value, that set the threads of the case to fewer than there are cores."""
    env, threads = slow.result.software.env, slow.threads
    asking = (name for name in thread_variables(slow.library) if parse_thread_count(env.get(name, "")))
    name = next(asking, None)
    if name is None or threads is None or threads >= slow.units or parse_thread_count(env[name]) != threads:
        return None
    return name, env[name]


def by_threads(slow: Slow) -> Cause | None:
    """Find fewer threads than cores."""
    threads, units = slow.threads, slow.units
    if threads is None or threads >= units:
        return None
    setting, told = thread_setting(slow), {"threads": threads, "units": units}
    if setting:
        return Cause(threads / units, Reason("threads_set", **told, name=setting[0], value=setting[1]))
    return Cause(threads / units, Reason("threads_few", **told, name=thread_variables(slow.library)[0]))


def by_quota(slow: Slow) -> Cause | None:
    """Find a CPU quota that ran out, or that is for fewer cores than worked where nobody counted."""
    limits = slow.result.host.virtualisation
    quota = limits.quota_cpus if limits else None
    periods = known(each.throttled_periods for each in slow.telemetry)
    if quota is None or not slow.is_host or (sum(periods) == 0 if periods else quota >= slow.units):
        return None
    factor = min(QUOTA_RAN_OUT, quota / slow.units)
    return Cause(factor, Reason("quota_holds", quota=general(quota, 3), units=slow.units))


def by_siblings(slow: Slow) -> Cause | None:
    """Find more threads than cores."""
    cores = min(slow.result.host.cpu.physical or slow.units, slow.units)
    if slow.threads is None or slow.threads <= cores:
        return None
    name = thread_variables(slow.library)[0]
    return Cause(SIBLINGS, Reason("threads_on_siblings", threads=slow.threads, cores=cores, name=name))


def by_nodes(slow: Slow) -> Cause | None:
    """Find operands that lie on one memory node, where the cores of several work on them."""
    policy, nodes = slow.result.software.memory_policy, len(slow.result.host.memory.nodes)
    if not slow.is_host or nodes < 2 or policy is None or INTERLEAVED in policy:
        return None
    return Cause(1 / nodes, Reason("one_memory_node", policy=policy, nodes=nodes))


def by_clock(slow: Slow) -> Cause | None:
    """Find a clock that fell while vector instructions ran, by more than the ceiling beside the blocks did.

    On a machine that others use as well, or under a hypervisor that takes its time, the clock seen is no evidence.
    """
    disturbed = max(known(each.steal_share for each in slow.telemetry), default=0) > STOLEN
    usual, highest = (
        known_median(getattr(each, name) for each in slow.telemetry) for name in ("clock_hz", "clock_max_hz")
    )
    if not slow.is_host or disturbed or (slow.result.host.busy_share or 0) > BUSY or not usual or not highest:
        return None
    pairs = chain.from_iterable(process.block_ceilings for process in slow.case.processes)
    ceilings = list(chain.from_iterable(pairs))
    factor = usual / highest / (median(ceilings) / max(ceilings) if ceilings else 1)
    if factor > CLOCK_FELL:
        return None
    return Cause(factor, Reason("clock_fell", usual=gigahertz(usual), highest=gigahertz(highest)))


def by_neighbours(slow: Slow) -> Cause | None:
    """Find other programs that were at work before the run."""
    busy = slow.result.host.busy_share or 0
    if busy <= BUSY or not slow.is_host:
        return None
    return Cause(max(0.0, 1 - busy), Reason("others_busy", busy=share(busy)))
