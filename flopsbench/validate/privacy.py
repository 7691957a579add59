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
from flopsbench.words.reason import Reason

# Patterns that may begin anywhere have bounded repeats only, so that the time of a search is linear in the length.
_NO_CLOCK = r"(?!\d{1,3}(?:\.\d{1,3})?\s?[GM]Hz)"  # names of CPUs end in "@2.20GHz"
# Of an address in words: none that is a word of English, as "no" and "it" are.
_KIND = r"(?:com|org|net|edu|gov|info|dev|ai|app|tech|cloud|io|de|uk|fr|cn|jp|eu|ch|nl|se|pl|ru|br|kr|tw|au|ca)\b"
EMAIL = re.compile(
    rf"[\w.+-]\s?@{_NO_CLOCK}(?:\s[a-z])?[\w-]+\.[\w-]|\bmailto:\w"
    rf"|\w\s{{1,3}}at\s{{1,3}}[\w-]{{1,63}}\s{{1,3}}dot\s{{1,3}}{_KIND}|\w_at_[\w-]{{1,63}}(?:\.|_dot_){_KIND}",
    re.IGNORECASE,
)
USER = re.compile(
    rf"\b[A-Za-z_][\w.-]{{0,63}}@{_NO_CLOCK}[\w-]"
    r"|\buid=\d|\b(?:user|username|user name|login|logname)\s*[:=]\s*\S"
    # Somebody's home folder, and not "in ~half of all blocks".
    r"|(?:\A|[\s\"'(=:])~(?!(?:half|twice|double|all|none|zero|one|two|three|four|five|six|ten|equal|same|linear|constant"
    r"|mask|inf|nan)(?:ly)?\b)[a-z_][\w-]{1,31}(?![\w(/-])",
    re.IGNORECASE,
)
PATH = re.compile(
    r"(?<![\w/:.\\~])/(?:[^\s/\\'\"()<>]+/|(?:home|root|Users|tmp|var|etc|opt|usr|mnt|srv)\b)"
    r"|(?<=\w:)/(?:home|root|Users|tmp|var|etc|opt|usr|mnt|srv|export|data|scratch|work|gpfs|lustre|nfs|net|Volumes)\b"
    r"|(?<!\w)~\w*/|\b[A-Za-z]:[\\/](?!/)|\\\\\w|(?<![\w:/])//\w[\w.-]{0,63}/|\bfile:/|\b(?:home|Users)/\w[\w.-]{0,63}/"
    r"|\\(?:Users|Documents and Settings)\\|\b(?:smb|cifs|nfs|afp|s?ftp|ssh|rsync|s3|gs|hdfs|abfss?|wasbs?)://"
)
FOUR_NUMBERS = re.compile(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?!\d)")
# With strokes, as names of hosts are made of them: of a private network, or behind the word.
STROKES = re.compile(
    r"(?<![\w.-])(?:ip(?: address)?[ :=]{1,3}\d{1,3}-\d{1,3}|192-168|169-254|172-(?:1[6-9]|2\d|3[01])|10-\d{1,3})"
    r"-\d{1,3}-\d{1,3}(?![\w-])",
    re.IGNORECASE,
)
IN_A_NAME = re.compile(r"[\w-]|\.\w")  # four numbers that go on like this are no address: 1.2.3.4-rc1
IPV6 = re.compile(r"(?<![\w:.])[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?![\w:])")
# Addresses of networks and GUIDs of InfiniBand: by pairs, as Cisco, Huawei and HP write them, by fours, and without
# separators, where no commit is meant and nothing else of that length is likely.
PAIRS = re.compile(r"(?:\w\w:){7}\w\w")
MAC = re.compile(
    r"(?<![\w:-])(?:[0-9A-F]{1,2}[:-]){5,19}[0-9A-F]{1,2}(?![\w:-])"
    r"|(?<![\w-])(?=[0-9 _]{0,16}[A-F])(?:[0-9A-F]{2}[ _]){5,7}[0-9A-F]{2}(?![\w-])"
    r"|(?<![\w.])[0-9A-F]{4}\.[0-9A-F]{4}\.[0-9A-F]{4}(?![\w.])"
    r"|(?<![\w-])(?=[0-9-]{0,14}[A-F])[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{4}(?![\w-])"
    r"|(?<![\w-])(?=[0-9]{0,5}[A-F])[0-9A-F]{6}-(?=[0-9]{0,5}[A-F])[0-9A-F]{6}(?![\w-])"
    r"|(?<![\w:])(?:[0-9A-F]{4}:){3}[0-9A-F]{4}(?![\w:])"
    r"|\b(?<!marchid )(?<!mimpid )0x(?!0000)[0-9A-F]{16}\b",  # those of RISC-V are numbers of a design
    re.IGNORECASE,
)
DIGITS = re.compile(r"(?<![\w.+-])(?=[0-9]{0,15}[A-Fa-f])(?:[0-9A-Fa-f]{12}|[0-9A-Fa-f]{16})(?![\w.-])")
COMMITTED = re.compile(r"(?:commit|hash|rev(?:ision)?|git|sha\d*|build|checksum)[ :=(]{1,3}$", re.IGNORECASE)
SERIAL = re.compile(
    r"[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}"  # a UUID
    r"|\b(?:GPU|MIG)-[0-9A-Fa-f]{8}|\b[0-9A-Fa-f]{32}\b|(?<![\w.])\d{12,}(?![\w.]| bytes)"
    r"|\bSN\d{6}"
    r"|\b(?:[Ss]erial[_-]?[Nn]umber|[Ss]erial|SERIAL|[Ss]/[Nn]|SN(?=\s?[:=#])|[Aa]sset [Tt]ag)\b"
    r"(?: (?:number|no\.?))?\s{0,9}[:=#]?\s{0,9}\w{0,63}\d"
    r"|\b(?:[Ss]ervice|SERVICE|[Aa]sset|ASSET|[Ii]nventory)[ _-]?(?:[Tt]ag|TAG|[Nn]umber|[Cc]ode|[Ii][Dd])\b"
    r"[\s:=#]{1,9}(?=[A-Z0-9-]{5})"
    r"|\b(?:machine|host|instance|account)[ _-]?id\b\s?[:=#]\s?\w|\bi-[0-9a-f]{8}(?:[0-9a-f]{9})?\b|\barn:aws"
)
HOST = re.compile(
    r"[\w-](?:\.(?:local|lan|internal|intranet|intra|corp|home|localdomain|private|svc|pod|consul|arpa|onion|workgroup"
    r"|fritz\.box|ts\.net)\b|-MacBook|-iMac|-Mac-?(?:mini|Pro|Studio)\b)"
    r"|\d[\w-]{0,62}\.(?:hpc|cluster|grid|farm|rack|site|ad|dc\d?)\b|\bec2-\d{1,3}(?:-\d{1,3}){3}\b"
    r"|\b(?:gpu|node|cn|nid|login|dgx|hgx|compute)-?(?:\d{3,}|0\d)\b|\blogin-?\d{1,2}\b|\br\d{1,3}i\d{1,3}n\d{1,3}\b"
    r"|\b(?:gpu|node|cn|nid|compute|rack|blade)-\d{1,3}-\d{1,4}\b"
    r"|-[bcdf-hj-np-tv-xz2456789]{8,10}-[bcdf-hj-np-tv-xz2456789]{5}\b"  # a pod of Kubernetes: no vowels, no 0, 1, 3
    r"|\bip-\d{1,3}(?:-\d{1,3}){3}\b|\b(?:DESKTOP|LAPTOP|WIN)-[A-Z0-9]{7,}\b"
    r"|\b(?:Linux|Darwin|FreeBSD) \S+ \d+\.\d+"
    r"|(?:\b|_)(?:host(?:[ _-]?name)?|node[ _-]?(?:name|list))\s*[:=]\s*\S",
    re.IGNORECASE,
)

