"""Checks what the kernel does with memory without being asked: swap, huge pages, moving pages between nodes."""

from __future__ import annotations

from flopsbench.doctor.symptom import Check, Remedy, Symptom
from flopsbench.doctor.watch import WATCHED, Watch
from flopsbench.host.kernel import settings as kernel_settings
from flopsbench.host.kernel.counters import swap_space
from flopsbench.host.trees import Places
from flopsbench.units import fixed

SWAP = Check("swap", "swap", "A page that has to come back from disk costs as much as thousands of small products.")
NUMA = Check(
    "numa_balancing",
    "NUMA balancing",
    "The kernel unmaps pages to see who uses them and moves them, also in the middle of a timed block.",
)
HUGE_PAGES = Check(
    "huge_pages",
    "huge pages",
    "Whether an operand gets them by chance decides how many address look-ups miss, process by process.",
)


def swap(places: Places, seen: Watch) -> Symptom:
    """Check swap in use, and traffic to it during the watch."""
    space = swap_space(places)
    if space is None:
        return SWAP.unknown("/proc/meminfo does not say")
    used_gib, used_mib = space.used_kib / 2**20, space.used_kib / 2**10
    saw = f"{fixed(used_gib, 1)} GiB used" if used_gib >= 1 else f"{fixed(used_mib, 0)} MiB used"
    remedy = Remedy(
        effect="Everything stays in memory; programs are killed when it does not suffice.",
        command="sudo swapoff -a",
        undo="sudo swapon -a",
    )
    if seen.swapped_pages:
        return SWAP.noisy(f"{saw}, {seen.swapped_pages} pages moved {WATCHED}", remedy)
    if space.used_kib:
        return SWAP.note(f"{saw}, no traffic now", remedy)
    return SWAP.fine("not in use" if space.total_kib else "none")


def numa_balancing(places: Places) -> Symptom:
    """Check automatic NUMA balancing, which matters from two nodes on."""
    nodes = kernel_settings.memory_nodes(places)
    state = kernel_settings.numa_balancing(places)
    if nodes == 1:
        return NUMA.fine("one memory node")
    if state is None:
        return NUMA.unknown("this kernel does not say")
    if not state:
        return NUMA.fine("off")
    remedy = Remedy(
        effect="Pages stay where they were first written; programs that migrate a lot get slower.",
        command="sudo sysctl kernel.numa_balancing=0",
        undo=f"sudo sysctl kernel.numa_balancing={state}",
    )
    return NUMA.noisy(f"on, {nodes or 'an unknown number of'} memory nodes", remedy)


def huge_pages(places: Places) -> Symptom:
    """Check transparent huge pages."""
    pages = kernel_settings.huge_pages(places)
    if pages is None:
        return HUGE_PAGES.unknown("this kernel does not say")
    if pages.mode != "always":
        return HUGE_PAGES.fine(f"{pages.mode}{' (numpy asks for them)' if pages.mode == 'madvise' else ''}")
    remedy = Remedy(
        effect="Only programs that ask get huge pages, as numpy does; others may get a little slower.",
        command=f"echo madvise | sudo tee {pages.file}",
        undo=f"echo always | sudo tee {pages.file}",
    )
    return HUGE_PAGES.note("always, and put together in the background", remedy)
