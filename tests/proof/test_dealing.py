"""What is dealt says all: operands, orders, choices and places follow from seeds, for worker and judge alike."""

from __future__ import annotations

from collections import Counter
from itertools import chain
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from flopsbench.backends.formats import usual_formats
from flopsbench.backends.operands import STORAGES
from flopsbench.dtype import DTYPES
from flopsbench.problem import MOST_SETS
from flopsbench.proof.dealing import (
    LAST,
    LOOKED_C,
    LOOKED_OPERAND,
    MOST_SPOTS,
    OTHERS,
    PASSES,
    SPOT_COLUMNS,
    SPOT_SHARE,
    choice_of,
    column_of_b,
    kinds_for,
    kinds_of,
    launched,
    offsets_of,
    order_of,
    places_of,
    row_of_a,
    spots_of,
    with_products,
)
from flopsbench.proof.evidence import Evidence, Product, base_length, product_bytes, require_sense
from flopsbench.proof.ledger import Apart, Chosen, Dealt, Ledger
from flopsbench.proof.operands import operands_of
from tests.proof.worker import LAYOUTS, Memory, Worker, base_of, multiplying

SEEDS = st.integers(0, 2**63 - 1)
SETS = st.integers(1, MOST_SETS)
EDGES = st.integers(1, 40)
SHAPES = st.tuples(EDGES, EDGES, EDGES)
SHAPE = (6, 5, 7)  # m, n, k


# --- offsets


@given(seed=SEEDS, sets=SETS, length=st.integers(2, 5) | st.integers(2, 2**40))
def test_a_and_b_of_a_set_begin_in_the_base_and_never_alike(seed: int, sets: int, length: int) -> None:
    offsets = offsets_of(Dealt(seed, sets), length)
    assert len(offsets) == sets
    assert all(0 <= begin < length for begin in chain.from_iterable(offsets))
    assert all(each.a != each.b for each in offsets)
    assert offsets == offsets_of(Dealt(seed, sets), length)


def test_an_operand_may_begin_anywhere() -> None:
    offsets = [*chain.from_iterable(offsets_of(Dealt(seed, 50), 8) for seed in range(10))]
    for side in zip(*offsets, strict=True):
        counted = Counter(side)
        assert set(counted) == set(range(8))
        assert max(counted.values()) < 2 * min(counted.values())


def test_where_b_begins_does_not_follow_from_where_a_does() -> None:
    apart = Counter((each.b - each.a) % 8 for seed in range(10) for each in offsets_of(Dealt(seed, 50), 8))
    assert set(apart) == set(range(1, 8))
    assert max(apart.values()) < 4 * min(apart.values())  # one of them is what two offsets that met became


def test_other_seeds_have_other_offsets() -> None:
    assert not set(offsets_of(Dealt(1, 50), 10**6)) & set(offsets_of(Dealt(2, 50), 10**6))


# --- orders


@given(seed=SEEDS, sets=SETS)
def test_an_order_is_of_permutations(seed: int, sets: int) -> None:
    order = order_of(Dealt(seed, sets))
    assert len(order) == PASSES * sets
    for start in range(0, len(order), sets):
        assert sorted(order[start : start + sets]) == list(range(sets))
    assert order == order_of(Dealt(seed, sets))


def test_each_pass_and_each_seed_has_an_order_of_its_own() -> None:
    assert PASSES == 16
    passes = [order_of(Dealt(seed, 9))[start : start + 9] for seed in (1, 2) for start in range(0, PASSES * 9, 9)]
    assert len(set(map(tuple, passes))) == 2 * PASSES  # of 362,880, and fixed by the seeds


@pytest.mark.parametrize(
    ("loops", "sets"),
    [(-1, [2]), (0, [2]), (1, [2]), (2, [2]), (3, [2, 0]), (4, [2, 0, 1]), (9, [2, 0, 1, 3]), (2**70, [2, 0, 1, 3])],
)
def test_each_set_that_was_launched_is_named_once(loops: int, sets: list[int]) -> None:
    assert launched([2, 2, 0, 1, 0, 3], loops) == sets


# --- choices


@given(seed=SEEDS, places=st.lists(st.integers(0, 255), min_size=1, unique=True))
def test_the_choice_is_of_sets_that_were_launched(seed: int, places: list[int]) -> None:
    chosen = choice_of(Dealt(seed, 256), places)
    assert chosen in places
    assert chosen == choice_of(Dealt(seed, 256), places)


def test_every_set_may_be_chosen() -> None:
    chosen = Counter(choice_of(Dealt(seed, 9), [8, 3, 5]) for seed in range(300))
    assert len(chosen) == 3
    assert max(chosen.values()) < 2 * min(chosen.values())


