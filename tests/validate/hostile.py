"""Documents that are wrong in exactly one way, each with the code it must be refused with.

All of them are made of one honest document. A change is made to what it says; where ``figures`` is set, what follows
from the blocks is then computed anew, as a careful forger would; and it gets the id that belongs to it. What cannot be
said in JSON is done to the bytes. Where ``small`` is set, it is made of a shorter document.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from flopsbench.result.codec import encode
from flopsbench.result.types import significant
from tests.registry.tree import (
    Change,
    Tree,
    both,
    drop,
    every,
    get,
    in_order,
    put,
    refigured_tree,
    signed,
    times,
    tree_of,
)
from tests.validate.fields import fields, with_call, wrong_value
from tests.validate.honest import MEASURED, honest
from tests.validate.hostile_texts import ALIKE, HIDDEN, IDENTITIES, LOOKS, NAMES, NO_DEVICE_NAMES, NOTHING


class Wrong(NamedTuple):
    """One document: what is wrong with it, the code it deserves, and the change that makes it so."""

    name: str
    code: str
    change: Change
    figures: bool = False
    small: bool = False


# The honest document's cases.
FP64, FP32, BF16, INT8, SUSTAINED = (f"cases.{index}" for index in range(5))
GPU_FP64, GPU_FP32, GPU_TF32, GPU_BF16, GPU_FP8, GPU_SUSTAINED, UNSUPPORTED = (f"cases.{i}" for i in range(5, 12))


@cache
def honest_bytes() -> bytes:
    """The honest document."""
    return encode(honest())


@cache
def small_bytes() -> bytes:
    """An honest document of one case on the CPU, one on the GPU and one that could not be measured."""
    return encode(honest(measured=(MEASURED[1], MEASURED[7])))


def document(wrong: Wrong) -> bytes:
    """Its bytes."""
    tree = tree_of(small_bytes() if wrong.small else honest_bytes())
    wrong.change(tree)
    if wrong.figures:
        tree = refigured_tree(tree)
    return signed(tree if wrong.code == "integrity.canonical" else in_order(tree))


def within(path: str, change: Change) -> Change:
    """Make a change in a document that has a call, where the path leads into one."""

    def changed(tree: Tree) -> None:
        with_call(tree, path)
        change(tree)

    return changed


def every_block(case: str, factor: float) -> Change:
    """Blocks, and the host's seconds for them, so many times as long; warm-up and energy with them."""
    names = ("block_s", "host_block_s", "warmup_block_s", "first_launch_s", "telemetry.energy_j")

    def change(tree: Tree) -> None:
        for name in names:
            for index, process in enumerate(get(tree, case)["processes"]):
                if name.partition(".")[2] in process["telemetry"] or name in process:
                    times(f"{case}.processes.{index}.{name}", factor)(tree)

    return change


def shape(case: str, m: int, n: int, k: int) -> Change:
    """Another shape, with the key and the operations that belong to it."""

    def change(tree: Tree) -> None:
        found = get(tree, case)
        key = found["case"].replace(f"{found['m']}x{found['n']}x{found['k']}", f"{m}x{n}x{k}")
        found |= {"m": m, "n": n, "k": k, "case": key, "flop_per_launch": 2 * m * n * k}

    return change


def many_blocks(case: str, count: int) -> Change:
    """So many blocks in the first process, which are more than any statistics should be tried on."""

    def change(tree: Tree) -> None:
        blocks = [significant(0.1134 + index % 997 * 1e-6) for index in range(count)]
        process = get(tree, case)["processes"][0]
        process |= {"block_s": blocks, "blocks_total": count, "wall_s": 0.2 * count}
        del process["block_ceilings"]

    return change


def many_processes(case: str, count: int) -> Change:
    """So many processes of the same blocks but for their last digits."""

    def change(tree: Tree) -> None:
        first = get(tree, case)["processes"][0]
        get(tree, case)["processes"] = [
            first | {"order": order, "block_s": [significant(each + order * 1e-6) for each in first["block_s"]]}
            for order in range(count)
        ]

    return change


def keep_two(case: Tree) -> None:
    """The first two processes alone."""
    case["processes"] = case["processes"][:2]


def two_processes(tree: Tree) -> None:
    """Two processes of every case that was measured."""
    for case in tree["cases"]:
        if case["status"] == "ok":
            keep_two(case)


def cpu_name(name: str) -> Change:
    """Another name for the CPU, wherever it stands."""
    return both(put("devices.0.name", name), put("host.cpu.model", name))


def loops(case: str, factor: float) -> Change:
    """So many times the launches in blocks of the same time."""
    return every(f"{case}.processes.*.loops", lambda path: times(path, factor))


def echoes(case: str) -> Change:
    """Every process with the blocks of the first, a little slower each time."""

    def change(tree: Tree) -> None:
        processes = get(tree, case)["processes"]
        for order, process in enumerate(processes):
            process["block_s"] = [significant(each * (1 + order / 1000)) for each in processes[0]["block_s"]]

    return change


def copied(source: str, target: str) -> Change:
    """The processes of one case in another, which has its own place in the run."""

    def change(tree: Tree) -> None:
        place = get(tree, target)["processes"][0]["position"]
        get(tree, target)["processes"] = [each | {"position": place} for each in get(tree, source)["processes"]]

    return change


