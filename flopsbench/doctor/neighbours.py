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
from flopsbench.words.reason import Reason, joined

BUSY = 0.05  # of all CPUs; a core taken from one of the threads holds up all of them
STOLEN = 0.01
VISIBLE = 0.05  # of one CPU; programs that use less are not named
MOST_NAMES = 3

LOAD = Check("load", Reason("others_title"), Reason("load_why"))
STEAL = Check("steal", Reason("steal_title"), Reason("steal_why"))
QUOTA = Check("quota", Reason("quota_title"), Reason("quota_why"))
AFFINITY = Check("affinity", Reason("affinity_title"), Reason("affinity_why"))
VIRTUAL = Check("virtual", Reason("virtual_title"), Reason("virtual_why"))


def load(places: Places, seen: Watch, cpus: int) -> Symptom:
    """Check for other programs during the watch, and over the last minute."""
    if seen.busy_share is None:
        return LOAD.unknown(Reason("stat_silent"))
    average = load_average(places)
    recent = Reason("load_average", average=fixed(average, 1)) if average is not None else ""
    saw = Reason("cpus_busy", share=share(seen.busy_share), cpus=cpus, watched=WATCHED, recent=recent)
    remedy = Remedy(
        effect=Reason("load_effect"),
        command="top -b -n 1 -o %CPU | head -n 15",
        undo=Reason("only_shows"),
    )
    if seen.busy_share >= BUSY:
        return LOAD.noisy(Reason("about_place", where=saw, sentence=_names(seen)), remedy)
    if average is not None and average >= cpus / 2:
        return LOAD.note(Reason("quiet_now", saw=saw), remedy)
    return LOAD.fine(saw)


def _names(seen: Watch) -> str:
    """Return the names of the busiest programs with their shares of one CPU."""
    shown = [
        Reason("program_uses", name=name, share=share(used))
        for name, used in seen.busiest[:MOST_NAMES]
        if used >= VISIBLE
    ]
    return joined(shown, "names_joined") or Reason("by_unseen_programs")


def steal(seen: Watch, virtual: bool | None) -> Symptom:
    """Check for CPU time that the hypervisor gave to others."""
    if seen.steal_share is None or seen.steal_share_since_boot is None:
        return STEAL.unknown(Reason("stat_silent"))
    saw = Reason(
        "steal_seen", share=share(seen.steal_share, 1), watched=WATCHED, since=share(seen.steal_share_since_boot, 1)
    )
    remedy = Remedy(effect=Reason("steal_effect"))
    if seen.steal_share >= STOLEN:
        return STEAL.noisy(saw, remedy)
    if seen.steal_share_since_boot > STOLEN / 10:
        return STEAL.note(saw, remedy)
    if virtual and not seen.steal_share_since_boot:
        return STEAL.unknown(Reason("steal_untold"))
    return STEAL.fine(saw)


def quota(places: Places, seen: Watch, cpus: int) -> Symptom:
    """Check the control group's CPU quota."""
    groups = ControlGroups.at(places)
    if not groups.are_known:
        return QUOTA.unknown(Reason("cgroup_unread"))
    allowed = groups.quota_cpus()
    if allowed is None:
        return QUOTA.fine(Reason("none"))
    throttling = groups.throttling()
    ran_out = (
        Reason("quota_exhausted", throttled=throttling.throttled, periods=throttling.periods) if throttling else ""
    )
    whole = max(1, int(allowed))
    remedy = Remedy(
        effect=Reason("quota_effect", whole=whole),
        command=f"docker run --cpuset-cpus={format_cpus(set(range(whole)))} IMAGE",
        undo=Reason("quota_undo"),
    )
    saw = Reason("quota_of_cpus", allowed=general(allowed), cpus=cpus, ran_out=ran_out)
    exhausted = seen.throttled_periods or (throttling and throttling.throttled) or allowed % 1
    return QUOTA.noisy(saw, remedy) if exhausted else QUOTA.note(saw, remedy)


def affinity(places: Places, allowed: set[int] | None) -> Symptom:
    """Check the CPUs this process may run on; ``allowed`` is None where the system cannot say."""
    online = online_cpus(places)
    if allowed is None or online is None:
        return AFFINITY.unknown(Reason("cpus_untold"))
    if allowed >= online:
        return AFFINITY.fine(Reason("all_cpus", count=len(online)))
    remedy = Remedy(
        effect=Reason("affinity_effect"),
        command=f"taskset -pc {format_cpus(online)} $$",
        undo=f"taskset -pc {format_cpus(allowed)} $$",
    )
    return AFFINITY.note(
        Reason("cpus_allowed", allowed=len(allowed), online=len(online), cpus=format_cpus(allowed)), remedy
    )


def virtual_machine(places: Places) -> Symptom:
    """Check for a hypervisor."""
    virtual = is_virtual(places)
    if virtual is None:
        return VIRTUAL.unknown(Reason("virtual_untold"))
    if not virtual:
        return VIRTUAL.fine(Reason("no_hypervisor"))
    vendor = system_vendor(places) or Reason("vendor_untold")
    remedy = Remedy(effect=Reason("virtual_effect"))
    return VIRTUAL.note(Reason("vendor_named", vendor=vendor), remedy)
