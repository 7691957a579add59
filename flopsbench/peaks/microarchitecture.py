"""Finds how many operations a CPU core does per clock, in a sourced table, by the vendor and model the CPU states."""

from __future__ import annotations

import re
from contextlib import suppress
from functools import cache
from pathlib import Path

import msgspec

from flopsbench.peaks.bounds import HIGHEST_CLOCK_OF_ANY_CPU_HZ

_TABLE = Path(__file__).with_name("microarchitectures.json")

NAMED_ARCHITECTURES = {"aarch64": 8}  # as kernels before 3.19 wrote it, and some of vendors and emulators still do


class Identity(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An Identity says which core a CPU has: vendor, family and model of an x86 core.

    An Arm core has its implementer as vendor, its architecture as family and its part as model. ``type`` is what the
    kernel calls the cores where a CPU has several kinds of one model ("cpu_core", "cpu_atom"), ``name`` the processor's
    name, ``flags`` are the features it shows.
    """

    vendor: str
    family: int
    model: int
    type: str = ""
    name: str = ""
    flags: frozenset[str] = frozenset()


class Cores(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Cores are the identities of one microarchitecture: a vendor, a family, and models as [first, last] pairs.

    ``type`` is the kernel's name of such cores where others share their model, ``names`` a pattern that is found in the
    name of such processors where others do.
    """

    vendor: str
    family: int
    models: tuple[tuple[int, int], ...]
    type: str = ""
    names: str = ""

    def __contains__(self, identity: Identity) -> bool:
        """Return whether that core is one of these."""
        return (
            (self.vendor, self.family, self.type) == (identity.vendor, identity.family, identity.type)
            and any(first <= identity.model <= last for first, last in self.models)
            and re.search(self.names, identity.name) is not None
        )


class Microarchitecture(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A Microarchitecture is one row of the table: operations per clock of one core by dtype, with their source.

    Operations are FLOP, for int8 OP; a multiply-add counts as two. ``units`` are the arithmetic units that do them.
    The figures hold where a CPU shows all flags that they ``need``. It ``never`` shows certain others: those came with
    later cores, by LLVM's lists of processors (X86.td, AArch64Processors.td), so that whoever shows them is such a one
    under an older name, as hypervisors give.
    ``highest_clock_of`` is the product with the highest boost clock that was sold, empty where it is not known.
    """

    name: str
    cores: Cores
    operations_per_clock: dict[str, int]
    units: str
    source: str
    source_url: str
    highest_clock_ghz: float | None = None
    highest_clock_of: str = ""
    needs: frozenset[str] = frozenset()
    never: frozenset[str] = frozenset()

    def is_of(self, identity: Identity) -> bool:
        """Return whether this row is that of a core, by its identity and by the features it shows."""
        return identity in self.cores and self.needs <= identity.flags and not self.never & identity.flags

    @property
    def highest_clock_hz(self) -> float:
        """Return the highest boost clock of a product with such cores, in Hz; that of any CPU where it is not known."""
        return self.highest_clock_ghz * 1e9 if self.highest_clock_ghz else HIGHEST_CLOCK_OF_ANY_CPU_HZ

    @property
    def reference(self) -> str:
        """Return the units and the source, as a document names them."""
        return f"{self.name}: {self.units}; {self.source}, {self.source_url}"


@cache
def microarchitectures() -> tuple[Microarchitecture, ...]:
    """Return the table. Where a CPU has several kinds of core, each kind has a row: no figure is true of them all."""
    return msgspec.json.decode(_TABLE.read_bytes(), type=tuple[Microarchitecture, ...])


def find(identity: Identity | None) -> Microarchitecture | None:
    """Return the row for a core, None for a core the table does not have."""
    return next((row for row in microarchitectures() if identity is not None and row.is_of(identity)), None)


def named(name: str | None) -> Microarchitecture | None:
    """Return the row of that name, None for a name the table does not have."""
    return next((row for row in microarchitectures() if row.name == name), None)


def identify(text: str, type: str = "") -> Identity | None:
    """Return which cores a /proc/cpuinfo describes; None if it does not say, or names more than one kind.

    ``type`` is the kernel's name of these cores, where it tells several kinds apart.
    """
    x86 = _values(text, "vendor_id"), _values(text, "cpu family"), _values(text, "model")
    arm = _values(text, "CPU implementer"), _values(text, "CPU architecture"), _values(text, "CPU part")
    for vendors, families, models in (x86, arm):
        if len(vendors) == len(families) == len(models) == 1:
            with suppress(ValueError):  # words
                numbers = _number(families.pop()), _number(models.pop())
                return Identity(vendors.pop(), *numbers, type, _first_line(text, "model name"), _flags(text))
    return None


def _number(text: str) -> int:
    """Return the number that a value is; an architecture may be written as its name."""
    return NAMED_ARCHITECTURES.get(text.lower()) or int(text, 0)


def of_each_cpu(text: str) -> dict[int, str]:
    """Return what a /proc/cpuinfo says of each logical CPU, by its number."""
    blocks = re.split(r"^(?=processor\s*:)", text, flags=re.MULTILINE)
    return {
        int(number[1]): block for block in blocks if (number := re.match(r"processor\s*:\s*(\d+)\s*$", block, re.M))
    }


def _flags(text: str) -> frozenset[str]:
    """Return the features that the first CPU shows, by Linux's names."""
    return frozenset((_first_line(text, "flags") or _first_line(text, "Features")).split())


def _first_line(text: str, key: str) -> str:
    """Return the first value of a key, a whole line; empty where there is none."""
    found = re.search(rf"^{key}[^\S\n]*:(.*)$", text, re.MULTILINE)
    return found[1].strip() if found else ""


def _values(text: str, key: str) -> set[str]:
    """Return all values of a key in a /proc/cpuinfo."""
    return set(re.findall(rf"^{key}\s*:\s*(\S+)", text, re.MULTILINE))