def metered(case: str, power_w: float, energy_w: float) -> Change:
    """A power, and an energy that is another power times the time."""

    def change(tree: Tree) -> None:
        for process in get(tree, case)["processes"]:
            joules = significant(energy_w * sum(process["block_s"]))
            process["telemetry"] |= {"power_w": power_w, "energy_j": joules}

    return change


def lower_ceilings(case: str, factor: float) -> Change:
    """Ceilings beside the blocks that were lower."""
    return every(f"{case}.processes.*.block_ceilings", lambda path: times(path, factor))


def error(case: str, rms: float) -> Change:
    """The error of another arithmetic."""
    return both(put(f"{case}.proof.rms_error", rms), put(f"{case}.proof.max_residual", significant(4.5 * rms)))


def say(text: str) -> Change:
    """Plant a text where any sentence may stand."""
    return both(put(f"{UNSUPPORTED}.reason", text), drop(f"{UNSUPPORTED}.reason_said"))


def named(case: str, backend: str, kernel: str) -> Change:
    """Other names for what computed the product, with the key that belongs to them."""

    def change(tree: Tree) -> None:
        found = get(tree, case)
        key = found["case"].replace(f"/{found['backend']}/{found['kernel']}/", f"/{backend}/{kernel}/")
        found |= {"backend": backend, "kernel": kernel, "case": key}

    return change


def rows(count: int, **fields: object) -> Change:
    """So many cases that were not measured, each of another shape."""

    def change(tree: Tree) -> None:
        row = tree["cases"][-1]
        for edge in range(1, count + 1):
            key = row["case"].replace(f"{row['m']}x{row['n']}x{row['k']}", f"{edge}x{edge}x{edge}")
            shape = {"m": edge, "n": edge, "k": edge, "flop_per_launch": 2 * edge**3, "case": key}
            tree["cases"].append({**row, **shape, **fields})

    return change


def said(code: str, figure: str | None = None) -> Change:
    """Say that the sentence is made of a code, and of a value of the scale's own."""
    values = {"values": {"figure": figure}} if figure else {}
    return put(f"{UNSUPPORTED}.reason_said", {"code": code, **values})


def doubts(*sentences: str) -> Change:
    """Doubt a case for several reasons, of which the first alone has its code."""
    fields = {"grade": "B", "grade_reasons": list(sentences), "grade_reasons_said": [{"code": "on_battery"}]}
    return both(*(put(f"{FP64}.{name}", value) for name, value in fields.items()))


def of_the_first_method(tree: Tree) -> None:
    """The run as version 1 of the method wrote it."""
    tree.update(tree_of(encode(honest(method=1))))


def swap(tree: Tree, path: str, first: str, second: str) -> None:
    """Exchange two fields."""
    at = get(tree, path)
    at[first], at[second] = at[second], at[first]


