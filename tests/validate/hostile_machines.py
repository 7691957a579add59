"""Documents that describe a machine that cannot be, or leave out what is needed to judge it, with honest twins of each.

They are made as those of ``hostile``: of one honest document, changed in one way, with the figures that follow.
"""

from __future__ import annotations

from collections.abc import Callable
from statistics import median

import msgspec

from flopsbench.result.said import sentence_fields
from flopsbench.result.types import Said, significant
from flopsbench.words.reason import Reason
from tests.registry.tree import Change, Tree, both, drop, every, get, put, refigured_tree, times
from tests.validate.hostile import (
    BF16,
    FP32,
    FP64,
    GPU_BF16,
    GPU_FP32,
    GPU_FP64,
    GPU_TF32,
    INT8,
    SUSTAINED,
    UNSUPPORTED,
    Wrong,
    copied,
    cpu_name,
    doubts,
    every_block,
    loops,
    lower_ceilings,
    shape,
)

ON_CPU = (FP64, FP32, BF16, INT8, SUSTAINED)
TELEMETRY = ("clock_min_hz", "clock_hz", "clock_max_hz")


def of_process(case: str, name: str, value: object) -> Change:
    """One field of every process of a case."""
    return every(f"{case}.processes.*.{name}", lambda path: put(path, value))


def on_cpu(change: Callable[[str], Change]) -> Change:
    """A change of every case on the CPU."""
    return both(*map(change, ON_CPU))


def clocks(factor: float) -> Change:
    """Clocks of the CPU so many times as high."""
    return on_cpu(
        lambda case: both(
            *(every(f"{case}.processes.*.telemetry.{name}", lambda path: times(path, factor)) for name in TELEMETRY)
        )
    )


def faster(factor: float) -> Change:
    """A CPU so many times as fast, its ceilings with it."""
    turn = every_block if factor > 1 else slower
    return on_cpu(lambda case: both(turn(case, 1 / factor), lower_ceilings(case, factor)))


def many_launches(factor: int) -> Change:
    """A CPU so many times as fast, by more launches in blocks of the same time, its ceilings with it."""
    return on_cpu(lambda case: both(loops(case, factor), lower_ceilings(case, factor)))


def cores(logical: int, physical: int, usable: int) -> Change:
    """A CPU of so many threads and cores, of which so many are at work."""
    counts = {
        "cpu.logical": logical,
        "cpu.physical": physical,
        "cpu.usable": usable,
        "virtualisation.affinity": logical,
    }
    return both(*(put(f"host.{name}", count) for name, count in counts.items()), put("devices.0.units", usable))


def threads(count: int) -> Change:
    """So many threads, wherever a document says how many there were."""
    return both(
        put("software.blas.0.threads", count),
        on_cpu(lambda case: both(put(f"{case}.compute.threads", count), of_process(case, "threads", count))),
    )


def slower(case: str, factor: float) -> Change:
    """A case so many times as slow, in processes that lived as much longer."""
    return both(every_block(case, factor), every(f"{case}.processes.*.wall_s", lambda path: times(path, factor)))


def core(name: str | None) -> Change:
    """Another microarchitecture, or none."""
    return drop("host.cpu.microarchitecture") if name is None else put("host.cpu.microarchitecture", name)


def vendor(name: str) -> Change:
    """Another maker of the CPU, wherever it stands."""
    return both(put("host.cpu.vendor", name), put("devices.0.vendor", name))


def arch(name: str) -> Change:
    """Another architecture of the CPU, wherever it stands."""
    return both(put("host.arch", name), put("devices.0.arch", name))


def memory(count: int) -> Change:
    """A host of so many bytes."""
    return both(
        put("host.memory.total_bytes", count),
        put("host.memory.available_bytes", count),
        put("devices.0.memory_bytes", count),
    )


def without(case: str, name: str) -> Change:
    """Every process of a case without a field."""
    return every(f"{case}.processes.*.{name}", drop)


def arranged(case: str, source: str, arrange: Callable[[list[float]], list[float]]) -> Change:
    """The blocks of another case's processes in those of a case, arranged in another way."""

    def change(tree: Tree) -> None:
        copied(source, case)(tree)
        for process in get(tree, case)["processes"]:
            process["block_s"] = [significant(each) for each in arrange(process["block_s"])]

    return change


def other_order(blocks: list[float]) -> list[float]:
    """The blocks in another order that is no reverse."""
    return [*blocks[5:], *blocks[:5]][::2] + [*blocks[5:], *blocks[:5]][1::2]


