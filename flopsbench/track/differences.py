"""Decides what must be equal for two rates to be compared, and lists every other way in which two Results differ."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from flopsbench import units
from flopsbench.result.types import Blas, Case, DeviceRecord, Host, Result, Software

KEYS = (
    "machine",
    "device",
    "dtype",
    "shape",
    "layout",
    "regime",
    "backend",
    "kernel",
    "math",
    "accumulate",
    "data",
    "method",
)
UNKNOWN = "not recorded"
CEILING_MOVED = 0.03  # the scatter of ceilings taken minutes apart on a quiet machine is below this
COMMIT_DIGITS = 7


def keys(result: Result, case: Case) -> dict[str, str]:
    """Return the comparability keys of one case by the names in KEYS: two rates compare only where all agree."""
    compute = case.compute
    return {
        "machine": machine(result.host),
        "device": next((device.name for device in result.devices if device.id == case.device), UNKNOWN),
        "dtype": case.dtype,
        "shape": f"{case.m}x{case.n}x{case.k}",
        "layout": case.layout,
        "regime": case.regime,
        "backend": case.backend,
        "kernel": case.kernel,
        "math": (compute.math if compute else None) or UNKNOWN,
        "accumulate": compute.accumulate if compute else UNKNOWN,
        "data": case.data,
        "method": str(result.method_version),
    }


def machine(host: Host) -> str:
    """Return a machine in words, equal for machines of equal hardware."""
    return f"{host.cpu.model}, {host.cpu.usable} cores ({host.hardware_key})"


def incomparable(base: Mapping[str, str], new: Mapping[str, str]) -> list[str]:
    """Return the names of the keys that keep two cases apart, in the order of KEYS."""
    return [name for name in KEYS if base[name] != new[name]]


def differences(base: Result, new: Result) -> list[str]:
    """Return every difference between the environments of two Results, a line for each: "numpy 2.3.1 -> 2.4.6"."""
    parts = (
        _tool(base, new),
        _software(base.software, new.software),
        _devices(base, new),
        _host(base.host, new.host),
        _ceilings(base, new),
    )
    return [line for part in parts for line in part]


def _line(name: str, base: object, new: object) -> Iterator[str]:
    """Yield a line where the two differ."""
    if base != new:
        yield f"{name} {_in_words(base)} -> {_in_words(new)}"


def _in_words(value: object) -> str:
    """Return a value in words: what is absent is called "none", a yes or no "on" or "off"."""
    if isinstance(value, bool):
        return "on" if value else "off"
    return "none" if value in (None, "") else units.general(value) if isinstance(value, float) else str(value)


def _name_by_name(prefix: str, base: Mapping[str, str], new: Mapping[str, str]) -> Iterator[str]:
    """Yield a line for each name that two mappings give different values."""
    for name in dict.fromkeys([*base, *new]):
        yield from _line(f"{prefix}{name}", base.get(name), new.get(name))


def _tool(base: Result, new: Result) -> Iterator[str]:
    """Yield how the measured project, and flopsbench itself, differ."""
    yield from _line("source commit", _commit(base), _commit(new))
    yield from _line("flopsbench", base.tool.version, new.tool.version)
    yield from _line("flopsbench commit", _short(base.tool.git_commit), _short(new.tool.git_commit))
    yield from _line("method", base.method_version, new.method_version)
    yield from _line("profile", base.tool.profile, new.tool.profile)


def _commit(result: Result) -> str | None:
    """Return the commit of the project that a Result was measured in, short."""
    return _short(result.source.commit) if result.source else None


def _short(commit: str | None) -> str | None:
    """Return enough of a commit to find it; the "+" of uncommitted changes is kept."""
    return commit and commit[:COMMIT_DIGITS] + ("+" if commit.endswith("+") else "")


def _software(base: Software, new: Software) -> Iterator[str]:
    """Yield how versions, BLAS libraries and settings differ."""
    yield from _line("python", base.python, new.python)
    yield from _name_by_name("", base.versions, new.versions)
    yield from _line("BLAS", _libraries(base.blas), _libraries(new.blas))
    yield from _name_by_name("setting ", base.env, new.env)


def _libraries(pools: Iterable[Blas]) -> str:
    """Return the loaded BLAS libraries and thread pools, each once, sorted: "openblas 0.3.27 SkylakeX 4 threads"."""
    found = set()
    for pool in pools:
        threads = f"{pool.threads} threads" if pool.threads else None
        found.add(" ".join(part for part in (pool.library, pool.version, pool.kernel, threads) if part))
    return ", ".join(sorted(found))


def _devices(base: Result, new: Result) -> Iterator[str]:
    """Yield how the devices differ, by their ids, those that only one of the runs saw included."""
    before, after = ({device.id: device for device in result.devices} for result in (base, new))
    for id in dict.fromkeys([*before, *after]):
        if id in before and id in after:
            yield from _device(before[id], after[id])
        else:
            yield from _line(f"device {id}", *(side[id].name if id in side else None for side in (before, after)))


def _device(base: DeviceRecord, new: DeviceRecord) -> Iterator[str]:
    """Yield how one device differs."""
    facts = (
        ("name", base.name, new.name),
        ("driver", base.driver, new.driver),
        ("units", base.units, new.units),
        ("memory, GiB", _whole(2**30, base.memory_bytes), _whole(2**30, new.memory_bytes)),
        ("power limit, W", base.power_limit_w, new.power_limit_w),
        ("highest clock, MHz", _whole(1e6, base.clock_max_hz), _whole(1e6, new.clock_max_hz)),
        ("ECC", base.ecc, new.ecc),
        ("MIG", base.mig, new.mig),
        ("persistence mode", base.persistence, new.persistence),
    )
    for name, before, after in facts:
        yield from _line(f"{base.id} {name}", before, after)


def _whole(unit: float, value: float | None) -> int | None:
    """Return a value in whole units; None where it is not known."""
    return None if value is None else round(value / unit)


def _host(base: Host, new: Host) -> Iterator[str]:
    """Yield how the machines and their operating systems differ."""
    yield from _line("operating system", f"{base.os} {base.arch}", f"{new.os} {new.arch}")
    yield from _line("OS kernel", base.kernel, new.kernel)
    yield from _line("CPU", base.cpu.model, new.cpu.model)
    yield from _line("CPU core", base.cpu.microarchitecture, new.cpu.microarchitecture)
    yield from _line("usable cores", base.cpu.usable, new.cpu.usable)
    yield from _line("memory, GiB", _whole(2**30, base.memory.total_bytes), _whole(2**30, new.memory.total_bytes))
    before, after = base.virtualisation, new.virtualisation
    yield from _line("CPU quota", before and before.quota_cpus, after and after.quota_cpus)
    yield from _line("hypervisor", before and before.hypervisor, after and after.hypervisor)
    yield from _line("container", before and before.container, after and after.container)
    yield from _line("on battery", base.on_battery, new.on_battery)


def _ceilings(base: Result, new: Result) -> Iterator[str]:
    """Yield the ceilings that moved: what the silicon could do at most was not the same.

    Two sides that took turns met one machine, whatever it did at their first and last moments.
    """
    if base.tool.profile == new.tool.profile == "ab":
        return
    before = {(ceiling.device, ceiling.dtype): ceiling for ceiling in base.ceilings}
    for ceiling in new.ceilings:
        known = before.get((ceiling.device, ceiling.dtype))
        if known is None or known.rate_per_s is None or ceiling.rate_per_s is None:
            continue
        where = f"the ceiling of {ceiling.dtype} on {ceiling.device}"
        if known.instruction != ceiling.instruction:
            yield from _line(f"{where}: instruction", known.instruction, ceiling.instruction)
            continue
        change = ceiling.rate_per_s / known.rate_per_s - 1
        if abs(change) > CEILING_MOVED:
            moved, pace = ("rose", "faster") if change > 0 else ("fell", "slower")
            yield f"{where} {moved} {units.share(abs(change), 1)}: the machine itself was {pace}".replace("%", " %")
