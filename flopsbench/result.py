"""The Result: the one document that travels, its types, its identity and how it is read and written.

History of the format (``schema_version`` is major.minor; a reader refuses a newer major version, and accepts
fields it does not know):

1.0  the first
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from flopsbench.errors import DocumentRejected

SCHEMA = "flopsbench.result"
SCHEMA_VERSION = "1.0"
METHOD_VERSION = 1
LICENSE = "CC0-1.0"

LARGEST_DOCUMENT_BYTES = 4 * 1024 * 1024
SIGNIFICANT_DIGITS = 6
LONGEST_INTEGER = 20  # digits: the FLOP of one launch have 19

Count = Annotated[int, Meta(ge=0)]
Dimension = Annotated[int, Meta(ge=1)]
Seconds = Annotated[float, Meta(gt=0)]
Positive = Annotated[float, Meta(gt=0)]
NotNegative = Annotated[float, Meta(ge=0)]
Digest = Annotated[str, Meta(pattern=r"^sha256:[0-9a-f]{64}$")]
Unit = Literal["FLOP/s", "OP/s"]
Status = Literal["ok", "unsupported", "failed", "skipped"]
Regime = Literal["burst", "sustained"]


class Record(msgspec.Struct, frozen=True, omit_defaults=True):
    """A part of the document. What is unknown is absent; unknown fields are accepted."""


class Options(Record, frozen=True):
    """The request, parsed, without paths. ``time_s`` is the budget of one process, absent where none was set."""

    devices: list[str]
    dtypes: list[str] = []
    backends: list[str] = []
    kernels: list[str] = []
    sizes: list[str] = []
    time_s: Positive | None = None


class Tool(Record, frozen=True):
    """The program that measured. ``git_commit`` only when it ran from a checkout."""

    name: str
    version: str
    profile: Literal["quick", "standard", "registry"]
    options: Options
    git_commit: str | None = None


class Source(Record, frozen=True):
    """The project under test, where a CI system names it."""

    repository: str | None = None
    commit: str | None = None
    branch: str | None = None
    ci: str | None = None


class Cpu(Record, frozen=True):
    """The processor. ``usable`` is the cores that affinity and quota leave; ``logical`` counts hardware threads."""

    model: str
    logical: Dimension
    usable: Dimension
    physical: Dimension | None = None
    vendor: str | None = None
    microarchitecture: str | None = None
    cache_bytes: Count | None = None


class Memory(Record, frozen=True):
    """Memory of the host."""

    total_bytes: Count
    available_bytes: Count


class Virtualisation(Record, frozen=True):
    """What stands between the program and the machine. ``quota_cpus`` is the cgroup's CPU quota in cores."""

    hypervisor: str | None = None
    container: str | None = None
    quota_cpus: Positive | None = None
    affinity: Dimension | None = None


class Host(Record, frozen=True):
    """The machine, without its name. ``hardware_key`` is equal for machines of equal hardware.

    ``busy_share`` is the share of all cores that programs used just before the run, ``on_battery``
    whether it ran unplugged.
    """

    hardware_key: str
    os: str
    kernel: str
    arch: str
    cpu: Cpu
    memory: Memory
    machine_id: str | None = None
    virtualisation: Virtualisation | None = None
    busy_share: NotNegative | None = None
    on_battery: bool | None = None


class DeviceRecord(Record, frozen=True):
    """One device as the software sees it; never a UUID or a serial number."""

    id: str
    kind: str
    index: Count
    name: str
    vendor: str | None = None
    arch: str | None = None
    units: Dimension | None = None
    memory_bytes: Count | None = None
    driver: str | None = None
    power_limit_w: Positive | None = None
    clock_max_hz: Positive | None = None
    ecc: bool | None = None
    mig: bool | None = None
    persistence: bool | None = None


class Blas(Record, frozen=True):
    """A BLAS or thread pool that was loaded."""

    library: str
    version: str | None = None
    kernel: str | None = None
    threads: Dimension | None = None


class Software(Record, frozen=True):
    """Versions of what ran, and the settings in the environment that change what runs (an allow-list)."""

    python: str
    versions: dict[str, str] = {}
    blas: list[Blas] = []
    env: dict[str, str] = {}


class Policy(Record, frozen=True):
    """How the numbers were taken."""

    processes: Dimension
    min_blocks: Dimension
    max_blocks: Dimension
    target_half_width: Positive
    block_s: Seconds
    warmup_s: Seconds
    blocks_a_bracket: Dimension
    case_time_s: Seconds
    seed: Count


