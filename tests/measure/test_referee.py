"""The referee of a measurement without a parent: it deals what nobody knows, and has products judged here."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from flopsbench.backends.operands import Codes
from flopsbench.measure.referee import OWN_REFEREE, SEED_BITS, OwnReferee
from flopsbench.proof.evidence import Bases, Evidence, Product
from flopsbench.proof.operands import drawn_base, operands_of

EDGE = 32
EVIDENCE = Evidence(
    m=EDGE, n=EDGE, k=EDGE, layout="nn", a="fp64", b="fp64", c="fp64", math="ieee", accumulate="fp64",
    bases=Bases(seed=5, length=EDGE * EDGE),
    products=[
        Product(at=0, a_offset=3, b_offset=9),
        Product(at=EDGE * EDGE * 8, a_offset=700, b_offset=1),
    ],
)  # fmt: skip


def right() -> list[Codes]:
    return [np.matmul(*operands_of(EVIDENCE, product, drawn_base)) for product in EVIDENCE.products]


def test_seeds_are_whole_numbers_that_do_not_repeat() -> None:
    seeds = [OWN_REFEREE.deal() for _ in range(1000)]
    assert len(set(seeds)) == 1000
    assert all(0 <= seed < 2**SEED_BITS for seed in seeds)
    assert max(seeds).bit_length() > SEED_BITS - 8


def test_seeds_follow_from_no_seed_of_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """A kernel may seed the generators of random and numpy, and read them."""
    drawn: list[int] = []
    for _ in range(2):
        __import__("random").seed(1)
        np.random.seed(1)
        drawn.append(OwnReferee().deal())
    assert drawn[0] != drawn[1]


def test_a_block_begins_at_once() -> None:
    OWN_REFEREE.begin()


def test_right_products_pass() -> None:
    proof = OWN_REFEREE.judge(EVIDENCE, right())
    assert proof.passed, proof.reason
    assert proof.checked.endswith("2 products, 0 with rows of one number, 0 scaled by powers of two")


def row_of_zeros(products: list[Codes]) -> None:
    products[1][7] = 0


def exchanged(products: list[Codes]) -> None:
    products.reverse()


@pytest.mark.parametrize("wrong", [row_of_zeros, exchanged])
def test_a_wrong_product_fails(wrong: Any) -> None:
    products = right()
    wrong(products)
    assert not OWN_REFEREE.judge(EVIDENCE, products).passed


def test_a_product_in_another_order_of_memory_is_read_as_the_matrix_it_is() -> None:
    products = [np.asfortranarray(c) for c in right()]
    assert OWN_REFEREE.judge(EVIDENCE, products).passed
