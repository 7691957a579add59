"""Finds what must not leave the machine in a text: folders, and the names and numbers of the machine and its user."""

from __future__ import annotations

import getpass
import ipaddress
import os
import platform
import re
import socket
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Literal

from flopsbench.host import system
from flopsbench.host.trees import HERE, read_text

Kind = Literal["host-name", "user-name", "path", "ip", "mac", "serial"]

FOLDERS = re.compile(r"(?<![\w/:\\])(?:[A-Za-z]:)?[/\\](?:[^\s/\\'\"()]+[/\\])+")
SHORTEST_NAME = 2
FOLDED_NAME = 3  # names of this length and longer are found in any case: "VM" may be a word where "vm" is a host
LONG_NAME = 6  # names of this length and longer are found within other words too: "alexander", but not "eve"
# Names that identify nobody: roles, words of ordinary sentences and of names of packages and products; then words of
# two letters that occur in Results and in the messages of libraries.
_COMMON = """
admin cloud compute computer container cpu cuda cupy debian default desktop docker flopsbench gpu guest home host
intel jovyan jupyter laptop linux local localhost main nobody node none numpy nvidia python root runner server test
torch ubuntu unknown user vagrant worker workstation
ab ai an as at be by ci cp cu do ex fp gb go he hw id if in io ip is it kb lt mb me ml my nn no np nt of ok on op or
os pc py rc sm so sw tb tf tn to tt tx up us uv we
"""
COMMON_NAMES = frozenset(_COMMON.split())

MACHINE_IDS = (Path("/etc/machine-id"), Path("/var/lib/dbus/machine-id"))
DMI = HERE.firmware
SERIALS = ("product_uuid", "product_serial", "board_serial", "board_asset_tag", "chassis_serial")
GPUS = HERE.nvidia_driver / "gpus"
SHORTEST_SERIAL = 6


def without_places(text: str) -> str:
    """Return the text with every path cut to its last part, and the names of user and host replaced by "..."."""
    text = FOLDERS.sub("", text)
    for name in _longest_first({*_user_names(), *_short_and_whole(platform.node())}):
        text = re.sub(rf"\b{re.escape(name)}\b", "...", text)
    return text


def telling_names() -> dict[str, Kind]:
    """Return every name and number that the system gives this machine and this user, with its kind.

    These are host names, the login and the real name, the home folder, addresses of the network, and serial numbers.
    Each comes in every form in which it is written, in small letters except for the shortest; the longest come
    first. What identifies nobody ("root", "localhost", 127.0.0.1) is left out.
    """
    sources: tuple[tuple[Kind, Iterable[str]], ...] = (
        ("serial", _serials()),
        ("mac", _macs()),
        ("ip", _ips()),
        ("host-name", _host_names()),
        ("user-name", (*_user_names(), *_real_names())),
        ("path", _homes()),
    )
    kinds = {_folded(name): kind for kind, names in sources for name in names}
    return {name: kinds[name] for name in _longest_first(kinds)}


def finder(names: Mapping[str, Kind]) -> Callable[[str], Kind | None]:
    """Return a function that searches a text for any of the names and returns the kind of the first one found.

    A short name counts only as a whole word, and so does a number. Upper and lower case count as alike except in the
    shortest names.
    """
    alone = r"(?<![^\W_]){}(?![^\W_])"
    forms = {
        name: re.escape(name) if kind.endswith("-name") and len(name) >= LONG_NAME else alone.format(re.escape(name))
        for name, kind in names.items()
    }
    folded = re.compile("|".join(form for name, form in forms.items() if len(name) >= FOLDED_NAME) or r"(?!)")
    exact = re.compile("|".join(form for name, form in forms.items() if len(name) < FOLDED_NAME) or r"(?!)")

    def find_kind(text: str) -> Kind | None:
        found = folded.search(text.lower()) or exact.search(text)
        return names[found[0]] if found else None

    return find_kind


def _folded(name: str) -> str:
    """Return the name in small letters, unless it is so short that its case counts."""
    return name if len(name) < FOLDED_NAME else name.lower()


def _longest_first(names: Iterable[str]) -> list[str]:
    """Return the names that identify somebody, the longest first, so that none is cut out of a longer one."""
    return sorted(filter(_tells, names), key=lambda name: (-len(name), name))


def _tells(name: str) -> bool:
    """Return whether a name identifies somebody. A name of two digits does not: every document holds such digits."""
    return len(name) >= SHORTEST_NAME and name.lower() not in COMMON_NAMES and not re.fullmatch(r"\d\d", name)


def _user_names() -> set[str]:
    """Return the login of this user, if there is one."""
    try:
        return {getpass.getuser()}
    except (ImportError, OSError, KeyError):  # no such user in a container; no such file, and no variable instead
        return set()


def _real_names() -> Iterator[str]:
    """Yield the account's name and the person's name from the password file, which Windows has not."""
    try:
        import pwd

        account = pwd.getpwuid(os.getuid())
    except (ImportError, KeyError):
        return
    yield account.pw_name
    yield account.pw_gecos.partition(",")[0].strip()


def _short_and_whole(host: str) -> set[str]:
    """Return a host name with and without its domain."""
    return {host, host.partition(".")[0]}


def _host_names() -> Iterator[str]:
    """Yield the names of this host, with and without their domains."""
    for host in (platform.node(), socket.gethostname(), socket.getfqdn()):
        if host.partition(".")[0] != "localhost":
            yield from _short_and_whole(host)


def _homes() -> Iterator[str]:
    """Yield the user's home folder, as it is named and where links lead."""
    try:
        home = Path.home()
    except RuntimeError:  # neither $HOME nor an account
        return
    for folder in (home, home.resolve()):
        if len(folder.parts) > 1:
            yield str(folder)


def _ips() -> Iterator[str]:
    """Yield the IP addresses of this machine, IPv6 in its short and its long form."""
    for text in system.ip_addresses():
        address = ipaddress.ip_address(text.partition("%")[0])
        if not (address.is_loopback or address.is_unspecified):
            yield from {address.compressed, address.exploded}


def _macs() -> Iterator[str]:
    """Yield the hardware addresses of the network interfaces in the four usual ways of writing them."""
    for text in system.mac_addresses():
        digits = re.sub(r"[^0-9a-f]", "", text.lower())
        if digits.strip("0"):
            pairs = re.findall("..", digits)
            yield from (digits, ":".join(pairs), "-".join(pairs), ".".join(re.findall("....", digits)))


def _serials() -> Iterator[str]:
    """Yield the serial numbers of the installation, the boards and NVIDIA's GPUs."""
    files = (*MACHINE_IDS, *(DMI / name for name in SERIALS))
    told = [text for file in files if (text := read_text(file))]
    gpus = [text for file in GPUS.glob("*/information") if (text := read_text(file))]
    told += [uuid for text in gpus for uuid in re.findall(r"GPU-[0-9a-f-]{36}", text)]
    for serial in told:
        # Boards without one say "To be filled by O.E.M.", clouds their own name.
        if len(serial) >= SHORTEST_SERIAL and re.search(r"\d", serial) and not re.search(r"\s", serial):
            yield from _forms(serial)


def _forms(serial: str) -> set[str]:
    """Return a UUID with and without dashes, both without a "GPU-" in front; any other number as it is."""
    digits = serial.removeprefix("GPU-").replace("-", "").lower()
    if not re.fullmatch("[0-9a-f]{32}", digits):
        return {serial}
    dashed = "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
    return {digits, dashed}
