"""What errors of CUDA mean, by the texts that torch and cupy really give them.

Those of torch 2.14.1+cu130 and cupy 14.2.0 were seen on a stand-in for libcuda.so.1 that answers with each number.
"""

from __future__ import annotations

import pytest

from flopsbench.telemetry.cuda_error import (
    CONCLUSIVE,
    MET_DRIVER,
    Caller,
    cuda_error,
    gpu_unfit,
    library_missing,
    version_number,
    version_text,
)
from flopsbench.words.catalogue import SENTENCES

UNEXPECTED = (
    "Unexpected error from cudaGetDeviceCount(). Did you run some cuda functions before calling NumCudaDevices() that "
    "might have already set an error? "
)
OLD = (
    "The NVIDIA driver on your system is too old (found version {}). Please update your GPU driver by downloading and "
    "installing a new version from the URL: http://www.nvidia.com/Download/index.aspx Alternatively, go to: "
    "https://pytorch.org to install a PyTorch version that has been compiled with your version of the CUDA driver."
)
TORCH = {
    "Found no NVIDIA driver on your system. Please check that you have an NVIDIA GPU and installed a driver from "
    "http://www.nvidia.com/Download/index.aspx": "library_finds_no_driver",
    OLD.format(11040): "driver_too_old_for_build",
    OLD.format(10020): "driver_too_old",
    "No CUDA GPUs are available": "cuda_shows_no_gpu",
    "No HIP GPUs are available": "cuda_shows_no_gpu",
    "CUDA driver initialization failed, you might not have a CUDA gpu.": "cuda_does_not_start",
    "CUDA unknown error - this may be due to an incorrectly set up environment, e.g. changing env variable "
    "CUDA_VISIBLE_DEVICES after program start. Setting the available devices to be zero.": "cuda_unknown_error",
    UNEXPECTED + "Error 802: system not yet initialized": "fabric_not_ready",
    UNEXPECTED + "Error 803: system has unsupported display driver / cuda driver combination": "driver_parts_differ",
    UNEXPECTED + "Error 804: forward compatibility was attempted on non supported HW": "compatibility_refused",
    UNEXPECTED + "Error 46: CUDA-capable device(s) is/are busy or unavailable": "gpu_taken",
    UNEXPECTED + "Error 2: out of memory": "cuda_error",
    "libcudart functions unavailable. It looks like you have a broken build?": "cuda_error",
}
CUPY = {
    (35, "cudaErrorInsufficientDriver: CUDA driver version is insufficient for CUDA runtime version"): (
        "driver_too_old_for_build"
    ),
    (100, "cudaErrorNoDevice: no CUDA-capable device is detected"): "cuda_shows_no_gpu",
    (3, "cudaErrorInitializationError: initialization error"): "cuda_does_not_start",
    (999, "cudaErrorUnknown: unknown error"): "cuda_unknown_error",
    (802, "cudaErrorSystemNotReady: system not yet initialized"): "fabric_not_ready",
    (803, "cudaErrorSystemDriverMismatch: system has unsupported display driver / cuda driver combination"): (
        "driver_parts_differ"
    ),
    (804, "cudaErrorCompatNotSupportedOnDevice: forward compatibility was attempted on non supported HW"): (
        "compatibility_refused"
    ),
    (46, "cudaErrorDevicesUnavailable: CUDA-capable device(s) is/are busy or unavailable"): "gpu_taken",
    (209, "cudaErrorNoKernelImageForDevice: no kernel image is available for execution on the device"): (
        "no_code_for_gpu"
    ),
    (1, "cudaErrorInvalidValue: invalid argument"): "cuda_error",
}
COMMANDS = ((12000, "pip install for-12"), (11000, "pip install for-11"))
CALLER = Caller("torch 2.14.1+cu130", 13000, None, COMMANDS)


@pytest.mark.parametrize(("text", "code"), TORCH.items(), ids=TORCH.values())
def test_what_torch_says_is_understood(text: str, code: str) -> None:
    reason = cuda_error(CALLER, text)
    assert reason.code == code
    assert "Did you run some cuda functions" not in reason