# Names in the domains of institutions and countries. Of an address that a sentence or a source cites, and of the public
# names that everybody cites, only those tell whose machine it was that begin like the name of one.
_KNOWN_TOP = (
    r"com|org|net|edu|gov|mil|info|biz|cloud|io|dev|ac|ai|app|tech|xyz|online|systems|network|science|center|computer"
    r"|company|academy|university|institute|de|uk|fr|ch|jp|cn|eu|nl|fi|dk|cz|it|es|se|pl|gr|pt|ie|mx|sa|za|tr|hu|ro|ca"
    r"|au|nz|kr|tw|hk|sg|br|ru|ua|il|us|no|be|lu|sk|bg|th|vn|ar|cl"
)
# By its number a machine is told under any domain: names of modules and files have neither.
_NUMBERED = (
    r"(?:gpu|node|login|head|compute|worker|master|srv|server|hpc|cluster|nas|dgx|hgx|nid|bastion)[a-z_-]{0,20}\d\d"
)
_A_FILE = r"(?:py[cdx]?|so|dll|cu|cuh|cc|hh|rs|go|sh|md|js|ts|gz|xz|bz|zip|zst|tar|json|toml|ya?ml|csv|log|txt|html?)"
DOMAIN = re.compile(
    rf"(?<![\w.@-])(?:((?:[a-z0-9_-]{{1,63}}\.){{1,8}})(?:{_KNOWN_TOP})"
    rf"|(?={_NUMBERED})((?:[a-z0-9_-]{{1,63}}\.){{2,8}})(?!{_A_FILE}(?!\w))[a-z]{{2,24}})(?![\w-]|\.\w)",
    re.IGNORECASE,
)
A_MACHINE = re.compile(
    r"[a-z][a-z_-]{0,62}\d[\w-]{0,62}|(?:gpu|node|login|head|compute|worker|master|srv|server|hpc|cluster|slurm|nas|dgx|hgx"
    r"|nid|host|bastion|jump|vpn)[\w-]{0,62}",
    re.IGNORECASE,
)
PUBLIC = re.compile(
    r"(?:www|docs?|developers?|forums?|download|blog|support|help|pypi|wiki|api|discuss|github)\d?", re.IGNORECASE
)
FEWEST_LABELS = 2  # of a host's name before the domain of its country or kind

