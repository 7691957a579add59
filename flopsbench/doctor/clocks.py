"""Checks what makes the CPU's clock move: governor, boost, power profile, battery, two hardware threads per core."""

from __future__ import annotations

from collections import Counter

from flopsbench.doctor.symptom import Check, Remedy, Symptom
from flopsbench.host.kernel import settings as kernel_settings
from flopsbench.host.power import power_supply
from flopsbench.host.trees import Places

GOVERNOR = Check(
    "governor",
    "frequency governor",
    "Other governors than performance change the clock with the load, in the middle of a run too.",
)
BOOST = Check(
    "boost",
    "turbo / boost",
    "The boost clock depends on heat and on how many cores are busy, so the same code gets other rates.",
)
SMT = Check(
    "smt",
    "two threads per core",
    "What runs on a core's second thread takes half of the arithmetic units from the first.",
)
PROFILE = Check("profile", "power profile", "The firmware holds power and clock down in every profile but performance.")
BATTERY = Check("battery", "battery", "On battery the firmware lowers power limits, the more so the emptier it gets.")

HIDDEN = "the kernel shows no such setting here"
IN_A_GUEST = f"{HIDDEN}: in a virtual machine the host decides"


def governor(places: Places, virtual: bool | None) -> Symptom:
    """Check the frequency governors of all CPUs."""
    pattern, seen = kernel_settings.governors(places)
    if not seen:
        return GOVERNOR.unknown(IN_A_GUEST if virtual else HIDDEN)
    counts = Counter(seen.values())
    saw = ", ".join(f"{name} on {count} of {len(seen)}" for name, count in counts.most_common())
    if set(counts) == {"performance"}:
        return GOVERNOR.fine(saw)
    own = {name: " ".join(str(file) for file in seen if seen[file] == name) for name in counts if name != "performance"}
    back = own if len(counts) > 1 else dict.fromkeys(own, pattern)
    remedy = Remedy(
        effect="The highest allowed clock at all times; more power and heat when idle. Until the next start.",
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
        return BOOST.fine("off")
    remedy = Remedy(
        effect="The clock stays at its base and rates agree better, but are lower: not what users get.",
        command=f"echo {switch.off} | sudo tee {switch.file}",
        undo=f"echo {switch.on} | sudo tee {switch.file}",
    )
    return BOOST.noisy("on", remedy)


def smt(places: Places, virtual: bool | None) -> Symptom:
    """Check simultaneous multithreading."""
    switch = kernel_settings.hardware_threads(places)
    if switch is None:
        return SMT.unknown(HIDDEN)
    if not switch.is_on and virtual:
        return SMT.unknown("off in this virtual machine; two guests may share a core all the same")
    if not switch.is_on:
        return SMT.fine("off")
    remedy = Remedy(
        effect="One thread per core: no program can sit on the other half. Programs with many threads get slower.",
        command=f"echo {switch.off} | sudo tee {switch.file}",
        undo=f"echo {switch.on} | sudo tee {switch.file}",
    )
    return SMT.note("on", remedy)


def power_profile(places: Places) -> Symptom:
    """Check the firmware's power profile."""
    profile = kernel_settings.power_profile(places)
    if profile is None:
        return PROFILE.unknown("this firmware offers none")
    if profile == "performance":
        return PROFILE.fine(profile)
    remedy = Remedy(
        effect="Higher limits of power and temperature; louder fans.",
        command="powerprofilesctl set performance",
        undo=f"powerprofilesctl set {'power-saver' if profile == 'low-power' else 'balanced'}",
    )
    return PROFILE.note(profile, remedy)


def battery(places: Places) -> Symptom:
    """Check whether the machine runs on its battery."""
    supply = power_supply(places)
    if supply != "battery":
        return BATTERY.fine("none" if supply == "no battery" else "on mains")
    remedy = Remedy(effect="Plug it in: limits of power as on a desk.", undo="unplug it")
    return BATTERY.noisy("running on battery", remedy)