INTEGRITY = [
    Wrong("an empty object", "integrity.schema", lambda tree: tree.clear()),
    Wrong("another kind of document", "integrity.schema", put("schema", "flopsbench.comparison")),
    Wrong("no version", "integrity.schema", put("schema_version", "1")),
    Wrong("a version that is not ASCII digits", "integrity.schema", put("schema_version", "१.१")),
    Wrong("a version from the future", "integrity.version", put("schema_version", "2.0")),
    Wrong("a method of no version", "integrity.schema", put("method_version", 0)),
    Wrong("half a method", "integrity.schema", put("method_version", 1.5)),
    Wrong("the next method", "integrity.version", put("method_version", 3)),
    Wrong("a method from the far future", "integrity.version", put("method_version", 7)),
    Wrong("the first method in today's schema", "integrity.schema", put("method_version", 1)),
    Wrong("today's method in a schema before it", "integrity.schema", put("schema_version", "1.3")),
    Wrong("a process without threads", "integrity.schema", put(f"{FP64}.processes.0.threads", 0)),
    Wrong("less than no processor time", "integrity.schema", put(f"{FP64}.processes.0.processor_s", -0.1)),
    Wrong("less than none after the clock", "integrity.schema", put(f"{FP64}.processes.1.processor_after_s", -1e-9)),
    Wrong("a profile nobody knows", "integrity.schema", put("tool.profile", "fast")),
    Wrong("a negative block", "integrity.schema", put(f"{FP64}.processes.0.block_s.3", -0.1)),
    Wrong("a block of no time", "integrity.schema", put(f"{FP64}.processes.0.block_s.3", 0.0)),
    Wrong("no blocks", "integrity.schema", put(f"{FP64}.processes.0.block_s", [])),
    Wrong("a size of 0", "integrity.schema", put(f"{FP64}.m", 0)),
    Wrong("half a launch", "integrity.schema", put(f"{FP64}.processes.0.loops", 1.5)),
    Wrong("a number as text", "integrity.schema", put(f"{FP64}.stats.rate.median", "4e11")),
    Wrong("a flag as a number", "integrity.schema", put(f"{FP64}.proof.passed", 1)),
    Wrong("a seed below 0", "integrity.schema", put("policy.seed", -1)),
    Wrong("a handle with a space", "integrity.schema", put("submitter", "octo cat")),
    Wrong("a handle of 40 letters", "integrity.schema", put("submitter", "a" * 40)),
    Wrong("a day as a text", "integrity.schema", put("created", "yesterday")),
    Wrong("a time zone", "integrity.schema", put("created", "2026-08-01T12:00:00+02:00")),
    Wrong("an id in capitals", "integrity.schema", lambda tree: tree.update(id="sha256:" + "AB" * 32)),
    Wrong("a field nobody knows", "integrity.canonical", put("comment", "fast")),
    Wrong("a field nobody knows, deep", "integrity.canonical", put(f"{FP64}.stats.rate.mean", 4e11)),
    Wrong("a default spelled out", "integrity.canonical", put("interrupted", False)),
    Wrong("a whole number for a float", "integrity.canonical", put("policy.case_time_s", 15)),
    Wrong("another license", "integrity.license", put("license", "MIT")),
    Wrong("a device that is not there", "integrity.reference", put(f"{GPU_FP64}.device", "cuda:1")),
    Wrong("two devices of one id", "integrity.reference", lambda tree: tree["devices"].append(tree["devices"][0])),
    Wrong("no devices", "integrity.reference", put("devices", [])),
    Wrong("a ceiling of no device", "integrity.reference", put("ceilings.0.device", "cpu:3")),
    Wrong("a ceiling of no dtype", "integrity.reference", put("ceilings.6.dtype", "fp4")),
    Wrong("a peak of no device", "integrity.reference", put("peaks.0.device", "cuda:3")),
    Wrong("more cores than the host has", "integrity.reference", put("devices.0.units", 80)),
    Wrong("a CPU of another name than the host's", "integrity.reference", put("devices.0.name", "AMD EPYC 9965")),
    Wrong("a CPU called like a board", "integrity.reference", cpu_name("NVIDIA H200")),
    Wrong("a slice under the name of the whole", "integrity.reference", put("devices.1.mig", True)),
    Wrong("a name in look-alike letters", "integrity.schema", put("devices.1.name", "NVIDIA \u041d200"), figures=True),
    *(
        Wrong(f"{name} in a name", "integrity.schema", put("devices.1.name", text), figures=True)
        for name, text in NO_DEVICE_NAMES.items()
    ),
    Wrong("a name of accents", "integrity.schema", put("devices.1.name", "N" + "\u0301" * 80), figures=True),
    Wrong("a name of spaces", "integrity.schema", put("devices.1.name", "   "), figures=True),
    Wrong("a name like a poem", "integrity.schema", put("devices.1.name", "fast " * 60), figures=True),
    Wrong("no cases", "integrity.case", put("cases", [])),
    Wrong("a key of another size", "integrity.case", put(f"{FP64}.case", "gemm/fp64/1x1x1/nn/numpy/blas/cpu/burst")),
    Wrong("a key that is none", "integrity.case", put(f"{FP64}.case", "fast")),
    Wrong("a key of pages", "integrity.case", put(f"{FP64}.case", "fast " * 390)),
    Wrong("a case twice", "integrity.case", lambda tree: tree["cases"].append(tree["cases"][0])),
    Wrong("measured, without figures", "integrity.case", drop(f"{FP64}.stats")),
    Wrong("measured, without saying how", "integrity.case", drop(f"{FP64}.compute")),
    Wrong("not measured, with figures", "integrity.case", put(f"{FP64}.status", "skipped")),
    Wrong("figures of no blocks", "integrity.case", drop(f"{FP64}.processes")),
    Wrong(
        "not measured, without a reason",
        "integrity.case",
        both(drop(f"{UNSUPPORTED}.reason"), drop(f"{UNSUPPORTED}.reason_said")),
    ),
    Wrong("a host's block too few", "integrity.case", drop(f"{GPU_BF16}.processes.0.host_block_s.0")),
    Wrong("a ceiling too few", "integrity.case", drop(f"{FP64}.processes.0.block_ceilings.0")),
    Wrong("two operations more", "integrity.flop", put(f"{FP64}.flop_per_launch", 2 * 2048**3 + 2), figures=True),
    Wrong("twice the operations", "integrity.flop", put(f"{UNSUPPORTED}.flop_per_launch", 4 * 2048**3)),
    Wrong("FLOP of integers", "integrity.unit", put(f"{INT8}.stats.unit", "FLOP/s")),
    Wrong("OP of floats", "integrity.unit", put(f"{FP64}.stats.unit", "OP/s")),
    Wrong("a ceiling in another unit", "integrity.unit", put("ceilings.0.unit", "OP/s")),
    Wrong("a peak in another unit", "integrity.unit", put("peaks.0.unit", "OP/s")),
]

