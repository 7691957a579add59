"""What must not leave the machine in a text: folders, and the names and numbers of the machine and its user."""

from __future__ import annotations

import getpass
import ipaddress
import os
import platform
import pwd
import re
import socket
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Literal

import psutil

Kind = Literal["host-name", "user-name", "path", "ip", "mac", "serial"]

FOLDERS = re.compile(r"(?<![\w/:\\])(?:[A-Za-z]:)?[/\\](?:[^\s/\\'\"()]+[/\\])+")
SHORTEST_NAME = 2
FOLDED_NAME = 3  # from here on in any case: "VM" may be a word where "vm" is a host
LONG_NAME = 6  # "alexander" tells within another word, "eve" does not
# Name nobody: roles, and words that stand in ordinary sentences and in the names of packages and products.
COMMON_NAMES = {"root", "user", "localhost", "admin", "runner", "guest", "nobody", "test", "none", "unknown", "default"}
COMMON_NAMES |= {"cloud", "compute", "computer", "container", "desktop", "home", "host", "laptop", "local", "main"}
COMMON_NAMES |= {"node", "server", "worker", "workstation", "cpu", "cuda", "cupy", "debian", "docker", "flopsbench"}
COMMON_NAMES |= {
    "gpu",
    "intel",
    "jovyan",
    "jupyter",
    "linux",
    "numpy",
    "nvidia",
    "python",
    "torch",
    "ubuntu",
    "vagrant",
}
# Words of two letters that stand in Results and in what libraries say.
COMMON_NAMES |= {"ab", "ai", "an", "as", "at", "be", "by", "ci", "cp", "cu", "do", "ex", "fp", "gb", "go", "he", "hw"}
COMMON_NAMES |= {"id", "if", "in", "io", "ip", "is", "it", "kb", "lt", "mb", "me", "ml", "my", "nn", "no", "np", "nt"}
COMMON_NAMES |= {"of", "ok", "on", "op", "or", "os", "pc", "py", "rc", "sm", "so", "sw", "tb", "tf", "tn", "to", "tt"}
COMMON_NAMES |= {"tx", "up", "us", "uv", "we"}

MACHINE_IDS = (Path("/etc/machine-id"), Path("/var/lib/dbus/machine-id"))
DMI = Path("/sys/class/dmi/id")
SERIALS = ("product_uuid", "product_serial", "board_serial", "board_asset_tag", "chassis_serial")
GPUS = Path("/proc/driver/nvidia/gpus")
SHORTEST_SERIAL = 6


def without_places(text: str) -> str:
    """The text with every path cut to its last part, and the names of user and host replaced."""
    text = FOLDERS.sub("", text)
    for name in _longest_first({*_user_names(), *_short_and_whole(platform.node())}):
        text = re.sub(rf"\b{re.escape(name)}\b", "...", text)
    return text


def telling_names() -> dict[str, Kind]:
    """Every name and number of this machine and this user that the system tells, by its kind.

    Host names, the login and the real name, the home folder, addresses of its network, and serial numbers, each in
    the forms in which they are written, the longest first, and in small letters but for the shortest. What names
    nobody ("root", "localhost", 127.0.0.1) is left out.
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
    """A search of a text for any of the names: the kind of the first that stands there.

    A short name counts only where it stands alone, and so does a number; the case counts in the shortest alone.
    """
    alone = r"(?<![^\W_]){}(?![^\W_])"
    forms = {
        name: re.escape(name) if kind.endswith("-name") and len(name) >= LONG_NAME else alone.format(re.escape(name))
        for name, kind in names.items()
    }
    folded = re.compile("|".join(form for name, form in forms.items() if len(name) >= FOLDED_NAME) or r"(?!)")
    exact = re.compile("|".join(form for name, form in forms.items() if len(name) < FOLDED_NAME) or r"(?!)")

    def find(text: str) -> Kind | None:
        found = folded.search(text.lower()) or exact.search(text)
        return names[found[0]] if found else None

    return find


def _folded(name: str) -> str:
    return name if len(name) < FOLDED_NAME else name.lower()


def _longest_first(names: Iterable[str]) -> list[str]:
    """The names that tell something, ordered so that none is left in halves."""
    return sorted(filter(_tells, names), key=lambda name: (-len(name), name))


def _tells(name: str) -> bool:
    """Whether it names somebody; two digits stand in every document."""
    return len(name) >= SHORTEST_NAME and name.lower() not in COMMON_NAMES and not re.fullmatch(r"\d\d", name)


def _user_names() -> set[str]:
    try:
        return {getpass.getuser()}
    except (OSError, KeyError):  # no such user in a container
        return set()


def _real_names() -> Iterator[str]:
    """The account's name and the person's, as the password file has them."""
    try:
        account = pwd.getpwuid(os.getuid())
    except KeyError:
        return
    yield account.pw_name
    yield account.pw_gecos.partition(",")[0].strip()


def _short_and_whole(host: str) -> set[str]:
    return {host, host.partition(".")[0]}


def _host_names() -> Iterator[str]:
    for host in (platform.node(), socket.gethostname(), socket.getfqdn()):
        if host.partition(".")[0] != "localhost":
            yield from _short_and_whole(host)


def _homes() -> Iterator[str]:
    try:
        home = Path.home()
    except RuntimeError:  # neither $HOME nor an account
        return
    for folder in (home, home.resolve()):
        if len(folder.parts) > 1:
            yield str(folder)


def _addresses(families: set[int]) -> Iterator[str]:
    for addresses in psutil.net_if_addrs().values():
        yield from (address.address for address in addresses if address.family in families)


def _ips() -> Iterator[str]:
    for text in _addresses({socket.AF_INET, socket.AF_INET6}):
        address = ipaddress.ip_address(text.partition("%")[0])
        if not (address.is_loopback or address.is_unspecified):
            yield from {address.compressed, address.exploded}


def _macs() -> Iterator[str]:
    for text in _addresses({psutil.AF_LINK}):
        digits = re.sub(r"[^0-9a-f]", "", text.lower())
        if digits.strip("0"):
            pairs = re.findall("..", digits)
            yield from (digits, ":".join(pairs), "-".join(pairs), ".".join(re.findall("....", digits)))


def _serials() -> Iterator[str]:
    files = (*MACHINE_IDS, *(DMI / name for name in SERIALS))
    told = [text.strip() for text in map(_text, files)]
    told += [uuid for path in GPUS.glob("*/information") for uuid in re.findall(r"GPU-[0-9a-f-]{36}", _text(path))]
    for serial in told:
        # Boards without one say "To be filled by O.E.M.", clouds their own name.
        if len(serial) >= SHORTEST_SERIAL and re.search(r"\d", serial) and not re.search(r"\s", serial):
            yield from _forms(serial)


def _forms(serial: str) -> set[str]:
    """A UUID with and without its dashes and the "GPU-" before it; any other number as it is."""
    digits = serial.removeprefix("GPU-").replace("-", "").lower()
    if not re.fullmatch("[0-9a-f]{32}", digits):
        return {serial}
    dashed = "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
    return {digits, dashed}


def _text(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""