def another_kernel(arrange: Callable[[list[float]], list[float]]) -> Change:
    """The first case a second time, by another kernel, with its blocks arranged in another way."""

    def change(tree: Tree) -> None:
        found = get(tree, FP64)
        key = found["case"].replace("/blas/", "/mine/")
        processes = [each | {"block_s": [*map(significant, arrange(each["block_s"]))]} for each in found["processes"]]
        tree["cases"].append(found | {"kernel": "mine", "case": key, "processes": processes})

    return change


def dealt_anew(tree: Tree) -> None:
    """The blocks of a second kernel, dealt to other processes than they are of."""
    another_kernel(list)(tree)
    processes = tree["cases"][-1]["processes"]
    blocks = [each for process in processes for each in process["block_s"]]
    for index, process in enumerate(processes):
        process["block_s"] = blocks[index :: len(processes)]


def shortened(tree: Tree) -> None:
    """The last case without the last block of each process."""
    for process in tree["cases"][-1]["processes"]:
        process |= {name: process[name][:-1] for name in ("block_s", "block_ceilings")}
        process["blocks_total"] -= 1


def one_clock(tree: Tree) -> None:
    """A board whose clock is that of the host."""
    for process in get(tree, GPU_BF16)["processes"]:
        process["host_block_s"] = process["block_s"]


def coarse(blocks: list[float]) -> list[float]:
    """The blocks as a clock of a microsecond saw them on a quiet machine, but for one that was interrupted."""
    return [significant(max(blocks) + 5e-4), *(significant(median(blocks) + place % 2 * 1e-6) for place in range(11))]


def bracketed(tree: Tree) -> None:
    """Ceilings before and after all blocks of a process alone, which happen to be equal."""
    for process in get(tree, FP64)["processes"]:
        process["block_ceilings"] = [process["block_ceilings"][0][:1] * 2] * len(process["block_s"])


def slower_cpu(factor: float) -> Change:
    """Every case on the CPU so many times as slow, beside the same ceilings."""
    return on_cpu(lambda case: slower(case, factor))


def metered(case: str, watts: float) -> Change:
    """So many watts by both meters of a board."""

    def change(tree: Tree) -> None:
        for process in get(tree, case)["processes"]:
            energy_j = significant(watts * sum(process["block_s"]))
            process["telemetry"] |= {"power_w": watts, "energy_j": energy_j}

    return change


def no_ceiling(reason: str, reason_said: Said | None = None) -> Change:
    """The int8 of a CPU without a ceiling, for such a reason."""
    said = {"reason_said": msgspec.to_builtins(reason_said)} if reason_said else {}

    def change(tree: Tree) -> None:
        without(INT8, "block_ceilings")(tree)
        ceiling = next(each for each in tree["ceilings"] if each["dtype"] == "int8")
        del ceiling["rate_per_s"]
        ceiling |= {"reason": reason} | said

    return change


def lost(count: int, told: int, words: str = "processes gave no rate: it died") -> Change:
    """The first case without so many of its processes, of which it tells so many."""

    def change(tree: Tree) -> None:
        case = get(tree, FP64)
        del case["processes"][len(case["processes"]) - count :]
        case["grade_reasons"] = [f"{told} of 5 {words}"]

    return change


def spare_board(tree: Tree) -> None:
    """A second GPU, which nobody ran on."""
    tree["devices"].append(tree["devices"][1] | {"id": "cuda:1", "index": 1})


BOOST = both(*(of_process(GPU_BF16, f"telemetry.{name}", 1.98e9) for name in TELEMETRY))
INTERRUPTED = {"status": "skipped", "reason": "interrupted", "reason_said": {"code": "case_interrupted"}}
ARM = both(vendor("0x41"), arch("aarch64"), core("Neoverse N2"), cpu_name("Arm implementer 0x41 part 0xd49"))
HIDDEN_CORE = both(core(None), cpu_name("AMD EPYC-Next"))

