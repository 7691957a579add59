"""Whether silicon could have done it: operations a clock, bytes a second, watts and hertz."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache, lru_cache

from flopsbench.analysis.grade import ABOVE_CEILING
from flopsbench.analysis.limits import work_per_clock
from flopsbench.analysis.rate import LEAST_METERED_S, metered
from flopsbench.dtype import DTYPES
from flopsbench.peaks.datasheet import datasheet_peak, find_accelerator, load_accelerators
from flopsbench.problem import Problem
from flopsbench.result.types import Case, DeviceRecord, Host, Process, Result
from flopsbench.validate.finding import Finding

RATE_ALLOWANCE = 1.02  # a clock is read between the blocks
SLOW, LARGE = 0.05, 4096  # of the datasheet's peak, at such edges: another device's numbers, or a slice's
WARM_ALLOWANCE = 1.2  # the sustained regime is no faster than the burst before it
# Datasheets state a boost clock, and boards reach up to a fifth more of it.
BOOST_ALLOWANCE = 1.25
POWER_ALLOWANCE = 1.3
IDLE_SHARE = 0.02  # of the limit
METERS_APART = 3.0  # one is an average over up to a second, the other covers the timed blocks alone
CLOCK_ALLOWANCE = 1.02
# Generous where nothing is known of a device: no CPU core and no board of today comes near.
WORK_PER_CLOCK_OF_ANY_CORE = {8: 1024, 4: 4096, 2: 16384, 1: 32768}  # by bytes of an operand; matrix units are shared
FASTEST_BOARD = 4  # times the fastest board of the table
HIGHEST_CLOCK_HZ = {"cpu": 6.5e9}  # above any that is sold
HIGHEST_CLOCK_OF_ANY_GPU_HZ = 4e9
LOWEST_CLOCK_HZ = 1e7
HIGHEST_BOARD_POWER_W = 3000.0
# Memory bandwidth: 12 channels of DDR5 on each of two sockets, or HBM, stay below for CPUs; HBM3e at 8 TB/s for GPUs.
BYTES_PER_S = {"cpu": 4e12}
BYTES_PER_S_OF_ANY_GPU = 12e12
CORES_A_CACHE = 4  # as few cores share one last-level cache; a document tells the size of one of them


def check_devices(result: Result) -> Iterator[Finding]:
    """Boards nobody knows, and limits and clocks that no board has."""
    for device in result.devices:
        board = find_accelerator(device.name)
        if board is None and device.kind != "cpu":
            yield Finding("physics.unknown", "is a device that no table knows, so its limits are unknown", device.id)
        most = board.board_power_w * POWER_ALLOWANCE if board else HIGHEST_BOARD_POWER_W
        if device.power_limit_w and device.power_limit_w > most:
            sentence = f"has a power limit of {device.power_limit_w:g} W, and boards like it end below {most:g} W"
            yield Finding("physics.power", sentence, device.id)
        if device.clock_max_hz and not LOWEST_CLOCK_HZ <= device.clock_max_hz <= _highest_clock_hz(device):
            sentence = f"claims a clock of {device.clock_max_hz / 1e9:.3g} GHz, which no such silicon has"
            yield Finding("physics.clock", sentence, device.id)


def check(case: Case, device: DeviceRecord, host: Host) -> Iterator[Finding]:
    """Findings of one measured case."""
    if case.stats is None:
        return
    clock, shares = _about_clocks(case.processes, device), case.stats.efficiency
    if clock:
        yield Finding("physics.clock", clock, case.case)
    elif case.stats.rate.median > (most := _highest_rate(case, device, host)):
        sentence = f"runs at {case.stats.rate.median:.4g} a second, and the silicon ends at {most:.4g}"
        yield Finding("physics.rate", sentence, case.case)
    elif _traffic_per_s(case, device, host) > BYTES_PER_S.get(device.kind, BYTES_PER_S_OF_ANY_GPU):
        yield Finding("physics.bandwidth", "moves its operands faster than any memory of its kind", case.case)
    elif min(case.m, case.n, case.k) >= LARGE and case.stats.rate.median < SLOW * _datasheet_rate(case, device):
        yield Finding("physics.slow", f"reaches less than {SLOW:.0%} of the datasheet's peak", case.case)
    elif (shares.ceiling or 0) > 1 + ABOVE_CEILING or (shares.peak_at_clock or 0) > RATE_ALLOWANCE:
        yield Finding("physics.ceiling", "is faster than the ceiling or the clock measured beside it allow", case.case)
    yield from _power(case, device)


def check_regimes(cases: Iterable[Case]) -> Iterator[Finding]:
    """Whether what was sustained is no faster than what was not."""
    rates = {(case.device, case.case): case.stats.rate.median for case in cases if case.stats}
    for (device, key), rate in rates.items():
        burst = rates.get((device, key.removesuffix("sustained") + "burst"), rate)
        if rate > WARM_ALLOWANCE * burst:
            yield Finding("physics.sustained", f"sustains {rate / burst:.3g} times the rate of its burst", key)


def _about_clocks(processes: list[Process], device: DeviceRecord) -> str | None:
    highest = _highest_clock_hz(device)
    if device.clock_max_hz and device.kind != "cpu":
        highest = min(highest, device.clock_max_hz * CLOCK_ALLOWANCE)
    for process in processes:
        seen = process.telemetry
        clocks = [hz for hz in (seen.clock_min_hz, seen.clock_hz, seen.clock_max_hz) if hz is not None]
        if not clocks:
            continue
        if clocks != sorted(clocks):
            return "has a lowest, a median and a highest clock in another order"
        if clocks[0] < LOWEST_CLOCK_HZ or clocks[-1] > highest:
            return f"saw a clock of {clocks[-1] / 1e9:.3g} GHz, and such silicon ends at {highest / 1e9:.3g}"
    return None


def _highest_clock_hz(device: DeviceRecord) -> float:
    return HIGHEST_CLOCK_HZ.get(device.kind, HIGHEST_CLOCK_OF_ANY_GPU_HZ)


def _highest_rate(case: Case, device: DeviceRecord, host: Host) -> float:
    """What the device can do at most: at the highest clock recorded, and by its datasheet."""
    flop_per_hz, _ = work_per_clock(device, host.cpu.microarchitecture, case.dtype)
    clock_hz = max([process.telemetry.clock_max_hz or 0 for process in case.processes], default=0)
    bound = _of_any_device(device, case.dtype)
    if flop_per_hz:
        bound = min(bound, flop_per_hz * (clock_hz or device.clock_max_hz or _highest_clock_hz(device)))
        bound *= RATE_ALLOWANCE
    peak_per_s = _datasheet_rate(case, device)
    return min(bound, peak_per_s * BOOST_ALLOWANCE) if peak_per_s else bound


def _datasheet_rate(case: Case, device: DeviceRecord) -> float:
    peak = datasheet_peak(device.name, case.dtype)
    return peak.rate_per_s if peak else 0.0


def _of_any_device(device: DeviceRecord, dtype: str) -> float:
    if device.kind == "cpu":
        each = WORK_PER_CLOCK_OF_ANY_CORE[DTYPES[dtype].operand_bytes]
        return each * (device.units or 1024) * HIGHEST_CLOCK_HZ["cpu"]
    return FASTEST_BOARD * _fastest_board()[dtype]


@cache
def _fastest_board() -> Mapping[str, float]:
    boards = [board.names_seen[0] for board in load_accelerators().values()]
    peaks = {dtype: [datasheet_peak(board, dtype) for board in boards] for dtype in DTYPES}
    return {dtype: max(peak.rate_per_s for peak in known if peak) for dtype, known in peaks.items()}


def _traffic_per_s(case: Case, device: DeviceRecord, host: Host) -> float:
    """Bytes a second that memory must have moved at least: all sets of operands in turn, less what caches can keep."""
    sets = case.compute.operand_sets if case.compute else None
    if not sets or case.stats is None:
        return 0.0
    each = _operand_bytes(case.m, case.n, case.k, case.dtype)
    moved = max(0.0, each - _cache_bytes(device, host) / sets)
    return moved * case.stats.rate.median / case.flop_per_launch


@lru_cache(maxsize=1024)
def _operand_bytes(m: int, n: int, k: int, dtype: str) -> int:
    return Problem(m, n, k, DTYPES[dtype]).bytes


def _cache_bytes(device: DeviceRecord, host: Host) -> float:
    if device.kind == "cpu":
        return float(host.cpu.cache_bytes or 2**30) * -(-host.cpu.logical // CORES_A_CACHE)
    board = find_accelerator(device.name)
    return board.last_level_cache_mib * 2.0**20 if board else 2.0**30


def _power(case: Case, device: DeviceRecord) -> Iterator[Finding]:
    board = find_accelerator(device.name)
    limit_w = device.power_limit_w or (board.board_power_w if board else None)
    if limit_w is None or device.kind == "cpu":
        return
    energy_j, seconds = metered(case.processes)
    mean_w = energy_j / seconds if seconds >= LEAST_METERED_S else None
    seen_w = [each.telemetry.power_w for each in case.processes if each.telemetry.power_w]
    watts = [*seen_w, *([mean_w] if mean_w else [])]
    if watts and max(watts) > POWER_ALLOWANCE * limit_w:
        yield Finding("physics.power", f"took {max(watts):.0f} W, and its limit is {limit_w:.0f} W", case.case)
    elif watts and min(watts) < IDLE_SHARE * limit_w:
        yield Finding("physics.power", f"took {min(watts):.3g} W at work, less than such a board does idle", case.case)
    elif mean_w and seen_w and not 1 / METERS_APART < mean_w / max(seen_w) < METERS_APART:
        sentence = f"took {max(seen_w):.0f} W by one meter and {mean_w:.0f} W by the other"
        yield Finding("physics.power", sentence, case.case)
