"""Says what the board is that the fakes of a rehearsal play: a GPU by name, the processor's clock behind it."""

from time import perf_counter

NAME = "NVIDIA H200"
UUID = "01020304-0506-0708-090a-0b0c0d0e0f10"
UNITS, MAJOR, MINOR = 132, 9, 0
MEMORY_BYTES, FREE_BYTES = 141 << 30, 2 << 30
CACHE_BYTES = 1 << 20  # so small that few operands are larger
CLOCK_MHZ, HIGHEST_MHZ = 1455, 1980
POWER_MW = 690_000


def energy_mj():
    """What the board has taken so far."""
    return int(POWER_MW * perf_counter())