MACHINES = [
    Wrong("more usable cores than cores", "environment.machine", put("host.cpu.usable", 17)),
    Wrong("a million usable cores of two", "environment.machine", put("host.cpu.usable", 1_000_000)),
    Wrong("a million cores", "environment.machine", put("host.cpu.logical", 1_000_000)),
    Wrong("a million physical cores", "environment.machine", put("host.cpu.physical", 1_000_000)),
    Wrong("an affinity to a million cores", "environment.machine", put("host.virtualisation.affinity", 1_000_000)),
    Wrong("more usable cores than it may run on", "environment.machine", put("host.virtualisation.affinity", 1)),
    Wrong("a thousand threads a core", "environment.machine", cores(8192, 8, 8000), figures=True),
    Wrong("16 threads a core", "environment.machine", cores(128, 8, 8)),
    Wrong("more cores in use than usable", "integrity.reference", put("devices.0.units", 9), figures=True),
    Wrong("no memory", "environment.machine", memory(0)),
    Wrong("memory of a kilobyte", "environment.machine", memory(1024)),
    Wrong("memory of an exbibyte", "environment.machine", memory(2**60)),
    Wrong("more memory left than there is", "environment.machine", put("host.memory.available_bytes", 33 << 30)),
    Wrong("a CPU of another memory than its host", "environment.machine", put("devices.0.memory_bytes", 1 << 40)),
    Wrong("a CPU of no memory", "environment.machine", put("devices.0.memory_bytes", 0)),
    Wrong("a board of an exbibyte", "environment.machine", put("devices.1.memory_bytes", 2**60)),
    Wrong("a board smaller than its operands", "environment.machine", put("devices.1.memory_bytes", 1 << 30)),
    Wrong("a board of a million units", "environment.machine", put("devices.1.units", 10**6), figures=True),
    Wrong("a cache of a tebibyte", "environment.machine", put("host.cpu.cache_bytes", 2**40)),
    Wrong("a million threads on 16 cores", "environment.machine", put(f"{FP64}.compute.threads", 1_000_000)),
    Wrong("a thousand threads on 16 cores", "environment.machine", put(f"{FP64}.compute.threads", 1_000)),
    Wrong("a pool of a million threads", "environment.machine", put("software.blas.0.threads", 1_000_000)),
    Wrong("a process of a million threads", "environment.machine", put(f"{FP64}.processes.1.threads", 1_000_000)),
    Wrong("a billion sets of operands", "environment.machine", put(f"{FP64}.compute.operand_sets", 10**9)),
    Wrong("operand sets beyond memory", "environment.machine", put(f"{FP32}.compute.operand_sets", 1_000)),
    Wrong("a thousand sets of tiny operands", "environment.machine", put(f"{GPU_FP32}.compute.operand_sets", 1_000)),
    Wrong(
        "operands of 8 TB",
        "environment.machine",
        both(shape(FP64, 1_000_000, 1_000_000, 1), slower(FP64, 150)),
        figures=True,
    ),
    Wrong("a shape that nobody can ask for", "environment.machine", shape(UNSUPPORTED, 10**6 + 1, 1, 1)),
    Wrong("a CPU of another maker than its core", "environment.machine", vendor("GenuineIntel")),
    Wrong("a device of another maker than the host", "environment.machine", put("devices.0.vendor", "GenuineIntel")),
    *(
        Wrong(f"{name} on an AMD core", "environment.machine", both(cpu_name(name), drop("host.virtualisation")))
        for name in (
            "Intel(R) Xeon(R) Platinum 8480+",
            "Xeon Platinum 8592+",
            "Apple M4 Max",
            "IBM POWER10",
            "Ampere Altra",
        )
    ),
    Wrong("an Arm core on x86", "environment.machine", both(core(None), vendor("0x41")), figures=True),
    Wrong("an AMD core on Arm", "environment.machine", arch("aarch64")),
    Wrong("an AMD core on Arm that no table knows", "environment.machine", both(HIDDEN_CORE, arch("arm64")), True),
    Wrong("an Intel core in an AMD CPU", "environment.machine", core("Ice Lake (server)"), figures=True),
    Wrong("an Arm core in an AMD CPU", "environment.machine", core("Neoverse N2"), figures=True),
    Wrong("an architecture that nobody built", "environment.machine", arch("quantum")),
    Wrong("an H200 of AMD's architecture", "environment.machine", put("devices.1.arch", "gfx942"), figures=True),
    Wrong("an H200 of Blackwell's architecture", "environment.machine", put("devices.1.arch", "sm_100"), figures=True),
    Wrong("an H200 of twice its units", "environment.machine", put("devices.1.units", 264), figures=True),
    Wrong("an H200 of 8 GiB", "environment.machine", put("devices.1.memory_bytes", 8 << 30)),
    Wrong("an H200 of 1 TiB", "environment.machine", put("devices.1.memory_bytes", 1 << 40)),
    Wrong("an H200 of 3.9 GHz", "environment.machine", put("devices.1.clock_max_hz", 3.9e9)),
    Wrong("fp8 on an architecture without it", "environment.machine", put("devices.1.arch", "sm_86"), figures=True),
    Wrong("a policy of 1e308 s", "environment.machine", put("policy.case_time_s", 1e308)),
    Wrong("a policy of 1e18 blocks", "environment.machine", put("policy.max_blocks", 10**18)),
    Wrong("a policy of fewer blocks than its least", "environment.machine", put("policy.max_blocks", 5)),
    Wrong("a sustained millennium", "environment.machine", put(f"{SUSTAINED}.policy.sustained_s", 3e10)),
    Wrong("the 1e18th process", "environment.machine", put(f"{FP64}.processes.0.order", 10**18)),
    Wrong("the 1e18th case", "environment.machine", put(f"{FP64}.processes.0.position", 10**18)),
    Wrong("a device of another architecture", "environment.machine", put("devices.0.arch", "aarch64")),
    Wrong("an H200 by AMD", "environment.machine", put("devices.1.vendor", "AMD")),
    Wrong(
        "the billionth board",
        "environment.machine",
        both(
            put("devices.1.id", "cuda:999999999"),
            put("devices.1.index", 999_999_999),
            lambda tree: [case.update(device="cuda:999999999") for case in tree["cases"] if case["device"] == "cuda:0"],
            lambda tree: [each.update(device="cuda:999999999") for each in tree["ceilings"] if each["device"] != "cpu"],
        ),
        figures=True,
    ),
    Wrong("a GPU that nobody ran on", "integrity.reference", spare_board),
    Wrong("a machine busier than wholly", "environment.machine", put("host.busy_share", 17.5), figures=True),
    Wrong(
        "a steal of 17.5",
        "environment.machine",
        put(f"{FP64}.processes.0.telemetry.steal_share", 17.5),
        figures=True,
    ),
    Wrong("colder than nothing", "environment.machine", of_process(GPU_FP32, "telemetry.temperature_c", -1e308)),
    Wrong("hotter than lava", "environment.machine", of_process(GPU_FP32, "telemetry.temperature_c", 1300.0)),
    Wrong("just below the absolute zero", "environment.machine", of_process(FP32, "telemetry.temperature_c", -273.2)),
    Wrong("an endless load", "environment.machine", of_process(FP32, "telemetry.load", 1e300)),
    Wrong(
        "throttled more often than it lived",
        "environment.machine",
        of_process(FP64, "telemetry.throttled_periods", 10**9),
        figures=True,
    ),
    Wrong("processor time of a year", "environment.machine", put(f"{FP64}.processes.0.processor_s", 3e7)),
    Wrong("processor time of 1e308", "environment.machine", put(f"{FP32}.processes.0.processor_after_s", 1e308)),
    Wrong("a quota of a billion cores", "environment.machine", put("host.virtualisation.quota_cpus", 1e9), True),
]

