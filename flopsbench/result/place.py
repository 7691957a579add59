"""Says where Results are filed: v1/<device>/<year>/<first digits of the id>.json, one immutable file each.

A place follows from the document alone, and from rules that never change: no table of devices decides it, and no way in
which another driver spells a name. What is published lies where these rules put it, so a word more in MAKERS or BRANDS
would make files wrong that nobody may move.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from pathlib import Path
from unicodedata import category, normalize

from flopsbench.device import kind_of
from flopsbench.result.facts import gibibytes
from flopsbench.result.types import DeviceRecord, Host, Result

NAME_DIGITS = 16
LONGEST_FOLDER = 60
DIGEST_DIGITS = 8
# The maker of a board, by words before its name that drivers print or omit, and by those that its name keeps.
MAKERS = {"nvidia": "nvidia", "tesla": "nvidia", "amd": "amd", "instinct": "amd", "intel": "intel", "habana": "intel"}
BRANDS = {"geforce": "nvidia", "quadro": "nvidia", "rtx": "nvidia", "titan": "nvidia", "radeon": "amd", "arc": "intel"}
_TRADEMARK = re.compile(r"\((?:r|tm)\)|[®™]", re.IGNORECASE)


def relative_path(result: Result) -> Path:
    """Return the place of a Result below a registry's folder, as a path of this system."""
    return Path(place(result))


def place(result: Result) -> str:
    """Return the place of a Result below a registry's folder, with slashes on every system, as registries name it."""
    digits = result.id.removeprefix("sha256:")[:NAME_DIGITS]
    return f"v1/{device_slug(result)}/{result.created[:4]}/{digits}.json"


def device_slug(result: Result) -> str:
    """Return the folder a Result belongs to: the slug of the first GPU that measured something, else of the CPU."""
    measured = {case.device for case in result.cases if case.stats}
    devices = [device for device in result.devices if device.id in measured] or result.devices
    return slug(min(devices, key=lambda device: kind_of(device.kind).is_host), result.host)


def slug(device: DeviceRecord, host: Host) -> str:
    """Return a device's name for folders and addresses.

    It is the name in plain letters, a CPU's with its core, a board's behind its maker. A name without a digit ("AMD
    Radeon Graphics") is that of many devices: what else the document says of this one follows.
    """
    name = _words(device.name)
    if kind_of(device.kind).is_host:
        name += _words(host.cpu.microarchitecture or "")
    else:
        name = _behind_maker(name, _words(device.vendor or ""))
    if not re.search("[0-9]", "".join(map(_plain, name))):
        name += _words(_described(device))
    named = name if any(map(_plain, _words(device.name))) else [*_words(device.kind), *name]
    return _folder(named)


def _words(text: str) -> list[str]:
    """Return the words of a name in small letters; trademarks and punctuation are no part of them, but a plus is."""
    kept = normalize("NFKC", _TRADEMARK.sub(" ", text)).lower()
    return "".join(char if category(char)[0] in "LMN" or char == "+" else " " for char in kept).split()


def _behind_maker(name: list[str], vendor: list[str]) -> list[str]:
    """Return a board's name behind its maker, whether or not the driver names that, and however often."""
    model = name
    while model and (model[0] in MAKERS or model[0] in vendor):
        model = model[1:]
    before = name[: len(name) - len(model)]
    known = [MAKERS[word] for word in (*before, *vendor) if word in MAKERS]
    guessed = [BRANDS[word] for word in model if word in BRANDS]
    return [*(known[:1] or vendor or guessed[:1]), *model]


def _described(device: DeviceRecord) -> str:
    """Return what tells a device from others of its name: the architecture, of a board also its units and memory."""
    arch = (device.arch or "").partition(":")[0]  # what follows are settings: "gfx942:sramecc+:xnack-"
    if kind_of(device.kind).is_host:
        return arch
    units = f"{device.units} units" if device.units else ""
    return f"{arch} {units} {f'{gibibytes(device.memory_bytes)} GiB' if device.memory_bytes else ''}"


def _plain(word: str) -> str:
    """Return the letters and digits of a word that ASCII has, those with accents without them."""
    return normalize("NFKD", word).replace("+", "plus").encode("ascii", "ignore").decode()


def _folder(words: Iterable[str]) -> str:
    """Return the words as the name of a folder; where that is not all of them a digest of all tells them apart."""
    whole = " ".join(words)
    plain = "-".join(filter(None, map(_plain, whole.split())))
    if 0 < len(plain) <= LONGEST_FOLDER and all(map(_is_plain, normalize("NFKD", whole))):
        return plain
    digest = hashlib.sha256(whole.encode()).hexdigest()[:DIGEST_DIGITS]
    return f"{plain[: LONGEST_FOLDER - DIGEST_DIGITS - 1].rstrip('-')}-{digest}".lstrip("-")


def _is_plain(char: str) -> bool:
    """Return whether a plain name can do without a character: ASCII has it, or it stands above or below a letter."""
    return char.isascii() or category(char)[0] == "M"
