"""Defines the Result, the one document that travels, as types; ``codec`` reads and writes it.

History of the format (``schema_version`` is major.minor; a reader refuses a newer major version, and accepts
fields it does not know):

1.0  the first
1.1  the profile "ab": blocks taken in turns with another process
1.2  ``submitter``: who contributed a Result to a registry
1.3  ``policy`` of each case: how long its blocks and its warm-up were, which depends on the kind of device;
     beside each sentence, under its name and ``_said``, the code and the values that it is made of
1.4  documents of version 2 of the method; ``own_space`` of a case's compute: memory and clock were the kernel
     author's own; ``threads``, ``processor_s`` and ``processor_after_s`` of a process
1.5  ``calls``: what the tests, callables or commands of a project took, which are no cases; ``calls`` of the options;
     ``committed`` of the source: when its commit was made
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from flopsbench.dtype import FLOP_PER_S, Unit
from flopsbench.problem import OPS, Layout
from flopsbench.text import moment_of
from flopsbench.units import general
from flopsbench.words.reason import Reason

SCHEMA: Final = "flopsbench.result"
SCHEMA_VERSIONS = ("1.0", "1.1", "1.2", "1.3", "1.4", "1.5")  # every one that was ever written
SCHEMA_VERSION = SCHEMA_VERSIONS[-1]
LICENSE = "CC0-1.0"
NOT_REACHED = Reason("not_reached")  # the reason of a case whose turn has not come
INTERRUPTED = Reason("case_interrupted")  # and of one whose turn does not come any more

# The schema that each version of the method came with. Numbers of different versions are not compared:
# 1: operands, clock and spoiling were the backend's own business, and it proved its product in its own process
# 2: they are the harness's, blocks run on fresh operands, another process judges the product, and the parent keeps time
METHODS = {1: (1, 0), 2: (1, 4)}
METHOD_VERSION = max(METHODS)

SIGNIFICANT_DIGITS = 6

LARGEST_INTEGER = 2**63 - 1  # which every reader of JSON takes; the FLOP of a million times a million fit

Count = Annotated[int, Meta(ge=0, le=LARGEST_INTEGER)]
Dimension = Annotated[int, Meta(ge=1, le=LARGEST_INTEGER)]
Seconds = Annotated[float, Meta(gt=0)]
Positive = Annotated[float, Meta(gt=0)]
Moment = Annotated[str, Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$")]
NotNegative = Annotated[float, Meta(ge=0)]
Digest = Annotated[str, Meta(pattern=r"^sha256:[0-9a-f]{64}$")]
Handle = Annotated[str, Meta(pattern=r"^[A-Za-z0-9](-?[A-Za-z0-9]){0,38}$")]  # as GitHub allows them
# A Case looks its operation up in the table, so that a new one is a row there and nothing here.
OpName = Annotated[str, Meta(extra_json_schema={"enum": list(OPS)})]
Version = Annotated[str, Meta(pattern=r"^[0-9]{1,9}\.[0-9]{1,9}$")]  # major.minor
Status = Literal["ok", "unsupported", "failed", "skipped"]
Regime = Literal["burst", "sustained"]
Profile = Literal["quick", "standard", "registry", "ab"]
Letter = Literal["A", "B", "C"]
PeakBasis = Literal["datasheet", "clock seen", "measured, not sourced"]
MEASURED: Final[PeakBasis] = "measured, not sourced"
RateBasis = Literal["blocks", "processes", "total"]


class Record(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A Record is a part of the document. What is unknown is absent; unknown fields are accepted on reading.

    No part holds itself, so that the garbage collector need not look (``gc=False``).
    """


class Said(Record, frozen=True):
    """Said is what a sentence is made of: its code, and the values that fill it, as they are printed.

    The sentence beside it is the English one. Where it is a library's own there is no code.
    """

    code: str
    values: dict[str, str | Count] = {}