RATES = [
    Wrong("50 x as fast without its units", "physics.rate", both(faster(50), drop("devices.0.units")), figures=True),
    Wrong("2 x as fast without its units", "physics.rate", both(every_block(FP32, 0.5), drop("devices.0.units")), True),
    Wrong("200 x as fast on a core unknown", "physics.rate", both(faster(200), HIDDEN_CORE), figures=True),
    Wrong("5 x as fast by its own ceilings", "physics.rate", faster(5), figures=True),
    Wrong(
        "three times as fast by its own ceilings, on no virtual machine",
        "physics.rate",
        both(faster(3), drop("host.virtualisation")),
        figures=True,
    ),
    Wrong(
        "an older core, on no virtual machine",
        "physics.rate",
        both(core("Zen"), drop("host.virtualisation")),
        figures=True,
    ),
    Wrong(
        "an older core, faster than its own ceilings",
        "physics.rate",
        both(core("Zen"), lower_ceilings(FP32, 0.7)),
        True,
    ),
    Wrong("a ceiling of 1e300", "physics.rate", lower_ceilings(FP64, 1e289), figures=True),
    Wrong("a ceiling of 1e308", "integrity.efficiency", put("ceilings.0.rate_per_s", 1e308)),
    Wrong("a ceiling ten times its peak", "physics.rate", lower_ceilings(FP32, 10), figures=True),
    Wrong(
        "16 threads of 8 cores, counted as 16, on no virtual machine",
        "physics.rate",
        both(cores(16, 8, 16), faster(2.3), drop("host.virtualisation")),
        figures=True,
    ),
    Wrong("32 threads of 8 cores, counted as 32", "physics.rate", both(cores(32, 8, 32), many_launches(5)), True),
    Wrong("one thread at the rate of eight", "physics.rate", threads(1), figures=True),
    Wrong("a quota of a thousandth", "physics.rate", put("host.virtualisation.quota_cpus", 0.001), figures=True),
    Wrong("a quota of one core at the rate of eight", "physics.rate", put("host.virtualisation.quota_cpus", 1.0), True),
    Wrong("a CPU of a megawatt", "physics.power", of_process(FP64, "telemetry.power_w", 1e6), figures=True),
    Wrong("a CPU of a joule in a year", "physics.power", of_process(FP64, "telemetry.energy_j", 1e-9), figures=True),
    Wrong("a CPU of 8 GHz", "physics.clock", clocks(2.3), figures=True),
    Wrong("a first launch longer than its process", "timing.wall", put(f"{FP64}.processes.0.first_launch_s", 1e6)),
    Wrong("a warm-up longer than its process", "timing.wall", put(f"{FP64}.processes.0.warmup_block_s.2", 1e300)),
]

