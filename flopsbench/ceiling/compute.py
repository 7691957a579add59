"""Measures the ceiling of a CPU by loops on registers, and the clock really running by a chain of dependent steps."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from functools import cache
from itertools import chain, islice
from statistics import median
from struct import pack

from flopsbench.ceiling.instruction import Instruction, select
from flopsbench.ceiling.native import Native
from flopsbench.ceiling.operands import buffer, random_operands
from flopsbench.ceiling.source import chain_source, loop_source
from flopsbench.ceiling.target import Target, llvm, this_host, unusable
from flopsbench.ceiling.threads import Span, iterations_for, rate_together, run_together
from flopsbench.dtype import DType
from flopsbench.errors import Unsupported
from flopsbench.host.parent import try_apart
from flopsbench.words.reason import Reason

SAMPLE_SECONDS = 0.05  # long enough for a scatter of 0.2 % on a quiet core
SAMPLE_SECONDS_PER_THREAD = 0.001  # keeps the threads' staggered start, some 10 us each, near 1 % of a sample at most
CLOCK_SECONDS = 0.005
CHAIN_CLOCKS = 16  # per iteration of chain.ll
BALANCINGS = 2  # samples in which kinds of core come to end together: in the first, the slow ones end alone
STEPS = 2  # of fma.ll and dot.ll, per iteration and accumulator

CpusByKind = Sequence[Sequence[int]]


class Loop:
    """A Loop is a ceiling loop, compiled and calibrated. ``instruction`` names the instruction it is made of."""

    def __init__(
        self, instruction: Instruction, dtype_name: str, host: Target, threads: int, kinds: CpusByKind = ()
    ) -> None:
        """Compile and calibrate, which takes some milliseconds; raise Unsupported without llvmlite."""
        self.instruction = instruction.name
        _chain()  # machine code runs here at all
        self._run = _compiled(loop_source(instruction, llvm().llvm_version_info[0]), host)
        self._cpus = [*chain.from_iterable(kinds)]
        threads = len(self._cpus) or threads
        self._operands = [random_operands(instruction, dtype_name, seed) for seed in range(threads)]
        self._operations = STEPS * instruction.accumulators * instruction.operations
        # A hypervisor or an emulator may list what it does not have, or forbid it.
        if (ended := try_apart(lambda: self._run(1, self._operands[0]))) < 0:
            raise Unsupported(Reason("instruction_dies", instruction=instruction.name, signal=str(-ended)))
        seconds = max(SAMPLE_SECONDS, SAMPLE_SECONDS_PER_THREAD * threads)
        self._iterations = [iterations_for(lambda n: self._run(n, self._operands[0]), seconds)] * threads
        for _ in range(BALANCINGS if kinds else 0):
            self._iterations = balanced(self._spans(), self._iterations, kinds, seconds)

    def rate_per_s(self) -> float:
        """Take one sample: operations of all threads per second."""
        spans = self._spans()
        return rate_together(spans, [count * self._operations for count in self._iterations[: len(spans)]])

    def _spans(self) -> list[Span]:
        """Run all threads together once."""
        return _together(lambda i: self._run(self._iterations[i], self._operands[i]), len(self._operands), self._cpus)


def balanced(spans: Sequence[Span], iterations: Sequence[int], kinds: CpusByKind, seconds: float) -> list[int]:
    """Return how many iterations each thread needs for so many seconds, which is the same for all cores of a kind.

    All kinds then end together: what one does while another rests is not what it does while all are at work.
    """
    speeds = iter([count / span.seconds for count, span in zip(iterations, spans, strict=True)])
    by_kind = [median(islice(speeds, len(cpus))) for cpus in kinds]
    return [max(1, round(speed * seconds)) for speed, cpus in zip(by_kind, kinds, strict=True) for _ in cpus]


class CpuCeiling:
    """CpuCeiling measures the ceilings of this process's cores; ``threads`` is how many cores a GEMM is given.

    Where those are of several kinds, ``kinds`` are their logical CPUs, one for each core.
    """

    def __init__(self, threads: int, kinds: CpusByKind = ()) -> None:
        self.threads, self.kinds = threads, kinds

    def prepare(self, dtype: DType) -> Loop:
        """Return the loop for ``dtype``; raise Unsupported with the reason why this CPU has none."""
        host = this_host()
        return Loop(select(dtype, host), dtype.name, host, self.threads, self.kinds)


def clock_hz(threads: int) -> float:
    """Measure the clock really running, in Hz: the median over ``threads`` threads at work together.

    Each runs a chain of dependent steps of one clock each for about 5 ms. Raise Unsupported without llvmlite.
    """
    return median(_clocks_hz(threads))


def kind_clocks_hz(kinds: CpusByKind) -> list[float]:
    """Measure the clock of each kind of core, in Hz, while all are at work: the median over its cores."""
    cpus = [*chain.from_iterable(kinds)]
    clocks = iter(_clocks_hz(len(cpus), cpus))
    return [median(islice(clocks, len(of_kind))) for of_kind in kinds]


def _clocks_hz(threads: int, cpus: Sequence[int] = ()) -> list[float]:
    """Measure the clock of each thread."""
    run, iterations = _chain()
    sums = [_chain_operands() for _ in range(threads)]
    spans = _together(lambda i: run(iterations, sums[i]), threads, cpus)
    return [CHAIN_CLOCKS * iterations / span.seconds for span in spans]


def _together(work: Callable[[int], None], threads: int, cpus: Sequence[int]) -> list[Span]:
    """Run the work on all threads together, each on its CPU where there are several kinds of them."""
    return run_together(work, threads, cpus) if cpus else run_together(work, threads)


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
        raise unusable(error) from None


def _chain_operands() -> ctypes.Array[ctypes.c_char]:
    """Return the chain's operands: the sum it starts from and its two addends."""
    return buffer(pack("<3q", 1, 3, 5))
