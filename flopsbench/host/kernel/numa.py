"""Reads the nodes of memory (NUMA) that a process uses, and spreads its pages over them.

A page lies on the node of the thread that touches it first. Where one thread fills the operands, all of them lie on one
node, and the cores of the others read through the link between sockets: spread, every node serves its part.
"""

from __future__ import annotations

import ctypes
import platform
import re
from collections.abc import Collection

from flopsbench.host.cpu.cores import usable_by_core
from flopsbench.host.trees import HERE, Places, parse_cpus, read_text
from flopsbench.result.types import MemoryNode

# The number of the call by architecture, and of the policy: include/uapi/asm-generic/unistd.h, linux/mempolicy.h and
# the tables of calls below arch/ in Linux.
SET_MEMPOLICY = {"x86_64": 238, "aarch64": 237, "riscv64": 237, "loongarch64": 237, "ppc64le": 261, "s390x": 269}
MPOL_INTERLEAVE = 3
DEFAULT = "default"
POLICY = re.compile(r"[0-9a-f]+ ((?:weighted )?\S+)")  # of the first range of addresses, in /proc/PID/numa_maps


def memory_nodes_used(places: Places = HERE, allowed: Collection[int] | None = None) -> list[MemoryNode]:
    """Return the nodes of memory beside the cores that this process may use, with the number of those cores.

    Nodes whose memory it may not use are left out; ``allowed`` are other CPUs than its own.
    """
    mine, may_use = set(usable_by_core(places, allowed)), _allowed_nodes(places)
    found = []
    for folder in (places.sys / "devices/system/node").glob("node[0-9]*"):
        number = int(folder.name.removeprefix("node"))
        cores = len(mine & parse_cpus(read_text(folder / "cpulist") or ""))
        total = re.search(r"MemTotal:\s*(\d+) kB", read_text(folder / "meminfo") or "")
        if cores and total and int(total[1]) and (may_use is None or number in may_use):
            found.append(MemoryNode(number=number, cores=cores, total_bytes=int(total[1]) << 10))
    return sorted(found, key=lambda node: node.number)


def _allowed_nodes(places: Places) -> set[int] | None:
    """Return the nodes whose memory this process may use; None where the kernel does not say."""
    listed = re.search(r"^Mems_allowed_list:\s*(\S+)", read_text(places.proc / "self/status") or "", re.MULTILINE)
    return parse_cpus(listed[1]) if listed else None


def memory_policy(places: Places = HERE) -> str | None:
    """Return where the kernel puts this process's pages, in its own words ("default", "interleave:0-1", "bind:0").

    None where it does not say, and where this process uses one node.
    """
    if len(memory_nodes_used(places)) < 2:
        return None
    told = POLICY.match(read_text(places.proc / "self/numa_maps") or "")
    return told[1] if told else None


def spread_memory(places: Places = HERE) -> bool:
    """Spread the pages that this process touches from now on over its nodes; return whether it does.

    Nothing changes where it uses one node, or whoever started it chose a policy. Threads that are there keep theirs.
    """
    if memory_policy(places) != DEFAULT:
        return False
    return interleave({node.number for node in memory_nodes_used(places)})


def interleave(nodes: Collection[int]) -> bool:
    """Ask the kernel to lay pages on these nodes in turn; return whether it does, which a container may forbid."""
    call = SET_MEMPOLICY.get(platform.machine())
    if call is None:
        return False
    most = max(nodes) + 1
    mask = (ctypes.c_ulong * (most // (8 * ctypes.sizeof(ctypes.c_ulong)) + 1))()
    for node in nodes:
        word, bit = divmod(node, 8 * ctypes.sizeof(ctypes.c_ulong))
        mask[word] |= 1 << bit
    try:
        done = ctypes.CDLL(None).syscall(
            ctypes.c_long(call), ctypes.c_long(MPOL_INTERLEAVE), mask, ctypes.c_ulong(8 * ctypes.sizeof(mask))
        )
    except (AttributeError, OSError):  # no C library that shows its functions
        return False
    return bool(done == 0)