CASES = [
    Wrong("a rate with a reason", "integrity.case", put(f"{FP64}.reason", "there is none")),
    Wrong(
        "a rate with a reason and its code",
        "integrity.case",
        both(put(f"{FP64}.reason", "it ran on battery"), put(f"{FP64}.reason_said", {"code": "on_battery"})),
    ),
    Wrong(
        "a case that was interrupted in a run that was not",
        "integrity.case",
        both(*(put(f"{UNSUPPORTED}.{name}", value) for name, value in INTERRUPTED.items())),
    ),
    Wrong(
        "one process, of no lost ones", "environment.minimum", lost(4, 0, "things: nobody gave no rate"), figures=True
    ),
    Wrong("one process, of one lost", "environment.minimum", lost(4, 1), figures=True),
    Wrong("a C without a reason", "integrity.grade", put(f"{FP64}.grade", "C")),
    Wrong("a B without a reason", "integrity.grade", put(f"{GPU_BF16}.grade", "B")),
    Wrong("a second kernel of the same blocks", "timing.constant", another_kernel(list), figures=True),
    Wrong("a second kernel, reversed", "timing.constant", another_kernel(lambda blocks: blocks[::-1]), figures=True),
    Wrong("a second kernel, permuted", "timing.constant", another_kernel(other_order), figures=True),
    Wrong("a second kernel, sorted", "timing.constant", another_kernel(sorted), figures=True),
    Wrong(
        "a second kernel, times a factor",
        "timing.constant",
        another_kernel(lambda blocks: [1.0437 * each for each in blocks]),
        figures=True,
    ),
    Wrong(
        "a second kernel, permuted and times a factor",
        "timing.constant",
        another_kernel(lambda blocks: [1.0437 * each for each in other_order(blocks)]),
        figures=True,
    ),
    Wrong(
        "a second kernel, a millisecond later",
        "timing.constant",
        another_kernel(lambda blocks: [each + 1e-3 for each in blocks]),
        figures=True,
    ),
    Wrong(
        "a second kernel, mirrored",
        "timing.constant",
        another_kernel(lambda blocks: [max(blocks) + min(blocks) - each for each in blocks]),
        figures=True,
    ),
    *(
        Wrong(f"a second kernel, {how}", "timing.constant", another_kernel(rearrange), figures=True)
        for how, rearrange in {
            "one block changed": lambda blocks: [*blocks[:3], blocks[3] * 1.001, *blocks[4:]],
            "the longest block changed": lambda blocks: [max(blocks) * 1.001, *sorted(blocks)[:-1]],
            "of 4 digits": lambda blocks: [float(f"{each:.4g}") for each in blocks],
        }.items()
    ),
    Wrong("a second kernel, dealt to other processes", "timing.constant", dealt_anew, figures=True),
    Wrong(
        "a second kernel, without its last blocks",
        "timing.constant",
        both(another_kernel(list), shortened),
        figures=True,
    ),
    *(
        Wrong(f"blocks {how}", "timing.constant", arranged(FP64, FP64, rearrange), figures=True)
        for how, rearrange in {
            "that repeat": lambda blocks: [*blocks[:6], *blocks[:6]],
            "of three times": lambda blocks: sorted(blocks)[::4] * 4,
            "of two times": lambda blocks: [min(blocks), max(blocks)] * 6,
            "of which one differs": lambda blocks: [max(blocks), *[min(blocks)] * 11],
        }.items()
    ),
    Wrong("ceilings all equal", "timing.constant", of_process(FP64, "block_ceilings", [[4.4e11, 4.4e11]] * 12), True),
    Wrong("one clock for two", "timing.host", one_clock),
    Wrong(
        "the blocks of another case, reversed",
        "timing.constant",
        arranged(GPU_FP32, GPU_FP64, lambda blocks: blocks[::-1]),
        figures=True,
    ),
]

