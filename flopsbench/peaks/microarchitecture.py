"""What a core's units do in a clock by its designer's account: a sourced table, found by what the CPU says it is."""

from __future__ import annotations

import re
from contextlib import suppress
from functools import cache
from pathlib import Path

import msgspec

_TABLE = Path(__file__).with_name("microarchitectures.json")


class Identity(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who made a core and which one it is: vendor, family, model of an x86; implementer, part of an Arm core."""

    vendor: str
    family: int
    model: int


class Cores(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The identities of a microarchitecture: one vendor and family, and models as [first, last] pairs.

    An Arm core has its implementer as vendor, family 8, and its part as model.
    """

    vendor: str
    family: int
    models: tuple[tuple[int, int], ...]

    def __contains__(self, identity: Identity) -> bool:
        """Whether that core is one of these."""
        return (self.vendor, self.family) == (identity.vendor, identity.family) and any(
            first <= identity.model <= last for first, last in self.models
        )


class Microarchitecture(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One row: operations a clock a core by dtype (FLOP, for int8 OP), the units they come from, and who says so."""

    name: str
    cores: Cores
    operations_per_clock: dict[str, int]
    units: str
    source: str
    source_url: str

    @property
    def reference(self) -> str:
        """The units and who says so, as a document names them."""
        return f"{self.name}: {self.units}; {self.source}, {self.source_url}"


@cache
def microarchitectures() -> tuple[Microarchitecture, ...]:
    """The table. Hybrid CPUs are left out: no one figure holds for all of their cores."""
    return msgspec.json.decode(_TABLE.read_bytes(), type=tuple[Microarchitecture, ...])


def find(identity: Identity | None) -> Microarchitecture | None:
    """The row for a core, None for one the table does not know."""
    return next((row for row in microarchitectures() if identity is not None and identity in row.cores), None)


def named(name: str | None) -> Microarchitecture | None:
    """The row of that name, None for one the table does not have."""
    return next((row for row in microarchitectures() if row.name == name), None)


def identify(text: str) -> Identity | None:
    """Who the cores of a /proc/cpuinfo are; None if it does not say, or names more than one kind."""
    x86 = _values(text, "vendor_id"), _values(text, "cpu family"), _values(text, "model")
    arm = _values(text, "CPU implementer"), _values(text, "CPU architecture"), _values(text, "CPU part")
    for vendors, families, models in (x86, arm):
        if len(vendors) == len(families) == len(models) == 1:
            with suppress(ValueError):  # words, such as the architecture "AArch64" of an old kernel
                return Identity(vendors.pop(), int(families.pop(), 0), int(models.pop(), 0))
    return None


def _values(text: str, key: str) -> set[str]:
    return set(re.findall(rf"^{key}\s*:\s*(\S+)", text, re.MULTILINE))