class Ceiling(Record, frozen=True):
    """A measured limit of the silicon for one dtype, or the reason why there is none.

    ``rate_per_s`` is the median of the samples taken beside the GEMM blocks.
    """

    device: str
    dtype: str
    unit: Unit = "FLOP/s"
    rate_per_s: Positive | None = None
    instruction: str | None = None
    method: str | None = None
    reason: str | None = None


class PeakRecord(Record, frozen=True):
    """A theoretical limit, where it comes from and what it rests on."""

    device: str
    dtype: str
    rate_per_s: Positive
    unit: Unit
    basis: Literal["datasheet", "clock seen"]
    source: str
    note: str | None = None


class ComputeRecord(Record, frozen=True):
    """What really ran: storage of A, B and C, the sums, the library and its mode."""

    a: str
    b: str
    c: str
    accumulate: str
    library: str
    math: str
    threads: Dimension | None = None
    operand_sets: Dimension | None = None
    notes: list[str] = []


class Telemetry(Record, frozen=True):
    """What the sensors said between the blocks of one process; an absent sensor is absent.

    ``energy_j`` covers the timed blocks alone. ``steal_share`` is the share of CPU time the hypervisor took.
    """

    clock_hz: Positive | None = None
    clock_min_hz: Positive | None = None
    clock_max_hz: Positive | None = None
    power_w: Positive | None = None
    energy_j: Positive | None = None
    temperature_c: float | None = None
    throttle_reasons: list[str] = []
    steal_share: NotNegative | None = None
    throttled_periods: Count | None = None
    load: NotNegative | None = None


class Process(Record, frozen=True):
    """One fresh process: every block it timed, in order.

    ``block_s`` are seconds of ``loops`` back-to-back launches; ``host_block_s`` the host's clock for the same
    blocks where a device timed them; ``block_ceilings`` the ceiling before and after each block. At most 60
    blocks are kept, evenly thinned, out of ``blocks_total``.
    """

    order: Count
    position: Count
    loops: Dimension
    blocks_total: Count
    first_launch_s: Seconds
    block_s: Annotated[list[Seconds], Meta(min_length=1)]
    stop_reason: str
    wall_s: Seconds
    warmup_block_s: list[Seconds] = []
    host_block_s: list[Seconds] = []
    block_ceilings: list[tuple[Positive, Positive]] = []
    telemetry: Telemetry = Telemetry()


class Proof(Record, frozen=True):
    """How the product was checked, after timing, on the operands and output that were timed.

    ``max_residual`` is max|Cx - A(Bx)| / rms(A(Bx)) over random sign vectors x; ``rms_error`` is
    rms(C - C64) / rms(C) over full rows recomputed in float64. ``reason`` says what failed.
    """

    method: str
    passed: bool
    bound: NotNegative
    checked: str
    max_residual: NotNegative | None = None
    rms_error: NotNegative | None = None
    rms_band: tuple[float, float] | None = None
    reason: str | None = None


class Rate(Record, frozen=True):
    """The headline: FLOP over median block time, with a 95 % interval over what ``basis`` names."""

    median: Positive
    low: Positive
    high: Positive
    best: Positive
    basis: Literal["blocks", "processes", "total"]


class Efficiency(Record, frozen=True):
    """The rate over each limit; above 1 is possible (boost above the datasheet's clock) and never clamped."""

    ceiling: Positive | None = None
    peak: Positive | None = None
    peak_at_clock: Positive | None = None


class Stats(Record, frozen=True):
    """Figures for readers; everything here can be recomputed from the blocks."""

    unit: Unit
    rate: Rate
    efficiency: Efficiency = Efficiency()
    per_joule: Positive | None = None


class Case(Record, frozen=True):
    """One problem on one device by one kernel: measured, or with the reason why not."""

    case: str
    op: Literal["gemm"]
    m: Dimension
    n: Dimension
    k: Dimension
    layout: Literal["nn", "nt", "tn"]
    dtype: str
    backend: str
    kernel: str
    device: str
    regime: Regime
    data: str
    flop_per_launch: Dimension
    status: Status
    reason: str | None = None
    compute: ComputeRecord | None = None
    processes: list[Process] = []
    proof: Proof | None = None
    stats: Stats | None = None
    grade: Literal["A", "B", "C"] | None = None
    grade_reasons: list[str] = []
    flags: list[str] = []


