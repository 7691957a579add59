"""Reads a GPU's sensors at rest and under a bf16 GEMM: what answers, energy beside power, clocks, throttle reasons."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from itertools import pairwise
from statistics import median
from typing import NamedTuple

from flopsbench.device import CUDA
from flopsbench.result.throttle import IDLE, LIMITS, THROTTLE_REASONS
from flopsbench.telemetry.nvml import GRAIN_S, GpuReading, GpuSensors
from flopsbench.telemetry.readings import QUESTIONS
from flopsbench.units import duration, gigahertz, percent
from tests.gpu.acceptance.facts.clock import loops_of_block, made
from tests.gpu.acceptance.report.guesses import CLOCK_WITHIN, ENERGY_WITHIN, LOAD_CLOCK_HZ, SENSORS_S
from tests.gpu.acceptance.report.journal import Finding, verdict_of
from tests.gpu.acceptance.steps import Context
from tests.gpu.reached import GPU_BACKENDS, Reached, reached_by

GUESSES = ("sensors", "sensor_cost", "energy", "energy_grain", "throttle_names", "load_clock")
SELDOM = {"base_clock_hz", "default_power_limit_w"}  # which no run reads


class At(NamedTuple):
    """A reading, when it was taken, and how long that took."""

    seconds: float
    took_s: float
    reading: GpuReading


def of_first(context: Context) -> Iterator[Finding]:
    """What the sensors say of the GPU that the first backend reaches."""
    found = [reached_by(name) for name in GPU_BACKENDS]
    reached = next((each for each in found if isinstance(each, Reached)), None)
    sensors = GpuSensors(reached.gpu) if reached else None
    why = "; ".join(map(str, found)) if sensors is None else sensors.reason
    if reached is None or sensors is None or why:
        yield from (Finding(guess, "not reached", why or "no GPU") for guess in GUESSES)
        return
    yield from of_load(reached, sensors, context)


def of_load(reached: Reached, sensors: GpuSensors, context: Context) -> Iterator[Finding]:
    """What they say at rest, then under load."""
    work = made(reached, "bf16", context.scale.edge)
    time.sleep(context.scale.load_s / 3)
    rest = read(sensors)
    absent = {name: _why_absent(sensors, name) for name in QUESTIONS if name not in SELDOM}
    lacking = [f"{name}: {why}" for name, why in absent.items() if why]
    yield Finding("sensors", verdict_of(not lacking), "; ".join(lacking) or f"all {len(absent)} answer")
    loops = 2 * loops_of_block(work)
    end = time.perf_counter() + CUDA.warmup_s
    while time.perf_counter() < end:
        work.clock.time(work.launch, loops)
    trace = [read(sensors)]
    while trace[-1].seconds - trace[0].seconds < context.scale.load_s:
        work.clock.time(work.launch, loops)
        trace.append(read(sensors))
    costs = sorted(each.took_s for each in trace)
    told = f"median {duration(median(costs))}, longest {duration(costs[-1])}"
    yield Finding("sensor_cost", verdict_of(median(costs) <= SENSORS_S), told, "", {"median_s": median(costs)})
    yield from _of_energy(trace)
    yield _of_reasons(rest, trace)
    yield _of_clock(reached.gpu.name, sensors.static().clock_max_hz, trace)


def read(sensors: GpuSensors) -> At:
    """One look at the sensors."""
    began = time.perf_counter()
    reading = sensors.read()
    return At(began, time.perf_counter() - began, reading)


def _why_absent(sensors: GpuSensors, name: str) -> str:
    """Why a reading is not there; empty where it is."""
    return "" if sensors.value(name) is not None else sensors.absent.get(name, "says nothing")


def _of_energy(trace: Sequence[At]) -> Iterator[Finding]:
    """The counter's joules beside the watts over the time, and the longest time in which the counter stood still."""
    known = [(at.seconds, at.reading.energy_j, at.reading.power_w) for at in trace]
    told = [(at, joules, watts) for at, joules, watts in known if joules is not None and watts is not None]
    if len(told) < 2:
        yield from (Finding(guess, "not reached", "energy or power is absent") for guess in ("energy", "energy_grain"))
        return
    counted_j = told[-1][1] - told[0][1]
    integrated_j = sum((next_at - at) * (watts + next_w) / 2 for (at, _, watts), (next_at, _, next_w) in pairwise(told))
    ratio = counted_j / integrated_j
    watts = median([each for _, _, each in told])
    seen = f"{counted_j:.1f} J counted of {integrated_j:.1f} J integrated, {watts:.0f} W in the median"
    figures = {"ratio": ratio, "power_w": watts}
    yield Finding("energy", verdict_of(abs(ratio - 1) <= ENERGY_WITHIN), seen, "", figures)
    moved = [told[0][0], *(at for (_, before, _), (at, after, _) in pairwise(told) if after != before)]
    longest_s = max((later - earlier for earlier, later in pairwise([*moved, told[-1][0]])), default=0.0)
    seen = f"it moved {len(moved) - 1} times in {len(told) - 1} looks, at the longest after {duration(longest_s)}"
    yield Finding("energy_grain", verdict_of(longest_s <= GRAIN_S), seen, "", {"longest_s": longest_s})


def _of_reasons(rest: At, trace: Sequence[At]) -> Finding:
    """Which reasons for a lower clock are told at rest and under load."""
    idle = set(rest.reading.throttle_reasons or ())
    busy = {reason for at in trace for reason in at.reading.throttle_reasons or ()}
    as_guessed = (idle | busy) <= set(THROTTLE_REASONS.values()) and idle <= {IDLE} and busy <= LIMITS
    told = f"at rest {', '.join(sorted(idle)) or 'none'}; under load {', '.join(sorted(busy)) or 'none'}"
    return Finding("throttle_names", verdict_of(as_guessed), told)


def _of_clock(name: str, highest_hz: float | None, trace: Sequence[At]) -> Finding:
    """Where the clock stays under load, beside where other programs saw it."""
    clocks = [at.reading.sm_clock_hz for at in trace if at.reading.sm_clock_hz]
    if not clocks:
        return Finding("load_clock", "not reached", "the clock is absent")
    seen_hz = median(clocks)
    told = f"{gigahertz(seen_hz, 2)} ({gigahertz(min(clocks), 2)} to {gigahertz(max(clocks), 2)})"
    figures = {"median_hz": seen_hz, "highest_hz": highest_hz or 0.0}
    if highest_hz:
        told += f", {percent(seen_hz / highest_hz, 0)} of {gigahertz(highest_hz, 2)}"
    if name not in LOAD_CLOCK_HZ:
        return Finding("load_clock", "not reached", f"{told}; nothing is expected of this GPU", name, figures)
    as_guessed = abs(seen_hz / LOAD_CLOCK_HZ[name] - 1) <= CLOCK_WITHIN
    return Finding("load_clock", verdict_of(as_guessed), told, name, figures)
