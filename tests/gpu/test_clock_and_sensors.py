"""On a real GPU: the device's clock and the host's agree, and the sensors say something a GPU could say."""

from __future__ import annotations

import pytest

from flopsbench.backend import Backend, Gemm
from flopsbench.device import Device
from flopsbench.dtype import DTYPES
from flopsbench.problem import Problem
from flopsbench.telemetry.nvml import GpuSensors


def busy_job(reached: tuple[Backend, Device]) -> Gemm:
    """A GEMM long enough (milliseconds) for launch costs not to matter."""
    backend, gpu = reached
    return backend.KERNELS[next(iter(backend.KERNELS))](Problem(4096, 4096, 4096, DTYPES["fp32"]), gpu)


def test_device_and_host_agree(reached: tuple[Backend, Device]) -> None:
    job = busy_job(reached)
    job.clock.time(job.launch, 5)
    elapsed = job.clock.time(job.launch, 20)
    assert elapsed.host_seconds == pytest.approx(elapsed.seconds, rel=0.05)


def test_twice_the_launches_take_twice_the_time(reached: tuple[Backend, Device]) -> None:
    """A clock that only saw launches being enqueued would not show it."""
    job = busy_job(reached)
    job.clock.time(job.launch, 20)
    once, twice = (job.clock.time(job.launch, loops).seconds for loops in (20, 40))
    assert twice == pytest.approx(2 * once, rel=0.15)


def test_sensors_are_plausible_under_load(reached: tuple[Backend, Device]) -> None:
    _, gpu = reached
    sensors = GpuSensors(gpu)
    if sensors.reason:
        pytest.skip(sensors.reason)
    job = busy_job(reached)
    before = sensors.read()
    job.clock.time(job.launch, 200)
    after = sensors.read()
    assert before.temperature_c is None or 5 < before.temperature_c < 120
    assert after.power_w is None or 10 < after.power_w < 3000
    assert after.sm_clock_hz is None or 1e8 < after.sm_clock_hz < 5e9
    if before.energy_j is not None and after.energy_j is not None:
        assert after.energy_j > before.energy_j


def test_facts_describe_the_same_gpu(reached: tuple[Backend, Device]) -> None:
    _, gpu = reached
    sensors = GpuSensors(gpu)
    if sensors.reason:
        pytest.skip(sensors.reason)
    facts = sensors.static()
    assert facts.driver is not None
    assert facts.name == gpu.name
