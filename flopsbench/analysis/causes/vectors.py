"""Finds whether a library used narrower instructions than the CPU has: by a variable, by its kernel, by its maker."""

from __future__ import annotations

from flopsbench.analysis.causes.slow import Cause, Slow
from flopsbench.peaks.instruction_sets import (
    InstructionSet,
    LimitingSetting,
    is_narrower,
    kernel_of,
    left_by,
    set_of_kernel,
    settings_for,
    used_by_itself,
)
from flopsbench.words.reason import Reason

# What libraries call themselves that were built without an optimised BLAS.
GENERIC = ("torch's own loops", "numpy's own loops", "blas", "cblas", "lapack", "netlib", "refblas", "generic")


def limiting_setting(slow: Slow) -> tuple[LimitingSetting, str, InstructionSet] | None:
    """Return the variable, its value and the set it leaves, where it took from a library what it would have used.

    Where the document names a kernel, that one counts: a wider one than the variable asks for says that it had no
    effect, and a library without the kernel asked for takes one of an older core.
    """
    paths, would_use = slow.paths, _by_itself(slow)
    if paths is None or would_use is None:
        return None
    used = set_of_kernel(paths, kernel_of(paths, slow.library))
    for setting in settings_for(paths, slow.result.host.cpu.vendor):
        value = slow.result.software.env.get(setting.name, "")
        left = left_by(paths, setting, value)
        if left and not is_narrower(left, used) and is_narrower(left, would_use):
            return setting, value, used or left
    return None


def _by_itself(slow: Slow) -> InstructionSet | None:
    """Return the widest set that the library uses on this CPU where nothing keeps it from that."""
    paths, widest = slow.paths, slow.widest
    return used_by_itself(paths, slow.result.host.cpu.vendor, widest) if paths and widest else None


def by_setting(slow: Slow) -> Cause | None:
    """Find a variable that keeps the library from instructions of this CPU."""
    found, widest = limiting_setting(slow), slow.widest
    if found is None or slow.paths is None or widest is None:
        return None
    setting, value, left = found
    told = {"name": setting.name, "value": value, "library": slow.paths.name, "left": left.title, "wide": widest.title}
    gain = setting.measured
    if gain and gain.since == left.name:
        sentence = Reason("setting_narrows_measured", **told, times=gain.times, where=gain.where)
    else:
        sentence = Reason("setting_narrows", **told)
    return Cause(left.work / widest.work, sentence)


def by_kernel(slow: Slow) -> Cause | None:
    """Find a kernel that is made of narrower instructions than this CPU has, by the library's own choice."""
    paths, widest = slow.paths, slow.widest
    kernel = kernel_of(paths, slow.library) if paths else None
    used = set_of_kernel(paths, kernel) if paths else None
    if paths is None or kernel is None or widest is None or used is None or not is_narrower(used, widest):
        return None
    chosen_by, wider = paths.settings[0].name, paths.kernels[widest.name][0]
    told = {"library": paths.name, "kernel": kernel, "used": used.title, "wide": widest.title}
    return Cause(used.work / widest.work, Reason("kernel_narrow", **told, setting=chosen_by, wider=wider))


def by_vendor(slow: Slow) -> Cause | None:
    """Find a library that takes its narrower way on the CPUs of other vendors."""
    paths, widest, used = slow.paths, slow.widest, _by_itself(slow)
    gain = paths.measured if paths else None
    if paths is None or gain is None or widest is None or used is None or not is_narrower(used, widest):
        return None
    told = {"library": paths.name, "used": used.title, "wide": widest.title, "times": gain.times, "where": gain.where}
    return Cause(used.work / widest.work, Reason("vendor_path", **told))


def by_build(slow: Slow) -> Cause | None:
    """Find a library that was built without an optimised BLAS."""
    name = f"{slow.library.lower()} "
    if not any(name.startswith(f"{each} ") for each in GENERIC):
        return None
    package = slow.case.backend
    return Cause(0.0, Reason("generic_build", library=slow.library, package=package))