class Options(Record, frozen=True):
    """Options are the request, parsed, without paths.

    ``time_s`` is the budget of one process, absent where none was set. ``calls`` says which code of a project was asked
    for: "suite" with the arguments of pytest, "call" with the callable, or "command" with the command.
    """

    devices: list[str]
    dtypes: list[str] = []
    backends: list[str] = []
    kernels: list[str] = []
    sizes: list[str] = []
    time_s: Positive | None = None
    calls: list[str] = []


class Tool(Record, frozen=True):
    """Tool is the program that measured. ``git_commit`` is there only when it ran from a checkout."""

    name: str
    version: str
    profile: Profile
    options: Options
    git_commit: str | None = None


class Source(Record, frozen=True):
    """Source is the project under test, where a CI system or a command names it.

    ``committed`` is when the commit was written.
    """

    repository: str | None = None
    commit: str | None = None
    branch: str | None = None
    ci: str | None = None
    committed: Moment | None = None

    def __post_init__(self) -> None:
        """Refuse a date that no calendar has; msgspec says where in the document it stands."""
        if self.committed:
            moment_of(self.committed)


class CoreKind(Record, frozen=True):
    """A CoreKind is one of several kinds of core of a processor: how many of them affinity leaves, and what they are.

    ``name`` tells it from the others, as the kernel does ("cpu_core").
    """

    name: str
    cores: Dimension
    microarchitecture: str | None = None


class Cpu(Record, frozen=True):
    """Cpu is the processor.

    ``usable`` is the cores that affinity and quota leave; ``logical`` counts hardware threads. Where there are several
    kinds of core, ``kinds`` lists them, the fastest first, and ``microarchitecture`` is absent.
    """

    model: str
    logical: Dimension
    usable: Dimension
    physical: Dimension | None = None
    vendor: str | None = None
    microarchitecture: str | None = None
    cache_bytes: Count | None = None
    kinds: list[CoreKind] = []


class MemoryNode(Record, frozen=True):
    """A MemoryNode is one of several nodes of memory (NUMA): how many of the cores that may be used it lies beside."""

    number: Count
    cores: Dimension
    total_bytes: Count


class Memory(Record, frozen=True):
    """Memory is what the host has of it, in bytes; ``nodes`` are those beside the usable cores, if they are several."""

    total_bytes: Count
    available_bytes: Count
    nodes: list[MemoryNode] = []


class Virtualisation(Record, frozen=True):
    """Virtualisation is what stands between the program and the machine.

    ``quota_cpus`` is the cgroup's CPU quota in cores.
    """

    hypervisor: str | None = None
    container: str | None = None
    quota_cpus: Positive | None = None
    affinity: Dimension | None = None