STATISTICS = [
    Wrong("a median 1 % up", "integrity.stats", times(f"{FP64}.stats.rate.median", 1.01)),
    Wrong("a median of the sixth digit", "integrity.stats", times(f"{GPU_BF16}.stats.rate.median", 1.00002)),
    Wrong("a better low end", "integrity.stats", times(f"{FP64}.stats.rate.low", 1.001)),
    Wrong("a lower high end", "integrity.stats", times(f"{FP64}.stats.rate.high", 0.999)),
    Wrong("a better best", "integrity.stats", times(f"{FP64}.stats.rate.best", 1.001)),
    Wrong("another basis", "integrity.stats", put(f"{FP64}.stats.rate.basis", "blocks")),
    Wrong("more work a joule", "integrity.stats", times(f"{GPU_BF16}.stats.per_joule", 1.1)),
    Wrong("work a joule without a meter", "integrity.stats", put(f"{FP64}.stats.per_joule", 1e10)),
    Wrong("work a joule kept back", "integrity.stats", drop(f"{GPU_BF16}.stats.per_joule")),
    Wrong("one block faster", "integrity.stats", times(f"{FP64}.processes.2.block_s.5", 0.97)),
    Wrong("a better share of the ceiling", "integrity.efficiency", times(f"{FP64}.stats.efficiency.ceiling", 1.05)),
    Wrong("a better share of the peak", "integrity.efficiency", times(f"{GPU_BF16}.stats.efficiency.peak", 1.05)),
    Wrong(
        "a share of a peak at another clock",
        "integrity.efficiency",
        times(f"{FP64}.stats.efficiency.peak_at_clock", 1.1),
    ),
    Wrong("a share of no ceiling", "integrity.efficiency", put(f"{GPU_BF16}.stats.efficiency.ceiling", 0.9)),
    Wrong("a share kept back", "integrity.efficiency", drop(f"{GPU_BF16}.stats.efficiency.peak")),
    Wrong("a ceiling that its samples do not give", "integrity.efficiency", times("ceilings.0.rate_per_s", 0.9)),
    Wrong(
        "an A in spite of its reasons", "integrity.grade", put(f"{FP64}.grade_reasons.0", "the interval is wide: ±8%")
    ),
    Wrong("no grade", "integrity.grade", drop(f"{FP64}.grade")),
    Wrong("a code nobody knows", "integrity.reason", put(f"{UNSUPPORTED}.reason_said.code", "numpy_is_slow")),
    Wrong("a code of another sentence", "integrity.reason", put(f"{UNSUPPORTED}.reason_said.code", "cupy_no_gemm")),
    Wrong("another value", "integrity.reason", put(f"{UNSUPPORTED}.reason_said.values.dtype", "bf16")),
    Wrong("a number for a text", "integrity.reason", put(f"{UNSUPPORTED}.reason_said.values.dtype", 16)),
    Wrong("a value too few", "integrity.reason", drop(f"{UNSUPPORTED}.reason_said.values")),
    Wrong("a value too many", "integrity.reason", put(f"{UNSUPPORTED}.reason_said.values.why", "slow")),
    Wrong("a value that is a pattern", "integrity.reason", put(f"{UNSUPPORTED}.reason_said.values.dtype", "{dtype}")),
    Wrong("another sentence", "integrity.reason", put(f"{UNSUPPORTED}.reason", "numpy has no BLAS path for int8")),
    Wrong("a code without a sentence", "integrity.reason", put("ceilings.0.reason_said", {"code": "no_gpu_ceiling"})),
    Wrong("a ceiling's other code", "integrity.reason", put("ceilings.4.reason_said.code", "amx_beyond_ceiling")),
    Wrong("another end", "integrity.reason", put(f"{GPU_FP8}.processes.2.stop_reason_said.code", "time_budget")),
    Wrong("a proof's code alone", "integrity.reason", put(f"{FP64}.proof.reason_said", {"code": "operands_equal"})),
    Wrong("a code of the pages", "integrity.reason", both(say("Filter"), said("filter"))),
    Wrong(
        "a code of the scale", "integrity.reason", both(say("numpy is slow"), said("quantity_exact", "numpy is slow"))
    ),
    Wrong(
        "a doubt's code without its doubt",
        "integrity.reason",
        put(f"{FP64}.grade_reasons_said.0", {"code": "on_battery"}),
    ),
    Wrong("a doubt without its code", "integrity.reason", doubts("it ran on battery", "it is old")),
]

PEAKS = [
    Wrong("a peak at a clock nobody saw", "integrity.peak", times("peaks.0.rate_per_s", 1.2)),
    Wrong("a peak twice", "integrity.reference", lambda tree: tree["peaks"].append(tree["peaks"][0])),
]

TIMING = [
    Wrong("a launch of 3 ns", "timing.resolution", both(shape(FP64, 8, 8, 8), loops(FP64, 256**3)), figures=True),
    Wrong("processes that are one process times a factor", "timing.constant", echoes(FP64), figures=True),
    Wrong("the blocks of another case", "timing.constant", copied(GPU_FP64, GPU_FP32), figures=True),
    Wrong(
        "blocks of 60 ns",
        "timing.resolution",
        both(shape(FP64, 24, 24, 24), every_block(FP64, 24**3 / 2048**3)),
        figures=True,
    ),
    Wrong(
        "equal blocks",
        "timing.constant",
        every(f"{FP64}.processes.*.block_s", lambda path: put(path, [0.101] * 12)),
        figures=True,
    ),
    Wrong(
        "the blocks of one process in all",
        "timing.constant",
        lambda tree: every(
            f"{FP64}.processes.*.block_s", lambda path: put(path, get(tree, f"{FP64}.processes.0.block_s"))
        )(tree),
        figures=True,
    ),
    Wrong("a process shorter than its blocks", "timing.wall", put(f"{FP64}.processes.0.wall_s", 0.9)),
    Wrong("a process of two years", "timing.wall", put(f"{FP64}.processes.0.wall_s", 6.4e7)),
    Wrong("more blocks than were taken", "timing.blocks", put(f"{FP64}.processes.0.blocks_total", 11)),
    Wrong("a thousand blocks, the best twelve kept", "timing.blocks", put(f"{FP64}.processes.0.blocks_total", 1000)),
    Wrong(
        "nine blocks",
        "timing.blocks",
        both(
            every(f"{FP64}.processes.*.blocks_total", lambda path: put(path, 9)),
            lambda tree: [
                process.update({name: process[name][:9] for name in ("block_s", "block_ceilings")})
                for process in get(tree, FP64)["processes"]
            ],
        ),
        figures=True,
    ),
    Wrong("a process of 20,000 blocks", "timing.blocks", many_blocks(FP32, 20_000)),
    Wrong("a case of 1,000 processes", "timing.blocks", many_processes(FP32, 1_000)),
    Wrong(
        "a host that took longer",
        "timing.host",
        every(f"{GPU_BF16}.processes.*.host_block_s", lambda path: times(path, 1.3)),
        figures=True,
    ),
    Wrong(
        "a host that was quicker than the device",
        "timing.host",
        every(f"{GPU_BF16}.processes.*.host_block_s", lambda path: times(path, 0.8)),
        figures=True,
    ),
    Wrong(
        "a GPU timed without the host",
        "timing.host",
        lambda tree: [process.pop("host_block_s") for process in get(tree, GPU_BF16)["processes"]],
    ),
]

