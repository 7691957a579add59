"""Operands: filled anew from offsets that follow from a seed, spoiled, launched in a drawn order, and looked at."""

from __future__ import annotations

from itertools import count, pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flopsbench.backend import Formats
from flopsbench.backends.operands import STORAGES, draw_base
from flopsbench.dtype import DTYPES
from flopsbench.measure.sets import OperandSets
from flopsbench.problem import Problem
from flopsbench.proof.dealing import PASSES, places_of, spots_of
from flopsbench.proof.evidence import Bases, Evidence, Product, base_length
from flopsbench.proof.ledger import Dealt
from flopsbench.proof.operands import drawn_base, operands_of
from tests.measure.stand import CPU, Stand

LAYOUTS = ("nn", "nt", "tn")
NARROW = {
    "bf16": Formats("bf16", "bf16", "bf16"),
    "fp8_e4m3": Formats("fp8_e4m3", "fp8_e4m3", "bf16"),
    "fp8_e5m2": Formats("fp8_e5m2", "fp8_e4m3", "bf16"),
}
DTYPE_NAMES = ("fp64", "fp32", *NARROW)


def sets_of(
    sets: int = 3, dtype: str = "fp64", layout: Any = "nn", shape: tuple[int, int, int] = (6, 5, 4)
) -> OperandSets:
    """So many sets of operands of a small problem."""
    problem = Problem(*shape, DTYPES[dtype], layout, seed=11)
    made = OperandSets(Stand(narrow=NARROW.get(dtype)), problem, CPU, never)
    made.grow(sets)
    return made


def never(*arrays: Any) -> None:
    raise AssertionError("nobody launches")


def same(one: Any, other: Any) -> bool:
    return one.shape == other.shape and one.tobytes() == other.tobytes()


# --- filling


def test_every_refill_has_other_offsets_and_the_same_seed_the_same() -> None:
    sets = sets_of(20, shape=(40, 40, 40))
    seen = []
    for seed in (1, 2, 1):
        sets.refill(seed)
        assert len(sets.offsets) == 20
        seen.append(list(sets.offsets))
    assert seen[0] == seen[2]
    assert not set(seen[0]) & set(seen[1])


@settings(max_examples=60)
@given(seed=st.integers(0, 2**63 - 1), edge=st.integers(1, 3))
def test_a_and_b_of_a_set_never_begin_at_the_same_number(seed: int, edge: int) -> None:
    """So few numbers that offsets often meet."""
    sets = sets_of(8, shape=(edge, edge, edge))
    sets.refill(seed)
    assert all(offsets.a != offsets.b for offsets in sets.offsets)
    assert all(0 <= offset < sets.bases.length for offsets in sets.offsets for offset in offsets)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", DTYPE_NAMES)
def test_who_judges_makes_the_same_operands_again(dtype: str, layout: Any) -> None:
    sets = sets_of(4, dtype, layout)
    sets.refill(3)
    of_problem = {name: getattr(sets.problem, name) for name in ("m", "n", "k", "layout")}
    evidence = Evidence(
        **of_problem, **sets.formats._asdict(), math="ieee", accumulate="fp32", bases=sets.bases, products=[]
    )
    for each, offsets in zip(sets.sets, sets.offsets, strict=True):
        product = Product(at=0, a_offset=offsets.a, b_offset=offsets.b)
        a, b = operands_of(evidence, product, drawn_base)
        assert same(each.arguments[0], a)
        assert same(each.arguments[1], b)


def test_the_numbers_are_those_of_the_problems_seed() -> None:
    sets = sets_of(1)
    sets.refill(1)
    assert sets.bases == Bases(seed=11, length=base_length(6, 5, 4))
    base = draw_base("fp64", 11, sets.bases.length)
    assert same(sets.host_base("fp64"), base)
    assert set(sets.sets[0].a) < set(base)


def test_a_refill_leaves_the_products() -> None:
    sets = sets_of()
    for each in sets.sets:
        each.c[:] = 7
    sets.refill(1)
    assert all((each.c == 7).all() for each in sets.sets)