# What opens somebody's account. Tokens are told by the prefixes that their issuers publish, others by what they are
# called beside them, or by how letters and digits follow each other in what nobody wrote by hand.
_ISSUED = (
    r"gh[a-z]_|github_pat_|gl(?:pat|dt|rt|cbt|ptt|ft|imt|agent|oas|soat|ffct)-|hf_|api_org_|npm_|pypi-|nvapi-|dckr_pat_"
    r"|do[opr]_v1_|dapi|hv[sb]\.|tskey-|lin_api_|gsk_|r8_|pplx-|xai-|glsa_|glc_|sntrys_|ATATT|shp[a-z]{2}_|AIza|ya29\."
    r"|GOCSPX-|1//0|SG\.|sq0[a-z]{3}-"
)
_PASSWORD = r"passw(?:or)?d|passwort|passphrase|kennwort"
_CALLED = (
    r"pwd|pw|secret|credentials?"
    r"|(?:api|access|private|account|secret|ssh|encryption)[ _-]?key"
)
_SECRETS = (
    rf"\b(?:{_ISSUED})(?=[\w.-]{{0,60}}[\dA-Z])[\w.-]{{16,}}",
    r"\bA(?:KIA|SIA|BIA|CCA|ROA|IDA|GPA|NPA|NVA|PKA|SCA)[A-Z0-9]{12,}\b",  # of AWS
    r"\bxox[a-z]-[\w-]{8,}|\bxapp-\d-\w{2}|hooks\.slack\.com/|discord(?:app)?\.com/api/webhooks/",
    r"\b[srp]k[-_](?:live|test|ant|proj|or|svcacct)[-_][\w-]{8,}|\bsk-[A-Za-z0-9]{20,}",
    r"\beyJ[\w-]{8,}\.[\w-]{4,}",  # a web token
    r"\bBEGIN [A-Z0-9 ]{0,40}(?:PRIVATE KEY|CERTIFICATE|MESSAGE)|\bAGE-SECRET-KEY-|\bPuTTY-User-Key-File",
    r"\b(?:ssh-(?:rsa|dss|ed25519)|ecdsa-sha2-\w{1,20}) AAAA",
    r"://[^\s/@:]{0,200}:[^\s/@]{1,200}@",  # a password in an address
    r"(?i:\bbearer[\s:]{1,3}[\w.~+/=-]{8,}|\bbasic [A-Z0-9+/]{8,200}={1,2}|\bauthorization\s?[:=]\s?\w)",
    rf"(?i:(?:{_PASSWORD}|(?<![a-z])(?:{_CALLED}))[\"']?\s?[:=]\s?[\"']?\S)",
    # Beside "pass", which is also a round, only what is no word and no number; a setting has it after a stroke.
    rf"(?i:(?:(?:{_PASSWORD})\s{{1,3}}(?:is\s)?|(?<![a-z])pass\s?[:=]\s?)[\"']?[a-z]{{3,40}}[^\sa-z]{{0,9}}\d)|_PASS=\S",
    r"(?<![\w-])(?:-u|--(?:proxy-)?user)[ =]?[\w.@-]{1,64}:\S",  # as curl takes both
    r"\$(?:[1567y]|2[abxy]|gy|sha1|argon2\w{1,2})\$[\w./,=+-]{2,}",  # as /etc/shadow holds them
    r"(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{43}=(?![A-Za-z0-9+/=])",  # of WireGuard
    # Of kubeadm.
    r"(?<![\w.-])[a-z0-9]{6}\.(?=[a-z]{0,14}\d[a-z]{0,14}\d)(?=\d{0,15}[a-z])[a-z0-9]{16}(?![\w.-])",
    r"(?i:(?<![a-z])(?<!unexpected )(?:token|sig|signature)[\"']?\s?[:=]\s?[\"']?(?=[\w.~+/-]{0,40}\d)[\w.~+/-]{8,})",
    r"(?i:[?&][\w-]{0,30}(?:token|key|secret|sig|signature|credential|password)=\w)",
    r"(?i:(?<![a-z])(?:key|token|secret)\b\W{1,3}[0-9a-f]{32,})",
)
SECRET = re.compile("|".join(_SECRETS))
DRAWN = re.compile(
    r"(?<![A-Za-z0-9])(?=[A-Za-z0-9]{0,40}[a-z])(?=[A-Za-z0-9]{0,40}[A-Z])(?=[A-Za-z0-9]{0,40}\d)[A-Za-z0-9]{20,}"
)
# Forty letters, digits, slashes and plus signs, as AWS draws its secrets.
DRAWN_BY_AWS = re.compile(
    r"(?<![A-Za-z0-9+/=._-])(?=[A-Za-z0-9+/]{0,40}\d)(?=[A-Za-z0-9]{0,40}[+/])[A-Za-z0-9+/]{40}(?![A-Za-z0-9+/=._-])"
)
TURN = re.compile(r"(?<=[a-z])[A-Z0-9]|(?<=[A-Z])[a-z0-9]|(?<=[0-9])[A-Za-z]")
DRAWN_TURNS = 0.4  # of all places; letters and digits that are drawn turn at 0.6, names of functions at less than 0.3
DRAWN_TURNS_OF_AWS = 0.25  # where the length is given, and paths turn at less than 0.2

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
MALFORMED = Reason("form_unlike")
LONGEST_FORMED = 200  # characters; a longer text is refused for its length
# Fields that hold digits alone are not searched: sixteen digits look like a serial number.
DIGITS_ALONE = {
    "host.hardware_key": _HEX_16,
    "host.machine_id": _HEX_16,
    "tool.git_commit": COMMIT,
    "source.commit": COMMIT,
}
THIS_MACHINE: dict[Kind, str] = {
    "host-name": Reason("this_host_name"),
    "user-name": Reason("this_user_name"),
    "path": Reason("this_home"),
    "ip": Reason("this_ip"),
    "mac": Reason("this_mac"),
    "serial": Reason("this_serial"),
}