class Result(Record, frozen=True):
    """A whole run: who measured what on which machine, how, and everything that was observed."""

    schema: Literal["flopsbench.result"]
    schema_version: Annotated[str, Meta(pattern=r"^[0-9]+\.[0-9]+$")]
    method_version: Dimension
    id: Digest
    created: Annotated[str, Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$")]
    license: str
    tool: Tool
    host: Host
    devices: list[DeviceRecord]
    software: Software
    policy: Policy
    cases: list[Case]
    ceilings: list[Ceiling] = []
    peaks: list[PeakRecord] = []
    source: Source | None = None
    interrupted: bool = False


BLANK_ID = "sha256:" + "0" * 64


def encode(result: Result) -> bytes:
    """The document's bytes, floats to 6 significant digits, carrying the id that belongs to them."""
    plain = _rounded(msgspec.to_builtins(msgspec.structs.replace(result, id=BLANK_ID)))
    valid = msgspec.convert(plain, Result)  # 6 becomes 6.0: the same figures must give the same bytes, and the same id
    blank = _numbers_in_lines(msgspec.json.format(msgspec.json.encode(valid), indent=1)) + b"\n"
    return blank.replace(BLANK_ID.encode(), _digest(blank).encode(), 1)


def _numbers_in_lines(document: bytes) -> bytes:
    """Arrays of numbers on one line each, which halves a document; no text can hold a line break, so none is touched."""
    return _NUMBERS.sub(lambda found: b"[" + b" ".join(found[1].split()) + b"]", document)


_NUMBERS = re.compile(rb"\[\n([-+0-9.eE,\s]+)\]")


def identity(document: bytes, claimed: str) -> str:
    """The id these bytes deserve: their sha256 with the digits of the ``claimed`` id taken as zeros."""
    return _digest(document.replace(claimed.encode(), BLANK_ID.encode(), 1))


def _digest(blank: bytes) -> str:
    return "sha256:" + hashlib.sha256(blank).hexdigest()


def significant(value: float) -> float:
    """``value`` at the precision documents keep."""
    return float(f"{value:.{SIGNIFICANT_DIGITS}g}")


def _rounded(value: Any) -> Any:
    """Floats at the document's precision, and text without the control characters a loader refuses."""
    if isinstance(value, float):
        return significant(value)
    if isinstance(value, str):
        return CONTROL.sub(" ", value)
    if isinstance(value, dict):
        return {_rounded(key): _rounded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(item) for item in value]
    return value


def load(path: str | os.PathLike[str]) -> Result:
    """Read a Result; raise DocumentRejected with the file's name and one sentence when it is not one."""
    with named(path):
        return decode(read_bytes(path))


@contextmanager
def named(path: str | os.PathLike[str]) -> Iterator[None]:
    """Put the file's name before what a DocumentRejected says."""
    try:
        yield
    except DocumentRejected as error:
        raise DocumentRejected(f"{os.fspath(path)}: {error}") from None


def read_bytes(path: str | os.PathLike[str]) -> bytes:
    """The bytes of a document, never more than a Result may have; raise DocumentRejected when unreadable."""
    try:
        with Path(path).open("rb") as file:
            document = file.read(LARGEST_DOCUMENT_BYTES + 1)
    except OSError as error:
        raise DocumentRejected(f"cannot be read: {error.strerror}") from None
    if len(document) > LARGEST_DOCUMENT_BYTES:
        raise DocumentRejected(f"larger than {LARGEST_DOCUMENT_BYTES // 2**20} MiB, which no Result is")
    return document


def decode(document: bytes) -> Result:
    """A Result from its bytes; raise DocumentRejected, saying where and why, for anything else."""
    _check_identity(_parse(document))
    try:
        result = msgspec.json.decode(document, type=Result)
    except (msgspec.ValidationError, msgspec.DecodeError) as error:
        raise DocumentRejected(f"not a valid Result: {error}") from None
    _check_cases(result.cases)
    return result


def _parse(document: bytes) -> Any:
    """Strict JSON: what Python's parser lets pass (NaN, 1e999, duplicate keys) is refused here."""
    try:
        return json.loads(
            document.decode("utf-8"),
            object_pairs_hook=_unique,
            parse_constant=_no_number,
            parse_float=_finite,
            parse_int=_bounded,
        )
    except UnicodeDecodeError as error:
        raise DocumentRejected(f"not UTF-8 at byte {error.start}") from None
    except json.JSONDecodeError as error:
        if not document.strip():
            raise DocumentRejected("the file is empty") from None
        unfinished = error.pos and error.msg != "Extra data" and _UNFINISHED.fullmatch(error.doc, error.pos)
        kind = "truncated" if unfinished else "not JSON"
        raise DocumentRejected(f"{kind}: {error.msg} at line {error.lineno}, column {error.colno}") from None
    except RecursionError:
        raise DocumentRejected("nested far deeper than any Result") from None


# All that follows the error when a document ends too early: nothing, half a word or number, an open string.
_UNFINISHED = re.compile(r'\s*(?:[\w.+-]*|"(?:[^"\\]|\\.)*\\?)\s*', re.DOTALL)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise DocumentRejected(f"the key {name[:80]!r} stands twice in one object")
        _check_text(name)
        _check_text(value)
        found[name] = value
    return found


CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")  # a terminal obeys these


def _check_text(value: Any) -> None:
    """Refuse control characters in a text or in a list of texts: whoever prints a Result must be safe from it."""
    if isinstance(value, str) and CONTROL.search(value):
        raise DocumentRejected(f"the text {value[:40]!r} holds control characters")
    if isinstance(value, list):
        for item in value:
            _check_text(item)


def _no_number(text: str) -> None:
    raise DocumentRejected(f"{text[:20]} is not a number a Result may hold")


def _finite(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        _no_number(text)
    return value


def _bounded(text: str) -> int:
    if len(text) > LONGEST_INTEGER:
        _no_number(text)
    return int(text)


def _check_identity(document: Any) -> None:
    """Refuse what is JSON but no Result of a version this program reads, before its fields are looked at."""
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        raise DocumentRejected(f'not a flopsbench Result: "schema" is not "{SCHEMA}"')
    version = document.get("schema_version")
    if not isinstance(version, str) or re.fullmatch(r"[0-9]{1,9}\.[0-9]{1,9}", version) is None:
        raise DocumentRejected('"schema_version" is not major.minor')
    if int(version.split(".")[0]) > int(SCHEMA_VERSION.split(".")[0]):
        raise DocumentRejected(
            f"written in schema version {version}, newer than the {SCHEMA_VERSION} this program reads: "
            "upgrade flopsbench (pip install --upgrade flopsbench)"
        )


def _check_cases(cases: Iterable[Case]) -> None:
    seen = set()
    for case in cases:
        if case_id(case) in seen:
            raise DocumentRejected(f"case {case.case!r} on {case.device} stands twice")
        seen.add(case_id(case))
        expected = case_key(case)
        if case.case != expected:
            raise DocumentRejected(f"case {case.case!r} does not match its own fields, which say {expected!r}")
        if (case.status == "ok") != (case.stats is not None):
            raise DocumentRejected(f"case {case.case!r} is {case.status} but its stats say otherwise")
        if case.stats and not case.processes:
            raise DocumentRejected(f"case {case.case!r} has stats but no blocks they come from")
        for process in case.processes:
            _check_series(case, process)


def _check_series(case: Case, process: Process) -> None:
    """What was read beside the blocks is there for each of them, or not at all."""
    blocks = len(process.block_s)
    for name, series in (("host_block_s", process.host_block_s), ("block_ceilings", process.block_ceilings)):
        if series and len(series) != blocks:
            raise DocumentRejected(f"case {case.case!r} has {blocks} block_s but {len(series)} {name}")


KEY_FIELDS = ("op", "dtype", "shape", "layout", "backend", "kernel", "device kind", "regime")


def case_key(case: Case) -> str:
    """The name a case is tracked under, "gemm/fp32/2048x2048x2048/nn/numpy/blas/cpu/burst"."""
    shape = f"{case.m}x{case.n}x{case.k}"
    kind = case.device.partition(":")[0]
    return "/".join((case.op, case.dtype, shape, case.layout, case.backend, case.kernel, kind, case.regime))


def case_id(case: Case) -> str:
    """The key with the device's index before it: unique within a document."""
    return f"{case.device} {case.case}"


def parse_case_key(key: str) -> dict[str, str]:
    """The fields of a case key by the names in KEY_FIELDS; raise DocumentRejected when it is not one."""
    parts = key.split("/")
    if len(parts) != len(KEY_FIELDS) or not all(parts):
        raise DocumentRejected(f"{key!r} is not a case: expected {'/'.join(KEY_FIELDS)}")
    return dict(zip(KEY_FIELDS, parts, strict=True))


def json_schema() -> dict[str, Any]:
    """JSON Schema 2020-12 of the document, generated from the types."""
    schema = msgspec.json.schema(Result)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "flopsbench Result", **schema}