class Host(Record, frozen=True):
    """Host is the machine, without its name. ``hardware_key`` is equal for machines of equal hardware.

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
    """A DeviceRecord is one device as the software sees it; it never holds a UUID or a serial number."""

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
    """Blas is a BLAS or thread pool that was loaded."""

    library: str
    version: str | None = None
    kernel: str | None = None
    threads: Dimension | None = None


class Software(Record, frozen=True):
    """Software holds versions of what ran, and the settings in the environment that change it (an allow-list).

    ``memory_policy`` is where the kernel put the pages of operands, where there are several nodes of memory:
    "interleave:0-1" on each in turn, "default" on that of the thread which touched them first.
    """

    python: str
    versions: dict[str, str] = {}
    blas: list[Blas] = []
    env: dict[str, str] = {}
    memory_policy: str | None = None


class Policy(Record, frozen=True):
    """Policy says how the numbers of a run were taken.

    ``block_s`` and ``warmup_s`` depend on the kind of device: they are those of the first burst. Since 1.3 each case
    that was begun carries its own.
    """

    processes: Dimension
    min_blocks: Dimension
    max_blocks: Dimension
    target_half_width: Positive
    block_s: Seconds
    warmup_s: Seconds
    blocks_a_bracket: Dimension
    case_time_s: Seconds
    seed: Count


class CasePolicy(Record, frozen=True):
    """CasePolicy says how one case was sampled, as its worker reports it.

    A block is at least ``block_s`` seconds of launches, the warm-up at least ``warmup_s`` seconds. In the sustained
    regime blocks ran back to back for ``sustained_s`` seconds; in bursts that is absent.
    """

    block_s: Seconds
    warmup_s: Seconds
    sustained_s: Positive | None = None


class Ceiling(Record, frozen=True):
    """A Ceiling is a measured limit of the silicon for one dtype, or the reason why there is none.

    ``rate_per_s`` is the median of the samples taken beside the GEMM blocks.
    """

    device: str
    dtype: str
    unit: Unit = FLOP_PER_S
    rate_per_s: Positive | None = None
    instruction: str | None = None
    method: str | None = None
    reason: str | None = None
    reason_said: Said | None = None


class PeakRecord(Record, frozen=True):
    """A PeakRecord is a theoretical limit, with where it comes from and what it rests on.

    One that is ``measured, not sourced`` follows from the ceiling and the clock seen: no efficiency is a share of it.
    """

    device: str
    dtype: str
    rate_per_s: Positive
    unit: Unit
    basis: PeakBasis
    source: str
    note: str | None = None


class ComputeRecord(Record, frozen=True):
    """A ComputeRecord is what really ran: storage of A, B and C, the sums, the library and its mode.

    ``own_space`` says that memory and clock were the kernel author's own, not flopsbench's.
    """

    a: str
    b: str
    c: str
    accumulate: str
    library: str
    math: str
    threads: Dimension | None = None
    operand_sets: Dimension | None = None
    notes: list[str] = []
    own_space: bool = False


class Telemetry(Record, frozen=True):
    """Telemetry is what the sensors said between the blocks of one process; an absent sensor is absent.

    ``energy_j`` covers the timed blocks alone. ``steal_share`` is the share of CPU time the hypervisor took. Where the
    processor has several ``kinds`` of core, ``kind_clocks_hz`` are the clocks of those at work, in that order, and the
    other clocks are the mean of all cores, each weighted by the operations it does per clock.
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
    kind_clocks_hz: list[Positive] = []


class Process(Record, frozen=True):
    """A Process is one fresh process with every block it timed, in order.

    ``block_s`` are seconds of ``loops`` back-to-back launches; ``host_block_s`` the host's clock for the same
    blocks where a device timed them; ``block_ceilings`` the ceiling before and after each block. At most 60
    blocks are kept, evenly thinned, out of ``blocks_total``. ``threads`` are the operating system's threads of the
    process after its blocks, ``processor_s`` its processor seconds within its timed blocks, ``processor_after_s``
    those that it used, over all blocks, just after the clock had stopped, while nothing was launched.
    """

    order: Count
    position: Count
    loops: Dimension
    blocks_total: Count
    first_launch_s: Seconds
    block_s: Annotated[list[Seconds], Meta(min_length=1)]
    stop_reason: str
    wall_s: Seconds
    stop_reason_said: Said | None = None
    warmup_block_s: list[Seconds] = []
    host_block_s: list[Seconds] = []
    block_ceilings: list[tuple[Positive, Positive]] = []
    telemetry: Telemetry = Telemetry()
    threads: Dimension | None = None
    processor_s: NotNegative | None = None
    processor_after_s: NotNegative | None = None


class Proof(Record, frozen=True):
    """Proof says how the product was checked, after timing, on the operands and output that were timed.

    ``max_residual`` is the largest |Cx - A(Bx)| over random sign vectors x, by method 1 relative to rms(A(Bx)), by
    method 2 of each row to the rms that such a sum has there; ``rms_error`` is rms(C - AB) / rms(AB) over elements
    recomputed, by method 1 full rows in float64, by method 2 in twice its precision. ``reason`` says what failed.
    """

    method: str
    passed: bool
    bound: NotNegative
    checked: str
    max_residual: NotNegative | None = None
    rms_error: NotNegative | None = None
    rms_band: tuple[float, float] | None = None
    reason: str | None = None
    reason_said: Said | None = None