PHYSICS = [
    Wrong("a CPU of twice its peak", "physics.rate", every_block(FP32, 0.45), figures=True),
    Wrong("a GPU of twice its peak", "physics.rate", every_block(GPU_FP32, 0.5), figures=True),
    Wrong("a GPU 5 % above its peak at that clock", "physics.rate", every_block(GPU_TF32, 0.91), figures=True),
    Wrong(
        "operands faster than memory",
        "physics.bandwidth",
        both(shape(GPU_BF16, 8192, 8192, 16), every(f"{GPU_BF16}.processes.*.loops", lambda path: times(path, 512))),
        figures=True,
    ),
    Wrong(
        "2 kW through a board of 700 W",
        "physics.power",
        every(f"{GPU_FP32}.processes.*.telemetry.power_w", lambda path: put(path, 2000.0)),
    ),
    Wrong(
        "a joule a second at full work",
        "physics.power",
        every(f"{GPU_FP32}.processes.*.telemetry.energy_j", lambda path: put(path, 3000.0)),
        figures=True,
    ),
    Wrong("a board at work that takes 5 W", "physics.power", metered(GPU_BF16, 5.0, 5.0), figures=True),
    Wrong("less energy than power", "physics.power", metered(GPU_BF16, 698.0, 7.0), figures=True),
    Wrong("a CPU of 7 GHz", "physics.clock", put(f"{FP64}.processes.0.telemetry.clock_max_hz", 7e9)),
    Wrong("a CPU of 12 GHz", "physics.clock", put(f"{FP64}.processes.0.telemetry.clock_max_hz", 1.2e10)),
    Wrong(
        "a GPU above its highest clock", "physics.clock", put(f"{GPU_FP32}.processes.0.telemetry.clock_max_hz", 2.5e9)
    ),
    Wrong(
        "clocks in the wrong order",
        "physics.clock",
        lambda tree: swap(tree, f"{FP64}.processes.0.telemetry", "clock_min_hz", "clock_max_hz"),
    ),
    Wrong("a board of 5 kW", "physics.power", put("devices.1.power_limit_w", 5000.0)),
]

NUMERICS = [
    Wrong("a rate without a proof", "numerics.proof", drop(f"{FP64}.proof")),
    Wrong("a rate with a failed proof", "numerics.proof", put(f"{FP64}.proof.passed", False)),
    Wrong("a passed proof with a complaint", "numerics.proof", put(f"{FP64}.proof.reason", "C is not A·B")),
    Wrong("a residual above its bound", "numerics.proof", put(f"{FP64}.proof.max_residual", 1e-3)),
    Wrong("a proof without a residual", "numerics.proof", drop(f"{FP64}.proof.max_residual")),
    Wrong("a proof without an error", "numerics.proof", drop(f"{FP64}.proof.rms_error")),
    Wrong("float64 under bf16", "numerics.fingerprint", error(BF16, 5e-16)),
    Wrong("float32 under bf16", "numerics.fingerprint", error(GPU_BF16, 2e-7)),
    Wrong("float64 under fp32", "numerics.fingerprint", error(FP32, 5e-16)),
    Wrong("float32 under fp64", "numerics.fingerprint", error(FP64, 2e-7)),
    Wrong("tf32 under fp32", "numerics.fingerprint", error(GPU_FP32, 3e-4)),
    Wrong("fp32 under tf32", "numerics.fingerprint", error(GPU_TF32, 2e-7)),
    Wrong("sums of integers that are not exact", "numerics.fingerprint", error(INT8, 1e-6)),
    Wrong("an exact float", "numerics.fingerprint", error(FP64, 0.0)),
    Wrong("tf32 mode under fp32", "numerics.arithmetic", put(f"{GPU_FP32}.compute.math", "tf32")),
    Wrong("ieee mode under tf32", "numerics.arithmetic", put(f"{GPU_TF32}.compute.math", "ieee")),
    Wrong(
        "bf16 operands under fp32",
        "numerics.arithmetic",
        both(put(f"{FP32}.compute.a", "bf16"), put(f"{FP32}.compute.b", "bf16")),
    ),
    Wrong("a mode of one's own", "numerics.arithmetic", put(f"{FP64}.compute.math", "ieee, best")),
    Wrong("one operand of another format", "numerics.arithmetic", put(f"{FP64}.compute.b", "fp32")),
    Wrong("bf16 sums under bf16", "numerics.arithmetic", put(f"{GPU_BF16}.compute.accumulate", "bf16")),
    Wrong("a product of 8 bits", "numerics.arithmetic", put(f"{INT8}.compute.c", "int8")),
    Wrong(
        "a dtype nobody knows",
        "numerics.arithmetic",
        both(
            put(f"{UNSUPPORTED}.dtype", "fp3"),
            put(f"{UNSUPPORTED}.case", "gemm/fp3/2048x2048x2048/nn/numpy/blas/cpu/burst"),
        ),
    ),
    Wrong("an error that version 1 allowed fp32", "numerics.fingerprint", error(FP32, 1.9e-5)),
    Wrong("an error that version 1 allowed bf16", "numerics.fingerprint", error(BF16, 2.1e-3)),
    Wrong(
        "a residual that version 1 allowed fp32",
        "numerics.proof",
        both(put(f"{FP32}.proof.bound", 1e-4), put(f"{FP32}.proof.max_residual", 9e-5)),
    ),
    Wrong(
        "an error that version 1 did not allow",
        "numerics.fingerprint",
        both(of_the_first_method, error(FP32, 2.1e-5)),
    ),
    Wrong("zeros as operands", "numerics.arithmetic", put(f"{FP64}.data", "zeros")),
]

