"""Lists which fields of a host, a device, the software and the tool people are shown, by what name and in what unit."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from flopsbench import units
from flopsbench.result.types import Blas, CoreKind, DeviceRecord, Host, Record, Software, Tool
from flopsbench.words.reason import Reason, joined

COMMIT_DIGITS = 7


def in_words(value: object) -> str:
    """Return a value in words, a yes or no as "on" or "off"."""
    if isinstance(value, bool):
        return "on" if value else "off"
    return units.general(value) if isinstance(value, float) else str(value)


def gibibytes(amount_bytes: int) -> str:
    """Return an amount of memory in whole GiB, as memory is sold: "24", "2048"."""
    return units.fixed(amount_bytes / 2**30, 0)


def _megahertz(clock_hz: float) -> str:
    """Return a clock in whole MHz: "1980"."""
    return units.fixed(clock_hz / 1e6, 0)


def short_commit(commit: str) -> str:
    """Return enough of a commit to find it; the "+" of uncommitted changes is kept."""
    return commit[:COMMIT_DIGITS] + ("+" if commit.endswith("+") else "")


def _count(things: Collection[object]) -> str:
    """Return how many there are."""
    return units.grouped(len(things))


def _kinds(kinds: Iterable[CoreKind]) -> str:
    """Return the kinds of core with the number of each: "8 cpu_core (Golden Cove), 16 cpu_atom"."""
    cores = ((each.cores, each.name, each.microarchitecture) for each in kinds)
    return ", ".join(f"{units.grouped(count)} {name}" + (f" ({core})" if core else "") for count, name, core in cores)


def _libraries(pools: Iterable[Blas]) -> str:
    """Return the loaded BLAS libraries and thread pools, each once, sorted: "openblas 0.3.27 SkylakeX 4 threads"."""
    return joined(sorted({_library(pool) for pool in pools}), "names_joined")


def _library(pool: Blas) -> str:
    """Return one library with its threads."""
    name = " ".join(filter(None, (pool.library, pool.version, pool.kernel)))
    return Reason("library_on_threads", library=name, count=pool.threads) if pool.threads else name


@dataclass(frozen=True, slots=True)
class Fact:
    """A Fact is a field that people are shown, at ``path`` in its record; ``form`` makes its value a text in ``unit``.

    ``heading`` and ``phrase`` are keys of ``words/pages.json``: a Result's page shows the fact under the heading, in
    the phrase if there is one, and without a heading not at all. What is not ``compared`` changes from minute to
    minute.
    """

    path: str
    label: str
    unit: str = ""
    form: Callable[[Any], str] = in_words
    heading: str = ""
    phrase: str = ""
    compared: bool = True


FACTS: Mapping[type[Record], tuple[Fact, ...]] = {
    Host: (
        Fact("cpu.model", "CPU", heading="processor"),
        Fact("cpu.microarchitecture", "CPU core", heading="processor"),
        Fact("cpu.kinds", "kinds of core", form=_kinds, heading="processor"),
        Fact("arch", "architecture", heading="processor"),
        Fact("cpu.usable", "usable cores", heading="cores_usable", phrase="usable_cores"),
        Fact("cpu.physical", "physical cores", heading="cores_usable", phrase="physical_cores"),
        Fact("cpu.logical", "logical cores", heading="cores_usable", phrase="logical_cores"),
        Fact("cpu.cache_bytes", "last-level cache", "MiB", lambda size: units.general(size / 2**20), heading="cache"),
        Fact("memory.total_bytes", "memory", "GiB", gibibytes, heading="memory"),
        Fact("memory.nodes", "memory nodes", form=_count, heading="memory", phrase="memory_nodes"),
        Fact("os", "operating system", heading="system"),
        Fact("kernel", "OS kernel", heading="system"),
        Fact("virtualisation.hypervisor", "hypervisor", heading="virtualisation", phrase="hypervisor"),
        Fact("virtualisation.container", "container", heading="virtualisation", phrase="container"),
        Fact("virtualisation.quota_cpus", "CPU quota", heading="virtualisation", phrase="quota"),
        Fact("busy_share", "busy before the run", form=units.share, heading="busy", compared=False),
        Fact("on_battery", "on battery", heading="battery", phrase="battery"),
    ),
    DeviceRecord: (
        Fact("name", "name", heading="devices"),
        Fact("arch", "architecture", heading="devices"),
        Fact("units", "units"),
        Fact("memory_bytes", "memory", "GiB", gibibytes, heading="devices", phrase="device_memory"),
        Fact("driver", "driver", heading="devices", phrase="device_driver"),
        Fact("power_limit_w", "power limit", "W", heading="devices", phrase="device_power"),
        Fact("clock_max_hz", "highest clock", "MHz", _megahertz, heading="devices", phrase="device_clock"),
        Fact("ecc", "ECC", heading="devices", phrase="device_ecc"),
        Fact("mig", "MIG", heading="devices", phrase="device_mig"),
        Fact("persistence", "persistence mode"),
    ),
    Software: (
        Fact("python", "python", heading="software"),
        Fact("versions", "", heading="software"),
        Fact("blas", "BLAS", form=_libraries),
        Fact("env", "setting", heading="settings"),
        Fact("memory_policy", "memory policy", heading="settings", phrase="memory_policy"),
    ),
    Blas: (
        Fact("library", "library", heading="software"),
        Fact("version", "version", heading="software"),
        Fact("kernel", "kernel", heading="software"),
        Fact("threads", "threads", "threads", heading="software", phrase="threads"),
    ),
    Tool: (
        Fact("version", "flopsbench"),
        Fact("git_commit", "flopsbench commit", form=short_commit),
        Fact("profile", "profile"),
    ),
}


class Told(NamedTuple):
    """A Told is what one record says of a Fact; ``name`` is that of one of several values, a package or a setting."""

    fact: Fact
    value: Any
    name: str = ""

    @property
    def label(self) -> str:
        """Return by what name people know it, with the unit of its text: "memory, GiB"."""
        label = " ".join(filter(None, (self.fact.label, self.name)))
        return f"{label}, {self.fact.unit}" if self.fact.unit else label

    @property
    def text(self) -> str:
        """Return the value as a text, in its unit."""
        return self.fact.form(self.value)

    @property
    def whole(self) -> str:
        """Return the text with its unit: "32 GiB"."""
        return f"{self.text} {self.fact.unit}" if self.fact.unit else self.text


def facts(record: Record) -> Iterator[Told]:
    """Yield what is known of a record, in the order of the table."""
    for fact in FACTS[type(record)]:
        value = value_at(record, fact.path)
        if isinstance(value, Mapping):
            yield from (Told(fact, each, name) for name, each in value.items())
        elif value not in (None, "", []):
            yield Told(fact, value)


def value_at(record: Record, path: str) -> Any:
    """Return what stands at a path of a record, such as "cpu.model"; None where something on the way is absent."""
    value: Any = record
    for name in path.split("."):
        value = None if value is None else getattr(value, name)
    return value