@pytest.mark.parametrize(("error", "code"), CUPY.items(), ids=CUPY.values())
def test_what_cupy_says_is_understood(error: tuple[int, str], code: str) -> None:
    number, text = error
    caller = Caller("cupy 14.2.0", 12090, 11040, COMMANDS)
    assert cuda_error(caller, text, number).code == code
    if code != "driver_too_old_for_build":
        assert text in cuda_error(caller, text, number)


def test_both_versions_and_the_build_that_fits_are_named() -> None:
    assert cuda_error(CALLER, OLD.format(12040)) == (
        "the driver is too old: it supports CUDA up to 12.4, torch 2.14.1+cu130 is built for CUDA 13.0; update the "
        "driver (https://www.nvidia.com/drivers), or install the build that fits it: pip install for-12"
    )
    assert cuda_error(CALLER, OLD.format(11080)).endswith("pip install for-11")
    assert "up to 10.2" in cuda_error(CALLER, OLD.format(10020))


def test_a_driver_of_the_same_version_is_not_told_to_take_the_same_build() -> None:
    assert cuda_error(Caller("x", 12060, None, COMMANDS), OLD.format(12060)).code == "driver_too_old"


def test_without_a_driver_none_is_too_old() -> None:
    text = "cudaErrorInsufficientDriver: CUDA driver version is insufficient for CUDA runtime version"
    assert cuda_error(Caller("cupy 14.2.0", 12090, 0, ()), text, 35).code == "library_finds_no_driver"


@pytest.mark.parametrize(("text", "number"), [("12.6", 12060), ("13.0", 13000), ("11.8", 11080), ("9", 9000)])
def test_versions_are_read_and_written(text: str, number: int) -> None:
    assert version_number(text) == number
    assert version_text(number) == (text if "." in text else f"{text}.0")


@pytest.mark.parametrize("text", [None, "", "none", "rocm"])
def test_no_version_is_none(text: str | None) -> None:
    assert version_number(text) == 0


@pytest.mark.parametrize(
    ("text", "code", "file"),
    [
        (
            "libnvrtc.so.12: cannot open shared object file: No such file or directory",
            "cuda_library_missing",
            "libnvrtc.so.12",
        ),
        (
            'Failure finding "libnvrtc.so.13 or libnvrtc.so.12": No such file: libnvrtc.so.13 or libnvrtc.so.12',
            "cuda_library_missing",
            "libnvrtc.so.13",
        ),
        ("libcudart.so.11.0: cannot open shared object file", "cuda_library_missing", "libcudart.so.11.0"),
        ("libcublasLt.so.12: cannot open shared object file", "cuda_library_missing", "libcublasLt.so.12"),
        ("libcuda.so.1: cannot open shared object file", "driver_library_missing", "libcuda.so.1"),
        ("libnvidia-ml.so.1: cannot open shared object file", "driver_library_missing", "libnvidia-ml.so.1"),
    ],
)
def test_a_library_that_is_missing_is_named(text: str, code: str, file: str) -> None:
    reason = library_missing(text, "pip install it")
    assert reason is not None
    assert (reason.code, reason.values["file"]) == (code, file)


def test_another_missing_library_is_none_of_cudas() -> None:
    assert library_missing("libgomp.so.1: cannot open shared object file", "pip install it") is None


@pytest.mark.parametrize(
    ("arch", "code"),
    [("sm_37", "gpu_too_old"), ("sm_70", "gpu_older_than_build"), ("sm_121", "gpu_newer_than_build")],
)
def test_a_gpu_is_too_old_or_too_new(arch: str, code: str) -> None:
    reason = gpu_unfit("a GPU", arch, CALLER, [120, 75, 75, 90], "pip install it")
    assert reason.code == code
    if code != "gpu_too_old":
        assert "sm_75, sm_90, sm_120" in reason


def test_what_decides_is_a_sentence() -> None:
    assert CONCLUSIVE <= MET_DRIVER <= SENTENCES.keys()
