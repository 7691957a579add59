"""Describes a CPU as a code generator sees it: target triple, name and features."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from types import ModuleType

from flopsbench.errors import Unsupported
from flopsbench.host.cpu.cpuinfo import cpuinfo
from flopsbench.words.reason import Reason

# LLVM reads few of Linux's Arm feature flags; these are the ones the loops need, by Linux's names.
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
        return self.triple.startswith(("arm64", "aarch64")) and "apple" in self.triple

    def has(self, *names: str) -> bool:
        """Return whether the CPU has every one of these features."""
        return all(self.features.get(name, False) for name in names)


def llvm() -> ModuleType:
    """Return llvmlite's binding, ready to generate code; raise Unsupported with what to install where it is missing."""
    try:
        binding = import_module("llvmlite.binding")
    except ImportError as error:
        raise Unsupported(Reason("llvmlite_missing", error=str(error))) from None
    if binding.llvm_version_info[0] < 20:  # llvmlite 0.45, which came with LLVM 20, does this by itself
        binding.initialize()
    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    return binding


@cache
def this_host() -> Target:
    """Return the CPU this process runs on; raise Unsupported without llvmlite."""
    binding = llvm()
    try:
        features = dict(binding.get_host_cpu_features())
    except RuntimeError:  # LLVM cannot tell on this platform
        features = {}
    features |= linux_arm_features(cpuinfo())
    return Target(binding.get_process_triple(), binding.get_host_cpu_name(), features)


def linux_arm_features(text: str) -> dict[str, bool]:
    """Return LLVM's names of the features in an Arm /proc/cpuinfo; empty on other machines."""
    lines = (line.partition(":") for line in text.splitlines())
    flags = next((value.split() for key, _, value in lines if key.strip() == "Features"), [])
    return {_LINUX_ARM[flag]: True for flag in flags if flag in _LINUX_ARM}
