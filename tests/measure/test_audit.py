"""Launches too short for fresh blocks: whoever does not do the work of each is slower where he must, or wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import chain, repeat
from typing import Any

import numpy as np
import pytest

from flopsbench.backends.candidate import Candidate
from flopsbench.measure.case import measure
from flopsbench.measure.gemm import FRESH_FROM_S, MOST_AUDITS, Gemm, gemm
from flopsbench.measure.profiles import Sampling
from flopsbench.measure.schedules import bracketed
from flopsbench.measure.stopping import Stopping
from flopsbench.proof.ledger import COLD_S, LONGER, Dealt, Ledger, Look
from flopsbench.result.types import CasePolicy, Proof
from tests.measure.stand import CPU, SMALL, Array, Dealing, Stand, Still, kernel_of

WORK_S = 2.0**-14  # 61 us for a product, exact in binary
LOOK_S = 2.0**-20  # for a look that spares it
LOOPS = 64
SETS = 4


# --- an audit


def test_each_audit_is_on_new_operands_with_products_spoiled_in_a_new_order() -> None:
    space, referee = Stand(cache_bytes=SETS * SMALL.amount.bytes // 2), Dealing()
    seen: list[tuple[int, bytes]] = []

    def launch(a: Array, b: Array, c: Array) -> None:
        assert np.isnan(c).all()
        seen.append((c.ctypes.data, a.tobytes() + b.tobytes()))
        space.seconds += WORK_S
        np.matmul(a, b, out=c)

    work = gemm(space, kernel_of(launch), SMALL, CPU, referee)
    work.clock.time(work.launch, 3)  # a block need not end with a pass
    seen.clear()
    referee.asked.clear()
    for _ in range(5):
        work.renewal.audit()
    assert len(seen) == len({operands for _, operands in seen}) == 5 * SETS
    orders = {tuple(place for place, _ in seen[start : start + SETS]) for start in range(0, len(seen), SETS)}
    assert all(len(set(order)) == SETS for order in orders)
    assert len(orders) > 1
    assert referee.asked == ["operands", "order", "look", "look"] * 5
    looks = [each.look for each in referee.ledger.audits()]
    assert [(look.loops, look.seconds, look.audit) for look in looks] == [(SETS, SETS * WORK_S, True)] * 5


@pytest.mark.parametrize(
    ("busy", "first", "second"), [(0, 1, 1), (1, 2, 1), (MOST_AUDITS - 1, MOST_AUDITS, 1), (7, MOST_AUDITS, 3)]
)
def test_audits_go_on_while_each_of_them_was_slow(busy: int, first: int, second: int) -> None:
    """So many audits are disturbed; then that many come before the first block, and before the second."""
    space, referee = Stand(cache_bytes=SETS * SMALL.amount.bytes // 2), Dealing()
    multiply = space.honest(WORK_S)

    def launch(a: Array, b: Array, c: Array) -> None:
        multiply(a, b, c)
        space.seconds += 2 * WORK_S * (len(referee.ledger.audits()) < busy)

    renewal = gemm(space, kernel_of(launch), SMALL, CPU, referee).renewal
    renewal.launch_s = WORK_S
    for counted in (first, first + second):
        renewal()
        assert len(referee.ledger.audits()) == counted


def test_audits_are_held_against_the_blocks_that_were_timed() -> None:
    space, referee = Stand(cache_bytes=SETS * SMALL.amount.bytes // 2), Dealing()
    renewal = gemm(space, kernel_of(space.honest(WORK_S)), SMALL, CPU, referee).renewal
    renewal.launch_s = WORK_S / 2  # by the warm-up
    renewal.look(LOOPS, LOOPS * WORK_S)
    renewal()
    assert len(referee.ledger.audits()) == 1


def ledger_of(audits: Sequence[float], blocks: Sequence[float]) -> Ledger:
    """What was seen of audits of two launches, and of timed blocks of a hundred, of so many seconds per launch."""
    ledger = Ledger()
    for purpose in ("operands", "order"):
        ledger.enter(purpose, Dealt(1, 2))  # type: ignore[arg-type]  # two of the purposes
    looks = [Look(loops=2, seconds=2 * launch_s, c=b"", audit=True) for launch_s in audits]
    looks += [Look(loops=100, seconds=100 * launch_s, c=b"") for launch_s in blocks]
    for look in looks:
        ledger.enter("look", Dealt(3, 2))
        ledger.looked(look)
    return ledger


@pytest.mark.parametrize("place", range(10))
def test_one_quick_audit_of_ten_is_enough_to_clear_a_kernel(place: int) -> None:
    audits = [3.0] * 10
    assert ledger_of(audits, [1.0] * 10).times_longer() == 3.0
    audits[place] = 1.0
    assert ledger_of(audits, [1.0] * 10).times_longer() is None


def test_audits_are_held_against_the_median_of_the_blocks() -> None:
    assert ledger_of([2.0] * 3, [9.0, 1.0, 1.0]).times_longer() == 2.0
    assert ledger_of([2.0] * 3, [2.0, 2.0, 1.0]).times_longer() is None
    assert ledger_of([], [1.0]).times_longer() is None
    assert ledger_of([2.0], []).times_longer() is None


@pytest.mark.parametrize(
    ("launch_s", "times", "found"),
    [
        (1.0, 1.2, False),
        (1.0, 1.2001, True),
        (1.0, 0.2, False),
        (1.0, 1.12, False),
        (2e-6, 1.7, False),
        (2e-6, 2.1, False),
        (2e-6, 2.3, True),
        (2e-5, 1.29, False),
        (2e-5, 1.31, True),
    ],
)
def test_a_fifth_more_is_still_honest_and_two_microseconds(launch_s: float, times: float, found: bool) -> None:
    """torch.mm of 1 x 512 by 1 x 1 takes 2 us, and on new operands up to 1.7 times as long."""
    assert (LONGER, COLD_S) == (1.2, 2e-6)
    ledger = ledger_of([times * launch_s] * 10, [launch_s] * 10)
    assert (ledger.times_longer() is not None) is found


# --- those who spare work, in a whole case


class Honest:
    """Multiplies at each launch."""

    def __init__(self, space: Stand) -> None:
        self.space = space

    def __call__(self, a: Array, b: Array, c: Array) -> None:
        self.multiply(a, b, c)

    def multiply(self, a: Array, b: Array, c: Array) -> None:
        self.space.seconds += WORK_S
        np.matmul(a, b, out=c)

    def look(self) -> None:
        self.space.seconds += LOOK_S


class Unsteady(Honest):
    """Multiplies at each launch, and a new operand costs it a tenth more: its translations are not yet there."""

    def __init__(self, space: Stand) -> None:
        super().__init__(space)
        self.last: dict[int, bytes] = {}

    def __call__(self, a: Array, b: Array, c: Array) -> None:
        known, self.last[c.ctypes.data] = self.last.get(c.ctypes.data), a.tobytes()
        self.space.seconds += 0 if known == a.tobytes() else WORK_S / 10
        self.multiply(a, b, c)


class ByPointer(Honest):
    """Knows the product of each pointer, and copies it."""

    def __init__(self, space: Stand) -> None:
        super().__init__(space)
        self.known: dict[Any, Array] = {}

    def __call__(self, a: Array, b: Array, c: Array) -> None:
        self.look()
        key = self.key(a, b)
        if key not in self.known:
            self.multiply(a, b, c)
            self.known[key] = c.copy()
        c[:] = self.known[key]

    def key(self, a: Array, b: Array) -> Any:
        return a.ctypes.data, b.ctypes.data


class ByFingerprint(ByPointer):
    """Knows them by a few of their numbers, too."""

    def key(self, a: Array, b: Array) -> Any:
        return *super().key(a, b), a[0, 0], a[-1, -1], b[3, 5]


class ByContent(ByPointer):
    """Knows them by all of their numbers, and reads these for nothing."""

    def key(self, a: Array, b: Array) -> Any:
        return a.tobytes(), b.tobytes()


class WhereSpoiled(Honest):
    """Multiplies only where C is still spoiled."""

    def __call__(self, a: Array, b: Array, c: Array) -> None:
        self.look()
        if np.isnan(c[0, 0]):
            self.multiply(a, b, c)


class OnlyLast(Honest):
    """Warms up honestly; has then counted how many launches a block has, and multiplies each set in the last alone."""

    def __init__(self, space: Stand) -> None:
        super().__init__(space)
        self.count = 0

    def __call__(self, a: Array, b: Array, c: Array) -> None:
        self.look()
        place = self.count % LOOPS
        if self.count < LOOPS or place >= LOOPS - SETS:
            self.multiply(a, b, c)
        self.count += 1


class EverySecond(Honest):
    """Multiplies at every second launch of a C that is there already."""

    def __init__(self, space: Stand) -> None:
        super().__init__(space)
        self.count = 0

    def __call__(self, a: Array, b: Array, c: Array) -> None:
        self.look()
        self.count += 1
        if self.count % 2 or np.isnan(c).any():
            self.multiply(a, b, c)


def judged(make: Callable[[Stand], Any]) -> Proof:
    """What comes of a whole case of blocks of 64 launches over four sets."""
    space = Stand(cache_bytes=SETS * SMALL.amount.bytes // 2)
    policy = CasePolicy(block_s=LOOPS * WORK_S, warmup_s=1e-9)
    sampling = Sampling(policy, schedule(), policy.warmup_s, 1.0)
    taken = measure(Candidate(space, kernel_of(make(space)), SMALL, CPU), sampling, Still(), referee=Dealing())
    assert isinstance(taken.work, Gemm)
    assert not taken.work.fresh
    assert taken.proof is not None
    return taken.proof


def schedule() -> Any:
    return bracketed(Stopping(target_half_width=0.01, time_s=1e-9), 1)


@pytest.mark.parametrize("make", [Honest, Unsteady])
def test_who_does_the_work_of_each_launch_passes(make: Callable[[Stand], Any]) -> None:
    assert WORK_S < FRESH_FROM_S
    proof = judged(make)
    assert proof.passed, proof.reason


CAUGHT = {
    ByPointer: "not_the_product",
    ByFingerprint: "older_product",
    ByContent: "work_not_done",
    WhereSpoiled: "left_undone",
    EverySecond: "work_not_done",
    OnlyLast: "product_not_finite",
}


@pytest.mark.parametrize("make", CAUGHT)
def test_who_spares_work_fails(make: Callable[[Stand], Any]) -> None:
    proof = judged(make)
    assert not proof.passed
    assert proof.reason_said is not None
    assert proof.reason_said.code == CAUGHT[make]  # type: ignore[index]  # a class of the table


def test_how_much_longer_an_honest_launch_takes_is_said() -> None:
    proof = judged(ByContent)
    assert str(proof.reason).startswith("a launch on new operands takes ")
    assert proof.max_residual is not None  # what was found of the product stays beside it


def test_only_those_who_pass_are_audited() -> None:
    """A product of zeros is told of, not that it was computed once for many launches."""

    class Zeros(WhereSpoiled):
        def multiply(self, a: Array, b: Array, c: Array) -> None:
            super().multiply(a, b, c)
            c[:] = 0

    assert str(judged(Zeros).reason).startswith("C is not A·B")


def disturbed() -> Iterator[float]:
    """Six launches of ten take three times as long."""
    return chain.from_iterable(repeat([1, 3, 1, 3, 3, 1, 3, 3, 1, 3]))


def test_a_disturbed_machine_makes_no_honest_kernel_a_cheat() -> None:
    times = disturbed()

    class Disturbed(Honest):
        def multiply(self, a: Array, b: Array, c: Array) -> None:
            self.space.seconds += WORK_S * (next(times) - 1)
            super().multiply(a, b, c)

    assert judged(Disturbed).passed
