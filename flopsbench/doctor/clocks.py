"""What makes the CPU's clock move: governor, boost, power profile, battery, two threads on a core."""

from __future__ import annotations

from collections import Counter

from flopsbench.doctor.symptom import Check, Remedy, Symptom
from flopsbench.host.trees import Places, read, read_integer

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
    "two threads a core",
    "What runs on a core's second thread takes half of the arithmetic units from the first.",
)
PROFILE = Check("profile", "power profile", "The firmware holds power and clock down in every profile but performance.")
BATTERY = Check("battery", "battery", "On battery the firmware lowers power limits, the more so the emptier it gets.")

HIDDEN = "the kernel shows no such setting here"
IN_A_GUEST = f"{HIDDEN}: in a virtual machine the host decides"


def governor(places: Places, virtual: bool | None) -> Symptom:
    """The frequency governors of all CPUs."""
    files = sorted(places.cpus.glob("cpufreq/policy*/scaling_governor"))
    seen = {file: text for file in files if (text := read(file))}
    if not seen:
        return GOVERNOR.unknown(IN_A_GUEST if virtual else HIDDEN)
    counts = Counter(seen.values())
    saw = ", ".join(f"{name} on {count} of {len(seen)}" for name, count in counts.most_common())
    if set(counts) == {"performance"}:
        return GOVERNOR.fine(saw)
    every = f"{places.cpus}/cpufreq/policy*/scaling_governor"
    own = {name: " ".join(str(file) for file in seen if seen[file] == name) for name in counts if name != "performance"}
    back = own if len(counts) > 1 else dict.fromkeys(own, every)
    remedy = Remedy(
        effect="The highest allowed clock at all times; more power and heat when idle. Until the next start.",
        command=f"echo performance | sudo tee {every}",
        undo="; ".join(f"echo {name} | sudo tee {where}" for name, where in back.items()),
    )
    return GOVERNOR.noisy(saw, remedy)


def boost(places: Places, virtual: bool | None) -> Symptom:
    """Turbo (Intel) or boost (others)."""
    for name, on in (("intel_pstate/no_turbo", 0), ("cpufreq/boost", 1)):
        file = places.cpus / name
        state = read_integer(file)
        if state is None:
            continue
        if state != on:
            return BOOST.fine("off")
        remedy = Remedy(
            effect="The clock stays at its base and rates agree better, but are lower: not what users get.",
            command=f"echo {1 - on} | sudo tee {file}",
            undo=f"echo {on} | sudo tee {file}",
        )
        return BOOST.noisy("on", remedy)
    return BOOST.unknown(IN_A_GUEST if virtual else HIDDEN)


def smt(places: Places, virtual: bool | None) -> Symptom:
    """Simultaneous multithreading."""
    active = read_integer(places.cpus / "smt/active")
    if active is None:
        return SMT.unknown(HIDDEN)
    if not active and virtual:
        return SMT.unknown("off in this virtual machine; two guests may share a core all the same")
    if not active:
        return SMT.fine("off")
    remedy = Remedy(
        effect="One thread a core: no program can sit on the other half. Programs with many threads get slower.",
        command=f"echo off | sudo tee {places.cpus / 'smt/control'}",
        undo=f"echo on | sudo tee {places.cpus / 'smt/control'}",
    )
    return SMT.note("on", remedy)


def power_profile(places: Places) -> Symptom:
    """The firmware's power profile."""
    profile = read(places.sys / "firmware/acpi/platform_profile")
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
    """Whether the machine runs on its battery (not that of a mouse)."""
    folders = list((places.sys / "class/power_supply").glob("*"))
    own = [folder for folder in folders if read(folder / "type") == "Battery" and read(folder / "scope") != "Device"]
    if not own:
        return BATTERY.fine("none")
    if not any(read(folder / "status") == "Discharging" for folder in own):
        return BATTERY.fine("on mains")
    remedy = Remedy(effect="Plug it in: limits of power as on a desk.", undo="unplug it")
    return BATTERY.noisy("running on battery", remedy)
