"""What cupy's GPUs are described by, and which of them is current."""

from __future__ import annotations

import importlib
from typing import Any

import pytest

from flopsbench.device import Device
from tests.backends.cupy.fake_cupy import INSUFFICIENT, CUDARuntimeError, FakeGpu


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
    gpu.error = INSUFFICIENT
    assert devices.devices() == []


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (0, "cupy 14.2.0 finds no NVIDIA driver (libcuda.so.1)"),
        (
            11040,
            (
                "the driver is too old: it supports CUDA up to 11.4, cupy 14.2.0 is built for CUDA 12.9; "
                "update the driver (https://www.nvidia.com/drivers)"
            ),
        ),
    ],
)
def test_a_driver_that_does_not_do_is_told(devices: Any, gpu: FakeGpu, found: int, told: str) -> None:
    gpu.error, gpu.found = INSUFFICIENT, found
    assert devices.why_no_gpu() == told


def test_a_build_for_a_newer_cuda_is_told_with_the_one_that_fits(devices: Any, gpu: FakeGpu) -> None:
    gpu.error, gpu.built, gpu.found = INSUFFICIENT, 13000, 12040
    assert devices.why_no_gpu().endswith("install the build that fits it: pip install 'flopsbench[cuda12]'")


@pytest.mark.parametrize(
    ("status", "text", "code"),
    [
        (100, "cudaErrorNoDevice: no CUDA-capable device is detected", "cuda_shows_no_gpu"),
        (
            803,
            "cudaErrorSystemDriverMismatch: system has unsupported display driver / cuda driver combination",
            "driver_parts_differ",
        ),
    ],
)
def test_what_cuda_says_is_told(devices: Any, gpu: FakeGpu, status: int, text: str, code: str) -> None:
    gpu.error = CUDARuntimeError(status, text)
    assert devices.why_no_gpu().code == code


@pytest.mark.parametrize(
    "error", [ImportError("libcudart.so.12: cannot open shared object file: No such file or directory")]
)
def test_a_missing_runtime_is_told_with_what_brings_it(devices: Any, gpu: FakeGpu, error: Exception) -> None:
    gpu.error = error
    assert devices.devices() == []
    assert devices.why_no_gpu() == (
        "libcudart.so.12 cannot be loaded, a library of CUDA: pip install --upgrade 'cupy-cuda12x[ctk]'"
    )


def test_where_every_gpu_is_reached_there_is_nothing_to_tell(devices: Any) -> None:
    assert devices.why_no_gpu() is None


def test_versions_that_cannot_be_asked_for_do_not_matter(devices: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(devices.cupy.cuda.runtime, "driverGetVersion")
    monkeypatch.delattr(devices.cupy.cuda.nvrtc, "getSupportedArchs")
    assert len(devices.devices()) == 1
    assert devices.why_no_gpu() is None


def test_a_gpu_older_than_its_compiler_knows_is_not_reached(devices: Any, gpu: FakeGpu) -> None:
    gpu.properties |= {"name": b"Tesla V100-SXM2-16GB", "major": 7, "minor": 0}
    gpu.built, gpu.compiles_for, gpu.has_code = 13000, (75, 80, 90), False
    assert devices.devices() == []
    assert devices.why_no_gpu() == (
        "Tesla V100-SXM2-16GB (sm_70) is older than cupy 14.2.0 supports (sm_75, sm_80, sm_90): "
        "pip install 'flopsbench[cuda12]'"
    )
    gpu.has_code = True  # whatever its compiler says of itself
    assert [device.arch for device in devices.devices()] == ["sm_70"]


def test_a_gpu_newer_than_its_compiler_knows_is_reached(devices: Any, gpu: FakeGpu) -> None:
    gpu.properties |= {"major": 13, "minor": 0}
    assert [device.arch for device in devices.devices()] == ["sm_130"]


@pytest.mark.parametrize(("known", "cache_bytes"), [(50_000, 50_000), (None, 0)])
def test_memory_is_that_of_the_device(devices: Any, gpu: FakeGpu, known: int | None, cache_bytes: int) -> None:
    gpu.free_bytes = 12_345
    assert devices.memory(Device("cuda", 2, "NVIDIA Test", cache_bytes=known)) == (12_345, cache_bytes)
    assert gpu.current == 2


def test_what_the_pool_kept_counts_as_free(devices: Any, gpu: FakeGpu, monkeypatch: pytest.MonkeyPatch) -> None:
    pool = type("Pool", (), {"free_all_blocks": lambda self: setattr(gpu, "free_bytes", 777)})
    monkeypatch.setattr(devices.cupy, "get_default_memory_pool", pool)
    assert devices.memory(Device("cuda", 0, "NVIDIA Test")).free_bytes == 777
