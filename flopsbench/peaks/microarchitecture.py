"""Finds how many operations a CPU core does per clock, in a sourced table, by the vendor and model the CPU states."""

from __future__ import annotations

import re
from contextlib import suppress
from functools import cache
from pathlib import Path

import msgspec

_TABLE = Path(__file__).with_name("microarchitectures.json")


class Identity(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An Identity says which core a CPU has: vendor, family and model of an x86 core.

    An Arm core has its implementer as vendor, its architecture as family and its part as model.
    """

    vendor: str
    family: int
    model: int


class Cores(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Cores are the identities of one microarchitecture: a vendor, a family, and models as [first, last] pairs."""

    vendor: str
    family: int
    models: tuple[tuple[int, int], ...]

    def __contains__(self, identity: Identity) -> bool:
        """Return whether that core is one of these."""
        return (self.vendor, self.family) == (identity.vendor, identity.family) and any(
            first <= identity.model <= last for first, last in self.models
        )


class Microarchitecture(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A Microarchitecture is one row of the table: operations per clock of one core by dtype, with their source.

    Operations are FLOP, for int8 OP; a multiply-add counts as two. ``units`` are the arithmetic units that do them.
    ``highest_clock_of`` is the product with the highest boost clock that was sold.
    """

    name: str
    cores: Cores
    operations_per_clock: dict[str, int]
    highest_clock_ghz: float
    highest_clock_of: str
    units: str
    source: str
    source_url: str

    @property
    def highest_clock_hz(self) -> float:
        """Return the highest boost clock of a product with such cores, in Hz."""
        return self.highest_clock_ghz * 1e9

    @property
    def reference(self) -> str:
        """Return the units and the source, as a document names them."""
        return f"{self.name}: {self.units}; {self.source}, {self.source_url}"


@cache
def microarchitectures() -> tuple[Microarchitecture, ...]:
    """Return the table. It has no hybrid CPUs: no single figure is true of all their cores."""
    return msgspec.json.decode(_TABLE.read_bytes(), type=tuple[Microarchitecture, ...])


def find(identity: Identity | None) -> Microarchitecture | None:
    """Return the row for a core, None for a core the table does not have."""
    return next((row for row in microarchitectures() if identity is not None and identity in row.cores), None)


def named(name: str | None) -> Microarchitecture | None:
    """Return the row of that name, None for a name the table does not have."""
    return next((row for row in microarchitectures() if row.name == name), None)


def identify(text: str) -> Identity | None:
    """Return which cores a /proc/cpuinfo describes; None if it does not say, or names more than one kind."""
    x86 = _values(text, "vendor_id"), _values(text, "cpu family"), _values(text, "model")
    arm = _values(text, "CPU implementer"), _values(text, "CPU architecture"), _values(text, "CPU part")
    for vendors, families, models in (x86, arm):
        if len(vendors) == len(families) == len(models) == 1:
            with suppress(ValueError):  # words, such as the architecture "AArch64" of an old kernel
                return Identity(vendors.pop(), int(families.pop(), 0), int(models.pop(), 0))
    return None


def _values(text: str, key: str) -> set[str]:
    """Return all values of a key in a /proc/cpuinfo."""
    return set(re.findall(rf"^{key}\s*:\s*(\S+)", text, re.MULTILINE))