ENVIRONMENT = [
    Wrong("next year", "environment.future", put("created", "2027-08-01T12:00:00Z")),
    Wrong("the far future", "environment.future", put("created", "9999-12-31T23:59:59Z")),
    Wrong("before there was a flopsbench", "environment.past", put("created", "1999-01-01T00:00:00Z")),
    Wrong("the year 0", "integrity.schema", put("created", "0000-01-01T00:00:00Z")),
    Wrong("a thirteenth month", "integrity.schema", put("created", "2026-13-01T12:00:00Z")),
    Wrong("the 45th", "integrity.schema", put("created", "2026-01-45T12:00:00Z")),
    Wrong("the 29th of February 2026", "integrity.schema", put("created", "2026-02-29T12:00:00Z")),
    Wrong("half past 24", "integrity.schema", put("created", "2026-08-01T24:30:00Z")),
    Wrong("midnight as 24:00", "integrity.schema", put("created", "2026-08-01T24:00:00Z")),
    Wrong("the 30th of February", "integrity.schema", put("created", "2026-02-30T12:00:00Z")),
    Wrong("the 31st of April", "integrity.schema", put("created", "2026-04-31T12:00:00Z")),
    Wrong("a sixtieth second", "integrity.schema", put("created", "2026-08-01T12:00:60Z")),
    Wrong("a sixtieth minute", "integrity.schema", put("created", "2026-08-01T12:60:00Z")),
    Wrong("the 0th", "integrity.schema", put("created", "2026-08-00T12:00:00Z")),
    Wrong("the year 1", "environment.past", put("created", "0001-01-01T00:00:00Z")),
    Wrong("an offset of no hours", "integrity.schema", put("created", "2026-08-01T12:00:00+00:00")),
    Wrong("a time without a zone", "integrity.schema", put("created", "2026-08-01T12:00:00")),
    Wrong("a time in wide digits", "integrity.schema", put("created", "２０２６-08-01T12:00:00Z")),
    Wrong("an array library of one's own", "environment.space", put(f"{FP64}.compute.own_space", True)),
    Wrong(
        "an array library of one's own that has a note",
        "environment.space",
        both(put(f"{GPU_FP32}.compute.notes", ["a note"]), put(f"{GPU_FP32}.compute.own_space", True)),
    ),
    Wrong("a quota ignored", "environment.quota", put("host.virtualisation.quota_cpus", 4.0)),
    Wrong("two processes", "environment.minimum", two_processes, figures=True),
    Wrong(
        "a policy of two processes",
        "environment.minimum",
        both(put("policy.processes", 2), two_processes),
        figures=True,
    ),
    Wrong("two processes of one case", "environment.minimum", lambda tree: keep_two(get(tree, FP64)), figures=True),
    Wrong("a policy of wide intervals", "environment.minimum", put("policy.target_half_width", 0.2)),
    Wrong("a policy of three blocks", "environment.minimum", put("policy.min_blocks", 3)),
    Wrong("blocks shorter than the device's", "environment.minimum", put(f"{FP64}.policy.block_s", 0.025)),
    Wrong("a GPU warmed up as a CPU", "environment.minimum", put(f"{GPU_FP64}.policy.warmup_s", 0.5)),
    Wrong("a burst that says it was sustained", "environment.minimum", put(f"{FP64}.policy.sustained_s", 30.0)),
    Wrong("a case that does not say how it was sampled", "environment.minimum", drop(f"{FP64}.policy")),
    Wrong("a run of short blocks", "environment.minimum", put("policy.block_s", 0.001)),
    Wrong("a run without a warm-up", "environment.minimum", put("policy.warmup_s", 0.01)),
    Wrong("ten seconds sustained", "environment.minimum", put(f"{SUSTAINED}.policy.sustained_s", 10.0)),
    Wrong(
        "a sustained second",
        "environment.minimum",
        every(f"{SUSTAINED}.processes.*.wall_s", lambda path: put(path, 12.0)),
    ),
]

