"""Measures any callable by the rules that ``flopsbench run`` measures a GEMM by: warm-up, blocks, reasons to stop."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from numbers import Real
from typing import Any

from flopsbench import units
from flopsbench.analysis.rate import rate_of
from flopsbench.backend import HostClock, Launch, Work
from flopsbench.device import CPU, CUDA
from flopsbench.dtype import DType, Unit, parse_dtype
from flopsbench.errors import UsageError
from flopsbench.host.cgroup import ControlGroups
from flopsbench.host.cpu.device import cpu_device
from flopsbench.measure.blocks import Blocks
from flopsbench.measure.cpu import CpuInstruments, cpu_instruments
from flopsbench.measure.profiles import PATIENCE, PROFILES, Sampling, sampling
from flopsbench.measure.stopping import MIN_BLOCKS
from flopsbench.problem import Amount
from flopsbench.result.types import LARGEST_INTEGER, Ceiling, Process, Rate
from flopsbench.stats import Interval, median_interval

RULES = replace(PROFILES["quick"], fewest_blocks=MIN_BLOCKS)  # a baseline is to be as sure on a slow day
ANY_DTYPE = "any"  # where a callable names none, no ceiling is measured


@dataclass(frozen=True, slots=True)
class Measurement:
    """A Measurement is what one callable did.

    ``rate`` has median, low, high (a 95 % interval over blocks) and best, in ``unit``.
    ``flop`` are the operations of one call, ``seconds`` the time one takes, with its interval. ``of_ceiling`` is the
    rate over what this machine's cores could do just before and after, with its interval over blocks; ``note`` says
    why it is absent where it was asked for. Nothing was measured where ``rate`` is None.
    """

    flop: int
    unit: Unit = "FLOP/s"
    rate: Rate | None = None
    blocks: int = 0
    stop_reason: str = "disabled"
    of_ceiling: Interval | None = None
    note: str | None = None

    @property
    def seconds(self) -> Interval | None:
        """Return the seconds per call, with their interval; None where nothing was measured."""
        if self.rate is None:
            return None
        return Interval(self.flop / self.rate.median, self.flop / self.rate.high, self.flop / self.rate.low)

    @property
    def best(self) -> float | None:
        """Return the rate of the fastest block: shown, never compared by."""
        return self.rate.best if self.rate else None


@dataclass(frozen=True, slots=True)
class CallRequest:
    """A CallRequest is a callable and what is known of it. ``dtype`` is the number format it computes in.

    ``flop`` are the operations of one call; ``sync`` waits for a device, where the call does not.
    """

    fn: Launch
    flop: int
    sync: Launch | None = None
    dtype: DType | None = None

    @property
    def unit(self) -> Unit:
        """Return what its rate is counted in."""
        return self.dtype.unit if self.dtype else "FLOP/s"


def parse_request(fn: Any, flop: Any, sync: Any = None, dtype: str | None = None) -> CallRequest:
    """Return the request; raise UsageError with a sentence about the first argument that makes no sense."""
    if not callable(fn):
        raise UsageError(
            f"flops measures something it can call, not {_kind(fn)}: flops(lambda: a @ b, flop=2 * m * n * k)"
        )
    is_number = isinstance(flop, Real) and not isinstance(flop, bool)
    if not is_number or not 1 <= flop <= LARGEST_INTEGER:
        raise UsageError(f"flop={flop!r}: the operations of one call are a positive number, such as 2 * m * n * k")
    if sync is not None and not callable(sync):
        raise UsageError(f"sync is called at the end of each block: torch.cuda.synchronize itself, not {_kind(sync)}")
    return CallRequest(fn, round(flop), sync, None if dtype is None else parse_dtype(dtype))


def _kind(value: object) -> str:
    """Return what an object is, in words for an error."""
    return "None" if value is None else f"an object of type {type(value).__name__}"


def measure(request: CallRequest, time_s: float) -> Measurement:
    """Warm up, time blocks and compute the rate; raise UsageError where one call takes too long for ``time_s``.

    ``time_s`` is a budget, not a promise: at least ten blocks are taken. The CPU's ceiling is measured around the
    blocks where the request names a dtype and no ``sync``: what needs one runs on another device.
    """
    sampled = sampling(RULES, CUDA if request.sync else CPU, "burst", time_s)
    instruments, work = _instruments(request), _work(request)
    sampler = sampled.sampler(work, instruments)
    blocks = sampler.sample(min(sampler.warm_up(_probe(work, sampled))))
    reason = instruments.ceiling.reason
    quota = not request.sync and ControlGroups().quota_cpus() is not None
    return Measurement(
        flop=request.flop,
        unit=request.unit,
        rate=rate_of([_process(blocks)], request.flop, quota),
        blocks=len(blocks.seconds),
        stop_reason=blocks.stop_reason,
        of_ceiling=_of_ceiling(blocks, request.flop),
        note=reason and f"no ceiling for {instruments.ceiling.dtype}: {reason}",
    )


def _work(request: CallRequest) -> Work:
    """Return the callable as work: nothing is known of its operands, so nothing is spoiled or proven."""
    return Work(
        launch=request.fn,
        clock=HostClock(request.sync) if request.sync else HostClock(),
        amount=Amount(request.flop, request.unit, bytes=0),
    )


def _instruments(request: CallRequest) -> CpuInstruments:
    """Return instruments with a ceiling where one was asked for."""
    if request.dtype is None or request.sync:
        return CpuInstruments(Ceiling(device=CPU.name, dtype=ANY_DTYPE), None, None, lead_in_s=0.0)
    return cpu_instruments(cpu_device(), request.dtype, request.unit)


def _probe(work: Work, sampled: Sampling) -> float:
    """Return the seconds of one call; raise UsageError where it takes too long to be measured.

    The first call may import and compile: it does not count if the second is short enough.
    """
    longest_s = sampled.longest_launch_s
    call_s = work.clock.time(work.launch, 1).seconds
    if call_s > longest_s:
        call_s = work.clock.time(work.launch, 1).seconds
    if call_s > longest_s:
        enough_s = math.ceil(MIN_BLOCKS * call_s / PATIENCE)
        raise UsageError(
            f"one call takes {units.format_digits(call_s, 2)} s, and at least {MIN_BLOCKS} are timed: "
            f"make the work smaller, or give it time with --flops-time {enough_s}"
        )
    return call_s


def _process(blocks: Blocks) -> Process:
    """Return the blocks as a process of a document, which the rate is computed from."""
    return Process(
        order=0,
        position=0,
        loops=blocks.loops,
        blocks_total=len(blocks.seconds),
        first_launch_s=blocks.seconds[0] / blocks.loops,
        block_s=blocks.seconds,
        stop_reason=blocks.stop_reason,
        wall_s=sum(blocks.seconds),
    )


def _of_ceiling(blocks: Blocks, flop: int) -> Interval | None:
    """Return the rate over the mean of the two ceilings around each block, with its interval; None without ceilings."""
    shares = [
        flop * blocks.loops / seconds / ((before + after) / 2)
        for seconds, (before, after) in zip(blocks.seconds, blocks.ceilings, strict=False)
    ]
    return median_interval(shares) if shares else None
