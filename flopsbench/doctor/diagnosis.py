"""Every check of the machine, in the order in which to act on them, and the one to act on first."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping

import msgspec

from flopsbench.doctor import clocks, memory, neighbours
from flopsbench.doctor.gpu import gpu_findings
from flopsbench.doctor.symptom import LEVELS, Symptom
from flopsbench.doctor.threads import threads
from flopsbench.doctor.watch import watch
from flopsbench.host.cpu import usable_cpus
from flopsbench.host.trees import Places

NEXT = "flopsbench noise measures which changes this machine can detect as it is."


class Diagnosis(msgspec.Struct, frozen=True):
    """All findings, the worst first; ``first`` says what to do first, ``next`` how to measure what is left."""

    schema: str
    findings: list[Symptom]
    first: str
    next: str


def diagnose(
    places: Places | None = None,
    environ: Mapping[str, str] = os.environ,
    allowed: set[int] | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> Diagnosis:
    """Look at the machine for about two seconds; changes nothing, and what cannot be read is "unknown".

    ``allowed`` are the CPUs this process may use, those of the scheduler by default.
    """
    findings = list(_findings(places or Places(), environ, _affinity() if allowed is None else allowed, sleep))
    findings.sort(key=lambda finding: LEVELS.index(finding.level))  # stable: within a level the order to act in
    return Diagnosis("flopsbench.doctor", findings, first_step(findings), NEXT)


def _findings(
    places: Places, environ: Mapping[str, str], allowed: set[int] | None, sleep: Callable[[float], None]
) -> Iterator[Symptom]:
    seen = watch(places, sleep)
    virtual = places.is_virtual()
    cpus = len(places.online_cpus() or allowed or ()) or 1
    yield neighbours.load(places, seen, cpus)
    yield neighbours.steal(seen, virtual)
    yield neighbours.quota(places, seen, cpus)
    yield clocks.battery(places)
    yield memory.swap(places, seen)
    yield threads(environ, usable_cpus(places.groups))
    yield clocks.governor(places, virtual)
    yield clocks.power_profile(places)
    yield clocks.boost(places, virtual)
    yield memory.numa_balancing(places)
    yield from gpu_findings(places)
    yield clocks.smt(places, virtual)
    yield memory.huge_pages(places)
    yield neighbours.affinity(places, allowed)
    yield neighbours.virtual_machine(places)


def _affinity() -> set[int] | None:
    return set(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None


def first_step(findings: list[Symptom]) -> str:
    """What to do first: the first noisy finding, else the first that a command can change."""
    noisy = [finding for finding in findings if finding.level == "noisy" and finding.remedy]
    notes = [finding for finding in findings if finding.level == "note" and finding.remedy and finding.remedy.command]
    for finding in (*noisy, *notes):
        assert finding.remedy is not None
        step = finding.remedy.command or finding.remedy.effect
        return f"First, for {finding.title}: {step}"
    return "Nothing was found that a command here could make quieter."
