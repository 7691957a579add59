"""What would tell whose machine it was: addresses, names, paths and serial numbers, by the forms they have.

A field whose form is known is held to that form, which is the best protection: a hardware key of 16 digits has no room
for a name. All other texts are searched for what looks personal. Versions of four numbers look like addresses: they
pass in fields that hold versions, and in sentences after the name of what has versions. Addresses of private networks
are found wherever they stand.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import AddressValueError, IPv4Address, IPv4Network, IPv6Address

from flopsbench.host.environment import settings
from flopsbench.result.types import Result
from flopsbench.validate.finding import Finding

# What may begin anywhere has no repeat, or a bounded one, so that the time grows as the length does.
EMAIL = re.compile(r"[\w.+-]@[\w-]+\.[\w-]")
USER = re.compile(
    r"\b[A-Za-z_][\w.-]{0,63}@[\w-]|\b(?:user|username|user name|login|logname)\s*[:=]\s*\S", re.IGNORECASE
)
PATH = re.compile(
    r"(?<![\w/:.\\~])/(?:[^\s/\\'\"()<>]+/|(?:home|root|Users|tmp|var|etc|opt|usr|mnt|srv)\b)"
    r"|(?<!\w)~\w*/|\b[A-Za-z]:[\\/](?!/)|\\\\\w|\bfile:/"
)
FOUR_NUMBERS = re.compile(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?!\d)")
IN_A_NAME = re.compile(r"[\w-]|\.\w")  # what goes on so is no address: 1.2.3.4-rc1
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

# What versions stand after in a sentence; all of it fits into so many characters.
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
_COMMIT, _NUMBERED = re.compile(r"[0-9a-f]{7,64}\+?"), re.compile(r"[0-9][\w.+~-]{0,80}")
# The form of a field, and the code for something else in its place.
FORMS = {
    "host.hardware_key": (_HEX_16, "privacy.host-name"),
    "host.machine_id": (_HEX_16, "privacy.host-name"),
    "host.kernel": (_NUMBERED, "privacy.host-name"),
    "host.os": (_WORD, "privacy.host-name"),
    "host.arch": (_WORD, "privacy.host-name"),
    "software.python": (_NUMBERED, "integrity.schema"),
    "tool.name": (re.compile("flopsbench"), "integrity.schema"),
    "tool.version": (_NUMBERED, "integrity.schema"),
    "tool.git_commit": (_COMMIT, "integrity.schema"),
    "source.commit": (_COMMIT, "integrity.schema"),
}
LONGEST_FORMED = 200  # a longer text is refused for that
DIGITS_ALONE = {"id", "host.hardware_key", "host.machine_id", "tool.git_commit", "source.commit"}


def complaints(text: str, version: bool = False) -> Iterator[tuple[str, str]]:
    """A code and a sentence for whatever in the text looks personal; ``version`` allows numbers of four parts."""
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
    """Whether four numbers are an address: a private one anywhere, any other where no version can be meant."""
    try:
        address = IPv4Address(bytes(map(int, found[0].split("."))))
    except ValueError:  # above 255
        return False
    if any(address in network for network in (NEVER_A_VERSION if version else PRIVATE)):
        return True
    return not (version or _is_version(found.string, *found.span()))


def _is_version(text: str, start: int, end: int) -> bool:
    """Whether what stands there in a sentence is part of a longer name, or follows what has versions."""
    before = text[max(0, start - LONGEST_VERSIONED) : start]
    in_a_name = IN_A_NAME.match(text, end) or IN_A_NAME.match(before[-1:])
    return bool(in_a_name or VERSIONED.search(before))


def _is_ipv6(text: str) -> bool:
    try:
        IPv6Address(text)
    except AddressValueError:
        return False
    return text != "::"


def has_its_form(field: str, text: str) -> bool:
    """Whether the field is one of digits alone and holds nothing else, so that it need not be searched."""
    return field == "id" or (field in DIGITS_ALONE and FORMS[field][0].fullmatch(text) is not None)


def forms(result: Result) -> Iterator[Finding]:
    """Fields that do not have the form flopsbench gives them, and settings that it does not record."""
    for field, (form, code) in FORMS.items():
        part, _, name = field.partition(".")
        text = getattr(getattr(result, part), name, None)
        if text is not None and len(text) <= LONGEST_FORMED and not form.fullmatch(text):
            yield Finding(code, "does not have the form that flopsbench gives it", field)
    if result.software.env and settings(result.software.env) != result.software.env:
        yield Finding("integrity.schema", "holds settings that flopsbench does not record", "software.env")