VERSIONS = [
    Wrong("schema 0.0", "integrity.schema", put("schema_version", "0.0")),
    Wrong("schema 0.9", "integrity.schema", put("schema_version", "0.9")),
    Wrong("schema 01.00", "integrity.schema", put("schema_version", "01.00")),
    Wrong("schema 1.04", "integrity.schema", put("schema_version", "1.04")),
    Wrong("schema 1.999999999", "integrity.version", put("schema_version", "1.999999999")),
    Wrong("the next schema", "integrity.version", put("schema_version", "1.6")),
    Wrong("flopsbench 0.0.0", "integrity.schema", put("tool.version", "0.0.0")),
    Wrong("flopsbench 01.00.00", "integrity.schema", put("tool.version", "01.00.00")),
    Wrong("flopsbench of one number", "integrity.schema", put("tool.version", "7")),
    Wrong("flopsbench by name", "integrity.schema", put("tool.version", "0.1.0-turbo")),
    Wrong("a Python of 2010", "integrity.schema", put("software.python", "2.7.18")),
    Wrong("a Python that flopsbench does not run on", "integrity.schema", put("software.python", "3.8.10")),
    Wrong("a Python of the far future", "integrity.schema", put("software.python", "99.0.0")),
    Wrong("a commit of zeros", "integrity.schema", put("tool.git_commit", "0" * 40)),
    Wrong("a changed commit of zeros", "integrity.schema", put("tool.git_commit", "0" * 40 + "+")),
    Wrong("a source's commit of zeros", "integrity.schema", put("source.commit", "0" * 40)),
]

IMPOSSIBLE = [*MACHINES, *RATES, *CASES, *VERSIONS]

# What may be, but not without a person's look: each with the only code for review that it gets.
AROUND = "host.virtualisation"
UNLISTED = {
    "host.os": ("alices-thinkpad", "PlayStation", "Linux-alice"),
    f"{AROUND}.hypervisor": ("the laptop of Alice Miller", "KVM of Alice", "AuthenticAlice", "QEMU, alice"),
    f"{AROUND}.container": ("alice", "docker-alice", "Docker at home"),
    "devices.1.vendor": ("NVIDIA of Alice", "alice, Inc. NVIDIA"),
    "devices.1.driver": ("alice-laptop", "banana", "570.124.06-alice", "570"),
    "software.python": ("3.12.4+alices.laptop", "3.99.99", "3.12.4-alice", "3.12.99"),
}
LISTED = {
    "host.os": ("Linux", "Darwin", "Windows", "FreeBSD"),
    f"{AROUND}.hypervisor": (
        *("KVM", "QEMU", "Xen", "VMware, Inc.", "Microsoft Corporation", "innotek GmbH", "Amazon EC2", "Red Hat"),
        *("OpenStack Foundation", "Google", "linux,kvm", "z/VM 7.2.0", "Apple Inc.", "unknown", "Alibaba Cloud"),
        *("Parallels International GmbH.", "Parallels Software International Inc.", "DigitalOcean", "Hetzner"),
    ),
    f"{AROUND}.container": ("docker", "podman", "kubernetes", "lxc", "systemd-nspawn", "oci", "apptainer", "wsl"),
    "devices.1.driver": ("550.54.15", "570.124.06", "6.10.5", "6.2.41133-dd7f95766", "1.3.29735+27", "24.35.30872.22"),
    "software.python": ("3.11.0", "3.13.0rc1", "3.14.0a7+", "3.12.4+", "3.12.14"),
}

