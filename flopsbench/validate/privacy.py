"""Finds in texts what would tell whose machine it was: addresses, names, paths and serial numbers, by their forms.

A field whose form is known is held to that form, which is the best protection: a hardware key of 16 digits has no room
for a name. All other texts are searched for what looks personal. A version of four numbers looks like an address: it is
allowed in fields that hold versions, and in sentences after a word that versions follow, such as "driver". Addresses of
private networks are found wherever they stand.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from ipaddress import AddressValueError, IPv4Address, IPv4Network, IPv6Address

from flopsbench.host.privacy import Kind
from flopsbench.result.types import Result
from flopsbench.validate.finding import Finding

# Patterns that may begin anywhere have bounded repeats only, so that the time of a search is linear in the length.
EMAIL = re.compile(r"[\w.+-]@[\w-]+\.[\w-]")
USER = re.compile(
    r"\b[A-Za-z_][\w.-]{0,63}@[\w-]|\b(?:user|username|user name|login|logname)\s*[:=]\s*\S", re.IGNORECASE
)
PATH = re.compile(
    r"(?<![\w/:.\\~])/(?:[^\s/\\'\"()<>]+/|(?:home|root|Users|tmp|var|etc|opt|usr|mnt|srv)\b)"
    r"|(?<!\w)~\w*/|\b[A-Za-z]:[\\/](?!/)|\\\\\w|\bfile:/"
)
FOUR_NUMBERS = re.compile(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?!\d)")
IN_A_NAME = re.compile(r"[\w-]|\.\w")  # four numbers that go on like this are no address: 1.2.3.4-rc1
IPV6 = re.compile(r"(?<![\w:.])[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?![\w:])")
MAC = re.compile(r"(?<![\w:-])(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}(?![\w:-])")
SERIAL = re.compile(
    r"[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}"  # a UUID
    r"|\b(?:GPU|MIG)-[0-9A-Fa-f]{8}|\b[0-9A-Fa-f]{32}\b|(?<![\w.])\d{12,}(?![\w.]| bytes)"
    r"|\b(?:[Ss]erial|SERIAL|[Ss]/[Nn]|[Aa]sset [Tt]ag)\b(?: (?:number|no\.?))?\s{0,9}[:=#]?\s{0,9}\w{0,63}\d"
)
HOST = re.compile(
    r"[\w-](?:\.(?:local|lan|internal|intranet|corp|home|localdomain|private)\b|-MacBook)"
    r"|\bip-\d{1,3}(?:-\d{1,3}){3}\b|\b(?:DESKTOP|LAPTOP|WIN)-[A-Z0-9]{7,}\b"
    r"|\b(?:Linux|Darwin|FreeBSD) \S+ \d+\.\d+|\bhost(?:[ -]?name)?\s*[:=]\s*\S",
    re.IGNORECASE,
)

# Fields that hold versions, by their path without indices.
VERSIONS = re.compile(
    r"software\.(?:versions\..*|python|blas\.(?:version|library))|tool\.version|devices\.driver"
    r"|cases\.compute\.(?:library|notes)|host\.kernel"
)

# The words that versions follow in a sentence; none of them is longer than LONGEST_VERSIONED characters.
VERSIONED = re.compile(
    r"(?:\b|_)(?:version|driver|CUDA|cuDNN|cuBLAS(?:Lt)?|CUTLASS|NVRTC|NCCL|NVML|TensorRT|Triton|ROCm|HIP|MIOpen"
    r"|(?:roc|hip)BLAS(?:Lt)?|(?:one)?MKL|oneDNN|OpenBLAS|BLIS|AOCL|ArmPL|LLVM|numpy|cupy|(?:py)?torch)[ :=(]{1,3}$",
    re.IGNORECASE,
)
LONGEST_VERSIONED = 24

# "This host", links and private networks; 100.64 is that of providers and of VPNs. CUDA and others had versions of 10.
NEVER_A_VERSION = tuple(
    map(IPv4Network, ("100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16"))
)
PRIVATE = (*NEVER_A_VERSION, IPv4Network("10.0.0.0/8"))

_HEX_16, _WORD = re.compile(r"[0-9a-f]{16}"), re.compile(r"[\w.+:-]{1,60}")
COMMIT, NUMBERED = re.compile(r"[0-9a-f]{7,64}\+?"), re.compile(r"[0-9][\w.+~-]{0,80}")
# The form of each field about the host; something else in its place may be a name.
HOST_FORMS = {
    "host.hardware_key": _HEX_16,
    "host.machine_id": _HEX_16,
    "host.kernel": NUMBERED,
    "host.os": _WORD,
    "host.arch": _WORD,
}
MALFORMED = "does not have the form that flopsbench gives it"
LONGEST_FORMED = 200  # characters; a longer text is refused for its length
# Fields that hold digits alone are not searched: sixteen digits look like a serial number.
DIGITS_ALONE = {
    "host.hardware_key": _HEX_16,
    "host.machine_id": _HEX_16,
    "tool.git_commit": COMMIT,
    "source.commit": COMMIT,
}
THIS_MACHINE: dict[Kind, str] = {
    "host-name": "this machine's host name",
    "user-name": "a name of this user",
    "path": "this user's home folder",
    "ip": "an IP address of this machine",
    "mac": "a MAC address of this machine",
    "serial": "a serial number of this machine",
}


def complaints(text: str, version: bool = False) -> Iterator[tuple[str, str]]:
    """Yield a code and a sentence for whatever in a text looks personal.

    ``version`` says that the text stands in a field of versions, where four numbers are no address.
    """
    if EMAIL.search(text):
        yield "privacy.email", "holds what looks like an e-mail address"
    elif USER.search(text):
        yield "privacy.user-name", "holds what looks like the name of a user"
    if PATH.search(text):
        yield "privacy.path", "holds what looks like a path"
    if any(_is_ipv4(found, version) for found in FOUR_NUMBERS.finditer(text)) or any(map(_is_ipv6, IPV6.findall(text))):
        yield "privacy.ip", "holds what looks like an IP address"
    if MAC.search(text):
        yield "privacy.mac", "holds what looks like a MAC address"
    if SERIAL.search(text):
        yield "privacy.serial", "holds what looks like a serial number or a UUID"
    if HOST.search(text):
        yield "privacy.host-name", "holds what looks like the name of a host"


def _is_ipv4(found: re.Match[str], version: bool) -> bool:
    """Return whether four numbers are an address: one of a private network, or any where no version can be meant."""
    try:
        address = IPv4Address(bytes(map(int, found[0].split("."))))
    except ValueError:  # above 255
        return False
    if any(address in network for network in (NEVER_A_VERSION if version else PRIVATE)):
        return True
    return not (version or _is_version(found.string, *found.span()))


def _is_version(text: str, start: int, end: int) -> bool:
    """Return whether text[start:end] is part of a longer name, or follows a word that versions follow."""
    before = text[max(0, start - LONGEST_VERSIONED) : start]
    in_a_name = IN_A_NAME.match(text, end) or IN_A_NAME.match(before[-1:])
    return bool(in_a_name or VERSIONED.search(before))


def _is_ipv6(text: str) -> bool:
    """Return whether a text is an IPv6 address other than "::"."""
    try:
        IPv6Address(text)
    except AddressValueError:
        return False
    return text != "::"


def has_its_form(field: str, text: str) -> bool:
    """Return whether a field is one of digits alone and holds nothing else, so that it need not be searched."""
    return field == "id" or (field in DIGITS_ALONE and DIGITS_ALONE[field].fullmatch(text) is not None)


def host_form_findings(result: Result) -> Iterator[Finding]:
    """Yield a finding for each field about the host that does not have the form flopsbench gives it."""
    for field in malformed(result, HOST_FORMS):
        yield Finding("privacy.host-name", MALFORMED, field)


def malformed(result: Result, forms: Mapping[str, re.Pattern[str]]) -> Iterator[str]:
    """Yield the fields whose text does not have its form, by their path: a part of the Result and a name in it."""
    for field, form in forms.items():
        part, _, name = field.partition(".")
        text = getattr(getattr(result, part), name, None)
        if text is not None and len(text) <= LONGEST_FORMED and not form.fullmatch(text):
            yield field


def leak_finding(kind: Kind, where: str) -> Finding:
    """Return the finding about a field in which a name or a number of this machine or its user stands."""
    return Finding(f"privacy.{kind}", f"holds {THIS_MACHINE[kind]}", where)