# --- the arrays of a launch


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_launch_is_given_matrices_in_the_layout(layout: Any) -> None:
    a, b, c = sets_of(layout=layout).sets[0].arguments
    assert (a.shape, b.shape, c.shape) == ((6, 4), (4, 5), (6, 5))
    assert (a.flags.f_contiguous, b.flags.f_contiguous) == (layout == "tn", layout == "nt")
    assert c.flags.c_contiguous


def test_no_two_arrays_share_memory() -> None:
    arrays = [array for each in sets_of().sets for array in each.arguments]
    assert not any(np.shares_memory(*pair) for pair in pairwise(arrays))
    assert len({array.ctypes.data for array in arrays}) == 9


def test_sets_that_are_there_stay_where_more_are_made() -> None:
    sets = sets_of(2)
    before = list(sets.sets)
    sets.grow(5)
    assert len(sets.sets) == 5
    assert all(one is other for one, other in zip(before, sets.sets, strict=False))
    sets.grow(3)
    assert len(sets.sets) == 5


@pytest.mark.parametrize("dtype", ["fp8_e4m3", "fp8_e5m2"])
def test_fp8_is_given_the_scales_of_its_formats(dtype: str) -> None:
    scales = sets_of(dtype=dtype).sets[0].arguments[3:]
    assert [scale.dtype for scale in scales] == [np.float32] * 2
    assert [float(scale[0]) for scale in scales] == [STORAGES[name].scale for name in NARROW[dtype][:2]]


@pytest.mark.parametrize("dtype", ["fp64", "fp32", "bf16"])
def test_other_formats_have_no_scales(dtype: str) -> None:
    assert len(sets_of(dtype=dtype).sets[0].arguments) == 3


# --- spoiling


@pytest.mark.parametrize("dtype", DTYPE_NAMES)
def test_every_element_of_every_c_is_spoiled_and_nothing_else(dtype: str) -> None:
    sets = sets_of(dtype=dtype)
    sets.refill(1)
    operands = [(each.a.copy(), each.b.copy()) for each in sets.sets]
    for each in sets.sets:
        each.c[:] = 0
    sets.spoil()
    of_c = STORAGES[sets.formats.c]
    assert all(np.isnan(of_c.widen(each.c)).all() for each in sets.sets)
    assert all(same(each.a, a) and same(each.b, b) for each, (a, b) in zip(sets.sets, operands, strict=True))


# --- the order


def launched_of(sets: OperandSets, launches: int) -> list[int]:
    """Which sets so many launches are given, by the place of their C."""
    addresses = {each.c.ctypes.data: place for place, each in enumerate(sets.sets)}
    seen: list[int] = []
    sets._launcher = lambda a, b, c: seen.append(addresses[c.ctypes.data])
    for _ in range(launches):
        sets.launch()
    return seen


def test_each_pass_is_a_permutation_of_its_own() -> None:
    sets = sets_of(8)
    sets.shuffle(1)
    seen = launched_of(sets, 8 * PASSES)
    passes = [tuple(seen[start : start + 8]) for start in range(0, len(seen), 8)]
    assert all(sorted(each) == list(range(8)) for each in passes)
    assert len(set(passes)) == PASSES  # of 40,320: that two are equal is as good as impossible, and fixed by the seed
    assert sets.order == seen


def test_a_block_of_very_many_launches_begins_again_with_the_first_pass() -> None:
    sets = sets_of(3)
    sets.shuffle(1)
    seen = launched_of(sets, 3 * PASSES + 3)
    assert seen[-3:] == seen[:3]


def test_each_shuffle_begins_anew_and_follows_from_its_seed() -> None:
    sets = sets_of(8)
    orders = []
    for seed in (1, 2, 1):
        sets.shuffle(seed)
        orders.append(launched_of(sets, 5))
    assert orders[0] == orders[2] != orders[1]


# --- looking, and changing a little


