"""Checks whether silicon could have done what a document says: operations per clock, bytes per second, watts, hertz."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache

from msgspec.structs import replace

from flopsbench.analysis.grade import ABOVE_CEILING
from flopsbench.analysis.limits import work_per_clock
from flopsbench.analysis.rate import LEAST_METERED_S, metered
from flopsbench.device import KINDS, kind_of
from flopsbench.dtype import BYTES_PER_SECOND, DTYPES
from flopsbench.peaks.bounds import (
    CORES_PER_CACHE,
    HIGHEST_BOARD_POWER_W,
    HIGHEST_CPU_POWER_W,
    LOWEST_CLOCK_HZ,
    LOWEST_POWER_W,
    OVERCLOCKED,
    WORK_PER_CLOCK_OF_ANY_CORE,
    highest_bandwidth,
    highest_clock_hz,
)
from flopsbench.peaks.datasheet import datasheet_peak, find_accelerator, load_accelerators
from flopsbench.peaks.microarchitecture import Microarchitecture, microarchitectures, named
from flopsbench.result.types import METHODS, Case, DeviceRecord, Host, Process, Result
from flopsbench.result.work import amount, counts_operations
from flopsbench.stats import median
from flopsbench.units import general, gigahertz, share
from flopsbench.validate.environment import is_virtual
from flopsbench.validate.finding import Finding
from flopsbench.words.reason import Reason

RATE_ALLOWANCE = 1.02  # clocks are read between the blocks, not during them
# Below this share of the datasheet's peak, at edges as large as this, numbers are another device's or a slice's.
SLOW, LARGE = 0.05, 4096
WARM_ALLOWANCE = 1.2  # the sustained regime is no faster than the burst before it
# Datasheets state a boost clock, and boards reach up to a fifth more of it.
BOOST_ALLOWANCE = 1.25
POWER_ALLOWANCE = 1.3
IDLE_SHARE = 0.02  # of the power limit
HARD_WORK, EASY = 0.5, 0.2  # of the datasheet's peak; of the power limit
POWER_OF_PACKAGES_W, CORES_OF_PACKAGES = 2000.0, 64  # more than any two packages take, and fewer cores than they have
METERS_APART = 3.0  # one power meter averages over up to a second, the other covers the timed blocks alone
CLOCK_ALLOWANCE = 1.02
FASTEST_BOARD = 4  # times the fastest board of the table
CEILING_ALLOWANCE = 1.1  # each sample of a ceiling has its own clock
# Twice the operands take twice the time where the work bounds a rate; small products take what a call takes.
ORDER_ALLOWANCE = 1.3
WIDER, NARROWER = "/fp64/", "/fp32/"  # as a case's key names them


def device_findings(result: Result) -> Iterator[Finding]:
    """Yield a finding for each device that no table knows, and for limits and clocks that no board has."""
    core = named(result.host.cpu.microarchitecture)
    for device in result.devices:
        board = find_accelerator(device.name)
        if (core if kind_of(device.kind).is_host else board) is None:
            unknown = Reason("unknown_device") if device.kind in KINDS else Reason("unknown_kind", kind=device.kind)
            yield Finding("physics.unknown", unknown, device.id)
        most = board.board_power_w * POWER_ALLOWANCE if board else HIGHEST_BOARD_POWER_W
        if (limit_w := device.power_limit_w) and limit_w > most:
            sentence = Reason("power_limit_unlikely", watts=general(limit_w), most=general(most))
            yield Finding("physics.power", sentence, device.id)
        if device.clock_max_hz and not LOWEST_CLOCK_HZ <= device.clock_max_hz <= highest_clock_hz(device.kind):
            sentence = Reason("clock_unlikely", clock=gigahertz(device.clock_max_hz))
            yield Finding("physics.clock", sentence, device.id)


def with_cores(device: DeviceRecord, result: Result) -> DeviceRecord:
    """Return a device with as many cores as can have computed: no more than a CPU is made of, and than are usable.

    Two threads of a core count once. Documents of the first method counted the threads of a virtual machine, to which
    its host may give a core each, whatever it shows.
    """
    host = result.host
    if not kind_of(device.kind).is_host:
        return device
    used = device.units or host.cpu.usable
    told = result.method_version > min(METHODS) or not is_virtual(host)
    return replace(device, units=min(used, host.cpu.physical or used) if told else used)


def case_findings(case: Case, device: DeviceRecord, host: Host) -> Iterator[Finding]:
    """Yield the findings about the rate, the ceilings, the clocks and the power of one measured case.

    ``device`` has the cores that ``with_cores`` gives it.
    """
    if case.stats is None:
        return
    clock, shares = _clock_complaint(case.processes, device), case.stats.efficiency
    of_silicon = _highest_rate(case, device, host)
    most = min(of_silicon, _rate_of_threads(case, device, host))
    if clock:
        yield Finding("physics.clock", clock, case.case)
    elif case.stats.rate.median > most:
        sentence = Reason("rate_beyond_silicon", rate=general(case.stats.rate.median, 4), most=general(most, 4))
        yield Finding("physics.rate", sentence, case.case)
    elif (ceiling := _median_ceiling(case)) > CEILING_ALLOWANCE * of_silicon:
        sentence = Reason("ceiling_beyond_silicon", rate=general(ceiling, 4), most=general(of_silicon, 4))
        yield Finding("physics.rate", sentence, case.case)
    elif _traffic_per_s(case, device, host) > highest_bandwidth(device.kind):
        yield Finding("physics.bandwidth", Reason("faster_than_memory"), case.case)
    elif min(case.m, case.n, case.k) >= LARGE and case.stats.rate.median < SLOW * _datasheet_rate(case, device):
        yield Finding("physics.slow", Reason("far_below_peak", share=share(SLOW)), case.case)
    elif (
        (shares.ceiling or 0) > 1 + ABOVE_CEILING
        or (shares.peak_at_clock or 0) > RATE_ALLOWANCE
        or (shares.peak or 0) > 1 + ABOVE_CEILING
    ):
        yield Finding("physics.ceiling", Reason("faster_than_allowed"), case.case)
    if kind_of(device.kind).is_host:
        yield from _core_findings(case, device, named(host.cpu.microarchitecture))
    elif _is_unbounded(case, device, host):
        yield Finding("physics.unknown", Reason("unknown_dtype", dtype=case.dtype), case.case)
    yield from _power_findings(case, device, host)


def _rate_of_threads(case: Case, device: DeviceRecord, host: Host) -> float:
    """Return a bound on the rate of so many threads as a kernel says it ran, and as a CPU quota pays for.

    It is that of the widest cores at the highest clock: the clocks seen are those of all cores, idle ones as well.
    """
    if case.compute is None or not kind_of(device.kind).is_host or not counts_operations(case):
        return math.inf
    core = named(host.cpu.microarchitecture)
    if core:
        clock_hz = max(_highest_clock_seen(case), OVERCLOCKED * core.highest_clock_hz)
        each_per_s = _width(None, case.dtype) * clock_hz
    else:
        each_per_s = WORK_PER_CLOCK_OF_ANY_CORE[DTYPES[case.dtype].operand_bytes] * highest_clock_hz(device.kind)
    return each_per_s * min(case.compute.threads or math.inf, _cores_of_quota(case.processes, host))


def _cores_of_quota(processes: Sequence[Process], host: Host) -> float:
    """Return how many cores a CPU quota paid for within the blocks; infinity without one.

    As many threads run as it has cores, rounded up, and what it pays for while a process lives may all go to blocks.
    """
    quota_cpus = host.virtualisation.quota_cpus if host.virtualisation else None
    if not quota_cpus:
        return math.inf
    lived_s = sum(process.wall_s for process in processes)
    timed_s = sum(min(process.block_s) * process.blocks_total for process in processes)
    return min(math.ceil(quota_cpus), quota_cpus * max(1.0, lived_s / timed_s))


def _median_ceiling(case: Case) -> float:
    """Return the median of the ceilings beside the blocks of a case, 0.0 where there are none."""
    samples = [sample for process in case.processes for pair in process.block_ceilings for sample in pair]
    return median(samples) if samples else 0.0


def _is_unbounded(case: Case, device: DeviceRecord, host: Host) -> bool:
    """Return whether a known board ran a dtype of which no table says how fast it is."""
    known = find_accelerator(device.name) is not None and counts_operations(case)
    each, _ = work_per_clock(device, host.cpu.microarchitecture, case.dtype)
    return known and not each and not _datasheet_rate(case, device)


def _core_findings(case: Case, device: DeviceRecord, core: Microarchitecture | None) -> Iterator[Finding]:
    """Yield a finding where a CPU ran beyond the core it names, or beyond every core that a table has.

    Neither is impossible: cores are overclocked, and a virtual machine may name an older one.
    """
    if case.stats is None:
        return
    clock_hz = _highest_clock_seen(case)
    if core and clock_hz > OVERCLOCKED * core.highest_clock_hz:
        yield Finding("physics.core", Reason("clock_beyond_core", clock=gigahertz(clock_hz), core=core.name), case.case)
    if counts_operations(case) and case.stats.rate.median > _rate_of_cores(case, device, _width(core, case.dtype)):
        yield Finding("physics.width", Reason("wider_than_core"), case.case)


def _highest_clock_seen(case: Case) -> float:
    """Return the highest clock that was recorded beside a case in Hz, 0.0 where none was."""
    return max([process.telemetry.clock_max_hz or 0.0 for process in case.processes], default=0.0)


def _width(core: Microarchitecture | None, dtype: str) -> int:
    """Return how many operations per clock a core does, of one that no table knows those of the widest.

    Where a table does not say it of a dtype, its numbers are taken for fp32, as who lacks the instructions does.
    """
    if core:
        return core.operations_per_clock.get(dtype, core.operations_per_clock["fp32"])
    alike = [name for name, other in DTYPES.items() if other.operand_bytes == DTYPES[dtype].operand_bytes]
    return max(row.operations_per_clock.get(name, 0) for row in microarchitectures() for name in alike)


def _rate_of_cores(case: Case, device: DeviceRecord, each: int) -> float:
    """Return the rate that the cores of a CPU can have, given the operations per clock of each."""
    clock_hz = _highest_clock_seen(case) or device.clock_max_hz or highest_clock_hz(device.kind)
    return RATE_ALLOWANCE * each * (device.units or 1) * clock_hz


def regime_findings(cases: Iterable[Case]) -> Iterator[Finding]:
    """Yield a finding for each case that was faster in the sustained regime than in the burst regime."""
    rates = {(case.device, case.case): case.stats.rate.median for case in cases if case.stats}
    for (device, key), rate in rates.items():
        burst = rates.get((device, key.removesuffix("sustained") + "burst"), rate)
        if rate > WARM_ALLOWANCE * burst:
            yield Finding("physics.sustained", Reason("faster_than_burst", times=general(rate / burst, 3)), key)


def order_findings(cases: Iterable[Case]) -> Iterator[Finding]:
    """Yield a finding for each product in fp64 that a kernel computed faster than the same one in fp32."""
    rates = {(case.device, case.case): case.stats.rate.median for case in cases if case.stats}
    for (device, key), rate in rates.items():
        narrower = rates.get((device, key.replace(WIDER, NARROWER, 1)), rate)
        if rate > ORDER_ALLOWANCE * narrower:
            yield Finding("physics.order", Reason("faster_than_narrower", times=general(rate / narrower, 3)), key)


def _clock_complaint(processes: list[Process], device: DeviceRecord) -> str | None:
    """Return what is wrong with the clocks that were seen, in any process; None where nothing is."""
    highest = highest_clock_hz(device.kind)
    if device.clock_max_hz and not kind_of(device.kind).is_host:
        highest = min(highest, device.clock_max_hz * CLOCK_ALLOWANCE)
    for process in processes:
        seen = process.telemetry
        clocks = [hz for hz in (seen.clock_min_hz, seen.clock_hz, seen.clock_max_hz) if hz is not None]
        if not clocks:
            continue
        if clocks != sorted(clocks):
            return Reason("clocks_out_of_order")
        if clocks[0] < LOWEST_CLOCK_HZ or clocks[-1] > highest:
            highest_ghz = general(highest / 1e9, 3)
            return Reason("clock_beyond_silicon", clock=gigahertz(clocks[-1]), most=highest_ghz)
    return None


def _highest_rate(case: Case, device: DeviceRecord, host: Host) -> float:
    """Return the highest rate a device can have, by its highest clock recorded and by its datasheet."""
    if amount(case).unit == BYTES_PER_SECOND:
        return highest_bandwidth(device.kind)
    flop_per_hz, _ = work_per_clock(device, host.cpu.microarchitecture, case.dtype)
    bound = _highest_rate_of_any(device, case.dtype)
    if flop_per_hz:
        clock_hz = _highest_clock_seen(case) or device.clock_max_hz or highest_clock_hz(device.kind)
        core = named(host.cpu.microarchitecture) if kind_of(device.kind).is_host else None
        if core and _median_ceiling(case) > RATE_ALLOWANCE * flop_per_hz * clock_hz:
            clock_hz = max(clock_hz, OVERCLOCKED * core.highest_clock_hz)  # a busy machine shows too low a clock
            if _may_be_masked(case, host):
                flop_per_hz = _width(None, case.dtype) * (device.units or 1)
        bound = min(bound, RATE_ALLOWANCE * flop_per_hz * clock_hz)
    peak_per_s = _datasheet_rate(case, device)
    return min(bound, peak_per_s * BOOST_ALLOWANCE) if peak_per_s else bound


def _may_be_masked(case: Case, host: Host) -> bool:
    """Return whether a hypervisor may have named another core than there is, because the ceilings say so as well.

    QEMU's "EPYC" is the first of its line, whatever chip is below it.
    """
    shares = case.stats.efficiency if case.stats else None
    above = shares is None or shares.ceiling is None or shares.ceiling > 1 + ABOVE_CEILING
    return is_virtual(host) and not above


def _datasheet_rate(case: Case, device: DeviceRecord) -> float:
    """Return the peak by the datasheet in operations per second, 0.0 where none is known or operations do not count."""
    peak = datasheet_peak(device.name, case.dtype) if counts_operations(case) else None
    return peak.rate_per_s if peak else 0.0


def _highest_rate_of_any(device: DeviceRecord, dtype: str) -> float:
    """Return a bound on the rate of a device of which nothing is known but its kind and its number of cores."""
    if kind_of(device.kind).is_host:
        each = WORK_PER_CLOCK_OF_ANY_CORE[DTYPES[dtype].operand_bytes]
        return each * (device.units or 1) * highest_clock_hz(device.kind)
    return FASTEST_BOARD * _fastest_board()[dtype]


@cache
def _fastest_board() -> Mapping[str, float]:
    """Return the highest datasheet peak of the table in operations per second, by dtype."""
    boards = [board.names_seen[0] for board in load_accelerators().values()]
    peaks = {dtype: [datasheet_peak(board, dtype) for board in boards] for dtype in DTYPES}
    return {dtype: max(peak.rate_per_s for peak in known if peak) for dtype, known in peaks.items()}


def _traffic_per_s(case: Case, device: DeviceRecord, host: Host) -> float:
    """Return the bytes per second that memory must have moved at least.

    The sets of operands are read in turn, so that only what the caches can keep need not be moved again.
    """
    sets = case.compute.operand_sets if case.compute else None
    if not sets or case.stats is None:
        return 0.0
    moved = max(0.0, amount(case).bytes - _cache_bytes(device, host) / sets)
    return moved * case.stats.rate.median / case.flop_per_launch


def _cache_bytes(device: DeviceRecord, host: Host) -> float:
    """Return the bytes that all last-level caches of a device can hold at most."""
    if kind_of(device.kind).is_host:
        return float(host.cpu.cache_bytes or 2**30) * -(-host.cpu.logical // CORES_PER_CACHE)
    board = find_accelerator(device.name)
    return board.last_level_cache_mib * 2.0**20 if board else 2.0**30


def _power_findings(case: Case, device: DeviceRecord, host: Host) -> Iterator[Finding]:
    """Yield a finding where a device took too much power or hardly any, or where its two meters disagree."""
    board, is_host = find_accelerator(device.name), kind_of(device.kind).is_host
    most_w, least_w = (HIGHEST_CPU_POWER_W if is_host else HIGHEST_BOARD_POWER_W), LOWEST_POWER_W
    if limit_w := device.power_limit_w or (board.board_power_w if board else None):
        most_w, least_w = POWER_ALLOWANCE * limit_w, IDLE_SHARE * limit_w
    energy_j, seconds = metered(case.processes)
    mean_w = energy_j / seconds if seconds >= LEAST_METERED_S else None
    seen_w = [each.telemetry.power_w for each in case.processes if each.telemetry.power_w]
    watts = [*seen_w, *([mean_w] if mean_w else [])]
    if watts and max(watts) > most_w:
        sentence = Reason("power_beyond_device", watts=general(max(watts), 4), most=general(most_w, 4))
        yield Finding("physics.power", sentence, case.case)
    elif watts and min(watts) < least_w:
        sentence = Reason("power_below_idle", watts=general(min(watts), 3))
        yield Finding("physics.power", sentence, case.case)
    elif watts and (complaint := _unlikely_power(case, device, host, max(watts))):
        yield Finding("physics.watts", complaint, case.case)
    elif mean_w and seen_w and not 1 / METERS_APART < mean_w / max(seen_w) < METERS_APART:
        sentence = Reason("meters_disagree", watts=general(max(seen_w), 4), other=general(mean_w, 4))
        yield Finding("physics.power", sentence, case.case)


def _unlikely_power(case: Case, device: DeviceRecord, host: Host, watts: float) -> Reason | None:
    """Return that a board worked hard for next to no power, or a CPU took more than its cores; None where it did not.

    A container may see few cores, and the meter is that of whole packages.
    """
    if kind_of(device.kind).is_host:
        cores = max(host.cpu.logical, host.cpu.physical or 0)
        most_w = POWER_OF_PACKAGES_W * max(1.0, cores / CORES_OF_PACKAGES)
        return Reason("unlikely_power", power=general(watts, 4)) if watts > most_w else None
    board = find_accelerator(device.name)
    limit_w = device.power_limit_w or (board.board_power_w if board else 0.0)
    works_hard = case.stats is not None and (case.stats.efficiency.peak or 0.0) > HARD_WORK
    return Reason("unlikely_power", power=general(watts, 4)) if works_hard and watts < EASY * limit_w else None