class Rate(Record, frozen=True):
    """Rate is the headline: FLOP over median block time, with a 95 % interval over what ``basis`` names."""

    median: Positive
    low: Positive
    high: Positive
    best: Positive
    basis: RateBasis


class Efficiency(Record, frozen=True):
    """Efficiency is the rate over each limit.

    Above 1 is possible (boost above the datasheet's clock) and never clamped.
    """

    ceiling: Positive | None = None
    peak: Positive | None = None
    peak_at_clock: Positive | None = None


class Stats(Record, frozen=True):
    """Stats are figures for readers; everything here can be recomputed from the blocks."""

    unit: Unit
    rate: Rate
    efficiency: Efficiency = Efficiency()
    per_joule: Positive | None = None


class Case(Record, frozen=True):
    """A Case is one problem on one device by one kernel: measured, or with the reason why not.

    ``flop_per_launch`` is the work of one launch: FLOP or OP, or bytes where ``op`` is counted in bytes per second.
    """

    case: str
    op: OpName
    m: Dimension
    n: Dimension
    k: Dimension
    layout: Layout
    dtype: str
    backend: str
    kernel: str
    device: str
    regime: Regime
    data: str
    flop_per_launch: Dimension
    status: Status
    reason: str | None = None
    reason_said: Said | None = None
    compute: ComputeRecord | None = None
    processes: list[Process] = []
    proof: Proof | None = None
    stats: Stats | None = None
    grade: Letter | None = None
    grade_reasons: list[str] = []
    grade_reasons_said: list[Said] = []
    flags: list[str] = []
    policy: CasePolicy | None = None

    def __post_init__(self) -> None:
        """Refuse an operation that the table does not know; msgspec says where in the document it stands."""
        if self.op not in OPS:
            raise ValueError(f"Invalid operation {self.op!r}, known are {', '.join(OPS)}")

    @property
    def rate(self) -> Rate | None:
        """Return the rate with its interval; None where there is none, and then ``reason`` says why."""
        return self.stats.rate if self.stats else None

    @property
    def of_ceiling(self) -> float | None:
        """Return the rate as a share of the measured ceiling; None where either is unknown."""
        return self.stats.efficiency.ceiling if self.stats else None


class Call(Record, frozen=True):
    """A Call is a test, a callable or a command of a project: what one call of it took, or why that is not known.

    ``name`` is unique in its document: the id of a test, "module:function", or the command. ``amount`` is the work of
    one call in FLOP, OP or bytes, as its ``unit`` says, and 1 where that is ``call/s``. Its numbers are the project's
    own: flopsbench knows neither operands nor product, so that there is no proof, no grade, and no place beside cases.
    """

    name: str
    unit: Unit
    amount: Dimension
    status: Status
    reason: str | None = None
    reason_said: Said | None = None
    dtype: str | None = None
    processes: list[Process] = []
    stats: Stats | None = None


class Result(Record, frozen=True):
    """A Result is a whole run: what was measured on which machine, how, and everything that was observed.

    ``submitter`` is the handle under which it was contributed, absent until then.
    """

    schema: Literal["flopsbench.result"]
    schema_version: Version
    method_version: Dimension
    id: Digest
    created: Moment
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
    submitter: Handle | None = None
    calls: list[Call] = []

    def __post_init__(self) -> None:
        """Refuse a time that no calendar has: whoever reads a Result may compute with its time."""
        try:
            moment_of(self.created)
        except ValueError:
            raise ValueError("Invalid time, no calendar has it: `created`") from None


BLANK_ID = "sha256:" + "0" * 64


def schema_order(version: str) -> tuple[int, int]:
    """Return a version of the schema, "1.10", as what it is ordered by: major and minor number."""
    major, _, minor = version.partition(".")
    return int(major), int(minor)


def significant(value: float) -> float:
    """Round ``value`` to the precision that documents keep."""
    return float(general(value, SIGNIFICANT_DIGITS))