def complaints(text: str, version: bool = False) -> Iterator[tuple[str, str]]:
    """Yield a code and a sentence for whatever in a text looks personal.

    ``version`` says that the text stands in a field of versions, where four numbers are no address.
    """
    if EMAIL.search(text):
        yield "privacy.email", Reason("like_email")
    elif USER.search(text):
        yield "privacy.user-name", Reason("like_user")
    if PATH.search(text):
        yield "privacy.path", Reason("like_path")
    numbers = any(_is_ipv4(found, version) for found in FOUR_NUMBERS.finditer(text))
    if numbers or STROKES.search(text) or any(map(_is_ipv6, IPV6.findall(text))):
        yield "privacy.ip", Reason("like_ip")
    if MAC.search(text) or any(map(_is_address, DIGITS.finditer(text))):
        yield "privacy.mac", Reason("like_mac")
    if SERIAL.search(text):
        yield "privacy.serial", Reason("like_serial")
    if HOST.search(text) or any(map(_is_host, DOMAIN.finditer(text))):
        yield "privacy.host-name", Reason("like_host")
    if SECRET.search(text) or _is_drawn(DRAWN, text, DRAWN_TURNS) or _is_drawn(DRAWN_BY_AWS, text, DRAWN_TURNS_OF_AWS):
        yield "privacy.secret", Reason("like_secret")


def _is_address(found: re.Match[str]) -> bool:
    """Return whether digits without separators are an address, and not the beginning of a commit."""
    return not COMMITTED.search(found.string, max(0, found.start() - LONGEST_VERSIONED), found.start())


def _is_host(found: re.Match[str]) -> bool:
    """Return whether a name of a domain is that of a machine, and not one that everybody cites."""
    labels = (found[1] or found[2]).rstrip(".").split(".")
    if len(labels) < FEWEST_LABELS or PUBLIC.fullmatch(labels[0]):
        return False
    cited = found.string[: found.start()].endswith("/")
    return not cited or A_MACHINE.fullmatch(labels[0]) is not None


def _is_drawn(form: re.Pattern[str], text: str, turns: float) -> bool:
    """Return whether letters and digits follow each other as in what was drawn and not named."""
    return any(len(TURN.findall(found)) >= turns * (len(found) - 1) for found in form.findall(text))


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
    """Return whether a text is an IPv6 address other than "::", and no GUID of eight pairs."""
    try:
        IPv6Address(text)
    except AddressValueError:
        return False
    return text != "::" and not PAIRS.fullmatch(text)


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
    return Finding(f"privacy.{kind}", Reason("holds_this_machine", what=THIS_MACHINE[kind]), where)
