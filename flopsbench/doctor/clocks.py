"""Checks what makes the CPU's clock move: governor, boost, power profile, battery, two hardware threads per core."""

from __future__ import annotations

from collections import Counter

from flopsbench.doctor.symptom import Check, Remedy, Symptom
from flopsbench.host.kernel import settings as kernel_settings
from flopsbench.host.power import power_supply
from flopsbench.host.trees import Places
from flopsbench.words.reason import Reason, joined

GOVERNOR = Check(
    "governor",
    Reason("governor_title"),
    Reason("governor_why"),
)
BOOST = Check(
    "boost",
    Reason("boost_title"),
    Reason("boost_why"),
)
SMT = Check(
    "smt",
    Reason("smt_title"),
    Reason("smt_why"),
)
PROFILE = Check("profile", Reason("power_profile_title"), Reason("power_profile_why"))
BATTERY = Check("battery", Reason("battery_title"), Reason("battery_why"))

HIDDEN = Reason("setting_hidden")
IN_A_GUEST = Reason("hidden_in_guest", hidden=HIDDEN)


def governor(places: Places, virtual: bool | None) -> Symptom:
    """Check the frequency governors of all CPUs."""
    pattern, seen = kernel_settings.governors(places)
    if not seen:
        return GOVERNOR.unknown(IN_A_GUEST if virtual else HIDDEN)
    counts = Counter(seen.values())
    found = (Reason("governor_on", name=name, count=count, total=len(seen)) for name, count in counts.most_common())
    saw = joined(found, "names_joined")
    if set(counts) == {"performance"}:
        return GOVERNOR.fine(saw)
    own = {name: " ".join(str(file) for file in seen if seen[file] == name) for name in counts if name != "performance"}
    back = own if len(counts) > 1 else dict.fromkeys(own, pattern)
    remedy = Remedy(
        effect=Reason("governor_effect"),
        command=f"echo performance | sudo tee {pattern}",
        undo="; ".join(f"echo {name} | sudo tee {where}" for name, where in back.items()),
    )
    return GOVERNOR.noisy(saw, remedy)


def boost(places: Places, virtual: bool | None) -> Symptom:
    """Check turbo (Intel) or boost (others)."""
    switch = kernel_settings.boost(places)
    if switch is None:
        return BOOST.unknown(IN_A_GUEST if virtual else HIDDEN)
    if not switch.is_on:
        return BOOST.fine(Reason("off"))
    remedy = Remedy(
        effect=Reason("boost_effect"),
        command=f"echo {switch.off} | sudo tee {switch.file}",
        undo=f"echo {switch.on} | sudo tee {switch.file}",
    )
    return BOOST.noisy(Reason("on"), remedy)


def smt(places: Places, virtual: bool | None) -> Symptom:
    """Check simultaneous multithreading."""
    switch = kernel_settings.hardware_threads(places)
    if switch is None:
        return SMT.unknown(HIDDEN)
    if not switch.is_on and virtual:
        return SMT.unknown(Reason("smt_off_in_guest"))
    if not switch.is_on:
        return SMT.fine(Reason("off"))
    remedy = Remedy(
        effect=Reason("smt_effect"),
        command=f"echo {switch.off} | sudo tee {switch.file}",
        undo=f"echo {switch.on} | sudo tee {switch.file}",
    )
    return SMT.note(Reason("on"), remedy)


def power_profile(places: Places) -> Symptom:
    """Check the firmware's power profile."""
    profile = kernel_settings.power_profile(places)
    if profile is None:
        return PROFILE.unknown(Reason("no_power_profile"))
    if profile == "performance":
        return PROFILE.fine(profile)
    remedy = Remedy(
        effect=Reason("power_profile_effect"),
        command="powerprofilesctl set performance",
        undo=f"powerprofilesctl set {'power-saver' if profile == 'low-power' else 'balanced'}",
    )
    return PROFILE.note(profile, remedy)


def battery(places: Places) -> Symptom:
    """Check whether the machine runs on its battery."""
    supply = power_supply(places)
    if supply is None:
        return BATTERY.unknown(Reason("kernel_silent"))
    if supply != "battery":
        return BATTERY.fine(Reason("none") if supply == "no battery" else Reason("on_mains"))
    remedy = Remedy(effect=Reason("battery_effect"), undo=Reason("battery_undo"))
    return BATTERY.noisy(Reason("running_on_battery"), remedy)
