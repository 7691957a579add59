"""Names the processor so that two chips which differ do not share a name.

Most say a name. Where that is absent, or no more than a brand ("AMD Processor", as hypervisors write it), the numbers
join it by which the maker tells its chips apart.
"""

from __future__ import annotations

import ctypes
import platform
import re
import string
import sys
from collections.abc import Mapping
from contextlib import suppress
from functools import cache

from flopsbench.host.cpu.chip import chip
from flopsbench.host.cpu.cpuinfo import clean, cpuinfo, fields, first
from flopsbench.host.trees import HERE, Places, read_text
from flopsbench.text import shortened

LONGEST_MODEL = 160  # characters; a list of extensions may have thousands
NAMELESS = " CPU that tells no name"
ARM = "Arm implementer"

# The keys under which most architectures name their chips; MIPS; POWER and SPARC; RISC-V; 32-bit Arm; who made it.
NAME_KEYS = ("model name", "cpu model", "cpu", "uarch", "processor", "vendor_id")
# What looks like the number of a model, and is none: clocks, versions of emulators, and what several chips share.
NO_NUMBER = re.compile(
    r"@.*|[\d.]+ ?[GM]Hz|version \S+|\d+-?bit|ARMv\d\w*|AArch\d+|IBM/S390|rev \S+|\([^)]*\)|\b0+\b", re.IGNORECASE
)
A_NUMBER = re.compile(r"\b(?=\S*\d)\w{2,}")
NO_NAME = ("unknown", "0x0")
# By which numbers a maker tells its chips from each other: of the first form whose keys are all there. The "machine"
# of s390x stands in a line beside a serial number, that of POWER and others alone.
NUMBERS = (
    "family {cpu family} model {model} stepping {stepping}",
    "family {cpu family} model {model}",
    f"{ARM} {{cpu implementer}} part {{cpu part}}",
    f"{ARM} {{cpu implementer}} architecture {{cpu architecture}}",
    "RISC-V mvendorid {mvendorid} marchid {marchid} mimpid {mimpid}",
    "RISC-V mvendorid {mvendorid}, {isa}",
    "RISC-V {isa}",
    "PRId {prid}",
    "machine {machine}",
    "{system type}",
)
# The keys by which RISC-V tells who made a core, which, and in which version; a /proc/cpuinfo of RISC-V.
RISC_V_NUMBERS = ("mvendorid", "marchid", "mimpid")
RISC_V = re.compile(r"^(?:uarch|mvendorid|isa\s*:\s*rv)", re.MULTILINE)
# The number of a core; of an x86 core.
MIDR = re.compile(r"0x[0-9a-f]{8}([0-9a-f]{2})[0-9a-f]{2}([0-9a-f]{3})[0-9a-f]")
MODALIAS = re.compile(r"cpu:type:x86,ven([0-9A-F]+)fam([0-9A-F]+)mod([0-9A-F]+)")


@cache
def cpu_model(places: Places = HERE) -> str:
    """Return the processor's name."""
    told = described(cpuinfo(places)) or _by_sysfs(places)
    if told and (ARM in told or RISC_V.search(cpuinfo(places))):
        told = _in_a_chip(told, chip(told, places))
    if not told and places == HERE:
        told = _by_sysctl() or (clean(platform.processor()) if sys.platform == "win32" else "")
    return shortened(told or f"{platform.machine()}{NAMELESS}", LONGEST_MODEL)


def _in_a_chip(told: str, chip: str) -> str:
    """Return the name of cores with the chip that holds them, of which nothing is cut."""
    return f"{shortened(told, LONGEST_MODEL - len(chip) - 2)}, {chip}" if chip else told


@cache
def cpu_vendor(places: Places = HERE) -> str | None:
    """Return the vendor's id as the processor gives it ("AuthenticAMD", "0x41")."""
    return first(cpuinfo(places), "vendor_id", "cpu implementer", "mvendorid")


def is_nameless(model: str) -> bool:
    """Return whether a processor's name is one that any other could have."""
    return model.endswith(NAMELESS)


def described(text: str) -> str | None:
    """Return the name of the processor that a /proc/cpuinfo describes; None where it says nothing of it."""
    known = {key: [value for value in values if value.lower() not in NO_NAME] for key, values in fields(text).items()}
    names = (value for key in NAME_KEYS for value in known.get(key, ()) if not value.isdecimal())
    name = next(names, "")
    if A_NUMBER.search(NO_NUMBER.sub(" ", name)):
        return ", ".join(filter(None, (name, _risc_v_numbers(known))))
    known |= {"machine": known.get("machine") or re.findall(r"\bmachine = (\w+)", text)[:1]}
    hardware = " and ".join(known.get("hardware", ()))  # the chip that holds the cores, on phones
    return ", ".join(filter(None, (name, hardware, _numbers(known)))) or None


def _risc_v_numbers(known: Mapping[str, list[str]]) -> str:
    """Return the numbers that a RISC-V core has beside its name, as far as it tells them."""
    return " ".join(f"{key} {' and '.join(known[key])}" for key in RISC_V_NUMBERS if known.get(key))


def _numbers(known: Mapping[str, list[str]]) -> str:
    """Return the first form of NUMBERS whose keys all have values, filled in; empty where none has."""
    for form in NUMBERS:
        keys = [key for _, key, _, _ in string.Formatter().parse(form) if key]
        if all(known.get(key) for key in keys):
            return form.format_map({key: " and ".join(known[key]) for key in keys})
    return ""


def _by_sysfs(places: Places) -> str | None:
    """Return the numbers that the kernel shows of the first processor where it shows no /proc/cpuinfo."""
    if core := MIDR.fullmatch(read_text(places.cpus / "cpu0/regs/identification/midr_el1") or ""):
        return f"{ARM} 0x{core[1]} part 0x{core[2]}"
    if core := MODALIAS.match(read_text(places.cpus / "modalias") or ""):
        vendor, family, model = (int(number, 16) for number in core.groups())
        return f"x86 vendor {vendor} family {family} model {model}"
    return None


def _by_sysctl() -> str | None:
    """Return the name that the systems of Apple and BSD give the processor; None on others."""
    for key in (b"machdep.cpu.brand_string", b"hw.model"):
        with suppress(AttributeError, OSError):  # no such call here, or no C library that shows its functions
            value, size = ctypes.create_string_buffer(LONGEST_MODEL), ctypes.c_size_t(LONGEST_MODEL)
            if ctypes.CDLL(None).sysctlbyname(key, value, ctypes.byref(size), None, ctypes.c_size_t(0)) == 0:
                return clean(value.value.decode(errors="replace")) or None
    return None
