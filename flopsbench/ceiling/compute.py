"""Measures the ceiling of a CPU by loops on registers, and the clock really running by a chain of dependent steps."""

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
from flopsbench.errors import Unsupported
from flopsbench.host.parent import try_apart
from flopsbench.text import error_line
from flopsbench.words.reason import Reason

SAMPLE_SECONDS = 0.05  # long enough for a scatter of 0.2 % on a quiet core
SAMPLE_SECONDS_PER_THREAD = 0.001  # keeps the threads' staggered start, some 10 us each, near 1 % of a sample at most
CLOCK_SECONDS = 0.005
CHAIN_CLOCKS = 16  # per iteration of chain.ll
STEPS = 2  # of fma.ll and dot.ll, per iteration and accumulator


class Loop:
    """A Loop is a ceiling loop, compiled and calibrated. ``instruction`` names the instruction it is made of."""

    def __init__(self, instruction: Instruction, dtype_name: str, host: Target, threads: int) -> None:
        """Compile and calibrate, which takes some milliseconds; raise Unsupported without llvmlite."""
        self.instruction = instruction.name
        _chain()  # machine code runs here at all
        self._run = _compiled(loop_source(instruction, llvm().llvm_version_info[0]), host)
        self._operands = [random_operands(instruction, dtype_name, seed) for seed in range(threads)]
        self._operations = STEPS * instruction.accumulators * instruction.operations
        # A hypervisor or an emulator may list what it does not have, or forbid it.
        if (ended := try_apart(lambda: self._run(1, self._operands[0]))) < 0:
            raise Unsupported(Reason("instruction_dies", instruction=instruction.name, signal=str(-ended)))
        seconds = max(SAMPLE_SECONDS, SAMPLE_SECONDS_PER_THREAD * threads)
        self._iterations = iterations_for(lambda n: self._run(n, self._operands[0]), seconds)

    def rate_per_s(self) -> float:
        """Take one sample: operations of all threads per second, from the first start to the last end."""
        spans = run_together(lambda i: self._run(self._iterations, self._operands[i]), len(self._operands))
        seconds = max(span.end for span in spans) - min(span.start for span in spans)
        return len(spans) * self._iterations * self._operations / seconds


class CpuCeiling:
    """CpuCeiling measures the ceilings of this process's cores; ``threads`` is how many cores a GEMM is given."""

    def __init__(self, threads: int) -> None:
        self.threads = threads

    def prepare(self, dtype: DType) -> Loop:
        """Return the loop for ``dtype``; raise Unsupported with the reason why this CPU has none."""
        host = this_host()
        return Loop(select(dtype, host), dtype.name, host, self.threads)


def clock_hz(threads: int) -> float:
    """Measure the clock really running, in Hz: the median over ``threads`` threads at work together.

    Each runs a chain of dependent steps of one clock each for about 5 ms. Raise Unsupported without llvmlite.
    """
    run, iterations = _chain()
    sums = [_chain_operands() for _ in range(threads)]
    spans = run_together(lambda i: run(iterations, sums[i]), threads)
    return median(CHAIN_CLOCKS * iterations / span.seconds for span in spans)


@cache
def _chain() -> tuple[Native, int]:
    """Return the chain compiled for this CPU, and how many iterations make a sample."""
    source, operands = chain_source(llvm().llvm_version_info[0]), _chain_operands()
    if (ended := _trial(source)) < 0:
        raise Unsupported(Reason("no_machine_code", signal=str(-ended)))
    run = _compiled(source, this_host())
    return run, iterations_for(lambda n: run(n, operands), CLOCK_SECONDS)


@cache
def _trial(source: str) -> int:
    """Return how a copy of this process ended that has compiled the chain and run it once, as ``try_apart`` does.

    Where executable memory is forbidden the code is made without an error, and its first call ends the process.
    """
    host = this_host()
    return try_apart(lambda: Native(source, host)(1, _chain_operands()))


def _compiled(source: str, host: Target) -> Native:
    """Return the source as machine code; raise Unsupported where LLVM makes none."""
    try:
        return Native(source, host)
    except Exception as error:  # of LLVM, or of what binds it to Python
        raise Unsupported(Reason("llvmlite_unusable", error=error_line(error))) from None


def _chain_operands() -> ctypes.Array[ctypes.c_char]:
    """Return the chain's operands: the sum it starts from and its two addends."""
    return buffer(pack("<3q", 1, 3, 5))
