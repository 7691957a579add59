"""Tells what a build of torch is for, which CUDA and which GPUs, and the command that installs another."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from flopsbench.device import Device
from flopsbench.host.kernel.nvidia import AMD, boards
from flopsbench.host.trees import HERE
from flopsbench.telemetry.cuda_error import Caller, gpu_unfit, version_number
from flopsbench.telemetry.gpu import cuda_of_driver
from flopsbench.words.reason import Reason

# The command that installs a build of torch, by the least version of CUDA that the driver has to support.
_INSTALL = "pip install --index-url https://download.pytorch.org/whl/{build} torch"
_BUILDS = tuple(
    (least, _INSTALL.format(build=build)) for least, build in ((13000, "cu130"), (12000, "cu126"), (11000, "cu118"))
)
_USUAL = _INSTALL.format(
    build="cu126"
)  # which any driver for CUDA 12 or 13 runs, and all GPUs since 2014 but the newest
_NEWEST, _ROCM = (_INSTALL.format(build=build) for build in ("cu128", "rocm6.4"))


def unfit(gpu: Device) -> Reason | None:
    """Return why torch has no code for a GPU that it sees; None for one that it can use.

    What it was built for raises the doubt, and a launch decides.
    """
    built_for = torch.cuda.get_arch_list()
    if torch.version.hip is not None or not built_for or gpu.arch is None or runs(gpu.arch, built_for):
        return None
    try:
        torch.zeros(1, device=gpu.id)
    except torch.OutOfMemoryError:
        return None
    except Exception:
        codes = [_number(arch) for arch in built_for]
        command = _NEWEST if _number(gpu.arch) > max(codes) else _USUAL
        return gpu_unfit(gpu.name, gpu.arch, caller(), codes, command)
    return None


def runs(arch: str, built_for: Sequence[str]) -> bool:
    """Return whether a GPU ("sm_86") runs what a library was built for ("sm_80", "compute_90").

    Code for a chip runs on those of the same major number and a minor one that is not lower (sm_90a: on that alone);
    code for "compute" is translated for any later chip.
    """
    number = _number(arch)
    for built in built_for:
        code = _number(built)
        if built.startswith("compute_"):
            fits = number >= code
        elif built.endswith("a"):
            fits = number == code
        else:
            fits = number // 10 == code // 10 and number >= code
        if fits:
            return True
    return False


def _number(arch: str) -> int:
    """Return the number of a compute capability: 90 of "sm_90a"."""
    return int("".join(filter(str.isdigit, arch.partition("_")[2])) or 0)


def caller() -> Caller:
    """Return torch as messages name it; which CUDA the driver supports, it says in its errors."""
    return Caller(f"torch {torch.__version__}", version_number(torch.version.cuda), None, _BUILDS)


def fitting_build() -> str:
    """Return the command that installs the build of torch for the GPU and the driver that are here."""
    vendors = {board.vendor for board in boards(HERE) or ()}
    if vendors == {AMD}:
        return _ROCM
    found = cuda_of_driver()
    return next((command for least, command in _BUILDS if found is not None and found >= least), _USUAL)
