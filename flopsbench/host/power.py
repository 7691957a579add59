"""Reads what the host tells about its power: the energy its CPUs used, and whether a battery drives it."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from flopsbench.host.trees import HERE, Places, read_integer, read_text

POWERCAP = HERE.sys / "class/powercap"
PLATFORM = "psys"  # a zone of the whole platform, which holds the packages again
_MICROJOULES_PER_JOULE = 1e6

Supply = Literal["battery", "mains", "no battery"]


def package_energy_j(powercap: Path = POWERCAP) -> float | None:
    """Return the joules that all CPU packages used since an unknown moment, by Intel's and AMD's counter (RAPL).

    None where a package cannot be read, which often needs root: a sum without one of them would be wrong. Zones
    within a package ("intel-rapl:0:0") and the whole platform are left out, because they count joules twice.
    """
    zones = [zone for zone in powercap.glob("intel-rapl:*") if zone.name.count(":") == 1]
    names = [read_text(zone / "name") for zone in zones]
    packages = [zone for zone, name in zip(zones, names, strict=True) if name != PLATFORM]
    energies_uj = [energy for zone in packages if (energy := read_integer(zone / "energy_uj")) is not None]
    if None in names or not packages or len(energies_uj) < len(packages):
        return None
    return sum(energies_uj) / _MICROJOULES_PER_JOULE


def power_supply(places: Places = HERE) -> Supply | None:
    """Return what drives the machine; None where no kernel says.

    The battery of a mouse or keyboard (of scope "Device") does not count.
    """
    if not any(places.sys.glob("*")):
        return None
    supplies = list((places.sys / "class/power_supply").glob("*"))
    batteries = [
        supply
        for supply in supplies
        if read_text(supply / "type") == "Battery" and read_text(supply / "scope") != "Device"
    ]
    if not batteries:
        return "no battery"
    discharging = any(read_text(battery / "status") == "Discharging" for battery in batteries)
    return "battery" if discharging else "mains"