PRIVACY = [
    Wrong("a home folder", "privacy.path", say("cannot open /home/alice/models/a.bin")),
    Wrong("a Mac's home folder", "privacy.path", say("cannot open /Users/alice/a.bin")),
    Wrong("a Windows home folder", "privacy.path", say("cannot open C:\\Users\\alice\\a.bin")),
    Wrong("root's folder", "privacy.path", say("cannot open /root/secret/a.bin")),
    Wrong("a folder of libraries", "privacy.path", say("cannot load /opt/acme/cluster7/lib/libcublas.so.12")),
    Wrong("an IPv4 address", "privacy.ip", say("no answer from 192.168.17.4")),
    Wrong("an IPv4 address and a port", "privacy.ip", say("tcp://10.0.0.12:29500 refused")),
    Wrong("an IPv6 address", "privacy.ip", say("no answer from fe80::1ff:fe23:4567:890a")),
    Wrong("a whole IPv6 address", "privacy.ip", say("no answer from 2001:0db8:85a3:0000:0000:8a2e:0370:7334")),
    Wrong("a MAC address", "privacy.mac", say("link of 3c:22:fb:a4:01:9e is down")),
    Wrong("a MAC address with dashes", "privacy.mac", say("link of 3C-22-FB-A4-01-9E is down")),
    Wrong("an e-mail address", "privacy.email", say("ask alice@example.com")),
    Wrong("a GPU's UUID", "privacy.serial", say("GPU-8f6d3a1e-52b7-4c1d-9e0f-aabbccddeeff fell off the bus")),
    Wrong(
        "a slice's UUID",
        "privacy.serial",
        put(f"{FP64}.compute.notes.0", "ran on MIG-8f6d3a1e-52b7-4c1d-9e0f-aabbccddeeff"),
    ),
    Wrong("a serial number", "privacy.serial", say("board serial number 1654922009871 failed")),
    Wrong("a host's name", "privacy.host-name", say("worker on node17.cluster.example.internal died")),
    Wrong("a cloud host's name", "privacy.host-name", say("ip-10-0-31-7.ec2.internal died")),
    Wrong("a user and a host", "privacy.user-name", say("alice@build-07:~$ exited")),
]

TEXTS = [
    Wrong("a script", "text.markup", say("<script>alert(1)</script>")),
    Wrong("an image that fails", "text.markup", say("<img src=x onerror=alert(1)>")),
    Wrong("a hidden comment", "text.markup", say("<!-- hidden -->")),
    Wrong("a tag cut off", "text.markup", say("fast <b")),
    Wrong("a Markdown link", "text.scheme", say("[fast](javascript:alert(1))")),
    Wrong("javascript", "text.scheme", say("javascript:alert(1)")),
    Wrong("JavaScript with capitals", "text.scheme", say("JaVaScRiPt:alert(1)")),
    Wrong("a page in a link", "text.scheme", say("data:text/html;base64,PHNjcmlwdD4=")),
    Wrong("VBScript", "text.scheme", say("vbscript:msgbox(1)")),
    Wrong("a way up", "text.traversal", say("../../../etc/passwd")),
    Wrong("a Windows way up", "text.traversal", say("..\\..\\windows")),
    Wrong("a sentence without end", "text.long", say("fast " * 2000)),
    Wrong("a device's name without end", "text.long", put("devices.1.driver", "5" * 5000)),
    Wrong("a key without end", "text.long", put("software.versions." + "n" * 5000, "1")),
    Wrong("a handle like a path", "integrity.schema", put("submitter", "../../x")),
]

CONTROLS = [
    Wrong(f"{name} in a text", "integrity.control-character", say(f"fast{character}er"))
    for name, character in {
        "a zero": "\0",
        "a bell": "\a",
        "a line break": "\n",
        "a tab": "\t",
        "an escape sequence": "\x1b[2J\x1b]0;title\x07",
        "a delete": "\x7f",
        "an eight-bit escape": "\x9b2J",
        "a next line": "\x85",
        "a line separator": "\u2028",
        "a paragraph separator": "\u2029",
        "a right-to-left override": "\u202e",
        "an isolate": "\u2066",
        "a right-to-left mark": "\u200f",
        "a space of no width": "\u200b",
        "a byte order mark": "\ufeff",
        "a tag letter": "\U000e0041",
    }.items()
]

HIDING = [
    Wrong(f"{name} in a sentence", "integrity.control-character", say(f"fast{text}er")) for name, text in HIDDEN.items()
]

NAMING = [
    *(Wrong(name, "text.name", named(FP64, *names)) for name, names in NAMES.items()),
    Wrong("a backend of pages", "text.name", named(FP64, "é" * 1900, "blas")),
    Wrong("no name for a kernel", "text.name", named(FP64, "mine", "")),
    Wrong("a name of a blank", "text.name", named(FP64, " ", "blas")),
    Wrong("a slash in a kernel", "text.name", named(FP64, "mine", "fast/er")),
]

