"""The measured ceiling of a CPU: how fast its cores multiply and add when memory plays no part."""

from __future__ import annotations

import ctypes
from functools import cache
from statistics import median
from struct import pack

from flopsbench.ceiling.instruction import Instruction, select
from flopsbench.ceiling.native import Native
from flopsbench.ceiling.operands import buffer, random_operands
from flopsbench.ceiling.source import chain_source, loop_source
from flopsbench.ceiling.target import Target, llvm, this_host
from flopsbench.ceiling.threads import iterations_for, run_together
from flopsbench.dtype import DType

SAMPLE_SECONDS = 0.05  # long enough for a scatter of 0.2 % on a quiet core
SAMPLE_SECONDS_A_THREAD = 0.001  # keeps the threads' staggered start, some 10 us each, near 1 % of a sample at most
CLOCK_SECONDS = 0.005
CHAIN_CLOCKS = 16  # of chain.ll, an iteration
STEPS = 2  # of fma.ll and dot.ll, an iteration on each accumulator


class Loop:
    """A ceiling loop, compiled and calibrated. ``instruction`` is the name of what it is made of."""

    def __init__(self, instruction: Instruction, dtype_name: str, host: Target, threads: int) -> None:
        """Compile and calibrate, which takes some ms; raise Unsupported without llvmlite."""
        self.instruction = instruction.name
        self._run = Native(loop_source(instruction, llvm().llvm_version_info[0]), host)
        self._operands = [random_operands(instruction, dtype_name, seed) for seed in range(threads)]
        self._operations = STEPS * instruction.accumulators * instruction.operations
        seconds = max(SAMPLE_SECONDS, SAMPLE_SECONDS_A_THREAD * threads)
        self._iterations = iterations_for(lambda n: self._run(n, self._operands[0]), seconds)

    def rate_per_s(self) -> float:
        """One sample: operations of all threads a second, from the first start to the last end."""
        spans = run_together(lambda i: self._run(self._iterations, self._operands[i]), len(self._operands))
        seconds = max(span.end for span in spans) - min(span.start for span in spans)
        return len(spans) * self._iterations * self._operations / seconds


class CpuCeiling:
    """The ceilings of this process's cores, by dtype. ``threads`` is how many cores a GEMM is given."""

    def __init__(self, threads: int) -> None:
        self.threads = threads

    def prepare(self, dtype: DType) -> Loop:
        """The loop for ``dtype``; raise Unsupported with the reason why this CPU has none."""
        host = this_host()
        return Loop(select(dtype, host), dtype.name, host, self.threads)


def clock_hz(threads: int) -> float:
    """The clock really running, seen by a chain of dependent steps: the median over ``threads`` at work together.

    Takes some 5 ms; raise Unsupported without llvmlite.
    """
    run, iterations = _chain()
    sums = [_chain_operands() for _ in range(threads)]
    spans = run_together(lambda i: run(iterations, sums[i]), threads)
    return median(CHAIN_CLOCKS * iterations / span.seconds for span in spans)


@cache
def _chain() -> tuple[Native, int]:
    """The chain for this CPU, and how many iterations make a sample."""
    run = Native(chain_source(llvm().llvm_version_info[0]), this_host())
    operands = _chain_operands()
    return run, iterations_for(lambda n: run(n, operands), CLOCK_SECONDS)


def _chain_operands() -> ctypes.Array[ctypes.c_char]:
    return buffer(pack("<3q", 1, 3, 5))
