"""Measures any callable by the rules that ``flopsbench run`` measures a GEMM by: warm-up, blocks, reasons to stop."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from numbers import Real
from typing import Any

from flopsbench import units
from flopsbench.analysis.rate import rate_of
from flopsbench.backend import Clock, HostClock, Launch, Work
from flopsbench.device import CPU, CUDA
from flopsbench.dtype import BYTES_PER_SECOND, CALLS_PER_SECOND, FLOP_PER_S, DType, Unit, parse_dtype
from flopsbench.errors import UsageError
from flopsbench.host.cgroup import ControlGroups
from flopsbench.host.cpu.device import cpu_device
from flopsbench.measure.blocks import Blocks
from flopsbench.measure.cpu import CpuInstruments, cpu_instruments
from flopsbench.measure.profiles import PATIENCE, PROFILES, Rules, Sampling, keep_on, sampling
from flopsbench.measure.schedules import HandOver
from flopsbench.measure.stopping import MIN_BLOCKS, MOST_BLOCKS_KEPT, MOST_WARMUPS_KEPT
from flopsbench.problem import Amount
from flopsbench.result.said import sentence_fields
from flopsbench.result.types import LARGEST_INTEGER, Ceiling, Process, Rate, significant
from flopsbench.stats import Interval, median_interval, thinned

RULES = replace(PROFILES["quick"], fewest_blocks=MIN_BLOCKS)  # a baseline is to be as sure on a slow day
A_CALL = Amount(1, CALLS_PER_SECOND, 0)  # of which nothing but the time is known
HOST_CLOCK = HostClock()
ANY_DTYPE = "any"  # where a callable names none, no ceiling is measured


@dataclass(frozen=True, slots=True)
class Measurement:
    """A Measurement is what one callable did.

    ``rate`` has median, low, high (a 95 % interval over blocks) and best, in ``unit``.
    ``amount`` is the work of one call: operations, bytes or the call itself, as the unit says; ``seconds`` is the time
    one takes, with its interval. ``of_ceiling`` is the rate over what this machine's cores could do just before and
    after, with its interval over blocks; ``note`` says why it is absent where it was asked for. Nothing was measured
    where ``rate`` is None.
    """

    amount: int
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
        return Interval(*(self.amount / rate for rate in (self.rate.median, self.rate.high, self.rate.low)))

    @property
    def best(self) -> float | None:
        """Return the rate of the fastest block: shown, never compared by."""
        return self.rate.best if self.rate else None


@dataclass(frozen=True, slots=True)
class CallRequest:
    """A CallRequest is a callable and what is known of it. ``dtype`` is the number format it computes in.

    ``work`` is that of one call; ``clock`` times blocks of calls, and waits for a device where the call does not. Where
    there ``is_remote`` such a device, this machine's cores are not what computes.
    """

    fn: Launch
    work: Amount = A_CALL
    clock: Clock = HOST_CLOCK
    dtype: DType | None = None
    is_remote: bool = False


def parse_request(
    fn: Any, flop: Any = None, sync: Any = None, dtype: str | None = None, bytes: Any = None
) -> CallRequest:
    """Return the request; raise UsageError with a sentence about the first argument that makes no sense."""
    if not callable(fn):
        raise UsageError(
            f"flops measures something it can call, not {_kind(fn)}: flops(lambda: a @ b, flop=2 * m * n * k)"
        )
    if sync is not None and not callable(sync):
        raise UsageError(f"sync is called at the end of each block: torch.cuda.synchronize itself, not {_kind(sync)}")
    known = None if dtype is None else parse_dtype(dtype)
    clock = HostClock(sync) if sync else HostClock()
    return CallRequest(fn, parse_work(flop, bytes, known), clock, known, is_remote=sync is not None)


def parse_work(flop: Any, bytes: Any, dtype: DType | None = None) -> Amount:
    """Return the work of one call, that in operations where both are known; raise UsageError for what is no amount."""
    if flop is not None:
        unit = dtype.unit if dtype else FLOP_PER_S
        return Amount(_amount(flop, "flop", "the operations of one call", "2 * m * n * k"), unit, 0)
    if bytes is not None:
        return Amount(_amount(bytes, "bytes", "the bytes that one call moves", "3 * x.nbytes"), BYTES_PER_SECOND, 0)
    return A_CALL


def _amount(told: Any, name: str, what: str, like: str) -> int:
    """Return an amount of work as a whole number; raise UsageError for anything else."""
    is_number = isinstance(told, Real) and not isinstance(told, bool)
    if not is_number or not 1 <= told <= LARGEST_INTEGER:
        raise UsageError(f"{name}={told!r}: {what} are a positive number, such as {like}")
    whole: int = round(told)
    return whole


def _kind(value: object) -> str:
    """Return what an object is, in words for an error."""
    return "None" if value is None else f"an object of type {type(value).__name__}"


def measure(request: CallRequest, time_s: float) -> Measurement:
    """Warm up, time blocks and compute the rate; raise UsageError where one call takes too long for ``time_s``.

    ``time_s`` is a budget, not a promise: at least ten blocks are taken. The CPU's ceiling is measured around the
    blocks where the request names a dtype and no ``sync``: what needs one runs on another device.
    """
    instruments = call_instruments(request)
    blocks, _ = take_blocks(request, instruments, call_sampling(request, RULES, time_s))
    reason = instruments.ceiling.reason
    work = request.work
    return Measurement(
        amount=work.count,
        unit=work.unit,
        rate=rate_of([process_of(blocks)], work.count, not request.is_remote and under_quota()),
        blocks=len(blocks.seconds),
        stop_reason=blocks.stop_reason,
        of_ceiling=_of_ceiling(blocks, work.count),
        note=reason and f"no ceiling for {instruments.ceiling.dtype}: {reason}",
    )


def take_blocks(request: CallRequest, instruments: CpuInstruments, sampled: Sampling) -> tuple[Blocks, list[float]]:
    """Warm up and time blocks; return them, and the seconds per call of each window of the warm-up.

    Raise UsageError where one call takes too long to be measured.
    """
    work = Work(launch=request.fn, clock=request.clock, amount=request.work)  # nothing to spoil, nothing to prove
    sampler = sampled.sampler(work, instruments)
    warmups_s = sampler.warm_up(_probe(work, sampled))
    return sampler.sample(min(warmups_s)), warmups_s


def call_sampling(request: CallRequest, rules: Rules, time_s: float, hand_over: HandOver = keep_on) -> Sampling:
    """Return how a callable is sampled."""
    return sampling(rules, CUDA if request.is_remote else CPU, "burst", time_s, hand_over)


def under_quota() -> bool:
    """Return whether a quota limits the processors of this process: blocks before it is used up would flatter."""
    return ControlGroups().quota_cpus() is not None


def call_instruments(request: CallRequest) -> CpuInstruments:
    """Return instruments with a ceiling where one was asked for."""
    if request.dtype is None or request.is_remote or request.work.unit != request.dtype.unit:
        return no_instruments()
    return cpu_instruments(cpu_device(), request.dtype, request.work.unit)


def no_instruments() -> CpuInstruments:
    """Return instruments that read nothing."""
    return CpuInstruments(Ceiling(device=CPU.name, dtype=ANY_DTYPE), None, None, lead_in_s=0.0)


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


def process_of(blocks: Blocks, order: int = 0, warmups_s: Sequence[float] = ()) -> Process:
    """Return the blocks as a process of a document, which the rate is computed from."""
    return Process(
        order=order,
        position=0,
        loops=blocks.loops,
        blocks_total=len(blocks.seconds),
        first_launch_s=significant(blocks.seconds[0] / blocks.loops),
        block_s=thinned(blocks.seconds, MOST_BLOCKS_KEPT),
        **sentence_fields(stop_reason=blocks.stop_reason),
        wall_s=significant(sum(blocks.seconds)),
        warmup_block_s=[significant(seconds) for seconds in warmups_s[-MOST_WARMUPS_KEPT:]],
        block_ceilings=thinned(blocks.ceilings, MOST_BLOCKS_KEPT),
    )


def _of_ceiling(blocks: Blocks, amount: int) -> Interval | None:
    """Return the rate over the mean of the two ceilings around each block, with its interval; None without ceilings."""
    shares = [
        amount * blocks.loops / seconds / ((before + after) / 2)
        for seconds, (before, after) in zip(blocks.seconds, blocks.ceilings, strict=False)
    ]
    return median_interval(shares) if shares else None
