"""Names the chip that holds the cores: one company designs cores of Arm and RISC-V, many build them into chips.

The device tree names it last, behind the board; where there is none, the driver of the chip or /proc/cpuinfo does. Of
the board only its model is ever told, and no serial number.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from flopsbench.host.cpu.cpuinfo import clean, cpuinfo, first
from flopsbench.host.trees import HERE, Places, read_text
from flopsbench.host.virtual import hypervisor
from flopsbench.text import shortened

LONGEST_CHIP = 80  # characters
# The number of a whole chip by its maker and by what that has made, as firmware gives it through SMCCC.
MADE_BY = re.compile(r"jep106:([0-9a-f]{4}):([0-9a-f]{4})", re.IGNORECASE)
COMPATIBLE = re.compile(r"[\w.+-]+,[\w.+-]+", re.ASCII)  # "maker,chip", as the Devicetree Specification has it
REVISION = re.compile(r" Rev [\d.]+$", re.IGNORECASE)  # of a board, whose chip stays the same


def chip(told: str, places: Places = HERE) -> str:
    """Return what tells a chip from others of the same cores, whose names are ``told``; empty where nothing does.

    It is the number of the chip, the cloud that lends it, or its name.
    """
    found = _number(places) or hypervisor(places) or ", ".join(_compatible(places)) or _driver(places) or _board(places)
    word = found.rpartition(",")[2].lower()
    return "" if word and word in told.lower() else shortened(found, LONGEST_CHIP)


def _number(places: Places) -> str:
    """Return the number of the chip by its maker; empty where the system gives it another or none."""
    made_by = MADE_BY.fullmatch(_soc(places, "soc_id"))
    return f"chip {made_by[1]} {made_by[2]}".lower() if made_by else ""


def _compatible(places: Places) -> Iterator[str]:
    """Yield the names of the chip by the device tree, most special first: "marvell,armada8040", "marvell,armada-ap806".

    The first entry is the board. Of the others those count that are by the maker of the last, and no variant of another
    entry, as boards are called by makers of chips ("fsl,lx2160a-rdb").
    """
    told = (read_text(root / "compatible") or "" for root in _trees(places))
    entries = [entry for entry in next(filter(None, told), "").split("\0") if COMPATIBLE.fullmatch(entry)]
    for entry in entries[1:] or entries:
        same_maker = entry.partition(",")[0] == entries[-1].partition(",")[0]
        if same_maker and not any(entry.startswith(f"{other}-") for other in entries):
            yield entry


def _driver(places: Places) -> str:
    """Return what the driver of the chip says of it: its family and its number, or the machine."""
    family, soc_id = _soc(places, "family"), _soc(places, "soc_id")
    return " ".join(filter(None, (family, soc_id))) if soc_id else _soc(places, "machine") or family


def _board(places: Places) -> str:
    """Return the model of the board, without its revision."""
    models = (clean(read_text(root / "model") or "") for root in _trees(places))
    return REVISION.sub("", first(cpuinfo(places), "model") or next(filter(None, models), ""))


def _trees(places: Places) -> Iterator[Path]:
    """Yield the roots under which the kernel shows the device tree."""
    yield from (places.proc / "device-tree", places.sys / "firmware/devicetree/base")


def _soc(places: Places, name: str) -> str:
    """Return one of the files in which the driver of a chip describes it."""
    return clean(read_text(places.sys / "devices/soc0" / name) or "")
