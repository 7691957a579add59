"""What cupy's GPUs are described by, and which of them is current."""

from __future__ import annotations

import importlib
from typing import Any

import pytest

from flopsbench.device import Device
from tests.backends.cupy.fake_cupy import FakeGpu


@pytest.fixture
def devices(gpu: FakeGpu) -> Any:
    return importlib.import_module("flopsbench.backends.cupy.devices")


def test_devices_are_described(devices: Any) -> None:
    (device,) = devices.devices()
    assert (device.id, device.name, device.arch, device.units) == ("cuda:0", "NVIDIA Test", "sm_90", 132)
    assert device.clock_max_hz == 1.98e9
    assert device.uuid == "01020304-0506-0708-090a-0b0c0d0e0f10"


def test_a_uuid_cut_short_is_absent(devices: Any, gpu: FakeGpu) -> None:
    gpu.properties["uuid"] = b"\x01\x02"
    assert devices.devices()[0].uuid is None


def test_no_driver_means_no_devices(devices: Any, gpu: FakeGpu) -> None:
    gpu.count = 0
    assert devices.devices() == []


@pytest.mark.parametrize(("known", "cache_bytes"), [(50_000, 50_000), (None, 0)])
def test_memory_is_that_of_the_device(devices: Any, gpu: FakeGpu, known: int | None, cache_bytes: int) -> None:
    gpu.free_bytes = 12_345
    assert devices.memory(Device("cuda", 2, "NVIDIA Test", cache_bytes=known)) == (12_345, cache_bytes)
    assert gpu.current == 2


def test_what_the_pool_kept_counts_as_free(devices: Any, gpu: FakeGpu, monkeypatch: pytest.MonkeyPatch) -> None:
    pool = type("Pool", (), {"free_all_blocks": lambda self: setattr(gpu, "free_bytes", 777)})
    monkeypatch.setattr(devices.cupy, "get_default_memory_pool", pool)
    assert devices.memory(Device("cuda", 0, "NVIDIA Test")).free_bytes == 777
