"""Finds out how many cores and threads this process may use.

No array library is loaded for it.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from itertools import chain
from pathlib import Path

from flopsbench.host.cgroup import ControlGroups
from flopsbench.host.trees import HERE, Places, parse_cpus, read_text

TOPOLOGY = HERE.cpus
# By which variables each library that multiplies on a CPU is told its threads, before the one that all of them read.
OMP_THREADS = "OMP_NUM_THREADS"
THREAD_VARIABLES: Mapping[str, tuple[str, ...]] = {
    "OpenBLAS": ("OPENBLAS_NUM_THREADS", "GOTO_NUM_THREADS"),
    "BLIS": ("BLIS_NUM_THREADS",),
    "NVPL": ("NVPL_BLAS_NUM_THREADS",),
    "Accelerate": ("VECLIB_MAXIMUM_THREADS",),
    **dict.fromkeys(("MKL", "oneDNN", "torch's own loops"), ("MKL_NUM_THREADS",)),  # torch has one number for them all
}
EVERY_THREAD_VARIABLE = tuple(dict.fromkeys((OMP_THREADS, *chain.from_iterable(THREAD_VARIABLES.values()))))


def allowed_cpus() -> set[int] | None:
    """Return the logical CPUs this process may be scheduled on; None where the system cannot say."""
    try:
        return set(os.sched_getaffinity(0))
    except (AttributeError, OSError):  # another system has no such call, a sandbox forbids it
        return None


@contextmanager
def running_on(cpus: Collection[int]) -> Iterator[None]:
    """Let what is started meanwhile run on these logical CPUs; on those of this process where there are none.

    Where the system has no such call, or does not allow these, nothing changes.
    """
    usual = allowed_cpus()
    if not cpus or usual is None:
        yield
        return
    with suppress(OSError):
        os.sched_setaffinity(0, cpus)
    try:
        yield
    finally:
        os.sched_setaffinity(0, usual)


def online_cpus(places: Places = HERE) -> set[int] | None:
    """Return the logical CPUs that are switched on; None where the kernel does not say."""
    text = read_text(places.cpus / "online")
    return parse_cpus(text) if text else None


def affinity_cpus() -> int:
    """Return how many logical CPUs this process may be scheduled on."""
    return len(_affinity())


def _affinity() -> set[int]:
    """Return the logical CPUs this process may be scheduled on: all of them where the system cannot say."""
    return allowed_cpus() or set(range(os.cpu_count() or 1))


def affinity_cores(topology: Path = TOPOLOGY) -> int:
    """Return how many cores those logical CPUs belong to: two CPUs on one core share its arithmetic units."""
    return len({_siblings(topology, cpu) for cpu in _affinity()})


def usable_by_core(places: Places = HERE, allowed: Collection[int] | None = None) -> list[int]:
    """Return one logical CPU of each core that this process may use; ``allowed`` are the CPUs, if not its own."""
    firsts: dict[str, int] = {}
    for cpu in sorted(_affinity() if allowed is None else allowed):
        firsts.setdefault(_siblings(places.cpus, cpu), cpu)
    return list(firsts.values())


def _siblings(topology: Path, cpu: int) -> str:
    """Return the list of the CPUs that share a core with ``cpu``, which names the core."""
    return read_text(folder_of(topology, cpu) / "topology" / "thread_siblings_list") or str(cpu)


def folder_of(cpus: Path, cpu: int) -> Path:
    """Return the folder in which the kernel describes a logical CPU, below that of all."""
    return cpus / f"cpu{cpu}"


def usable_cpus(groups: ControlGroups | None = None) -> int:
    """Return how many cores this process can really use: its affinity, cut to the CPU quota rounded up."""
    quota = (groups or ControlGroups()).quota_cpus()
    return affinity_cores() if quota is None else min(affinity_cores(), max(1, math.ceil(quota)))


def threads(library: str) -> int:
    """Return how many threads a GEMM on the CPU gets: the usable cores, or as many as a variable asks for, if fewer.

    ``library`` is the one that computes it.
    """
    counts = (parse_thread_count(os.environ.get(name, "")) for name in thread_variables(library))
    return min(filter(None, (usable_cpus(), next(filter(None, counts), None))))


def thread_variables(library: str) -> tuple[str, ...]:
    """Return the variables that set the threads of a library, by the beginning of its text; the first one decides."""
    name = f"{library.lower()} "
    own = (own for known, own in THREAD_VARIABLES.items() if name.startswith(f"{known.lower()} "))
    return (*next(own, ()), OMP_THREADS)


def parse_thread_count(text: str) -> int | None:
    """Return the number of threads that a variable like OMP_NUM_THREADS asks for; None where it names no number.

    Of a list ("4,2"), which sets the sizes of nested teams, the first number counts.
    """
    asked = re.match(r"\s*([0-9]{1,9})\s*(?:,|$)", text)
    return int(asked[1]) if asked else None