SAYING = [
    *(
        Wrong(f"{name} for a library", "text.name", put(f"{FP64}.compute.library", text))
        for name, text in {**ALIKE, **NOTHING}.items()
    ),
    Wrong(
        "a library of look-alike letters among packages", "text.name", put("software.versions", {"t\u043erch": "2.6.0"})
    ),
    *(Wrong(f"{name} in a sentence", "text.name", say(text)) for name, text in LOOKS.items()),
    Wrong("a reason that fills pages", "text.long", say("fast" + "\ufdfa" * 500)),
    Wrong("a note of blanks", "text.name", put(f"{FP64}.compute.notes", ["   "])),
    Wrong("an empty note", "text.name", put(f"{FP64}.compute.notes", [""])),
    Wrong("a reason of blanks", "text.name", say("  ")),
    Wrong("a library of a blank", "text.name", put(f"{FP64}.compute.library", " ")),
    Wrong("a package without a name", "text.name", put("software.versions", {"": "1"})),
    Wrong("a package without a version", "text.name", put("software.versions", {"numpy": ""})),
]

IDENTIFYING = [Wrong(name, code, say(text)) for code, texts in IDENTITIES.items() for name, text in texts.items()]

BULK = [
    Wrong("2,000 rows without blocks", "integrity.bulk", rows(2000)),
    Wrong("2,000 rows without a reason", "integrity.bulk", rows(2000, reason=None, reason_said=None)),
    Wrong("20,000 packages", "integrity.bulk", put("software.versions", {f"n{each}": "1" for each in range(20_000)})),
    Wrong("a thousand packages", "integrity.bulk", put("software.versions", {f"n{each}": "1" for each in range(1000)})),
    Wrong("a thousand BLASes", "integrity.bulk", put("software.blas", [{"library": "mkl"}] * 1000)),
    Wrong("a thousand notes", "integrity.bulk", put(f"{FP64}.compute.notes", ["fast"] * 1000)),
    Wrong("a thousand flags", "integrity.bulk", put(f"{FP64}.flags", ["fast"] * 1000)),
    Wrong("a thousand warm-ups", "integrity.bulk", put(f"{FP64}.processes.0.warmup_block_s", [0.1] * 1000)),
    Wrong("a thousand devices", "integrity.bulk", lambda tree: tree["devices"].extend(tree["devices"] * 500)),
    Wrong("three thousand peaks", "integrity.bulk", lambda tree: tree["peaks"].extend(tree["peaks"][:1] * 3000)),
    Wrong("five thousand sizes", "integrity.bulk", put("tool.options.sizes", ["64"] * 5000)),
]

# Fields that a Result must have, and all fields with a value of another type.
SCHEMA = [
    *(
        Wrong(f"without {field.path}", "integrity.schema", within(field.path, drop(field.path)), small=True)
        for field in fields()
        if field.required
    ),
    *(
        Wrong(
            f"{field.path} of another type",
            "integrity.schema",
            within(field.path, put(field.path, wrong_value(field.type))),
            small=True,
        )
        for field in fields()
    ),
]

WRONG = [
    *INTEGRITY,
    *STATISTICS,
    *PEAKS,
    *TIMING,
    *PHYSICS,
    *NUMERICS,
    *ENVIRONMENT,
    *PRIVACY,
    *TEXTS,
    *CONTROLS,
    *HIDING,
    *NAMING,
    *SAYING,
    *IDENTIFYING,
    *BULK,
    *SCHEMA,
]

# What is no reason to refuse a document, but must be told.
REMARKABLE = [
    Wrong("a source of one's own", "integrity.table", put("peaks.5.source", "my own reading")),
    Wrong("an A on a busy machine", "integrity.table", put("host.busy_share", 0.8)),
    Wrong("a flag kept back", "integrity.table", drop(f"{GPU_BF16}.flags")),
    Wrong("a bound of one's own", "numerics.band", put(f"{FP64}.proof.bound", 0.5)),
    Wrong("a band of one's own", "numerics.band", put(f"{FP32}.proof.rms_band", [0.0, 0.5])),
    Wrong("a board that no table knows", "physics.unknown", put("devices.1.name", "NVIDIA Z9000"), figures=True),
    Wrong("a known board at a thirtieth", "physics.slow", loops(GPU_FP8, 1 / 31), figures=True),
    Wrong("faster for long than in a burst", "physics.sustained", every_block(FP32, 1.3), figures=True),
    Wrong("the first method", "integrity.method", of_the_first_method),
    Wrong(
        "a first launch faster than all others", "timing.first-launch", put(f"{FP64}.processes.0.first_launch_s", 1e-3)
    ),
    Wrong("a rate above the ceiling", "physics.ceiling", lower_ceilings(FP32, 0.8), figures=True),
    Wrong("a quick look", "environment.profile", put("tool.profile", "standard")),
    Wrong("a run that was stopped", "environment.interrupted", put("interrupted", True)),
    Wrong(
        "a changed checkout", "environment.tool", put("tool.git_commit", "8d0f6c1a0d3c7b1f6f1b1c0a9e2d4f5a6b7c8d9e+")
    ),
    Wrong("150 rows without a rate", "integrity.empty", rows(150), small=True),
    Wrong("a busy machine", "environment.grade", put("host.busy_share", 0.8), figures=True),
]
