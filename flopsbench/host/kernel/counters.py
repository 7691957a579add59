"""Reads what a Linux kernel counts: CPU time by kind and by program, runnable processes, swapped pages, swap in use."""

from __future__ import annotations

import os
import re
from typing import NamedTuple

from flopsbench.host.trees import HERE, Places, parse_integer, read_text


class CpuTicks(NamedTuple):
    """CpuTicks is the time of all CPUs since the start by kind, in clock ticks: columns of /proc/stat (proc(5)).

    The columns behind these are the time of guests, which ``user`` and ``nice`` contain already.
    """

    user: int
    nice: int
    system: int
    idle: int
    iowait: int
    irq: int
    softirq: int
    steal: int


class ProgramTicks(NamedTuple):
    """ProgramTicks is a running program: its name, and the clock ticks it has used, its own and the kernel's for it."""

    name: str
    ticks: int


class SwapSpace(NamedTuple):
    """SwapSpace is the swap that the machine has and the part of it that is in use, in KiB."""

    total_kib: int
    used_kib: int


def cpu_ticks(places: Places) -> CpuTicks | None:
    """Return the time of all CPUs together; None where the kernel does not count all kinds."""
    first, *words = (read_text(places.proc / "stat") or "").partition("\n")[0].split() or [""]
    numbers = [int(word) for word in words if word.isdecimal()][: len(CpuTicks._fields)]
    return CpuTicks(*numbers) if first == "cpu" and len(numbers) == len(CpuTicks._fields) else None


def waited_s(pid: int, places: Places = HERE) -> float | None:
    """Return the seconds that a process has waited for a core since its start; None where the kernel does not count.

    It is the second number of /proc/PID/schedstat (Documentation/scheduler/sched-stats.rst), in nanoseconds, of the
    first thread of the process.
    """
    numbers = (read_text(places.proc / str(pid) / "schedstat") or "").split()
    return int(numbers[1]) / 1e9 if len(numbers) == 3 and numbers[1].isdecimal() else None


def program_ticks(places: Places) -> dict[int, ProgramTicks]:
    """Return the programs that can be seen, by process number, without this one.

    Names alone are read, never arguments, which may hold secrets.
    """
    seen = {}
    for folder in places.proc.glob("[0-9]*"):
        name, _, rest = (read_text(folder / "stat") or "").partition("(")[2].rpartition(")")
        words = rest.split()
        if int(folder.name) != os.getpid() and len(words) > 12:
            seen[int(folder.name)] = ProgramTicks(name, int(words[11]) + int(words[12]))  # utime, stime
    return seen


def program_name(places: Places, process: int) -> str | None:
    """Return the name of a running program; None for one that cannot be seen, as from another container."""
    return read_text(places.proc / str(process) / "comm") or None


def load_average(places: Places) -> float | None:
    """Return the mean number of runnable processes over the last minute; None where the kernel does not say."""
    minute = (read_text(places.proc / "loadavg") or "").partition(" ")[0]
    try:
        return float(minute)
    except ValueError:
        return None


def swapped_pages(places: Places) -> int | None:
    """Return the pages read from swap and written to it since the start; None where the kernel does not count."""
    lines = (line.split() for line in (read_text(places.proc / "vmstat") or "").splitlines())
    counts = [parse_integer(words[1]) for words in lines if len(words) == 2 and words[0] in ("pswpin", "pswpout")]
    known = [count for count in counts if count is not None]
    return sum(known) if known else None


def swap_space(places: Places) -> SwapSpace | None:
    """Return the swap there is and the swap in use; None where the kernel does not say."""
    text = read_text(places.proc / "meminfo") or ""
    sizes = dict(re.findall(r"^(SwapTotal|SwapFree):\s+(\d+) kB", text, re.MULTILINE))
    if len(sizes) < 2:
        return None
    return SwapSpace(int(sizes["SwapTotal"]), int(sizes["SwapTotal"]) - int(sizes["SwapFree"]))
