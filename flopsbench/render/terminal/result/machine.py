"""Tells in a few lines what a Result was measured on and by, and sums it up in one to paste."""

from __future__ import annotations

from collections.abc import Iterator

from flopsbench.analysis import headline
from flopsbench.device import kind_of
from flopsbench.render.terminal.result.calls import calls_counted
from flopsbench.render.terminal.result.cells import NOTHING, share_text
from flopsbench.result.facts import facts
from flopsbench.result.keys import op_title
from flopsbench.result.types import METHOD_VERSION, Case, Result
from flopsbench.units import format_rate
from flopsbench.words.catalogue import phrase

SHORT_ID = len("sha256:") + 12


def machine(result: Result, lang: str) -> Iterator[str]:
    """Yield the machine in two lines: silicon, software."""
    host = result.host
    known = {told.fact.path: told for told in facts(host)}
    core = f" ({host.cpu.microarchitecture})" if host.cpu.microarchitecture else ""
    cores = phrase(lang, "cores_of", usable=host.cpu.usable, cores=host.cpu.physical or host.cpu.logical)
    parts = [f"{host.cpu.model}{core}", cores, known["memory.total_bytes"].whole, f"{host.os} {host.arch}"]
    parts += [phrase(lang, "in_virtual_machine")] if "virtualisation.hypervisor" in known else []
    quota = known.get("virtualisation.quota_cpus")
    parts += [phrase(lang, "machine_quota", cpus=quota.text)] if quota else []
    parts += [f"{device.id}: {device.name}" for device in result.devices if not kind_of(device.kind).is_host]
    yield phrase(lang, "parts_listed").join(parts)
    software = result.software
    libraries = [f"{name} {number}" for name, number in software.versions.items() if name in ("numpy", "torch")]
    libraries += [f"{name} {number}" for name, number in software.versions.items() if name.startswith("cupy")]
    tool = f"{result.tool.name} {result.tool.version} {result.tool.profile} {result.created[:10]}"
    is_older = result.method_version != METHOD_VERSION
    older = [phrase(lang, "older_method", version=result.method_version)] if is_older else []
    yield phrase(lang, "parts_listed").join([tool, *older, *libraries])


def summary_line(result: Result, lang: str = "en") -> str:
    """Return one line for an issue or a chat: what, where, how sure, and which document says so."""
    fastest = headline.fastest(result) or [case for case in result.cases if case.stats]
    several = len({case.device for case in fastest}) > 1
    rates = [
        " ".join((case.dtype, *op_title(case.op), _short(case, lang)))
        + (phrase(lang, "rate_on", device=case.device) if several else "")
        for case in fastest
    ]
    rates += [calls_counted(result, lang)] if result.calls else []
    cores = f" ({phrase(lang, 'cores_in_all', usable=result.host.cpu.usable)})"
    used = [device for device in result.devices if not fastest or device.id in {case.device for case in fastest}]
    place = ", ".join(f"{device.name}{cores if kind_of(device.kind).is_host else ''}" for device in used)
    tail = f"flopsbench {result.tool.version} {result.tool.profile} {result.id[:SHORT_ID]}"
    return f"{place}: {phrase(lang, 'parts_listed').join(rates) or phrase(lang, 'nothing_measured')} | {tail}"


def _short(case: Case, lang: str) -> str:
    assert case.stats is not None
    share = share_text(case.stats.efficiency.ceiling)
    of_ceiling = "" if share == NOTHING else phrase(lang, "share_of_ceiling", share=share)
    rate = format_rate(case.stats.rate.median, case.stats.unit)
    return phrase(lang, "graded_rate", rate=rate, of_ceiling=of_ceiling, grade=case.grade or NOTHING)


def scale_command(case: Case, lang: str, program: str, with_dtype: bool = True) -> str:
    """Return the command of ``program`` that sets this rate beside published totals, or says what it is."""
    assert case.stats is not None
    rate = format_rate(case.stats.rate.median, case.stats.unit)
    options = [f" --dtype {case.dtype}"] * with_dtype + [f" --lang {lang}"] * (lang != "en")
    return f'{program} scale "{rate}"{"".join(options)}'
