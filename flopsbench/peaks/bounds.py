"""States bounds that no chip of today comes near, for devices of which no table knows more.

They are generous on purpose: what passes them was not measured. They rest on the tables beside them, not on a source.
"""

from __future__ import annotations

from flopsbench.device import kind_of

# Operations per clock and core, by the bytes of an operand's element; several cores may share a matrix unit. No row
# of microarchitectures.json comes to a tenth of it.
WORK_PER_CLOCK_OF_ANY_CORE = {8: 1024, 4: 4096, 2: 16384, 1: 32768}

HIGHEST_CLOCK_OF_ANY_CPU_HZ = 6.5e9  # above any that is sold
HIGHEST_CLOCK_OF_ANY_GPU_HZ = 4e9
LOWEST_CLOCK_HZ = 1e7
HIGHEST_BOARD_POWER_W = 3000.0
HIGHEST_CPU_POWER_W = 20_000.0  # all packages of the largest machines
LOWEST_POWER_W = 0.5  # at work; what takes less has no meter

# Machines: Linux is built for 8,192 CPUs at most, and counts 4 million processes; the largest memories are a tenth of a
# PiB, and the largest boards have some 300 units.
MOST_CPUS = 10_000
MOST_THREADS_PER_CORE = 8  # of POWER; cores of x86 have two
MOST_PROCESSES_RUNNABLE = 5_000_000
MOST_MEMORY_BYTES = 2**50
MOST_BOARD_MEMORY_BYTES = 2**42
MOST_BOARD_UNITS = 2_000
MOST_BOARDS = 3_000
MOST_CACHE_BYTES = 2**32
COLDEST_C, HOTTEST_C = -200.0, 130.0  # under liquid nitrogen; silicon that is switched off by its own protection
SHORTEST_QUOTA_PERIOD_S = 1e-3  # of a control group

OVERCLOCKED = 1.1  # times the highest clock that a core was sold with

# Memory bandwidth: 12 channels of DDR5 on each of two sockets, or HBM, stay below for CPUs; HBM3e at 8 TB/s for GPUs.
BYTES_PER_S_OF_ANY_CPU = 4e12
BYTES_PER_S_OF_ANY_GPU = 12e12

CORES_PER_CACHE = 4  # no fewer cores share a last-level cache; documents told the size of one such cache, not of all


def highest_clock_hz(kind: str) -> float:
    """Return a clock above that of any device of its kind."""
    return HIGHEST_CLOCK_OF_ANY_CPU_HZ if kind_of(kind).is_host else HIGHEST_CLOCK_OF_ANY_GPU_HZ


def highest_bandwidth(kind: str) -> float:
    """Return a bandwidth in bytes per second above that of any memory of a device's kind."""
    return BYTES_PER_S_OF_ANY_CPU if kind_of(kind).is_host else BYTES_PER_S_OF_ANY_GPU