# --- kinds

BOTH, PLANTED, SCALED = ["planted", "scaled"], ["planted"], ["scaled"]


@pytest.mark.parametrize(
    ("math", "storage", "kinds"),
    [
        ("ieee", "fp64", BOTH),
        ("ieee", "fp32", BOTH),
        ("ieee, fast accumulation off", "fp32", BOTH),
        ("tf32", "fp32", SCALED),
        ("tf32", "bf16", []),
        *(("ieee", storage, PLANTED) for storage in STORAGES if storage not in ("fp32", "fp64")),
    ],
)
def test_an_arithmetic_is_told_by_the_kinds_that_can_tell_it(math: str, storage: str, kinds: list[str]) -> None:
    assert kinds_for(math, storage) == kinds


@given(seed=SEEDS, sets=st.integers(2, MOST_SETS), kinds=st.sampled_from([BOTH, PLANTED, SCALED, []]))
def test_each_kind_has_a_set_of_its_own_and_a_seed(seed: int, sets: int, kinds: list[str]) -> None:
    drawn = kinds_of(Dealt(seed, sets), kinds)
    assert [kind for each in drawn.values() for kind in each] == kinds
    assert all(0 <= place < sets for place in drawn)
    assert all(0 <= each < 2**63 for kind in drawn.values() for each in kind.values())
    assert drawn == kinds_of(Dealt(seed, sets), kinds)


def test_any_set_may_be_of_any_kind_and_no_seed_comes_again() -> None:
    drawn = [kinds_of(Dealt(seed, 5), BOTH) for seed in range(100)]
    for kind in BOTH:
        counted = Counter(place for each in drawn for place, of in each.items() if kind in of)
        assert set(counted) == set(range(5))
        assert max(counted.values()) < 4 * min(counted.values())
    seeds = [seed for each in drawn for of in each.values() for seed in of.values()]
    assert len(set(seeds)) == len(seeds) == 200
    assert max(seeds) > 2**62  # of so many bits as every other seed


def test_more_kinds_than_sets_are_refused() -> None:
    with pytest.raises(ValueError, match="larger sample"):
        kinds_of(Dealt(1, 1), BOTH)


# --- looks

LOOPS = st.integers(1, 40) | st.integers(1, 10_000) | st.integers(1, 2**63)


@given(look=SEEDS, order=SEEDS, sets=SETS, loops=LOOPS, shape=SHAPES)
def test_a_look_is_at_the_last_launches_and_at_as_many_others(
    look: int, order: int, sets: int, loops: int, shape: tuple[int, int, int]
) -> None:
    drawn, (m, n, k) = order_of(Dealt(order, sets)), shape
    places = places_of(look, drawn, loops, shape)
    last = min(LAST, loops)
    assert places.sets[:last] == [drawn[(loops - 1 - back) % len(drawn)] for back in range(last)]
    assert len(places.sets) == last + OTHERS
    assert set(places.sets) <= set(launched(drawn, loops))
    for flat, numbers, size in (
        (places.a, LOOKED_OPERAND, m * k),
        (places.b, LOOKED_OPERAND, k * n),
        (places.c, LOOKED_C, m * n),
    ):
        assert flat.shape == (len(places.sets), numbers)
        assert flat.min() >= 0
        assert flat.max() < size
    again = places_of(look, drawn, loops, shape)
    assert places.sets == again.sets
    assert all(np.array_equal(one, other) for one, other in zip(places[1:], again[1:], strict=True))


def test_so_many_numbers_are_looked_at() -> None:
    """Few enough to read between two blocks; more than one of each matrix, so that none is known to be left out."""
    assert (LAST, OTHERS, LOOKED_C, LOOKED_OPERAND) == (8, 8, 4, 2)


def test_any_launch_and_any_number_may_be_looked_at() -> None:
    order, loops = order_of(Dealt(3, 30)), 30
    launches = {place: launch for launch, place in enumerate(order[:loops])}
    others, read = Counter[int](), [Counter[int]() for _ in range(3)]
    for seed in range(120):
        places = places_of(seed, order, loops, SHAPE)
        others.update(launches[place] for place in places.sets[LAST:])
        for counted, flat in zip(read, (places.a, places.b, places.c), strict=True):
            counted.update(flat.reshape(-1).tolist())
    assert set(others) == set(range(loops))
    m, n, k = SHAPE
    for counted, size in zip((others, *read), (loops, m * k, k * n, m * n), strict=True):
        assert set(counted) == set(range(size))
        assert max(counted.values()) < 4 * min(counted.values())


