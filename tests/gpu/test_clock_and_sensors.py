"""On a real GPU: the device's clock and the host's agree, and the sensors say something a GPU could say."""

from __future__ import annotations

import time
from typing import Any

import pytest

from flopsbench.backend import Elapsed, Launch
from flopsbench.dtype import DTYPES
from flopsbench.problem import Problem
from flopsbench.telemetry.nvml import GpuSensors
from tests.backends.product import Product
from tests.gpu.reached import Reached


def busy_product(reached: Reached) -> Product:
    """A GEMM long enough (milliseconds) for launch costs not to matter."""
    return Product(reached.space, reached.kernel, Problem(4096, 4096, 4096, DTYPES["fp32"]), reached.gpu)


def timed(product: Product, loops: int) -> Elapsed:
    return product.space.clock(product.device).time(product.launch, loops)


def test_device_and_host_agree(reached: Reached) -> None:
    product = busy_product(reached)
    timed(product, 5)
    elapsed = timed(product, 20)
    assert elapsed.host_seconds == pytest.approx(elapsed.seconds, rel=0.05)


def test_twice_the_launches_take_twice_the_time(reached: Reached) -> None:
    """A clock that only saw launches being enqueued would not show it."""
    product = busy_product(reached)
    timed(product, 20)
    once, twice = (timed(product, loops).seconds for loops in (20, 40))
    assert twice == pytest.approx(2 * once, rel=0.15)


def on_another_stream(reached: Reached, product: Product) -> Launch:
    """The launch on a stream that does not wait for the default one, made once so that the library is ready for it."""
    context: Any
    if reached.name == "torch":
        import torch

        context = torch.cuda.stream(torch.cuda.Stream(reached.gpu.index))
    else:
        import cupy

        context = cupy.cuda.Stream(non_blocking=True)

    def launch() -> None:
        with context:
            product.launch()

    product.space.wait(reached.gpu)  # its operands were filled on the default stream
    launch()
    product.space.wait(reached.gpu)
    return launch


def test_work_on_another_stream_is_waited_for_and_shows(reached: Reached) -> None:
    """The events of the current stream do not see it, so the host's seconds are far above the device's."""
    product = busy_product(reached)
    inline = timed(product, 20)
    elsewhere = product.space.clock(product.device).time(on_another_stream(reached, product), 20)
    assert elsewhere.host_seconds is not None
    assert elsewhere.host_seconds > 0.8 * inline.seconds
    assert elsewhere.seconds < 0.5 * elsewhere.host_seconds


def test_a_wait_is_for_every_stream(reached: Reached) -> None:
    """The last of many launches is there when the wait is over, though the default stream had nothing to do."""
    product = busy_product(reached)
    launch = on_another_stream(reached, product)
    product.space.spoil(product.flat.c)
    product.space.wait(reached.gpu)
    for _ in range(20):
        launch()
    product.space.wait(reached.gpu)
    began = time.perf_counter()
    product.space.wait(reached.gpu)
    assert time.perf_counter() - began < 2e-3  # nothing was left
    assert product.is_right()


def test_sensors_are_plausible_under_load(reached: Reached) -> None:
    sensors = GpuSensors(reached.gpu)
    if sensors.reason:
        pytest.skip(sensors.reason)
    product = busy_product(reached)
    before = sensors.read()
    timed(product, 200)
    after = sensors.read()
    assert before.temperature_c is None or 5 < before.temperature_c < 120
    assert after.power_w is None or 10 < after.power_w < 3000
    assert after.sm_clock_hz is None or 1e8 < after.sm_clock_hz < 5e9
    if before.energy_j is not None and after.energy_j is not None:
        assert after.energy_j > before.energy_j


def test_facts_describe_the_same_gpu(reached: Reached) -> None:
    sensors = GpuSensors(reached.gpu)
    if sensors.reason:
        pytest.skip(sensors.reason)
    facts = sensors.static()
    assert facts.driver is not None
    assert facts.name == reached.gpu.name
