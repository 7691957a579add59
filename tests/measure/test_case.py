"""One case in one process, in the order it happens, on a device whose time is made up."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count, cycle, repeat
from typing import Any

import numpy as np
import pytest

from flopsbench.backend import Amount, Elapsed, Formats, Kernel, Launch, Prepared, Room, Work
from flopsbench.backends.candidate import Candidate
from flopsbench.device import CPU as CPU_KIND
from flopsbench.device import Device
from flopsbench.dtype import DTYPES
from flopsbench.errors import FlopsbenchError, Unsupported
from flopsbench.measure.case import Taken, Turn, bound_cost, measure, prepare
from flopsbench.measure.gemm import Gemm
from flopsbench.measure.profiles import PROFILES, Sampling, sampling
from flopsbench.measure.schedules import bracketed
from flopsbench.measure.stopping import MOST_BLOCKS_KEPT, Stopping
from flopsbench.problem import Op, Problem
from flopsbench.result.types import CasePolicy, Telemetry
from tests.measure.stand import CPU, SMALL, Array, Dealing, Stand, Still

FP32 = Problem(2048, 2048, 2048, DTYPES["fp32"])
BRIEF = CasePolicy(block_s=0.1, warmup_s=1e-9)
RULES = replace(sampling(PROFILES["quick"], CPU_KIND, "burst", 6.0), longest_launch_s=1.44)


class Machine(Stand):
    """A device on which each launch of a problem takes as long as is said; it notes every shape that was launched."""

    def __init__(self, launch_s: Callable[[Problem], float]) -> None:
        super().__init__()
        self.launch_s = launch_s
        self.launched: list[str] = []

    def formats(self, problem: Problem, device: Device) -> Formats:
        return Formats("fp32", "fp32", "fp32")  # whatever is asked for: nothing is multiplied

    def kernel(self, problem: Problem, device: Device) -> Prepared:
        def launch(a: Array, b: Array, c: Array) -> None:
            self.launched.append(problem.shape)
            self.seconds += self.launch_s(problem)

        return Prepared(launch, library="imaginary")

    def of(self, problem: Problem, kernel: Kernel | None = None) -> Candidate:
        return Candidate(self, kernel or self.kernel, problem, CPU)


def at_rate(flop_per_s: float) -> Machine:
    return Machine(lambda problem: problem.amount.count / flop_per_s)


# --- the bound of the cost


def test_a_slow_path_is_refused_with_its_rate_and_what_it_would_take():
    slow = at_rate(1e9)  # one launch of the real size: 17 s, of which ten would be needed
    with pytest.raises(Unsupported) as caught:
        bound_cost(slow.of(FP32), RULES, Dealing())
    assert str(caught.value) == (
        "no fast fp32 path here: 1.00 GFLOPS at 512x512x512, one launch at 2048x2048x2048 would take 17 s "
        "(a smaller --size or a larger --time runs it)"
    )


def test_no_time_that_a_slow_path_would_take_is_told_with_an_exponent():
    with pytest.raises(Unsupported, match=r"would take 1,700 s \("):
        bound_cost(at_rate(1e7).of(FP32), RULES, Dealing())


def test_a_slow_path_never_runs_at_its_full_size():
    slow = at_rate(1e9)
    with pytest.raises(Unsupported):
        measure(slow.of(FP32), RULES, Still())
    assert set(slow.launched) == {"256x256x256", "512x512x512"}


@pytest.mark.parametrize(("waiting_s", "passes"), [(0.02, True), (0.1, True), (0.3, False)])
def test_a_machine_that_makes_launches_wait_does_not_make_a_path_slow(waiting_s, passes):
    """A launch that waits 0.1 s seems to take 51 s at 2048 when probed at 256, 6.5 s at 512, and 0.9 s at 1024."""
    busy = Machine(lambda problem: problem.amount.count / 200e9 + waiting_s)
    if passes:
        bound_cost(busy.of(FP32), RULES, Dealing())
    else:
        with pytest.raises(Unsupported, match=r"at 1024x1024x1024"):
            bound_cost(busy.of(FP32), RULES, Dealing())


def test_the_only_size_that_can_be_probed_decides_alone():
    slow = at_rate(1e8)
    with pytest.raises(Unsupported, match=r"100 MFLOPS at 256x256x256"):
        bound_cost(slow.of(FP32.resized(512, 512, 512)), RULES, Dealing())


def test_what_does_not_fit_into_memory_is_told_as_that_and_not_as_slow():
    huge = FP32.resized(200_000, 200_000, 200_000)
    slow = at_rate(1e9)
    slow.room = Room(24 << 30, 0)
    with pytest.raises(Unsupported, match="GiB") as caught:
        bound_cost(slow.of(huge), RULES, Dealing())
    assert caught.value.reason.code == "too_little_memory"
    assert slow.launched == []


def test_a_path_too_fast_to_judge_is_probed_again_twice_as_large():
    medium = at_rate(10e9)  # 3 ms at 256, 27 ms at 512, 1.7 s at 2048: ten of those are more than 14.4 s
    with pytest.raises(Unsupported, match=r"10\.0 GFLOPS at 1024x1024x1024"):
        bound_cost(medium.of(FP32), RULES, Dealing())
    assert list(dict.fromkeys(medium.launched)) == ["256x256x256", "512x512x512", "1024x1024x1024"]


def test_a_fast_path_passes():
    fast = at_rate(200e9)
    bound_cost(fast.of(FP32), RULES, Dealing())
    assert "2048x2048x2048" not in fast.launched


@pytest.mark.parametrize(("flop_per_s", "passes"), [(11.8e9, False), (12.1e9, True)])
def test_the_bound_is_ten_launches_in_four_times_the_cases_time(flop_per_s, passes):
    """10 x 2 x 2048^3 / (4 x 3.6 s) = 11.93 GFLOPS."""
    machine = at_rate(flop_per_s)
    if passes:
        bound_cost(machine.of(FP32), RULES, Dealing())
    else:
        with pytest.raises(Unsupported):
            bound_cost(machine.of(FP32), RULES, Dealing())


def test_a_first_launch_that_compiles_does_not_make_a_path_slow():
    """The fastest of three launches counts."""
    taken_s = cycle([5.0, *repeat(1e-4, 2)])
    compiling = Machine(lambda problem: next(taken_s))
    bound_cost(compiling.of(FP32), RULES, Dealing())
    assert len(compiling.launched) == 9


def test_a_small_problem_is_not_probed_at_all():
    slow = at_rate(1.0)
    bound_cost(slow.of(FP32.resized(256, 256, 256)), RULES, Dealing())
    assert slow.launched == []


def test_a_probe_is_never_larger_than_the_problem_in_any_dimension():
    machine = at_rate(1e15)
    bound_cost(machine.of(FP32.resized(100, 5000, 300)), RULES, Dealing())
    assert list(dict.fromkeys(machine.launched)) == [
        "100x256x256",
        "100x512x300",
        "100x1024x300",
        "100x2048x300",
        "100x4096x300",
    ]


def test_a_rate_of_integers_is_told_in_ops():
    slow = at_rate(1e9)
    with pytest.raises(Unsupported, match=r"1\.00 GOPS"):
        bound_cost(slow.of(Problem(2048, 2048, 2048, DTYPES["int8"])), RULES, Dealing())


# --- what a kernel brings is held against the problem

COPIED = Amount(64, "B/s", 64)
COPY = Op("copy", "2n bytes", lambda m, n, k, dtype: COPIED, shape=lambda n: (1, n, 1), proven=False)
COPIES = replace(SMALL, op=COPY)
ONE_BLOCK = Sampling(BRIEF, bracketed(Stopping(0.01, 1e-9), 1), 1e-9, 1.0)


def copying(amount: Any) -> Candidate:
    """What a kernel brings that copies, and counts so much."""
    machine = Machine(lambda problem: 0.01)

    def launch() -> None:
        machine.seconds += 0.01

    return machine.of(COPIES, lambda problem, device: Work(launch=launch, clock=machine, amount=amount))


def test_a_kernel_that_counts_other_work_than_the_problem_is_refused() -> None:
    """A rate is the problem's work over the kernel's time: an algorithm that does less may not count more."""
    generous = copying(replace(COPIED, count=34_359_738_368))
    told = r"the kernel counts 34,359,738,368 in B/s on 64 bytes per launch, and the problem is 64 in B/s on 64 bytes"
    with pytest.raises(FlopsbenchError, match=told):
        prepare(generous, Dealing())
    with pytest.raises(FlopsbenchError, match=told):
        measure(generous, ONE_BLOCK, Still())


@pytest.mark.parametrize("amount", [None, "much", 7])
def test_a_kernel_that_brings_no_amount_is_refused(amount: Any) -> None:
    with pytest.raises(FlopsbenchError, match="the kernel brings no Work with the problem's amount"):
        prepare(copying(amount), Dealing())


def test_a_gemm_counts_nothing_itself() -> None:
    """Its work is the harness's, whatever a kernel brings."""
    work = prepare(at_rate(1e12).of(SMALL), Dealing())
    assert isinstance(work, Gemm)
    assert work.amount == SMALL.amount


