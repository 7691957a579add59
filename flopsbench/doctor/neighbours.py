"""Checks what others take of the machine: other programs, the hypervisor, other guests, a quota, a set of CPUs."""

from __future__ import annotations

from flopsbench.doctor.symptom import Check, Remedy, Symptom
from flopsbench.doctor.watch import WATCHED, Watch
from flopsbench.host.cgroup import ControlGroups
from flopsbench.host.cpu.cores import online_cpus
from flopsbench.host.kernel.counters import load_average
from flopsbench.host.trees import Places, format_cpus
from flopsbench.host.virtual import is_virtual, system_vendor
from flopsbench.units import fixed, general, share

BUSY = 0.05  # of all CPUs; a core taken from one of the threads holds up all of them
STOLEN = 0.01
VISIBLE = 0.05  # of one CPU; programs that use less are not named
MOST_NAMES = 3

LOAD = Check("load", "other programs", "A GEMM waits for its slowest thread: one busy core slows all of them.")
STEAL = Check("steal", "stolen time", "The hypervisor ran other guests on these cores; a GEMM stands still meanwhile.")
QUOTA = Check("quota", "CPU quota", "When the quota of a period is used up, all threads stand still until the next.")
AFFINITY = Check(
    "affinity", "CPU affinity", "Threads follow the CPUs allowed: a run that is allowed others is another machine."
)
VIRTUAL = Check(
    "virtual", "virtual machine", "Guests on one host share caches, memory and clock, and the guest cannot see them."
)


def load(places: Places, seen: Watch, cpus: int) -> Symptom:
    """Check for other programs during the watch, and over the last minute."""
    if seen.busy_share is None:
        return LOAD.unknown("/proc/stat tells nothing")
    average = load_average(places)
    recent = f"; load average {fixed(average, 1)}" if average is not None else ""
    saw = f"{share(seen.busy_share)} of {cpus} CPUs busy {WATCHED}{recent}"
    remedy = Remedy(
        effect="Shows who is busy; stop what you may (updates, indexing, other jobs), then look again.",
        command="top -b -n 1 -o %CPU | head -n 15",
        undo="nothing: it only shows",
    )
    if seen.busy_share >= BUSY:
        return LOAD.noisy(f"{saw}: {_names(seen)}", remedy)
    if average is not None and average >= cpus / 2:
        return LOAD.note(f"{saw}: quiet now, and busy a moment ago", remedy)
    return LOAD.fine(saw)


def _names(seen: Watch) -> str:
    """Return the names of the busiest programs with their shares of one CPU."""
    shown = [f"{name} {share(used)} of a CPU" for name, used in seen.busiest[:MOST_NAMES] if used >= VISIBLE]
    return ", ".join(shown) or "by programs that cannot be seen from here (another container?)"


def steal(seen: Watch, virtual: bool | None) -> Symptom:
    """Check for CPU time that the hypervisor gave to others."""
    if seen.steal_share is None or seen.steal_share_since_boot is None:
        return STEAL.unknown("/proc/stat tells nothing")
    saw = f"{share(seen.steal_share, 1)} {WATCHED}, {share(seen.steal_share_since_boot, 1)} since start"
    remedy = Remedy(effect="No command here helps: rent dedicated cores or a whole machine, or trust only ab.")
    if seen.steal_share >= STOLEN:
        return STEAL.noisy(saw, remedy)
    if seen.steal_share_since_boot > STOLEN / 10:
        return STEAL.note(saw, remedy)
    if virtual and not seen.steal_share_since_boot:
        return STEAL.unknown("this hypervisor reports none at all, which may mean that it does not tell")
    return STEAL.fine(saw)


def quota(places: Places, seen: Watch, cpus: int) -> Symptom:
    """Check the control group's CPU quota."""
    groups = ControlGroups.at(places)
    if not groups.are_known:
        return QUOTA.unknown("/proc/self/cgroup cannot be read")
    allowed = groups.quota_cpus()
    if allowed is None:
        return QUOTA.fine("none")
    throttling = groups.throttling()
    ran_out = f"; it ran out in {throttling.throttled} of {throttling.periods} periods" if throttling else ""
    whole = max(1, int(allowed))
    remedy = Remedy(
        effect=f"Whole cores ({whole}) instead of a share of time; batch systems have an option for it too.",
        command=f"docker run --cpuset-cpus={format_cpus(set(range(whole)))} IMAGE",
        undo="start the container with --cpus again",
    )
    saw = f"{general(allowed)} of {cpus} CPUs{ran_out}"
    exhausted = seen.throttled_periods or (throttling and throttling.throttled) or allowed % 1
    return QUOTA.noisy(saw, remedy) if exhausted else QUOTA.note(saw, remedy)


def affinity(places: Places, allowed: set[int] | None) -> Symptom:
    """Check the CPUs this process may run on; ``allowed`` is None where the system cannot say."""
    online = online_cpus(places)
    if allowed is None or online is None:
        return AFFINITY.unknown("the system does not say which CPUs are online or allowed")
    if allowed >= online:
        return AFFINITY.fine(f"all {len(online)} CPUs")
    remedy = Remedy(
        effect="This shell and what it starts may use every CPU; keep the narrow set if nobody else is allowed in it.",
        command=f"taskset -pc {format_cpus(online)} $$",
        undo=f"taskset -pc {format_cpus(allowed)} $$",
    )
    return AFFINITY.note(f"{len(allowed)} of {len(online)} CPUs: {format_cpus(allowed)}", remedy)


def virtual_machine(places: Places) -> Symptom:
    """Check for a hypervisor."""
    virtual = is_virtual(places)
    if virtual is None:
        return VIRTUAL.unknown("this processor shows no flag for it")
    if not virtual:
        return VIRTUAL.fine("no hypervisor")
    vendor = system_vendor(places) or "vendor not told"
    remedy = Remedy(effect="No command here helps: a machine of your own ends it; ab in one job cancels most of it.")
    return VIRTUAL.note(f"yes ({vendor})", remedy)