DOUBTFUL = [
    *(Wrong(f"{text} in {at}", "environment.unknown", put(at, text)) for at in UNLISTED for text in UNLISTED[at]),
    Wrong("without the cores in use", "environment.missing", drop("devices.0.units"), figures=True),
    Wrong("without the memory of a board", "environment.missing", drop("devices.1.memory_bytes")),
    Wrong("without the memory of a processor", "environment.missing", drop("devices.0.memory_bytes")),
    Wrong("without operand sets", "environment.missing", drop(f"{GPU_BF16}.compute.operand_sets")),
    Wrong("without a highest clock", "environment.missing", without(FP64, "telemetry.clock_max_hz")),
    Wrong("without the ceilings of a case", "environment.missing", without(SUSTAINED, "block_ceilings"), figures=True),
    Wrong(
        "without any clock",
        "environment.missing",
        on_cpu(lambda case: both(*(without(case, f"telemetry.{name}") for name in TELEMETRY))),
        figures=True,
    ),
    Wrong("without processor time", "environment.missing", without(GPU_FP64, "processor_s")),
    Wrong("QEMU's Sandy Bridge on an AMD core", "environment.guest", cpu_name("Intel Xeon E312xx (Sandy Bridge)")),
    Wrong(
        "QEMU's Opteron on an Intel core",
        "environment.guest",
        both(cpu_name("AMD Opteron 63xx class CPU"), vendor("GenuineIntel"), core("Cascade Lake (two FMA units)")),
        figures=True,
    ),
    Wrong("a ceiling denied", "environment.missing", no_ceiling(reason="not supported here"), figures=True),
    Wrong("without the architecture of a board", "environment.missing", drop("devices.1.arch"), figures=True),
    Wrong("without the highest clock of a board", "environment.missing", drop("devices.1.clock_max_hz")),
    Wrong("a board above its datasheet", "physics.ceiling", both(every_block(GPU_BF16, 0.705), BOOST), figures=True),
    Wrong("an H200 at 20 W", "physics.watts", metered(GPU_BF16, 20.0), figures=True),
    Wrong("8 cores at 19 kW", "physics.watts", of_process(FP64, "telemetry.power_w", 19_000.0), figures=True),
    Wrong("a processor that hardly worked", "environment.missing", of_process(FP64, "processor_s", 1e-3)),
    Wrong("without the record of a ceiling", "environment.missing", drop("ceilings.4")),
    Wrong(
        "without a peak of the table",
        "integrity.table",
        both(drop("peaks.5"), drop(f"{GPU_FP64}.stats.efficiency.peak_at_clock")),
    ),
    Wrong("a core that no table knows", "physics.unknown", core("Zen 99"), figures=True),
    Wrong("no microarchitecture", "physics.unknown", core(None), figures=True),
    Wrong("a clock of 6.4 GHz on Zen 4", "physics.core", clocks(6.4 / 3.535), figures=True),
    Wrong("flags of one's own", "integrity.table", put(f"{FP64}.flags", ["fastest_ever"])),
    Wrong("a flag more", "integrity.table", put(f"{GPU_BF16}.flags", ["throttled", "fastest_ever"])),
    Wrong("a later flopsbench", "integrity.program", put("tool.version", "99.0.0")),
]


def fp64_like_fp32(tree: Tree) -> None:
    """fp32 so slow that fp64 is the faster one."""
    slower(FP32, 2.6)(tree)
    slower(SUSTAINED, 2.6)(tree)


def busy(tree: Tree) -> None:
    """A machine that was busy, which every case says."""
    put("host.busy_share", 0.3)(tree)


def quieter(tree: Tree) -> None:
    """A machine that was busy, less so by the reasons of its grades than by what it saw."""
    busy(tree)
    tree.update(refigured_tree(tree))
    for case in tree["cases"]:
        for said in case.get("grade_reasons_said", []):
            said["values"]["busy"] = "11%"
            case["grade_reasons"] = [str(Reason(said["code"], **said["values"]))]


def praised(tree: Tree) -> None:
    """A machine that was busy, of which the reasons of its grades tell something else, without codes."""
    busy(tree)
    tree.update(refigured_tree(tree))
    for case in tree["cases"]:
        if case.pop("grade_reasons_said", None):
            case["grade_reasons"] = ["the machine was perfectly quiet"]


# Several things at once that a person looks at: each of these must be among them, and nothing is refused.
SEVERAL = [
    Wrong("fp64 faster than fp32", "physics.order", fp64_like_fp32, figures=True),
    Wrong("20 x as fast on a core unknown", "physics.width", both(faster(20), HIDDEN_CORE), figures=True),
    Wrong("3 x as fast on a core unknown", "physics.width", both(faster(3), HIDDEN_CORE), figures=True),
    Wrong("twice as fast by its own ceilings", "physics.width", faster(2), figures=True),
    Wrong("16 threads of 8 cores, counted as 16", "physics.width", both(cores(16, 8, 16), faster(1.9)), figures=True),
    Wrong("a reason of other figures", "integrity.table", quieter),
    Wrong(
        "a reason that no rule gives", "integrity.table", both(doubts("it ran on battery"), put(f"{FP64}.grade", "C"))
    ),
    Wrong("a praise for a reason", "integrity.table", praised),
    Wrong("a reason left out", "integrity.table", both(busy, doubts("it is old"), drop(f"{FP64}.grade_reasons_said"))),
]

