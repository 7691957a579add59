"""Describes a CPU as a code generator sees it: target triple, name and features."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import ModuleType

from flopsbench.errors import Unsupported
from flopsbench.host.cpu.cpuinfo import cpuinfo
from flopsbench.host.parent import import_safely
from flopsbench.text import error_line, first_line
from flopsbench.words.reason import Reason

# LLVM reads few of Linux's Arm feature flags; these are the ones the loops need, by Linux's names.
_ARM_64 = ("arm64", "aarch64")  # as triples of LLVM begin
_LINUX_ARM = {"asimd": "neon", "asimddp": "dotprod", "i8mm": "i8mm", "bf16": "bf16"}


@dataclass(frozen=True)
class Target:
    """A Target is a CPU to generate code for. ``features`` maps LLVM's feature names to whether the CPU has them."""

    triple: str
    cpu: str
    features: Mapping[str, bool]

    @property
    def is_apple_arm(self) -> bool:
        """Return whether this is an Arm CPU of Apple, whose matrix unit has no public instructions."""
        return self.triple.startswith(_ARM_64) and "apple" in self.triple

    def has(self, *names: str) -> bool:
        """Return whether the CPU has every one of these features."""
        return all(self.features.get(name, False) for name in names)


def llvm() -> ModuleType:
    """Return llvmlite's binding, ready to generate code; raise Unsupported, with what to do, where there is none."""
    try:
        binding = import_safely("llvmlite.binding")
        if binding.llvm_version_info[0] < 20:  # llvmlite 0.45, which came with LLVM 20, does this by itself
            binding.initialize()
        binding.initialize_native_target()
        binding.initialize_native_asmprinter()
    except ModuleNotFoundError as error:
        raise Unsupported(Reason("llvmlite_missing", error=first_line(str(error)))) from None
    except Exception as error:  # a library that does not load here, or knows no such processor
        raise unusable(error) from None
    return binding


def unusable(error: Exception) -> Unsupported:
    """Return what says that there is llvmlite, and why it makes no code here."""
    return Unsupported(Reason("llvmlite_unusable", error=error_line(error)))


@cache
def this_host() -> Target:
    """Return the CPU this process runs on; raise Unsupported without llvmlite."""
    binding = llvm()
    try:
        features = dict(binding.get_host_cpu_features())
    except RuntimeError:  # LLVM cannot tell on this platform
        features = {}
    triple = binding.get_process_triple()
    return Target(triple, binding.get_host_cpu_name(), features | arm_features(triple, cpuinfo()))


def arm_features(triple: str, text: str) -> dict[str, bool]:
    """Return LLVM's names of the features of an Arm CPU: those in its /proc/cpuinfo, and what all of 64 bits have.

    The text may be another machine's, as in a container whose processor is emulated.
    """
    every = {"neon": True} if triple.startswith(_ARM_64) else {}
    return every | linux_arm_features(text)


def linux_arm_features(text: str) -> dict[str, bool]:
    """Return LLVM's names of the features in an Arm /proc/cpuinfo; empty on other machines."""
    lines = (line.partition(":") for line in text.splitlines())
    flags = next((value.split() for key, _, value in lines if key.strip() == "Features"), [])
    return {_LINUX_ARM[flag]: True for flag in flags if flag in _LINUX_ARM}
