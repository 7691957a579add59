"""Says in a plain sentence, with the command that helps, what an error of CUDA means for whoever asked for a GPU.

CUDA numbers its errors (cudaError in driver_types.h). CuPy tells number and name, torch a text of its own for some and
the number for the others (c10/cuda/CUDAFunctions.cpp).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flopsbench.text import first_line
from flopsbench.words.reason import Reason

INSUFFICIENT_DRIVER, NO_DEVICE = 35, 100
OLDEST_SM = 50  # that CUDA 12 compiles for

# What torch writes without a number. ROCm's torch says HIP where this says CUDA.
_TEXTS = {
    "Found no NVIDIA driver": INSUFFICIENT_DRIVER,
    "driver on your system is too old": INSUFFICIENT_DRIVER,
    "No CUDA GPUs are available": NO_DEVICE,
    "No HIP GPUs are available": NO_DEVICE,
    "no kernel image is available": 209,
    "driver initialization failed": 3,
    "CUDA unknown error": 999,
    "HIP unknown error": 999,
}
_NUMBER = re.compile(r"\bError (\d+):|\bcudaError\w*?\((\d+)\)")
_ADVICE = re.compile(r"^.*(?=\bError \d+:)")  # of torch's, which is about its own code
_FOUND = re.compile(r"found version (\d+)")
_LIBRARY = re.compile(r"\b(lib(?:cu|nv)[\w-]+(?:\.so[.\d]*|\.dylib))")
_OF_THE_DRIVER = ("libcuda.", "libnvidia-")


@dataclass(frozen=True, slots=True)
class Caller:
    """A Caller is an array library: its name with its version, the CUDA it is built for, and what it is installed by.

    ``built`` and ``found`` are CUDA's numbers for versions (12060 is 12.6); ``found`` is the newest that the driver
    supports, 0 without a driver, None where the library does not say. ``install`` are commands by the least version of
    a driver.
    """

    name: str
    built: int
    found: int | None
    install: tuple[tuple[int, str], ...]

    def fitting(self, found: int) -> str | None:
        """Return the command that installs a build for a driver of that version; None where there is none."""
        return next((command for least, command in self.install if found >= least), None)


def cuda_error(caller: Caller, text: str, number: int | None = None) -> Reason:
    """Return what an error means that a library met when it looked for GPUs."""
    told = first_line(text)
    number = _number(told) if number is None else number
    if number == INSUFFICIENT_DRIVER:
        named = _FOUND.search(told)
        return _insufficient(caller, int(named[1]) if named else caller.found or 0)
    say = _SENTENCES.get(number) if number is not None else None
    said = _ADVICE.sub("", told)
    return say(said) if say else Reason("cuda_error", error=said)


def _number(told: str) -> int | None:
    """Return CUDA's number of the error that a text is about; None for an unknown text."""
    found = _NUMBER.search(told)
    if found:
        return int(found[1] or found[2])
    return next((number for text, number in _TEXTS.items() if text in told), None)


def _insufficient(caller: Caller, found: int) -> Reason:
    """Return that there is no driver, or one too old; either is the same error of CUDA's."""
    if not found:
        return Reason("library_finds_no_driver", library=caller.name)
    command = caller.fitting(found)
    versions = {"found": version_text(found), "library": caller.name, "built": version_text(caller.built)}
    if command is None or found >= caller.built:
        return Reason("driver_too_old", **versions)
    return Reason("driver_too_old_for_build", command=command, **versions)


def version_text(number: int) -> str:
    """Return a version of CUDA as people write it: 12060 is "12.6"."""
    return f"{number // 1000}.{number % 1000 // 10}"


def version_number(text: str | None) -> int:
    """Return CUDA's number for a version as people write it: "12.6" is 12060; 0 for none."""
    major, _, minor = (text or "").partition(".")
    return int(major) * 1000 + int(re.match(r"\d*", minor)[0] or 0) * 10 if major.isdecimal() else 0  # type: ignore[index]  # \d* always matches


def library_missing(text: str, command: str) -> Reason | None:
    """Return which of CUDA's libraries cannot be loaded, with the command that brings it; None for another error."""
    missing = _LIBRARY.search(text)
    if missing is None:
        return None
    if missing[1].startswith(_OF_THE_DRIVER):
        return Reason("driver_library_missing", file=missing[1])
    return Reason("cuda_library_missing", file=missing[1], command=command)


_SENTENCES: dict[int, Callable[[str], Reason]] = {
    3: lambda told: Reason("cuda_does_not_start", error=told),
    46: lambda told: Reason("gpu_taken", error=told),
    NO_DEVICE: lambda told: Reason("cuda_shows_no_gpu", error=told),
    209: lambda told: Reason("no_code_for_gpu", error=told),
    802: lambda told: Reason("fabric_not_ready", error=told),
    803: lambda told: Reason("driver_parts_differ", error=told),
    804: lambda told: Reason("compatibility_refused", error=told),
    999: lambda told: Reason("cuda_unknown_error", error=told),
}


def gpu_unfit(gpu: str, arch: str, caller: Caller, codes: Sequence[int], command: str) -> Reason:
    """Return that a library has no code for a GPU; ``arch`` and ``codes`` are compute capabilities, sm_90 and 90."""
    known = ", ".join(f"sm_{code}" for code in sorted(set(codes)))
    values = {"gpu": gpu, "arch": arch, "library": caller.name, "known": known}
    number = int(arch.removeprefix("sm_"))
    if number < OLDEST_SM:
        return Reason("gpu_too_old", gpu=gpu, arch=arch, library=caller.name)
    if number > max(codes):
        return Reason("gpu_newer_than_build", command=command, **values)
    return Reason("gpu_older_than_build", command=command, **values)


# What a library alone can know, and what is then the cause, whatever is missing elsewhere.
CONCLUSIVE = frozenset(
    {
        "driver_too_old",
        "driver_too_old_for_build",
        "gpu_taken",
        "no_code_for_gpu",
        "gpu_older_than_build",
        "gpu_newer_than_build",
        "gpu_too_old",
        "fabric_not_ready",
        "driver_parts_differ",
        "compatibility_refused",
    }
)
# What a library says only where a driver answered it.
MET_DRIVER = CONCLUSIVE | {"cuda_shows_no_gpu", "cuda_does_not_start", "cuda_unknown_error"}
