"""Checks what the kernel does with memory without being asked: swap, huge pages, moving pages between nodes."""

from __future__ import annotations

from flopsbench.doctor.symptom import Check, Remedy, Symptom
from flopsbench.doctor.watch import WATCHED, Watch
from flopsbench.host.kernel import settings as kernel_settings
from flopsbench.host.kernel.counters import swap_space
from flopsbench.host.trees import Places
from flopsbench.units import fixed
from flopsbench.words.reason import Reason

SWAP = Check("swap", Reason("swap_title"), Reason("swap_why"))
NUMA = Check(
    "numa_balancing",
    Reason("numa_title"),
    Reason("numa_why"),
)
HUGE_PAGES = Check(
    "huge_pages",
    Reason("huge_pages_title"),
    Reason("huge_pages_why"),
)


def swap(places: Places, seen: Watch) -> Symptom:
    """Check swap in use, and traffic to it during the watch."""
    space = swap_space(places)
    if space is None:
        return SWAP.unknown(Reason("meminfo_silent"))
    used_gib, used_mib = space.used_kib / 2**20, space.used_kib / 2**10
    saw = (
        Reason("gib_used", count=fixed(used_gib, 1)) if used_gib >= 1 else Reason("mib_used", count=fixed(used_mib, 0))
    )
    remedy = Remedy(
        effect=Reason("swap_effect"),
        command="sudo swapoff -a",
        undo="sudo swapon -a",
    )
    if seen.swapped_pages:
        return SWAP.noisy(Reason("swap_moved", saw=saw, pages=seen.swapped_pages, watched=WATCHED), remedy)
    if space.used_kib:
        return SWAP.note(Reason("swap_quiet", saw=saw), remedy)
    return SWAP.fine(Reason("not_in_use") if space.total_kib else Reason("none"))


def numa_balancing(places: Places) -> Symptom:
    """Check automatic NUMA balancing, which matters from two nodes on."""
    nodes = kernel_settings.memory_nodes(places)
    state = kernel_settings.numa_balancing(places)
    if nodes == 1:
        return NUMA.fine(Reason("one_node"))
    if state is None:
        return NUMA.unknown(Reason("kernel_silent"))
    if not state:
        return NUMA.fine(Reason("off"))
    remedy = Remedy(
        effect=Reason("numa_effect"),
        command="sudo sysctl kernel.numa_balancing=0",
        undo=f"sudo sysctl kernel.numa_balancing={state}",
    )
    return NUMA.noisy(Reason("balancing_on", nodes=nodes) if nodes else Reason("balancing_on_unknown"), remedy)


def huge_pages(places: Places) -> Symptom:
    """Check transparent huge pages."""
    pages = kernel_settings.huge_pages(places)
    if pages is None:
        return HUGE_PAGES.unknown(Reason("kernel_silent"))
    if pages.mode != "always":
        return HUGE_PAGES.fine(Reason("madvise_pages") if pages.mode == "madvise" else pages.mode)
    remedy = Remedy(
        effect=Reason("huge_pages_effect"),
        command=f"echo madvise | sudo tee {pages.file}",
        undo=f"echo always | sudo tee {pages.file}",
    )
    return HUGE_PAGES.note(Reason("huge_pages_always"), remedy)