def test_another_seed_is_another_look() -> None:
    order = order_of(Dealt(3, 30))
    one, other = (places_of(seed, order, 30, (400, 300, 200)) for seed in (1, 2))
    assert not any(np.array_equal(*flat) for flat in zip(one[1:], other[1:], strict=True))
    assert one.sets[:LAST] == other.sets[:LAST]
    assert one.sets[LAST:] != other.sets[LAST:]


@pytest.mark.parametrize("loops", [0, -1, -(2**70), 2**63 + 1, 2**70])
def test_no_look_is_at_so_many_launches(loops: int) -> None:
    with pytest.raises(ValueError, match="high"):
        places_of(1, [0, 1], loops, SHAPE)


# --- spots


@given(seed=SEEDS, sets=SETS, shape=SHAPES)
def test_spots_are_in_one_set_of_four(seed: int, sets: int, shape: tuple[int, int, int]) -> None:
    (m, n, _), length = shape, base_length(*shape)
    spots = spots_of(Dealt(seed, sets), shape, length)
    assert len({spot.place for spot in spots}) == len(spots) == min(MOST_SPOTS, (sets + 3) // 4)
    for spot in spots:
        assert 0 <= spot.place < sets
        assert 0 <= spot.row < m
        assert 0 <= spot.offset < length
        assert spot.columns.shape == (SPOT_COLUMNS,)
        assert ((spot.columns >= 0) & (spot.columns < n)).all()
    again = spots_of(Dealt(seed, sets), shape, length)
    assert [(*spot[:3], *spot.columns) for spot in spots] == [(*spot[:3], *spot.columns) for spot in again]


def test_there_are_so_many_spots() -> None:
    assert (SPOT_SHARE, MOST_SPOTS, SPOT_COLUMNS) == (4, 32, 4)


def test_any_set_row_column_and_offset_may_be_a_spot() -> None:
    length, sets = base_length(*SHAPE), 12
    spots = [spot for seed in range(300) for spot in spots_of(Dealt(seed, sets), SHAPE, length)]
    seen: list[list[int]] = [[spot[field] for spot in spots] for field in range(3)]  # type: ignore[misc]  # no columns
    seen.append([column for spot in spots for column in spot.columns.tolist()])
    for values, size in zip(seen, (sets, SHAPE[0], length, SHAPE[1]), strict=True):
        counted = Counter(values)
        assert set(counted) == set(range(size))
        assert max(counted.values()) < 6 * min(counted.values())


# --- where rows and columns lie


@pytest.mark.parametrize("layout", LAYOUTS)
@given(shape=SHAPES)
def test_rows_of_a_and_columns_of_b_are_those_of_the_matrices_in_memory(
    layout: Any, shape: tuple[int, int, int]
) -> None:
    m, n, k = shape
    flat_a, flat_b = np.arange(m * k), np.arange(k * n)
    a, b = Memory().view(flat_a, m, k, layout == "tn"), Memory().view(flat_b, k, n, layout == "nt")
    assert (a.shape, b.shape) == ((m, k), (k, n))
    for row in range(m):
        assert np.array_equal(flat_a[row_of_a(row, shape, layout)], a[row])
    for column in range(n):
        assert np.array_equal(flat_b[column_of_b(column, shape, layout)], b[:, column])


# --- products


def handed_over(sets: int, dtype: str = "fp32", layout: Any = "nn", loops: int = 9) -> tuple[Worker, list[Any]]:
    worker = Worker(dtype, layout, sets=sets)
    worker.block(loops)
    return worker, worker.hand_over(loops)


@pytest.mark.parametrize("sets", [1, 2, 3, 8])
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_the_products_are_those_that_the_worker_hands_over(dtype: str, layout: Any, sets: int) -> None:
    worker, products = handed_over(sets, dtype, layout)
    evidence, formats = worker.products(), usual_formats(dtype)
    assert len(products) == len(evidence.products)
    multiply = multiplying(formats)
    scales = [np.array([STORAGES[name].scale], np.float32) for name in formats[:2]] if dtype.startswith("fp8") else []
    for product, handed in zip(evidence.products, products, strict=True):
        right = np.empty_like(handed)
        multiply(*operands_of(evidence, product, base_of), right, *scales)
        assert right.tobytes() == handed.tobytes()


@pytest.mark.parametrize("sets", [1, 2, 3, 8])
@pytest.mark.parametrize("dtype", DTYPES)
def test_they_lie_one_behind_the_other_and_dense_ones_come_first(dtype: str, sets: int) -> None:
    worker, products = handed_over(sets, dtype)
    evidence = worker.products()
    size = product_bytes(evidence)
    assert [product.at for product in evidence.products] == [size * place for place in range(len(products))]
    require_sense(evidence, sum(each.nbytes for each in products))
    kinds = [[kind for kind in BOTH if getattr(product, kind) is not None] for product in evidence.products]
    asked = kinds_for(evidence.math, evidence.a)
    assert kinds == [[]] + [[kind] for kind in asked]
    assert evidence.seen == worker.ledger.seen


@pytest.mark.parametrize("loops", [1, 2, 3])
def test_only_what_a_block_launched_is_chosen(loops: int) -> None:
    for first in range(20):
        worker = Worker(sets=8, first=first)
        worker.block(loops)
        offsets = [worker.sets.offsets[place] for place in worker.sets.order[:loops]]
        worker.hand_over(loops)
        chosen, *others = worker.products().products
        assert (chosen.a_offset, chosen.b_offset) in offsets
        assert [each.planted is None for each in (chosen, *others)] == [True, False, True]


def ledger_of(apart: int, chosen: bool = True, sets: int = 3) -> Ledger:
    """What was handed over, after so many passes of other kinds."""
    dealt = Dealt(1, sets)
    passes = [Apart(Dealt(20 + each, sets), Dealt(30 + each, sets)) for each in range(apart)]
    return Ledger(chosen=Chosen(dealt, Dealt(2, sets), 5, Dealt(3, sets)) if chosen else None, apart=passes)


def bare(dtype: str = "fp32", **of: Any) -> Evidence:
    return replace(Worker(dtype).evidence, seen=[], **of)


@pytest.mark.parametrize("apart", [0, 2])
def test_where_no_product_was_chosen_none_was_handed_over(apart: int) -> None:
    with pytest.raises(ValueError, match="no product of a timed block was handed over"):
        with_products(bare(), ledger_of(apart, chosen=False))


@pytest.mark.parametrize(
    ("dtype", "apart", "sets", "missing"),
    [
        ("fp32", 0, 3, "planted or scaled"),
        ("fp32", 1, 1, "scaled"),
        ("fp32", 2, 0, "planted or scaled"),
        ("bf16", 0, 3, "planted"),
        ("tf32", 0, 3, "scaled"),
    ],
)
def test_kinds_that_were_not_handed_over_are_named(dtype: str, apart: int, sets: int, missing: str) -> None:
    chosen, passes = ledger_of(0), ledger_of(apart, sets=sets).apart
    with pytest.raises(ValueError, match=f"^no product was handed over that is {missing}$"):
        with_products(bare(dtype), Ledger(chosen=chosen.chosen, apart=passes))


@pytest.mark.parametrize(("sets", "enough"), [(2, 1), (3, 1), (1, 2)])
def test_passes_beyond_those_of_all_kinds_bring_no_product(sets: int, enough: int) -> None:
    chosen = ledger_of(0).chosen
    fewest, more = (Ledger(chosen=chosen, apart=ledger_of(apart, sets=sets).apart) for apart in (enough, enough + 2))
    assert with_products(bare(), fewest) == with_products(bare(), more)


def test_a_mode_that_no_kind_tells_needs_dense_products_alone() -> None:
    assert len(with_products(bare("bf16", math="tf32"), ledger_of(0)).products) == 1


def test_products_that_were_named_before_are_dropped() -> None:
    named = bare(products=[Product(at=5, a_offset=1, b_offset=2)])
    assert with_products(named, ledger_of(1)) == with_products(bare(), ledger_of(1))


@pytest.mark.parametrize("which", ["operands", "order", "choice"])
def test_each_seed_of_a_block_counts(which: str) -> None:
    evidence, ledger = bare(bases=replace(bare().bases, length=10**6)), ledger_of(1, sets=200)
    assert ledger.chosen is not None
    whole = replace(ledger.chosen, loops=200)
    other = replace(whole, **{which: Dealt(100, 200)})
    one, two = (with_products(evidence, replace(ledger, chosen=chosen)).products for chosen in (whole, other))
    assert one[:1] != two[:1]
    assert one[1:] == two[1:]


@pytest.mark.parametrize("which", ["operands", "kinds"])
def test_each_seed_of_a_pass_counts(which: str) -> None:
    evidence, ledger = bare(bases=replace(bare().bases, length=10**6)), ledger_of(1, sets=200)
    other = replace(ledger.apart[0], **{which: Dealt(100, 200)})
    one, two = (with_products(evidence, replace(ledger, apart=[apart])).products for apart in (ledger.apart[0], other))
    assert one[:1] == two[:1]
    assert not set(map(str, one[1:])) & set(map(str, two[1:]))
