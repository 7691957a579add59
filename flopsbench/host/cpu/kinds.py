"""Tells the kinds of core apart that a CPU has: by the kernel's name for them, by what they are, by their capacity.

Intel's hybrid CPUs have cpu_core and cpu_atom below /sys/devices, with one model for both; each Arm core has a part in
/proc/cpuinfo. What the kernel calls ``cpu_capacity`` is 1024 for the fastest core.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from flopsbench.host.cpu.cores import folder_of, usable_by_core
from flopsbench.host.cpu.cpuinfo import cpuinfo
from flopsbench.host.trees import HERE, Places, parse_cpus, read_integer, read_text
from flopsbench.peaks.microarchitecture import Identity, find, identify, of_each_cpu
from flopsbench.result.types import CoreKind
from flopsbench.result.work import dealt


class KindOfCore(NamedTuple):
    """A KindOfCore is what is known of equal cores; ``cpus`` has one logical CPU of each that may be used."""

    type: str
    identity: Identity | None
    capacity: int | None
    cpus: tuple[int, ...]

    @property
    def microarchitecture(self) -> str | None:
        """Return the name of such cores in the table; None where it has none."""
        row = find(self.identity)
        return row.name if row else None

    @property
    def name(self) -> str:
        """Return what tells these cores from the others."""
        part = f"{self.identity.vendor} part {self.identity.model:#x}" if self.identity else ""
        capacity = f"capacity {self.capacity}" if self.capacity else ""
        return self.type or ", ".join(filter(None, (part, capacity))) or "core"

    def record(self) -> CoreKind:
        """Return these cores as a document lists them."""
        return CoreKind(name=self.name, cores=len(self.cpus), microarchitecture=self.microarchitecture)


def kinds_of_core(places: Places = HERE, allowed: Collection[int] | None = None) -> list[KindOfCore]:
    """Return the kinds of core that this process may use, fastest first; ``allowed`` are other CPUs than its own."""
    text, types, cpus = cpuinfo(places), dict(_types(places)), usable_by_core(places, allowed)
    blocks = of_each_cpu(text)
    if not blocks.keys() >= set(cpus):  # a container may show other numbers, or those of some CPUs alone
        blocks = dict.fromkeys(cpus, text)
    found: dict[tuple[str, Identity | None, int | None], list[int]] = {}
    for cpu in cpus:
        type = types.get(cpu, "")
        capacity = None if type else read_integer(folder_of(places.cpus, cpu) / "cpu_capacity")
        found.setdefault((type, identify(blocks[cpu], type), capacity), []).append(cpu)
    kinds = [KindOfCore(*key, tuple(cpus)) for key, cpus in found.items()]
    return sorted(kinds, key=lambda kind: (kind.type == LITTLE, -(kind.capacity or 0), kind.cpus))


LITTLE = "cpu_atom"


def _types(places: Places) -> Iterator[tuple[int, str]]:
    """Yield each CPU of a hybrid chip with the kernel's name for its kind."""
    for file in sorted((places.sys / "devices").glob("cpu_*/cpus")):
        for cpu in parse_cpus(read_text(file) or ""):
            yield cpu, file.parent.name


def this_microarchitecture(places: Places = HERE) -> str | None:
    """Return the name that the table has of the cores this process may use; None for what it lacks, and for several."""
    kinds = kinds_of_core(places)
    return kinds[0].microarchitecture if len(kinds) == 1 else None


def recorded_kinds(places: Places = HERE) -> list[CoreKind]:
    """Return the kinds of core as a document lists them: nothing where all are equal."""
    kinds = kinds_of_core(places)
    return [kind.record() for kind in kinds] if len(kinds) > 1 else []


def at_work(kinds: Sequence[KindOfCore], cores: int) -> list[KindOfCore]:
    """Return the kinds with those of their cores on which so many threads work: the fastest."""
    counts = dealt([len(kind.cpus) for kind in kinds], cores)
    return [kind._replace(cpus=kind.cpus[:count]) for kind, count in zip(kinds, counts, strict=True) if count]


def cpus_of(kinds: Sequence[KindOfCore]) -> list[Sequence[int]]:
    """Return the CPUs of each kind of core."""
    return [kind.cpus for kind in kinds]


def counted(kinds: Sequence[KindOfCore]) -> list[tuple[str | None, int]]:
    """Return the microarchitecture and the number of the cores of each kind."""
    return [(kind.microarchitecture, len(kind.cpus)) for kind in kinds]