# Honest documents of machines that are not like the others: nothing of them is refused. The code is a finding that they
# get all the same, or none.
UNUSUAL = [
    *(Wrong(f"{text} in {at}", "", put(at, text)) for at in LISTED for text in LISTED[at]),
    Wrong("a masked core: QEMU's EPYC on a newer chip", "physics.width", core("Zen"), figures=True),
    Wrong(
        "a masked core by name",
        "physics.width",
        both(core("Zen 2"), cpu_name("AMD EPYC-Rome Processor"), faster(1.9)),
        True,
    ),
    Wrong("an Arm", "", both(ARM, clocks(0.8), faster(0.4)), figures=True),
    Wrong("an unknown Arm", "physics.unknown", both(ARM, core(None), faster(0.4)), figures=True),
    Wrong("an unknown CPU", "physics.unknown", HIDDEN_CORE, figures=True),
    Wrong("hybrid cores, of which no single figure is true", "physics.unknown", core(None), figures=True),
    Wrong(
        "a CPU without name and maker", "", both(cpu_name("x86_64"), drop("host.cpu.vendor"), drop("devices.0.vendor"))
    ),
    Wrong("cores counted by their threads", "", both(put("host.cpu.usable", 16), put("devices.0.units", 16)), True),
    Wrong("a POWER of 8 threads a core", "", cores(64, 8, 8)),
    Wrong("one thread at its own rate", "", both(threads(1), slower_cpu(8)), figures=True),
    Wrong("a quota of half a core", "", both(put("host.virtualisation.quota_cpus", 0.5), slower_cpu(16)), figures=True),
    Wrong(
        "a chip with another maker's graphics",
        "",
        both(cpu_name("AMD Ryzen 7 PRO 4750U with Radeon Graphics"), drop("host.virtualisation")),
    ),
    Wrong("QEMU's own CPU", "", cpu_name("QEMU Virtual CPU version 2.5+")),
    Wrong("a container that sees half of its host", "", put("host.cpu.physical", 64)),
    Wrong("an affinity to cores it does not count", "", put("host.virtualisation.affinity", 64)),
    Wrong("8,192 cores", "", both(put("host.cpu.logical", 8192), put("host.cpu.physical", 4096))),
    Wrong("a quota above its cores", "", put("host.virtualisation.quota_cpus", 32.0), figures=True),
    Wrong("memory given back while it ran", "", put("devices.0.memory_bytes", 24 << 30)),
    Wrong(
        "64 threads asked for on 16 cores",
        "",
        both(put(f"{FP64}.compute.threads", 64), put("software.blas.0.threads", 64)),
    ),
    Wrong("256 sets of operands", "", put(f"{FP64}.compute.operand_sets", 256)),
    Wrong("a process of 300 threads", "", of_process(FP64, "threads", 300)),
    Wrong("a machine in the cold", "", of_process(GPU_FP32, "telemetry.temperature_c", -20.0)),
    Wrong("a hot board", "", of_process(GPU_FP32, "telemetry.temperature_c", 104.0)),
    Wrong("an overclocked core", "", clocks(6.0 / 3.535), figures=True),
    Wrong("a clock read too low on a busy machine", "physics.width", clocks(0.6), figures=True),
    Wrong("a load of thousands", "", of_process(FP32, "telemetry.load", 4000.0)),
    Wrong("fp64 about as fast as fp32", "", both(slower(FP32, 1.8), slower(SUSTAINED, 1.8)), figures=True),
    Wrong("slow int8", "", slower(INT8, 8.0), figures=True),
    Wrong("slow bf16", "", slower(BF16, 8.0), figures=True),
    Wrong(
        "a board without its sensors of power",
        "",
        both(without(GPU_FP32, "telemetry.power_w"), without(GPU_FP32, "telemetry.energy_j")),
        True,
    ),
    Wrong(
        "no loop for a ceiling",
        "",
        no_ceiling(**sentence_fields(reason=Reason("llvmlite_missing", error="none"))),
        True,
    ),
    Wrong("a board rebuilt with twice its memory", "", put("devices.1.memory_bytes", 282 << 30)),
    Wrong("a board that waits for power", "", both(slower(GPU_TF32, 8.0), metered(GPU_TF32, 120.0)), figures=True),
    Wrong("8 of the cores of two packages, and the meter of both", "", of_process(FP64, "telemetry.power_w", 900.0)),
    Wrong("a CPU with a meter", "", of_process(FP64, "telemetry.power_w", 95.0)),
    Wrong("four processes that died", "", lost(4, 4), figures=True),
    Wrong(
        "a coarse clock",
        "",
        every(f"{GPU_BF16}.processes.*.block_s", lambda path: lambda tree: put(path, coarse(get(tree, path)))(tree)),
        True,
    ),
    Wrong(
        "a pair of ceilings around all blocks", "", both(put("policy.blocks_a_bracket", 12), bracketed), figures=True
    ),
    Wrong("a doubt and its grade", "", put("host.busy_share", 0.3), figures=True),
    Wrong("a release candidate", "integrity.program", put("tool.version", "999.2.0rc1.dev3+g0b8f5c1")),
    Wrong("a Python to come", "", put("software.python", "3.15.0a2+")),
    Wrong("a core shared with many", "", of_process(FP64, "processor_s", 0.15)),
]