def test_work_of_an_operation_without_a_proof_is_measured_and_not_proven() -> None:
    found = measure(copying(COPIED), ONE_BLOCK, Still())
    assert found.proof is None
    assert found.process.blocks_total == 10


@pytest.mark.parametrize("foreign", [False, True])
def test_what_a_space_says_that_flopsbench_does_not_own_is_marked(foreign: bool) -> None:
    machine = at_rate(1e12)
    candidate = machine.of(SMALL, lambda problem, device: Prepared(print, notes=("said so",)))
    work = prepare(replace(candidate, foreign=foreign), Dealing())
    assert isinstance(work, Gemm)
    assert (work.own_space, work.notes) == (foreign, ("said so",))


# --- a whole case


class Products(Stand):
    """Real products in made-up time: each launch of a block takes as long as the next in ``launch_s`` says.

    A kernel that is lazy no longer multiplies after so many launches.
    """

    def __init__(self, launch_s: Iterator[float], lazy_after: float = math.inf) -> None:
        super().__init__()
        self.launch_s = launch_s
        self.lazy_after = lazy_after
        self.launches = 0

    def launch(self, a: Array, b: Array, c: Array) -> None:
        self.launches += 1
        if self.launches <= self.lazy_after:
            np.matmul(a, b, out=c)

    def time(self, launch: Launch, loops: int) -> Elapsed:
        for _ in range(loops):
            launch()
        each = next(self.launch_s)
        return Elapsed(loops * each, loops * each * 1.01)

    def kernel(self, problem: Problem, device: Device) -> Prepared:
        return Prepared(self.launch, library="numpy", notes=("said so",))


