"""Checks whether a run was one that a registry asks for, on a machine that can be and that is told of.

That is its time, its profile, how much it measured, its quota; what the machine has, and what is needed to judge it.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from functools import lru_cache

from flopsbench.analysis.limits import work_per_clock
from flopsbench.analysis.rate import under_quota
from flopsbench.analysis.vendor import is_own
from flopsbench.device import kind_of
from flopsbench.measure.profiles import PROFILES, SUSTAINED_S, case_policy
from flopsbench.peaks import microarchitecture
from flopsbench.peaks.bounds import (
    COLDEST_C,
    HOTTEST_C,
    MOST_BOARD_MEMORY_BYTES,
    MOST_BOARD_UNITS,
    MOST_BOARDS,
    MOST_CACHE_BYTES,
    MOST_CPUS,
    MOST_MEMORY_BYTES,
    MOST_PROCESSES_RUNNABLE,
    MOST_THREADS_PER_CORE,
    SHORTEST_QUOTA_PERIOD_S,
)
from flopsbench.peaks.datasheet import Accelerator, datasheet_peak, find_accelerator
from flopsbench.peaks.first_sm import sm_needed
from flopsbench.problem import LARGEST_DIMENSION, MOST_SETS
from flopsbench.result.types import (
    METHODS,
    Case,
    CasePolicy,
    Ceiling,
    ComputeRecord,
    Cpu,
    DeviceRecord,
    Host,
    Policy,
    Process,
    Profile,
    Result,
    Software,
    schema_order,
)
from flopsbench.result.work import amount, limit_key, limit_of
from flopsbench.text import utc
from flopsbench.units import general, share
from flopsbench.validate.finding import Finding
from flopsbench.validate.timing import LONGEST_PROCESS_S
from flopsbench.words.reason import Reason

HAS_CASE_POLICY = (1, 3)  # the first version of the schema in which each case says its own
HAS_CODES = (1, 3)  # and the first in which reasons have codes
FIRST_DAY = "2026-01-01"  # flopsbench did not exist before
SKEW = datetime.timedelta(hours=24)  # clocks are wrong, and days begin elsewhere earlier

MEMORY_ALLOWANCE = 2.0  # a virtual machine is given memory, and gives it back, while it runs
UNITS_ALLOWANCE = 1.1
BOARD_MEMORY_ALLOWANCE = 2.5  # boards of one name were sold with half, and are rebuilt with twice of it
DATASHEET_ALLOWANCE = 1.5  # boards may clock higher than their datasheet says
LEAST_WORK = 0.05  # of one core, within the blocks of any number of them
UNLIMITED = 100  # times the cores of any machine: a quota that is meant to be none
PROCESSOR_ALLOWANCE = 2.0  # a container may see fewer cores than its quota grants
# Threads that a kernel says it uses, and those of a process or a pool: so many, and so many per core. Libraries take a
# setting such as OPENBLAS_NUM_THREADS at its word.
THREADS_CLAIMED = (64, 16)
THREADS_RUNNING = (1024, 64)

MOST_BLOCKS, MOST_TURNS = 10**6, 10**6

# The makers of x86 cores as the core itself names them, with words that stand in the names of their products alone, and
# such words of others. An Arm core names its maker by a number.
X86_VENDORS = {
    "AuthenticAMD": {"amd", "athlon", "epyc", "opteron", "ryzen"},
    "GenuineIntel": {"atom", "celeron", "intel", "pentium", "xeon"},
}
OTHERS = {"altra", "ampere", "apple", "cortex", "graviton", "ibm", "kunpeng", "neoverse", "power", "snapdragon"}
LOST_PROCESSES = re.compile(
    "(?P<lost>[0-9]{1,5}) of (?P<processes>[0-9]{1,5}) processes gave no rate: "
)  # Reason "processes_lost"
WORD = re.compile("[a-z]+")
ARM_VENDOR = "0x"
NVIDIA_ARCH = "sm_"
# What systems call themselves where flopsbench fills a field by itself, whole: anything else may be right, and may be a
# name. A hypervisor and a maker are known by all of their words, in any order.
_WORDS = (
    r"qemu|kvm|kubevirt|openstack|bochs|vmware|virtualbox|xen|hvm|domu|bhyve|parallels|virtual|machine|platform|firecracker"
    r"|cloud|hypervisor|crosvm|apple|virtualization|google|compute|engine|alibaba|ecs|amazon|ec2|huawei|tencent"
    r"|digitalocean|hetzner|nutanix|ahv|rhev|ovirt|microsoft|corporation|corp|inc|ltd|llc|gmbh|co|ag|innotek|oracle|red|hat"
    r"|foundation|software|international|technologies|intel|dell|hpe?|lenovo|supermicro|ibm|z/vm|linux|unknown|scaleway"
    r"|vultr|ovh(?:cloud)?|linode|akamai|upcloud|yandex|proxmox|fedora|nvidia|amd|advanced|micro|devices|qualcomm|ampere"
    r"|authenticamd|genuineintel|hygongenuine|centaurhauls|shanghai|s390|0x[0-9a-f]{1,16}"
)
_NAMED = re.compile(
    rf"(?:{_WORDS}|\d[\d.]{{0,9}})(?:[ ,./()+-]{{1,3}}(?:{_WORDS}|\d[\d.]{{0,9}})){{0,9}}[.)]?", re.IGNORECASE
)
_LATIN = re.compile(r"[ -~]*")  # other letters can look like these in more ways than a rule knows
_DRIVER = re.compile(r"[0-9]{1,5}(?:\.[0-9]{1,6}){1,4}(?:[+-](?:[0-9]{1,6}|[0-9a-f]{7,12}))?")  # also of ROCm and HIP
_PYTHON = re.compile(r"3\.[12][0-9]\.[0-3]?[0-9](?:(?:a|b|rc)[0-9]{1,2})?\+?")
_ARCH = re.compile(
    r"x86_64|amd64|i[3-6]86|x86|aarch64(?:_be)?|arm64|armv[5-8]\w{0,2}|ppc(?:64(?:le)?)?|s390x?|riscv(?:32|64)"
    r"|loongarch64|mips(?:64)?(?:el)?|sparc(?:64|v9)?|ia64|alpha|sm_\d{2,3}[a-z]?|gfx[0-9a-f]{3,5}[\w:+-]{0,40}",
    re.IGNORECASE,
)
_OS = re.compile(r"Linux|Darwin|Windows|(?:Free|Open|Net)BSD|DragonFly|SunOS|AIX|Haiku|GNU|Android")
_CONTAINER = re.compile(
    r"docker|podman|kubernetes|lxc(?:-libvirt)?|systemd-nspawn|oci|wsl|rkt|proot|pouch|openvz|containerd|flatpak|snap"
    r"|apptainer|singularity|charliecloud|enroot|buildah|crio|kaniko|toolbox|distrobox"
)
X86, ARM = ("x86", "amd64", "i386", "i486", "i586", "i686"), ("aarch64", "arm")


def environment_findings(result: Result, now: datetime.datetime) -> Iterator[Finding]:
    """Yield the findings about the time, the profile and the state of a whole run."""
    if result.created > _latest(now):
        yield Finding("environment.future", Reason("created_later", created=result.created), "created")
    elif result.created < FIRST_DAY:
        yield Finding("environment.past", Reason("created_before", created=result.created), "created")
    yield from _profile_findings(result)
    if result.interrupted:
        yield Finding("environment.interrupted", Reason("run_interrupted"), "interrupted")
    if (result.tool.git_commit or "").endswith("+"):
        yield Finding("environment.tool", Reason("changed_checkout"), "tool.git_commit")
    if any(case.grade == "C" for case in result.cases):
        yield Finding("environment.grade", Reason("busy_machine"))


@lru_cache(maxsize=1)  # thousands of documents are checked within one second
def _latest(now: datetime.datetime) -> str:
    """Return the latest time at which a document may say that it was created."""
    return utc(now + SKEW)


def _profile_findings(result: Result) -> Iterator[Finding]:
    """Yield what falls short of the profile that the document names.

    A profile other than "registry" is a finding for review: nobody need mean to publish it. A registry refuses it.
    """
    profile, policy = result.tool.profile, result.policy
    rules = PROFILES[profile]
    usual = [case_policy(rules, kind_of(case.device), case.regime) for case in result.cases]
    if profile != "registry":
        yield Finding("environment.profile", Reason("other_profile", profile=profile), "tool.profile")
    elif not any(case.regime == "sustained" for case in result.cases):
        yield Finding("environment.profile", Reason("no_sustained_case"), "cases")
    if (
        policy.processes < rules.processes
        or policy.min_blocks < rules.fewest_blocks
        or policy.target_half_width > rules.target_half_width
        or policy.case_time_s < rules.case_time_s
        or policy.block_s < min((each.block_s for each in usual), default=0.0)
        or policy.warmup_s < min((each.warmup_s for each in usual), default=0.0)
    ):
        yield Finding("environment.minimum", Reason("policy_too_small", profile=profile), "policy")
        return
    says_own = schema_order(result.schema_version) >= HAS_CASE_POLICY
    for case in result.cases:
        if case.status == "ok" and case.policy is None and says_own:
            yield Finding("environment.minimum", Reason("no_block_times"), case.case)
        elif case.status == "ok" and (complaint := _shortage(case, policy.processes, profile, result.schema_version)):
            yield Finding("environment.minimum", complaint, case.case)


def _shortage(case: Case, processes: int, profile: Profile, schema: str) -> str | None:
    """Return what a case has too little of: seconds, or processes; None where it has enough.

    Fewer processes than the policy asks for are enough where the case says that some gave no rate, at grade C.
    """
    if case.policy and _falls_short(case.policy, case, profile):
        return Reason("sampled_too_little", profile=profile)
    if case.regime == "sustained":
        short = any(process.wall_s < SUSTAINED_S for process in case.processes)
        return Reason("sustained_too_short", seconds=general(SUSTAINED_S)) if short else None
    if len(case.processes) < processes and not (case.grade == "C" and _lost(case, schema) >= processes):
        return Reason("other_processes", count=len(case.processes), processes=processes)
    return None


def _lost(case: Case, schema: str) -> int:
    """Return the number of processes that a case accounts for: those that gave a rate, and those it says gave none.

    Where it says of none that it gave no rate, that is 0.

    The first versions of the schema had other words.
    """
    if schema_order(schema) < HAS_CODES:
        return MOST_TURNS if any(Reason("gave_no_rate") in reason for reason in case.grade_reasons) else 0
    told = next(filter(None, map(LOST_PROCESSES.match, case.grade_reasons)), None)
    return min(int(told["processes"]), int(told["lost"]) + len(case.processes)) if told else 0


def space_findings(case: Case) -> Iterator[Finding]:
    """Yield a finding where the array library that was measured brought its own memory and clock."""
    if case.compute and case.compute.own_space:
        yield Finding("environment.space", Reason("own_memory_and_clock"), case.case)


def quota_findings(case: Case, result: Result) -> Iterator[Finding]:
    """Yield a finding where a case ran under a CPU quota and its rate is not that of the total.

    The median of the blocks would flatter: most blocks may have run before the quota of their period was used up.
    """
    if under_quota(case, result.host) and case.stats and case.stats.rate.basis != "total":
        yield Finding("environment.quota", Reason("quota_ignored"), case.case)


def _falls_short(policy: CasePolicy, case: Case, profile: Profile) -> bool:
    """Return whether blocks or warm-up were shorter than the profile's, or the sustained time is not the regime's."""
    usual = case_policy(PROFILES[profile], kind_of(case.device), case.regime)
    return (
        policy.block_s < usual.block_s
        or policy.warmup_s < usual.warmup_s
        or (policy.sustained_s or 0.0) < (usual.sustained_s or 0.0)
        or (policy.sustained_s is not None) != (case.regime == "sustained")
    )


def unknown_findings(result: Result) -> Iterator[Finding]:
    """Yield a finding for the fields that hold no word or number that is known to stand there."""
    host, around = result.host, result.host.virtualisation
    told: list[tuple[str, str | None, re.Pattern[str]]] = [
        ("host.os", host.os, _OS),
        ("host.arch", host.arch, _ARCH),
        ("host.cpu.vendor", host.cpu.vendor, _NAMED),
        ("host.virtualisation.hypervisor", around.hypervisor if around else None, _NAMED),
        ("host.virtualisation.container", around.container if around else None, _CONTAINER),
        ("software.python", result.software.python, _PYTHON),
    ]
    for device in result.devices:
        told += [
            (f"{device.id} name", device.name, _LATIN),
            (f"{device.id} vendor", device.vendor, _NAMED),
            (f"{device.id} arch", device.arch, _ARCH),
            (f"{device.id} driver", device.driver, _DRIVER),
        ]
    if unknown := [field for field, text, form in told if text is not None and not form.fullmatch(text)]:
        yield Finding("environment.unknown", Reason("not_listed", fields=", ".join(unknown)), "host")


def machine_findings(result: Result) -> Iterator[Finding]:
    """Yield a finding for each part of a machine that cannot be, or that contradicts another part of the document."""
    host = result.host
    parts = [("host", _host_complaint(host)), ("software.blas", _pool_complaint(result.software, host))]
    parts.append(("policy", _policy_complaint(result.policy)))
    parts += [(device.id, _device_complaint(device, host)) for device in result.devices]
    devices = {device.id: device for device in result.devices}
    parts += [(case.case, _case_complaint(case, devices[case.device], host)) for case in result.cases]
    for where, complaint in parts:
        if complaint:
            yield Finding("environment.machine", complaint, where)
    if is_virtual(host) and _has_others_name(host.cpu):
        yield Finding("environment.guest", Reason("name_of_another", vendor=host.cpu.vendor or ""), "host")


def _host_complaint(host: Host) -> str | None:
    """Return what a host has that no machine has; None where nothing is wrong with it."""
    cpu, memory, around = host.cpu, host.memory, host.virtualisation
    affinity, quota = (around.affinity or 0, around.quota_cpus or 0.0) if around else (0, 0.0)
    if cpu.usable > cpu.logical:
        return Reason("usable_of_logical", usable=cpu.usable, logical=cpu.logical)
    if around and cpu.usable > (around.affinity or cpu.usable):
        return Reason("usable_of_affinity", usable=cpu.usable, affinity=around.affinity)
    if cpu.physical and cpu.logical > MOST_THREADS_PER_CORE * cpu.physical:  # fewer than that: a container sees a part
        return Reason("threads_on_cores", logical=cpu.logical, physical=cpu.physical)
    if max(cpu.logical, cpu.physical or 0, affinity) > MOST_CPUS or quota > MOST_CPUS * UNLIMITED:
        return Reason("too_many_cores")
    if not memory.available_bytes <= memory.total_bytes <= MOST_MEMORY_BYTES or not memory.total_bytes:
        return Reason("memory_unlikely")
    if (cpu.cache_bytes or 0) > MOST_CACHE_BYTES:
        return Reason("cache_unlikely")
    if (host.busy_share or 0) > 1:
        return Reason("busier_than_wholly")
    return _maker_complaint(host)


def _maker_complaint(host: Host) -> str | None:
    """Return where name, maker, architecture and microarchitecture of a CPU are those of several."""
    cpu, arch = host.cpu, host.arch.lower()
    row = microarchitecture.named(cpu.microarchitecture)
    vendor = cpu.vendor or (row.cores.vendor if row else "")
    if row and vendor != row.cores.vendor:
        return Reason("core_of_another", vendor=vendor)
    if vendor in X86_VENDORS and (not arch.startswith(X86) or (_has_others_name(cpu) and not is_virtual(host))):
        return Reason("cpu_of_another", vendor=vendor)
    if vendor.startswith(ARM_VENDOR) and not arch.startswith(ARM):
        return Reason("arm_of_another")
    return None


def _has_others_name(cpu: Cpu) -> bool:
    """Return whether an x86 processor has a name by another maker than itself."""
    others = OTHERS.union(*(words for maker, words in X86_VENDORS.items() if maker != cpu.vendor))
    return cpu.vendor in X86_VENDORS and not others.isdisjoint(WORD.findall(cpu.model.lower()))


def is_virtual(host: Host) -> bool:
    """Return whether a hypervisor is named, below which the processor may be another one than it shows."""
    return host.virtualisation is not None and host.virtualisation.hypervisor is not None


def _pool_complaint(software: Software, host: Host) -> str | None:
    """Return that a library has far more threads than the host has cores; None where none has."""
    if any((pool.threads or 0) > _most_threads(THREADS_RUNNING, host) for pool in software.blas):
        return Reason("pool_too_large")
    return None


def _policy_complaint(policy: Policy) -> str | None:
    """Return that a run planned what no run does; None where it did not."""
    if max(policy.case_time_s, policy.block_s, policy.warmup_s) > LONGEST_PROCESS_S or policy.target_half_width > 1:
        return Reason("policy_of_years")
    if not policy.min_blocks <= policy.max_blocks <= MOST_BLOCKS or policy.blocks_a_bracket > MOST_BLOCKS:
        return Reason("policy_of_blocks")
    return None


def _most_threads(allowance: tuple[int, int], host: Host) -> int:
    """Return the most threads that anything on a host may have, given so many, and so many per core."""
    base, per_core = allowance
    return base + per_core * host.cpu.logical


def _device_complaint(device: DeviceRecord, host: Host) -> str | None:
    """Return what a device has that none of its kind has; None where nothing is wrong with it."""
    memory_bytes, total_bytes = device.memory_bytes, host.memory.total_bytes
    if not kind_of(device.kind).is_host:
        board = find_accelerator(device.name)
        if board and (complaint := _board_complaint(device, board)):
            return complaint
        if (memory_bytes or 0) > MOST_BOARD_MEMORY_BYTES or (device.units or 0) > MOST_BOARD_UNITS:
            return Reason("board_too_large")
        if device.index >= MOST_BOARDS:
            return Reason("too_many_boards")
        return None
    if device.vendor and host.cpu.vendor and device.vendor != host.cpu.vendor:
        return Reason("device_of_other_maker")
    if device.arch and device.arch != host.arch:
        return Reason("device_of_other_arch")
    if memory_bytes is not None and not total_bytes <= memory_bytes * MEMORY_ALLOWANCE <= 4 * total_bytes:
        return Reason("device_of_other_memory")
    return None


def _board_complaint(device: DeviceRecord, board: Accelerator) -> str | None:
    """Return in what a device differs from the board whose name it has, by far; None where it does not.

    Boards of AMD are divided under the name of the whole. Of a divided board of NVIDIA ``integrity`` tells.
    """
    if device.vendor and board.vendor.lower() not in device.vendor.lower():
        return Reason("board_of_other_maker", vendor=board.vendor)
    if device.arch and not device.arch.startswith(board.arch):  # "gfx942:sramecc+"
        return Reason("board_of_other_arch", arch=device.arch, known=board.arch)
    if board.units and (device.units or 0) > UNITS_ALLOWANCE * board.units:
        return Reason("board_of_other_units", units=device.units, known=board.units)
    if board.memory_gib and device.memory_bytes is not None:
        share_of_board = device.memory_bytes / (board.memory_gib * 2**30)
        least = 0.0 if board.vendor == "AMD" else 1 / BOARD_MEMORY_ALLOWANCE
        if not least <= share_of_board <= BOARD_MEMORY_ALLOWANCE:
            return Reason("board_of_other_memory", share=share(share_of_board))
    whole = datasheet_peak(device.name, "fp16")
    each, _ = work_per_clock(device, None, "fp16")
    if whole and each and each * (device.clock_max_hz or 0.0) > DATASHEET_ALLOWANCE * whole.rate_per_s:
        return Reason("board_of_higher_clock")
    return None


def _case_complaint(case: Case, device: DeviceRecord, host: Host) -> str | None:
    """Return what a case says that cannot have been on such a machine; None where nothing is wrong with it."""
    if max(case.m, case.n, case.k) > LARGEST_DIMENSION:
        return Reason("problem_too_large")
    if case.status != "ok":
        return None
    if case.policy and max(case.policy.block_s, case.policy.warmup_s, case.policy.sustained_s or 0) > LONGEST_PROCESS_S:
        return Reason("planned_for_years")
    if not is_own(case) and (device.arch or "").startswith(NVIDIA_ARCH) and sm_needed(case.dtype, device.arch):
        return Reason("ran_what_lacks", dtype=case.dtype, arch=device.arch)
    if case.compute and (complaint := _operands_complaint(case, case.compute, device, host)):
        return complaint
    return next(filter(None, (_process_complaint(process, host) for process in case.processes)), None)


def _operands_complaint(case: Case, compute: ComputeRecord, device: DeviceRecord, host: Host) -> str | None:
    """Return that a case took more threads or more memory than there is; None where it did not."""
    is_host = kind_of(device.kind).is_host
    if is_host and (compute.threads or 0) > _most_threads(THREADS_CLAIMED, host):
        return Reason("ran_threads_on_cores", threads=compute.threads, cores=host.cpu.logical)
    sets = compute.operand_sets or 1
    if sets > max(MOST_SETS, *(process.loops for process in case.processes)):
        return Reason("more_sets_than_launches")
    memory_bytes = host.memory.total_bytes if is_host else device.memory_bytes
    if memory_bytes is not None and sets * amount(case).bytes > memory_bytes:
        return Reason("operands_beyond_memory")
    return None


def _process_complaint(process: Process, host: Host) -> str | None:
    """Return what a process says of itself that no process can; None where nothing is wrong with it."""
    seen, cores = process.telemetry, host.cpu.logical
    processor_s = (process.processor_s or 0) + (process.processor_after_s or 0)
    if max(process.order, process.position) > MOST_TURNS:
        return Reason("run_too_large")
    if (process.threads or 0) > _most_threads(THREADS_RUNNING, host):
        return Reason("process_of_threads", threads=process.threads, cores=cores)
    if processor_s > PROCESSOR_ALLOWANCE * cores * process.wall_s:
        return Reason("more_time_than_cores")
    if (seen.steal_share or 0) > 1:
        return Reason("all_time_stolen")
    if (seen.load or 0) > MOST_PROCESSES_RUNNABLE:
        return Reason("too_many_neighbours")
    if (seen.throttled_periods or 0) > 1 + process.wall_s / SHORTEST_QUOTA_PERIOD_S:
        return Reason("throttled_beyond_life")
    if seen.temperature_c is not None and not COLDEST_C <= seen.temperature_c <= HOTTEST_C:
        return Reason("temperature_unlikely")
    return None


def _hardly_worked(case: Case, host: Host) -> bool:
    """Return whether a CPU hardly worked while its blocks were timed, so that something else computed them.

    A core that is shared with others, or that a quota stops, works less than the whole time.
    """
    told = [process for process in case.processes if process.processor_s is not None]
    quota_cpus = host.virtualisation.quota_cpus if host.virtualisation else None
    timed_s = sum(min(process.block_s) * process.blocks_total for process in told)
    least_s = LEAST_WORK * min(1.0, quota_cpus or 1.0) * timed_s
    return kind_of(case.device).is_host and sum(process.processor_s or 0.0 for process in told) < least_s


def _is_denied(ceiling: Ceiling, result: Result) -> bool:
    """Return whether a document leaves out a ceiling of the CPU for a reason that is none of flopsbench's own."""
    told = ceiling.rate_per_s is not None or ceiling.reason_said is not None
    return kind_of(ceiling.device).is_host and not told and schema_order(result.schema_version) >= HAS_CODES


