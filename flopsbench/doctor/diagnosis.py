"""Runs every check of the machine and orders what they saw: what is worst first, and what to act on first."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping

import msgspec

from flopsbench.doctor import clocks, memory, neighbours
from flopsbench.doctor.gpu import gpu_symptoms
from flopsbench.doctor.settings import library_settings
from flopsbench.doctor.symptom import LEVELS, Symptom
from flopsbench.doctor.threads import threads
from flopsbench.doctor.watch import watch
from flopsbench.host.cgroup import ControlGroups
from flopsbench.host.cpu.cores import allowed_cpus, online_cpus, usable_cpus
from flopsbench.host.trees import HERE, Places
from flopsbench.host.virtual import is_virtual
from flopsbench.words.reason import Reason

NEXT = Reason("doctor_next")


class Diagnosis(msgspec.Struct, frozen=True):
    """A Diagnosis is what every check saw, the worst first.

    ``first`` says what to do first, ``next`` how to measure the noise that is left. In JSON the symptoms are called
    "findings".
    """

    schema: str
    symptoms: list[Symptom] = msgspec.field(name="findings")
    first: str
    next: str


def diagnose(
    places: Places | None = None,
    environ: Mapping[str, str] = os.environ,
    allowed: set[int] | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> Diagnosis:
    """Look at the machine for about two seconds; nothing is changed, and what cannot be read is "unknown".

    ``allowed`` are the CPUs this process may use, those of the scheduler by default.
    """
    symptoms = list(_symptoms(places or HERE, environ, allowed_cpus() if allowed is None else allowed, sleep))
    symptoms.sort(key=lambda symptom: LEVELS.index(symptom.level))  # stable: within a level the order to act in
    return Diagnosis("flopsbench.doctor", symptoms, first_step(symptoms), NEXT)


def _symptoms(
    places: Places, environ: Mapping[str, str], allowed: set[int] | None, sleep: Callable[[float], None]
) -> Iterator[Symptom]:
    """Yield what every check sees, in the order in which to act."""
    seen = watch(places, sleep)
    virtual = is_virtual(places)
    cpus = len(online_cpus(places) or allowed or ()) or 1
    yield neighbours.load(places, seen, cpus)
    yield neighbours.steal(seen, virtual)
    yield neighbours.quota(places, seen, cpus)
    yield clocks.battery(places)
    yield memory.swap(places, seen)
    yield threads(environ, usable_cpus(ControlGroups.at(places)))
    yield library_settings(environ, places)
    yield clocks.governor(places, virtual)
    yield clocks.power_profile(places)
    yield clocks.boost(places, virtual)
    yield memory.numa_balancing(places)
    yield from gpu_symptoms(places)
    yield clocks.smt(places, virtual)
    yield memory.huge_pages(places)
    yield neighbours.affinity(places, allowed)
    yield neighbours.virtual_machine(places)


def first_step(symptoms: list[Symptom]) -> str:
    """Return the sentence that says what to do first: against the first noisy symptom that has a remedy, else against
    the first note that a command can change.
    """
    noisy = [symptom for symptom in symptoms if symptom.level == "noisy" and symptom.remedy]
    notes = [symptom for symptom in symptoms if symptom.level == "note" and symptom.remedy and symptom.remedy.command]
    for symptom in (*noisy, *notes):
        assert symptom.remedy is not None
        step = symptom.remedy.command or symptom.remedy.effect
        return Reason("doctor_first", title=symptom.title, step=step)
    return Reason("doctor_nothing")