def multiplied(sets: OperandSets) -> None:
    """Launch every set once, honestly."""
    sets._launcher = lambda a, b, c: np.matmul(a, b, out=c)
    for _ in sets.sets:
        sets.launch()


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_look_reads_what_it_says_and_c_before_the_operands(layout: Any) -> None:
    sets = sets_of(5, layout=layout)
    sets.refill(1)
    sets.shuffle(2)
    multiplied(sets)
    places = places_of(9, sets.order, 5, (6, 5, 4))
    read: list[Any] = []
    take = sets.space.take
    sets.space.take = lambda flat, at: read.append(flat) or take(flat, at)  # type: ignore[method-assign]  # to see what is read
    look = sets.look(5, 0.25, 9)
    assert (look.loops, look.seconds, look.seed) == (5, 0.25, 9)
    for data, side, numbers in ((look.c, 2, places.c), (look.a, 0, places.a), (look.b, 1, places.b)):
        expected = [sets.sets[place][side][at] for place, at in zip(places.sets, numbers, strict=True)]
        assert data == np.concatenate(expected).tobytes()
    products = [id(each.c) for each in sets.sets]
    assert [id(flat) in products for flat in read] == [True] * len(places.sets) + [False] * 2 * len(places.sets)
    assert read[0] is sets.sets[sets.order[4]].c  # the last launch first: it is the likeliest to be unfinished


@pytest.mark.parametrize("layout", LAYOUTS)
def test_spots_change_one_row_of_some_a_and_spoil_some_numbers_of_that_row_of_c(layout: Any) -> None:
    sets = sets_of(16, layout=layout)
    sets.refill(1)
    sets.shuffle(2)
    multiplied(sets)
    before = [[array.copy() for array in each.arguments] for each in sets.sets]
    sets.spot(3)
    spots = {spot.place: spot for spot in spots_of(Dealt(3, 16), (6, 5, 4), sets.bases.length)}
    assert len(spots) == 4
    base = draw_base("fp64", 11, sets.bases.length)
    for place, (each, (a, b, c)) in enumerate(zip(sets.sets, before, strict=True)):
        if spot := spots.get(place):
            a[spot.row] = np.roll(base, -spot.offset)[:4]
            c[spot.row, spot.columns] = np.nan
        assert same(each.arguments[0], a)
        assert same(each.arguments[1], b)
        assert np.array_equal(each.arguments[2], c, equal_nan=True)
    assert np.isnan(np.frombuffer(sets.look_at_spots(16, 0.25, 3).c)).all()
    sets.shuffle(4)
    multiplied(sets)
    assert not np.isnan(np.frombuffer(sets.look_at_spots(16, 0.25, 3).c)).any()


# --- bringing operands, fetching products


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", DTYPE_NAMES)
def test_what_is_loaded_is_what_a_launch_is_given_whatever_its_order_of_memory(dtype: str, layout: Any) -> None:
    sets = sets_of(2, dtype, layout)
    drawn = count(1)
    for order in ("C", "F"):
        a, b = (
            np.asarray(draw_base(storage, next(drawn), size[0] * size[1]).reshape(size), order=order)  # type: ignore[call-overload]  # an order that is no Literal
            for storage, size in zip(sets.formats, ((6, 4), (4, 5)), strict=False)
        )
        untouched = sets.sets[0].arguments[0].copy()
        sets.load(1, a, b)
        assert same(sets.sets[1].arguments[0], a)
        assert same(sets.sets[1].arguments[1], b)
        assert same(sets.sets[0].arguments[0], untouched)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_product_is_fetched_as_the_launch_wrote_it(layout: Any) -> None:
    sets = sets_of(3, layout=layout)
    sets.refill(4)
    sets.spoil()
    a, b, c = sets.sets[1].arguments
    np.matmul(a, b, out=c)
    fetched = sets.product(1)
    assert same(fetched, a @ b)
    assert np.isnan(sets.product(0)).all()
    fetched[:] = 0
    assert same(sets.product(1), a @ b)