def missing_findings(result: Result) -> Iterator[Finding]:
    """Yield a finding for each device of which something is left out that is needed to judge its rates.

    flopsbench leaves it out where the system does not tell, and where a library that tells is missing.
    """
    ceilings = {limit_of(ceiling): ceiling for ceiling in result.ceilings}
    for device in result.devices:
        missing = [name for name in ("units", "memory_bytes") if getattr(device, name) is None]
        cases = [case for case in result.cases if case.status == "ok" and case.device == device.id]
        processes = [process for case in cases for process in case.processes]
        if not kind_of(device.kind).is_host:
            missing += [name for name in ("arch", "clock_max_hz") if getattr(device, name) is None]
        missing += [
            name
            for name in ("clock_hz", "clock_min_hz", "clock_max_hz")
            if any(getattr(process.telemetry, name) is None for process in processes)
        ]
        since = ("processor_s", "processor_after_s") if result.method_version > min(METHODS) else ()
        missing += [name for name in since if any(getattr(process, name) is None for process in processes)]
        if any(_hardly_worked(case, result.host) for case in cases):
            missing.append("processor_s")
        if any(case.compute and case.compute.operand_sets is None for case in cases):
            missing.append("operand_sets")
        if not ceilings.keys() >= {limit_key(case) for case in cases}:
            missing.append("ceilings")
        measured = {key for key, ceiling in ceilings.items() if ceiling.rate_per_s is not None}
        if not all(
            process.block_ceilings for case in cases if limit_key(case) in measured for process in case.processes
        ):
            missing.append("block_ceilings")
        if any(_is_denied(ceiling, result) for ceiling in ceilings.values() if ceiling.device == device.id):
            missing.append("ceilings")
        if cases and missing:
            yield Finding(
                "environment.missing", Reason("left_out", fields=", ".join(dict.fromkeys(missing))), device.id
            )
