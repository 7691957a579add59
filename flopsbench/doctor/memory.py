"""What the kernel does with memory behind a program's back: swap, huge pages, moving pages between nodes."""

from __future__ import annotations

import re

from flopsbench.doctor.symptom import Check, Remedy, Symptom
from flopsbench.doctor.watch import WATCH_S, Watch
from flopsbench.host.trees import Places, read, read_integer

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
    """Swap in use, and traffic to it during the watch."""
    sizes = dict(re.findall(r"^(SwapTotal|SwapFree):\s+(\d+) kB", read(places.proc / "meminfo") or "", re.MULTILINE))
    if len(sizes) < 2:
        return SWAP.unknown("/proc/meminfo does not say")
    used_kib = int(sizes["SwapTotal"]) - int(sizes["SwapFree"])
    saw = f"{used_kib / 2**20:.1f} GiB used" if used_kib >= 2**20 else f"{used_kib / 2**10:.0f} MiB used"
    remedy = Remedy(
        effect="Everything stays in memory; programs are killed when it does not suffice.",
        command="sudo swapoff -a",
        undo="sudo swapon -a",
    )
    if seen.swapped_pages:
        return SWAP.noisy(f"{saw}, {seen.swapped_pages} pages moved in {WATCH_S:g} s", remedy)
    if used_kib:
        return SWAP.note(f"{saw}, no traffic now", remedy)
    return SWAP.fine("not in use" if int(sizes["SwapTotal"]) else "none")


def numa_balancing(places: Places) -> Symptom:
    """Automatic NUMA balancing, which matters from two nodes on."""
    nodes = len(list((places.sys / "devices/system/node").glob("node[0-9]*")))
    state = read_integer(places.proc / "sys/kernel/numa_balancing")
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
    """Transparent huge pages."""
    file = places.sys / "kernel/mm/transparent_hugepage/enabled"
    chosen = re.search(r"\[(\w+)\]", read(file) or "")
    if chosen is None:
        return HUGE_PAGES.unknown("this kernel does not say")
    if chosen[1] != "always":
        return HUGE_PAGES.fine(f"{chosen[1]}{' (numpy asks for them)' if chosen[1] == 'madvise' else ''}")
    remedy = Remedy(
        effect="Only programs that ask get huge pages, as numpy does; others may get a little slower.",
        command=f"echo madvise | sudo tee {file}",
        undo=f"echo always | sudo tee {file}",
    )
    return HUGE_PAGES.note("always, and put together in the background", remedy)
