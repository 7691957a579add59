"""Checks the variables that keep a library from instructions of this CPU, by the table that the advice goes by."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from shlex import quote
from typing import NamedTuple

from flopsbench.doctor.symptom import Check, Remedy, Symptom
from flopsbench.host.cpu.cores import EVERY_THREAD_VARIABLE
from flopsbench.host.cpu.cpuinfo import vendor_and_flags
from flopsbench.host.environment import settings
from flopsbench.host.trees import Places
from flopsbench.peaks.instruction_sets import (
    InstructionSet,
    LimitingSetting,
    is_narrower,
    left_by,
    libraries,
    settings_for,
    used_by_itself,
    widest_of_flags,
)
from flopsbench.words.reason import Reason, joined

SETTINGS = Check(
    "settings",
    Reason("settings_title"),
    Reason("settings_why"),
)


class _Held(NamedTuple):
    """_Held is a variable that keeps a library from what it would use by itself."""

    setting: LimitingSetting
    library: str
    left: InstructionSet
    instead_of: InstructionSet


def library_settings(environ: Mapping[str, str], places: Places) -> Symptom:
    """Check the variables of the environment against the instructions of this CPU."""
    candidates = sorted({each.name for library in libraries() for each in library.settings if environ.get(each.name)})
    vendor, flags = vendor_and_flags(places)
    widest = widest_of_flags(flags)
    if candidates and widest is None:
        return SETTINGS.unknown(Reason("settings_unknown", names=", ".join(candidates)))
    held = list(_held(environ, vendor, widest)) if widest else []
    if not held:
        others = [name for name in settings(environ) if name not in EVERY_THREAD_VARIABLE]
        return SETTINGS.fine(
            Reason("settings_harmless", names=", ".join(others)) if others else Reason("settings_none")
        )
    saw = [
        Reason(
            "setting_keeps",
            name=each.setting.name,
            value=environ[each.setting.name],
            library=each.library,
            left=each.left.title,
            wide=each.instead_of.title,
        )
        for each in held
    ]
    names = dict.fromkeys(each.setting.name for each in held)
    remedy = Remedy(
        effect=joined(dict.fromkeys(map(_effect, held)), "effects_joined"),
        command="; ".join(f"unset {name}" for name in names),
        undo="; ".join(f"export {name}={quote(environ[name])}" for name in names),
    )
    return SETTINGS.note(joined(saw), remedy)


def _held(environ: Mapping[str, str], vendor: str | None, widest: InstructionSet) -> Iterator[_Held]:
    """Yield what the environment takes from each library."""
    for library in libraries():
        usual = used_by_itself(library, vendor, widest)
        for setting in settings_for(library, vendor):
            left = left_by(library, setting, environ.get(setting.name, ""))
            if left and usual and is_narrower(left, usual):
                yield _Held(setting, library.name, left, usual)


def _effect(held: _Held) -> str:
    """Return what changes without the variable, with what was measured."""
    gain = held.setting.measured
    measured = (
        Reason("setting_measured", times=gain.times, where=gain.where) if gain and gain.since == held.left.name else ""
    )
    return Reason("setting_effect", library=held.library, wide=held.instead_of.title, measured=measured)
