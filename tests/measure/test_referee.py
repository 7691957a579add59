"""The referee of a measurement without a parent: it deals what nobody knows, and has products judged here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from flopsbench.backends.operands import Codes
from flopsbench.measure.gemm import Gemm, evidence_of, gemm, hand_over
from flopsbench.measure.referee import OwnReferee
from flopsbench.proof.ledger import SEED_BITS
from tests.measure.stand import CPU, LAUNCH_S, SMALL, Stand, kernel_of


def test_seeds_are_whole_numbers_that_do_not_repeat() -> None:
    referee = OwnReferee()
    seeds = [referee.deal("order", 3) for _ in range(1000)]
    assert len(set(seeds)) == 1000
    assert all(0 <= seed < 2**SEED_BITS for seed in seeds)
    assert max(seeds).bit_length() > SEED_BITS - 8


def test_seeds_follow_from_no_seed_of_this_process() -> None:
    """A kernel may seed the generators of random and numpy, and read them."""
    drawn: list[int] = []
    for _ in range(2):
        __import__("random").seed(1)
        np.random.seed(1)
        drawn.append(OwnReferee().deal("order", 3))
    assert drawn[0] != drawn[1]


def test_a_block_begins_at_once() -> None:
    OwnReferee().begin()


def after_a_block(referee: OwnReferee, launch: Any = None) -> tuple[Gemm, list[Codes]]:
    """A GEMM after one block of three launches, and what it hands over."""
    space = Stand(cache_bytes=2 * SMALL.amount.bytes)
    work = gemm(space, kernel_of(launch or space.honest()), SMALL, CPU, referee)
    work.spoil()
    work.clock.time(work.launch, 3)
    work.inspect(3, 3 * LAUNCH_S)
    return work, hand_over(work, 3)


def test_right_products_pass() -> None:
    referee = OwnReferee()
    work, products = after_a_block(referee)
    proof = referee.judge(evidence_of(work), products)
    assert proof.passed, proof.reason
    assert "3 products, 1 with rows of one number, 1 scaled by powers of two" in proof.checked


def row_of_zeros(products: list[Codes]) -> None:
    products[1][7] = 0


def exchanged(products: list[Codes]) -> None:
    products.reverse()


@pytest.mark.parametrize("spoil", [row_of_zeros, exchanged])
def test_a_wrong_product_fails(spoil: Callable[[list[Codes]], None]) -> None:
    referee = OwnReferee()
    work, products = after_a_block(referee)
    spoil(products)
    assert not referee.judge(evidence_of(work), products).passed


def test_what_was_seen_after_the_block_is_judged_as_well() -> None:
    """Every product is right when it is handed over; of one launch the work came later."""
    referee, late = OwnReferee(), []

    def launch(a: Any, b: Any, c: Any) -> None:
        late.append((a, b, c))
        if len(late) != 2:
            np.matmul(a, b, out=c)

    space = Stand(cache_bytes=2 * SMALL.amount.bytes)
    work = gemm(space, kernel_of(launch), SMALL, CPU, referee)
    work.renewal.fresh = True
    work.spoil()
    work.clock.time(work.launch, 2)
    work.inspect(2, 2 * LAUNCH_S)
    a, b, c = late[1]
    np.matmul(a, b, out=c)
    proof = referee.judge(evidence_of(work), hand_over(work, 2))
    assert proof.reason_said is not None
    assert proof.reason_said.code == "left_undone"


def test_a_product_in_another_order_of_memory_is_read_as_the_matrix_it_is() -> None:
    referee = OwnReferee()
    work, products = after_a_block(referee)
    assert referee.judge(evidence_of(work), [np.asfortranarray(c) for c in products]).passed