def taken(products: Products, policy: CasePolicy = BRIEF, **changes: Any) -> Taken:
    stopping = Stopping(**{"target_half_width": 0.01, "time_s": 1e-9} | changes)
    sampled = Sampling(policy, bracketed(stopping, 1), policy.warmup_s, 1.0)
    return measure(Candidate(products, products.kernel, SMALL, CPU), sampled, Still(), Turn(order=2, position=4))


def test_a_measured_case_keeps_everything_that_was_observed():
    found = taken(Products(repeat(0.03)))
    process = found.process
    assert (process.order, process.position) == (2, 4)
    assert process.loops == 4
    assert process.first_launch_s == 0.03
    assert process.block_s == [0.12] * 10
    assert process.host_block_s == [0.1212] * 10
    assert process.block_ceilings == [(1e12, 1e12)] * 10
    assert process.blocks_total == 10
    assert process.stop_reason == "interval within 1.0%"
    assert set(process.warmup_block_s) == {0.03}
    assert process.telemetry == Telemetry(load=0.5)
    assert process.wall_s > 0
    assert isinstance(found.work, Gemm)
    assert (len(found.work.sets.sets), found.work.notes, found.work.compute.library) == (4, ("said so",), "numpy")
    assert found.work.fresh
    assert found.proof is not None
    assert found.proof.passed


def test_the_block_is_sized_by_the_fastest_warm_up_window_not_by_the_first_launch():
    assert taken(Products(iter([5.0, 0.05, *repeat(0.05, 20)]))).process.loops == 2


def test_launches_that_stop_after_the_warm_up_leave_no_product_to_prove():
    """C is spoiled before each block, so the right product of the warm-up is gone."""
    proof = taken(Products(repeat(0.03), lazy_after=3)).proof
    assert not proof.passed
    assert "not finite" in proof.reason


def test_launches_that_stop_before_the_very_last_block_are_caught():
    whole = Products(repeat(0.03))
    assert taken(whole).proof.passed
    before_the_proof = whole.launches - 4  # one pass over its four sets
    assert not taken(Products(repeat(0.03), lazy_after=before_the_proof - 4)).proof.passed
    assert not taken(Products(repeat(0.03), lazy_after=before_the_proof)).proof.passed


def test_the_order_of_a_case_is_warm_up_blocks_and_the_judge():
    referee = Dealing()
    products, sampled = Products(repeat(0.03)), Sampling(BRIEF, bracketed(Stopping(0.01, 1e-9), 1), 1e-9, 1.0)
    measure(Candidate(products, products.kernel, SMALL, CPU), sampled, Still(), referee=referee)
    ready = ["operands", "order"]
    blocks = [*ready, "begin", "look", "look"] * 10  # its seed, and what was seen
    assert referee.asked == [*ready, *blocks, "choice", "operands", "kinds", "order", "judge"]


def test_of_very_many_blocks_sixty_are_kept_and_all_are_counted():
    process = taken(Products(repeat(0.03)), min_blocks=75).process
    assert process.blocks_total == 75
    assert len(process.block_s) == len(process.block_ceilings) == len(process.host_block_s) == MOST_BLOCKS_KEPT == 60


def test_few_warm_up_windows_are_kept_and_the_fastest_sizes_the_blocks():
    """A machine that speeds up: the last window is the fastest, and thinning keeps the last."""
    gemm = Products(max(2.0**-index, 2.0**-12) for index in count())
    process = taken(gemm, CasePolicy(block_s=0.125, warmup_s=2e-3)).process
    assert len(process.warmup_block_s) <= 10
    assert process.loops == math.ceil(0.125 / 2.0 ** round(math.log2(process.warmup_block_s[-1])))


def test_a_cases_wall_time_is_that_of_its_own_work():
    began = time.perf_counter()
    wall_s = taken(Products(repeat(0.03))).process.wall_s
    assert 0 < wall_s <= (time.perf_counter() - began) * 1.00001


def test_a_case_without_a_turn_is_the_first_of_the_first_process():
    assert Turn() == Turn(order=0, position=0)
