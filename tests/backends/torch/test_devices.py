"""Which GPUs torch reaches, and why not others: by what torch's own functions say; no GPU takes part."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from flopsbench.device import Device
from flopsbench.host.cpu.device import cpu_device
from flopsbench.host.kernel.nvidia import AMD, NVIDIA, PciGpu
from tests.backends.torch_or_skip import torch_or_skip

torch = torch_or_skip()
from flopsbench.backends.torch import builds, devices  # noqa: E402  (only where there is a torch)

NO_KERNEL = (
    "CUDA error: no kernel image is available for execution on the device\n"
    "CUDA kernel errors might be asynchronously reported at some other API call, so the stacktrace below might be "
    "incorrect.\nFor debugging consider passing CUDA_LAUNCH_BLOCKING=1"
)
CU126 = ["sm_50", "sm_60", "sm_70", "sm_75", "sm_80", "sm_86", "sm_90"]
CU130 = ["sm_75", "sm_80", "sm_86", "sm_90", "sm_100", "sm_120"]


def properties(name: str, major: int, minor: int) -> SimpleNamespace:
    return SimpleNamespace(
        name=name, major=major, minor=minor, multi_processor_count=132, total_memory=80 << 30, L2_cache_size=50 << 20
    )


HOPPER = properties("NVIDIA H100", 9, 0)
VOLTA = properties("Tesla V100", 7, 0)
BLACKWELL = properties("NVIDIA GeForce RTX 5090", 12, 0)

Build = Callable[..., None]


@pytest.fixture
def build(monkeypatch: pytest.MonkeyPatch) -> Build:
    """Make torch a build for CUDA that sees GPUs; ``starts`` is what its start raises, ``launch`` what a launch."""

    def made(
        *gpus: SimpleNamespace | Exception,
        cuda: str | None = "12.6",
        hip: str | None = None,
        starts: Exception | None = None,
        launch: Exception | None = None,
        codes: list[str] = CU126,
    ) -> None:
        def init() -> None:
            if starts is not None:
                raise starts

        def describe(index: int) -> SimpleNamespace:
            gpu = gpus[index]
            if isinstance(gpu, Exception):
                raise gpu
            return gpu

        def zeros(*shape: int, device: str) -> None:
            if launch is not None:
                raise launch

        monkeypatch.setattr(torch.version, "cuda", cuda)
        monkeypatch.setattr(torch.version, "hip", hip)
        monkeypatch.setattr(torch, "__version__", "2.8.0+cu126")
        monkeypatch.setattr(torch.cuda, "init", init)
        monkeypatch.setattr(torch.cuda, "is_available", lambda: starts is None and bool(gpus))
        monkeypatch.setattr(torch.cuda, "device_count", lambda: len(gpus))
        monkeypatch.setattr(torch.cuda, "get_device_properties", describe)
        monkeypatch.setattr(torch.cuda, "get_arch_list", lambda: codes)
        monkeypatch.setattr(torch, "zeros", zeros)

    return made


def reached() -> list[str]:
    first, *gpus = devices.devices()
    assert first == cpu_device()
    return [gpu.name for gpu in gpus]


@pytest.mark.skipif(torch.version.cuda is not None or torch.version.hip is not None, reason="this torch is for GPUs")
def test_the_torch_of_this_machine_is_a_cpu_build_and_says_so() -> None:
    with pytest.raises(AssertionError, match="Torch not compiled with CUDA enabled"):
        torch.zeros(1, device="cuda")
    assert devices.devices() == [cpu_device()]
    reason = devices.why_no_gpu()
    assert reason is not None
    assert reason.code == "torch_cpu_build"
    assert reason.startswith(f"torch {torch.__version__} is a CPU-only build: pip install --index-url https://")


@pytest.mark.parametrize(
    ("vendors", "found", "index"),
    [
        ([NVIDIA], 13000, "cu130"),
        ([NVIDIA], 12040, "cu126"),
        ([NVIDIA], 11040, "cu118"),
        ([NVIDIA], 10020, "cu126"),
        ([NVIDIA], None, "cu126"),
        ([], None, "cu126"),
        ([AMD], None, "rocm6.4"),
        ([AMD, NVIDIA], None, "cu126"),
    ],
)
def test_the_build_that_is_told_fits_board_and_driver(
    monkeypatch: pytest.MonkeyPatch, build: Build, vendors: list[str], found: int | None, index: str
) -> None:
    build(cuda=None)
    monkeypatch.setattr(builds, "boards", lambda places: [PciGpu("0000:01:00.0", each, None) for each in vendors])
    monkeypatch.setattr(builds, "cuda_of_driver", lambda: found)
    reason = devices.why_no_gpu()
    assert reason == (
        f"torch 2.8.0+cu126 is a CPU-only build: pip install --index-url https://download.pytorch.org/whl/{index} torch"
    )


def test_a_gpu_that_torch_can_use_is_reached(build: Build) -> None:
    build(HOPPER, HOPPER)
    assert reached() == ["NVIDIA H100", "NVIDIA H100"]
    assert devices.why_no_gpu() is None


OLD = (
    "The NVIDIA driver on your system is too old (found version 11040). Please update your GPU driver by downloading "
    "and installing a new version from the URL: http://www.nvidia.com/Download/index.aspx Alternatively, go to: "
    "https://pytorch.org to install a PyTorch version that has been compiled with your version of the CUDA driver."
)


@pytest.mark.parametrize(
    ("text", "code", "part"),
    [
        (OLD, "driver_too_old_for_build", "up to 11.4, torch 2.8.0+cu126 is built for CUDA 12.6"),
        ("No CUDA GPUs are available", "cuda_shows_no_gpu", "No CUDA GPUs are available"),
        (
            "Found no NVIDIA driver on your system. Please check",
            "library_finds_no_driver",
            "torch 2.8.0+cu126 finds no",
        ),
    ],
)
def test_what_torch_says_as_it_starts_is_told_and_the_cpu_stays(build: Build, text: str, code: str, part: str) -> None:
    build(HOPPER, starts=RuntimeError(text))
    assert reached() == []
    reason = devices.why_no_gpu()
    assert reason is not None
    assert reason.code == code
    assert part in reason


def test_a_gpu_that_does_not_answer_hides_no_other(build: Build) -> None:
    build(HOPPER, RuntimeError("CUDA error: unspecified launch failure"), VOLTA)
    assert [(gpu.name, gpu.index) for gpu in devices.devices()[1:]] == [("NVIDIA H100", 0), ("Tesla V100", 2)]
    assert devices.why_no_gpu() == "CUDA says: CUDA error: unspecified launch failure"


def test_a_gpu_older_than_the_build_is_not_reached_and_told(build: Build) -> None:
    build(VOLTA, HOPPER, cuda="13.0", codes=CU130, launch=RuntimeError(NO_KERNEL))
    assert [gpu.index for gpu in devices.devices()[1:]] == [1]
    assert devices.why_no_gpu() == (
        "Tesla V100 (sm_70) is older than torch 2.8.0+cu126 supports (sm_75, sm_80, sm_86, sm_90, sm_100, sm_120): "
        "pip install --index-url https://download.pytorch.org/whl/cu126 torch"
    )


def test_a_gpu_newer_than_the_build_is_not_reached_and_told(build: Build) -> None:
    build(BLACKWELL, codes=CU126, launch=RuntimeError(NO_KERNEL))
    assert reached() == []
    reason = devices.why_no_gpu()
    assert reason is not None
    assert reason.code == "gpu_newer_than_build"
    assert reason.endswith("pip install --index-url https://download.pytorch.org/whl/cu128 torch")


def test_a_gpu_too_old_for_any_build_is_told_so(build: Build) -> None:
    build(properties("Tesla K80", 3, 7), launch=RuntimeError(NO_KERNEL))
    reason = devices.why_no_gpu()
    assert reason is not None
    assert reason.code == "gpu_too_old"


@pytest.mark.parametrize("launch", [None, torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 MiB.")])
def test_a_launch_decides_and_a_full_memory_does_not(build: Build, launch: Exception | None) -> None:
    build(BLACKWELL, codes=CU126, launch=launch)
    assert reached() == ["NVIDIA GeForce RTX 5090"]


def test_a_gpu_that_the_build_supports_is_not_launched_on(build: Build) -> None:
    build(HOPPER, launch=RuntimeError("nobody may know"))
    assert reached() == ["NVIDIA H100"]


def test_rocm_names_its_chips_otherwise(build: Build) -> None:
    mi300 = properties("AMD Instinct MI300X", 9, 4)
    mi300.gcnArchName = "gfx942:sramecc+:xnack-"
    build(mi300, cuda=None, hip="6.4.43482", codes=["gfx90a", "gfx942"], launch=RuntimeError("nobody may know"))
    assert reached() == ["AMD Instinct MI300X"]


def test_what_torch_warns_of_is_not_said_twice(build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    import warnings

    build(HOPPER)

    def is_available() -> bool:
        warnings.warn("CUDA initialization: The NVIDIA driver on your system is too old", stacklevel=1)
        return False

    monkeypatch.setattr(torch.cuda, "is_available", is_available)
    assert reached() == []


def test_a_build_without_cuda_is_told_by_what_it_says_whatever_its_version_is_called(build: Build) -> None:
    build(cuda="12.8", starts=AssertionError("Torch not compiled with CUDA enabled"))
    reason = devices.why_no_gpu()
    assert reason is not None
    assert reason.code == "torch_cpu_build"


def test_no_gpu_without_an_error_is_told(build: Build) -> None:
    build()
    reason = devices.why_no_gpu()
    assert reason is not None
    assert reason.code == "cuda_shows_no_gpu"


RUNS: list[tuple[str, list[str], bool]] = [
    ("sm_90", CU126, True),
    ("sm_89", CU126, True),  # by the code for 8.6
    ("sm_120", CU126, False),
    ("sm_70", CU130, False),
    ("sm_121", CU130, True),
    ("sm_61", ["sm_60"], True),
    ("sm_60", ["sm_61"], False),
    ("sm_90", ["sm_90a"], True),
    ("sm_100", ["sm_90a"], False),
    ("sm_103", ["sm_100a"], False),
    ("sm_103", ["sm_100f"], True),
    ("sm_120", ["sm_80", "compute_90"], True),
    ("sm_75", ["sm_80", "compute_80"], False),
]


@pytest.mark.parametrize(("arch", "built", "fits"), RUNS)
def test_code_runs_by_nvidias_rules(arch: str, built: list[str], fits: bool) -> None:
    assert builds.runs(arch, built) is fits


def test_a_gpu_without_an_arch_is_not_doubted(build: Build) -> None:
    build(HOPPER)
    unnamed: Any = Device("cuda", 0, "a GPU")
    assert builds.unfit(unnamed) is None
