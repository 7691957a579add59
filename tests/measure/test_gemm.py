"""A GEMM: what a kernel claims, when its blocks are fresh, and which of its products are judged."""

from __future__ import annotations

import importlib
from collections import Counter
from dataclasses import replace
from itertools import count
from typing import Any

import numpy as np
import pytest

from flopsbench.backend import Backend, Formats, Prepared, Unsupported, Work
from flopsbench.backends.installed import space_of
from flopsbench.dtype import DTYPES
from flopsbench.errors import FlopsbenchError
from flopsbench.host.cpu.device import cpu_device
from flopsbench.measure.gemm import FRESH_FROM_S, Gemm, claimed, evidence_of, gemm, hand_over, settle
from flopsbench.measure.referee import OwnReferee, Referee
from flopsbench.measure.sets import OperandSets
from flopsbench.problem import MOST_SETS, Problem
from flopsbench.proof.dealing import Offsets
from flopsbench.proof.evidence import Evidence, product_bytes
from flopsbench.proof.operands import drawn_base, operands_of
from flopsbench.result.types import Proof
from flopsbench.runs.plan import usual_layout
from tests.backends.torch_or_skip import torch_or_skip
from tests.measure.stand import AMPLE, CPU, LAUNCH_S, SMALL, Array, Dealing, Stand, kernel_of

SET_BYTES = SMALL.amount.bytes
FP8 = Formats("fp8_e4m3", "fp8_e4m3", "bf16")


def of_sets(sets: int, free_bytes: int = AMPLE, **room: Any) -> Stand:
    """A stand whose caches ask for so many sets of the small problem."""
    return Stand(cache_bytes=sets * SET_BYTES // 2, free_bytes=free_bytes, **room)


def made(space: Stand, referee: Dealing | None = None, problem: Problem = SMALL, **claims: Any) -> Gemm:
    return gemm(space, kernel_of(space.honest(), **claims), problem, CPU, referee or Dealing())


# --- what a kernel brings


def test_a_bare_function_is_a_launch() -> None:
    space = Stand()
    work = gemm(space, lambda problem, device: space.honest(), SMALL, CPU, Dealing())
    assert (work.compute.library, work.compute.math, work.compute.accumulate) == ("unnamed", "ieee", "fp64")
    assert (work.compute.a, work.compute.b, work.compute.c) == ("fp64",) * 3
    assert (work.compute.threads, work.notes) == (None, ())


def test_a_prepared_kernel_says_what_ran() -> None:
    work = made(Stand(), library="a library 1.0", math="ieee, slowly", threads=3, notes=("said so",))
    assert (work.compute.library, work.compute.math) == ("a library 1.0", "ieee, slowly")
    assert (work.compute.threads, work.notes) == (3, ("said so",))


@pytest.mark.parametrize("brought", [None, "a launch", 7, Prepared(None)], ids=str)  # type: ignore[arg-type]  # on purpose
def test_what_is_no_launch_is_refused(brought: Any) -> None:
    with pytest.raises(FlopsbenchError, match=r"the kernel brings \w+, not a function launch\(a, b, c\)"):
        gemm(Stand(), lambda problem, device: brought, SMALL, CPU, Dealing())


def test_work_of_the_kernels_own_is_refused() -> None:
    """It would bring its own clock, its own operands and its own count."""
    own = Work(launch=lambda: None, clock=Stand(), amount=SMALL.amount)
    with pytest.raises(FlopsbenchError, match="the kernel brings Work, not a function"):
        gemm(Stand(), lambda problem, device: own, SMALL, CPU, Dealing())


def test_what_cannot_run_is_said_before_anything_is_allocated() -> None:
    with pytest.raises(Unsupported, match="of memory"):
        made(Stand(free_bytes=SET_BYTES))
    with pytest.raises(Unsupported, match="numpy has no BLAS path for int8"):
        made(Stand(), problem=replace(SMALL, dtype=DTYPES["int8"]))


def told(dtype: str, **claims: Any) -> Any:
    """What is said of a claim for a dtype."""
    prepared = Prepared(print, **claims)
    sets = OperandSets(Stand(), SMALL, CPU, prepared.launch)
    return claimed(prepared, sets, DTYPES[dtype])


@pytest.mark.parametrize(
    ("dtype", "claims"),
    [
        ("fp32", {"math": "tf32"}),
        ("fp32", {"math": "bf16x3"}),
        ("fp32", {"math": "IEEE"}),
        ("tf32", {"math": "ieee"}),
        ("fp64", {"accumulate": "fp32"}),
        ("fp32", {"accumulate": "fp64"}),
        ("bf16", {"accumulate": "bf16"}),
        ("fp16", {"accumulate": "fp16"}),
        ("int8", {"accumulate": "fp32"}),
    ],
)
def test_a_claim_of_another_arithmetic_is_refused(dtype: str, claims: dict[str, str]) -> None:
    with pytest.raises(FlopsbenchError, match=f"the kernel claims .* sums, and {dtype} was asked for"):
        told(dtype, **claims)


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_usual_claim_is_that_of_the_dtype(dtype: str) -> None:
    expected = "tf32" if dtype == "tf32" else "ieee"
    for claims in ({}, {"math": expected}, {"accumulate": DTYPES[dtype].accumulate}):
        compute = told(dtype, **claims)
        assert (compute.math, compute.accumulate) == (expected, DTYPES[dtype].accumulate)


def test_what_follows_a_comma_is_kept() -> None:
    assert told("fp16", math="ieee, fast accumulation off").math == "ieee, fast accumulation off"


@pytest.mark.parametrize("threads", [0, -1, 2**70, 1_000_001, 1.5, "8", True, float("nan")], ids=repr)
def test_threads_that_cannot_be_are_refused(threads: Any) -> None:
    with pytest.raises(FlopsbenchError, match=r"the kernel claims .* threads"):
        told("fp64", threads=threads)


@pytest.mark.parametrize("threads", [1, 1_000_000])
def test_threads_that_can_be_are_told(threads: int) -> None:
    assert told("fp64", threads=threads).threads == threads


@pytest.mark.parametrize(("library", "shown"), [("", "unnamed"), (None, "unnamed"), ("x" * 999, "x" * 200), (7, "7")])
def test_a_library_has_a_name_of_bounded_length(library: Any, shown: str) -> None:
    assert told("fp64", library=library).library == shown


# --- sets, and whether they are fresh


@pytest.mark.parametrize("sets", [2, 5, 9])
def test_there_are_as_many_sets_as_keep_data_out_of_the_caches(sets: int) -> None:
    work = made(of_sets(sets))
    assert len(work.sets.sets) == len(work.sets.offsets) == sets
    assert sorted(work.sets.order[:sets]) == list(range(sets))
    assert all(np.isnan(each.c).all() for each in work.sets.sets)
    assert not work.fresh


@pytest.mark.parametrize(
    ("launch_s", "fresh"), [(FRESH_FROM_S, True), (1.0, True), (np.nextafter(FRESH_FROM_S, 0), False), (1e-6, False)]
)
def test_blocks_are_fresh_from_launches_of_four_tenths_of_a_millisecond_on(launch_s: float, fresh: bool) -> None:
    assert FRESH_FROM_S == 0.4e-3
    work = made(of_sets(2))
    settle(work, float(launch_s), loops=7)
    assert work.fresh is fresh
    assert len(work.sets.sets) == (7 if fresh else 2)


@pytest.mark.parametrize(
    ("free_bytes", "fresh"), [(4 * 5 * SET_BYTES, True), (4 * 5 * SET_BYTES - 1, False), (AMPLE, True)]
)
def test_blocks_are_fresh_where_a_quarter_of_the_memory_holds_the_sets_they_need(free_bytes: int, fresh: bool) -> None:
    """Two sets are there; seven launches need five more."""
    space = of_sets(2)
    work = made(space)
    space.room = space.room._replace(free_bytes=free_bytes)
    settle(work, 1.0, loops=7)
    assert work.fresh is fresh
    assert len(work.sets.sets) == (7 if fresh else 2)


@pytest.mark.parametrize(("loops", "fresh"), [(MOST_SETS, True), (MOST_SETS + 1, False)])
def test_blocks_are_not_fresh_where_they_would_need_too_many_sets(loops: int, fresh: bool) -> None:
    work = made(of_sets(2))
    settle(work, 1.0, loops)
    assert work.fresh is fresh


def test_fewer_launches_than_sets_need_no_more_sets() -> None:
    space = of_sets(5)
    work = made(space)
    space.room = space.room._replace(free_bytes=0)
    settle(work, 1.0, loops=3)
    assert work.fresh
    assert len(work.sets.sets) == 5


class Watched:
    """A launch that multiplies, and notes which C it was given, and of which numbers."""

    def __init__(self, space: Stand) -> None:
        self.honest = space.honest()
        self.places: list[int] = []
        self.operands: list[bytes] = []

    def __call__(self, a: Array, b: Array, c: Array) -> None:
        self.places.append(c.ctypes.data)
        self.operands.append(a.tobytes() + b.tobytes())
        self.honest(a, b, c)


@pytest.mark.parametrize("loops", [4, 5, 16])
def test_a_fresh_block_launches_each_set_once_and_each_block_has_new_operands(loops: int) -> None:
    space = of_sets(5)
    watched = Watched(space)
    work = gemm(space, kernel_of(watched), SMALL, CPU, Dealing())
    settle(work, 1.0, loops)
    for _ in range(3):
        work.spoil()
        work.clock.time(work.launch, loops)
    blocks = [watched.places[start : start + loops] for start in range(0, 3 * loops, loops)]
    assert all(len(set(block)) == loops for block in blocks)
    assert len(set(map(tuple, blocks))) == 3
    assert len(set(watched.operands)) == 3 * loops


@pytest.mark.parametrize("fresh", [False, True])
def test_each_block_has_new_operands_a_new_order_and_spoiled_products(fresh: bool) -> None:
    work = made(of_sets(7))
    settle(work, 1.0 if fresh else 1e-6, loops=7)
    before, order = list(work.sets.offsets), list(work.sets.order)
    work.clock.time(work.launch, 7)
    assert not any(np.isnan(each.c).any() for each in work.sets.sets)
    work.spoil()
    assert not set(work.sets.offsets) & set(before)
    assert work.sets.order != order
    assert all(np.isnan(each.c).all() for each in work.sets.sets)


@pytest.mark.parametrize("fresh", [False, True])
def test_each_block_is_of_seeds_of_its_own(fresh: bool) -> None:
    referee = Dealing()
    space = of_sets(2)
    work = gemm(space, kernel_of(space.honest(launch_s := 1.0 if fresh else 2.0**-20)), SMALL, CPU, referee)
    settle(work, launch_s, loops=2)
    dealt = len(referee.asked)
    for _ in range(3):
        work.spoil()
    tried = [] if fresh else ["spots", "order", "look", "operands", "order", "look", "look"]
    assert referee.asked[dealt:] == [*tried, "operands", "order"] * 3


def test_a_launch_that_is_skipped_between_fresh_operands_shows() -> None:
    """All of C was there before: only what changed in a few rows tells."""
    space, referee = of_sets(8), Dealing()
    honest, skipped = space.honest(), 0

    def launch(a: Array, b: Array, c: Array) -> None:
        nonlocal skipped
        if np.isnan(c[0, 0]) or np.isnan(c[-1, -1]):
            honest(a, b, c)
        else:
            skipped += 1

    work = gemm(space, kernel_of(launch), SMALL, CPU, referee)
    for _ in range(3):
        work.clock.time(work.launch, 8)
        work.spoil()
    work.clock.time(work.launch, 8)
    work.inspect(8, 8 * LAUNCH_S)
    assert skipped > 15
    proof = judged(work, 8, referee)
    assert proof.reason_said is not None
    assert proof.reason_said.code == "left_undone"


# --- the products that are judged


def after_a_block(loops: int, space: Stand, launch: Any = None, referee: Dealing | None = None, **claims: Any) -> Gemm:
    """A GEMM that has just had its last block."""
    kernel = kernel_of(launch or space.honest(), **claims)
    work = gemm(space, kernel, SMALL, CPU, referee or Dealing())
    work.spoil()
    work.clock.time(work.launch, loops)
    work.inspect(loops, loops * LAUNCH_S)
    return work


def judged(work: Gemm, loops: int, referee: Referee) -> Proof:
    """What comes of a GEMM that has just had its last block."""
    return referee.judge(evidence_of(work), hand_over(work, loops))


def proven(sets: int, loops: int = 4, seed: int = 1, launch: Any = None, **claims: Any) -> tuple[Proof, Dealing]:
    referee = Dealing(seed)
    work = after_a_block(loops, of_sets(sets), launch, referee, **claims)
    referee.asked.clear()
    return judged(work, loops, referee), referee


def kinds_of(evidence: Evidence | None) -> list[str]:
    assert evidence is not None
    return [
        "planted" if each.planted is not None else "scaled" if each.scaled is not None else "dense"
        for each in evidence.products
    ]


def is_right(evidence: Evidence, place: int, c: Array) -> bool:
    a, b = operands_of(evidence, evidence.products[place], drawn_base)
    return bool(np.allclose(c, a @ b, rtol=1e-12, atol=1e-12 * np.abs(a).max() * np.abs(b).max()))


@pytest.mark.parametrize("sets", [2, 3, 8])
def test_a_product_of_the_last_block_and_a_planted_and_a_scaled_one_are_judged(sets: int) -> None:
    proof, referee = proven(sets)
    assert proof.passed, proof.reason
    assert kinds_of(referee.evidence) == ["dense", "planted", "scaled"]
    assert referee.evidence is not None
    assert all(is_right(referee.evidence, place, c) for place, c in enumerate(referee.products))


def test_they_lie_one_behind_the_other() -> None:
    _, referee = proven(3)
    assert referee.evidence is not None
    each_bytes = product_bytes(referee.evidence)
    assert [product.at for product in referee.evidence.products] == [0, each_bytes, 2 * each_bytes]


def test_the_judge_is_told_what_was_asked_for() -> None:
    _, referee = proven(3, library="a library")
    assert referee.evidence is not None
    told_of = referee.evidence
    assert (told_of.m, told_of.n, told_of.k, told_of.layout) == (32, 32, 32, "nn")
    assert (told_of.a, told_of.b, told_of.c, told_of.math, told_of.accumulate) == (*("fp64",) * 3, "ieee", "fp64")
    assert told_of.bases.seed == SMALL.seed


def test_one_set_is_enough() -> None:
    """Where memory holds no second one, the planted and the scaled product are made one after the other."""
    space = Stand(free_bytes=8 * SET_BYTES - 1)
    referee = Dealing()
    work = after_a_block(3, space, referee=referee)
    assert len(work.sets.sets) == 1
    proof = judged(work, 3, referee)
    assert proof.passed, proof.reason
    assert kinds_of(referee.evidence) == ["dense", "planted", "scaled"]
    assert referee.evidence is not None
    assert all(is_right(referee.evidence, place, c) for place, c in enumerate(referee.products))


def test_a_block_of_one_launch_has_one_dense_product() -> None:
    proof, referee = proven(4, loops=1)
    assert proof.passed
    assert kinds_of(referee.evidence) == ["dense", "planted", "scaled"]


def test_a_mode_that_rounds_its_operands_has_no_planted_product() -> None:
    space = Stand(narrow=Formats("fp32", "fp32", "fp32"))
    referee = Dealing()
    work = gemm(space, kernel_of(space.honest()), replace(SMALL, dtype=DTYPES["tf32"]), CPU, referee)
    work.clock.time(work.launch, 2)
    work.inspect(2, 2 * LAUNCH_S)
    judged(work, 2, referee)
    assert kinds_of(referee.evidence) == ["dense", "scaled"]


def test_narrow_formats_are_not_scaled() -> None:
    """Times 2^12 they would overflow."""
    space = Stand(narrow=FP8)
    referee = Dealing()
    work = gemm(space, kernel_of(space.honest()), replace(SMALL, dtype=DTYPES["fp8_e4m3"]), CPU, referee)
    work.clock.time(work.launch, 2)
    work.inspect(2, 2 * LAUNCH_S)
    proof = judged(work, 2, referee)
    assert proof.passed, proof.reason
    assert kinds_of(referee.evidence) == ["dense", "planted"]


def test_which_product_is_judged_is_drawn_after_they_are_there() -> None:
    referee = Dealing()
    asked: list[str] = referee.asked
    space = of_sets(6)
    honest = space.honest()

    def launch(*arrays: Array) -> None:
        asked.append("launch")
        honest(*arrays)

    work = after_a_block(6, space, launch, referee)
    asked.clear()
    judged(work, 6, referee)
    first_pass, planted_pass = asked[: asked.index("launch")], asked[asked.index("launch") :]
    assert first_pass[0] == "choice"  # before any other launch, and after all of the block
    assert planted_pass == ["launch"] * 6 + ["judge"]


def test_other_seeds_choose_other_products() -> None:
    """All that comes before the proof is the same: the choice follows from what is dealt then."""
    chosen = Counter[int]()
    for seed in range(100, 130):
        referee = Dealing()
        work = after_a_block(6, of_sets(6), referee=referee)
        before = list(work.sets.offsets)
        referee.seeds = count(seed)
        judged(work, 6, referee)
        assert referee.evidence is not None
        dense = referee.evidence.products[0]
        chosen[before.index(Offsets(dense.a_offset, dense.b_offset))] += 1
    assert set(chosen) == set(range(6))


def test_only_what_the_last_block_launched_is_judged() -> None:
    """Seven sets of which a block used three: the others hold no product, and may not be asked for."""
    for seed in range(12):
        proof, _ = proven(7, loops=3, seed=seed)
        assert proof.passed, proof.reason


@pytest.mark.parametrize("loops", [6, 20])
def test_one_product_in_three_that_is_wrong_is_found_sooner_or_later(loops: int) -> None:
    """One of six is judged: C of two sets wrong is seen in a third of all cases."""
    space = of_sets(6)
    found = []
    for seed in range(20):
        referee = Dealing(seed)
        work = after_a_block(loops, space, referee=referee)
        for place in (0, 3):
            work.sets.sets[place].c[5] = 0
        found.append(not judged(work, loops, referee).passed)
    assert 1 <= sum(found) <= 15


def test_launches_that_do_nothing_after_the_block_are_found_by_the_planted_product() -> None:
    space = of_sets(4)
    honest, left = space.honest(), [4]

    def tired(a: Array, b: Array, c: Array) -> None:
        left[0] -= 1
        if left[0] >= 0:
            honest(a, b, c)

    proof, _ = proven(4, loops=4, launch=tired)
    assert not proof.passed
    assert proof.reason_said is not None
    assert proof.reason_said.code == "product_not_finite"


def test_products_of_the_block_are_fetched_before_their_operands_change() -> None:
    """The pass that tells arithmetics apart fills every set anew."""
    referee = Dealing()
    work = after_a_block(2, of_sets(2), referee=referee)
    before = [each.c.copy() for each in work.sets.sets]
    judged(work, 2, referee)
    assert np.asarray(referee.products[0]).tobytes() in {c.tobytes() for c in before}


@pytest.mark.slow
@pytest.mark.parametrize("layout", ["nn", "nt", "tn"])
@pytest.mark.parametrize("dtype", ["fp64", "fp32"])
def test_numpys_products_are_right(dtype: str, layout: Any) -> None:
    assert proof_of_backend("numpy", Problem(128, 160, 96, DTYPES[dtype], layout)).reason is None


@pytest.mark.slow
@pytest.mark.parametrize("dtype", [name for name in DTYPES if name != "tf32"])
def test_torchs_products_are_right(dtype: str) -> None:
    torch_or_skip()
    try:
        proof = proof_of_backend("torch", Problem(128, 160, 96, DTYPES[dtype], usual_layout(DTYPES[dtype])))
    except Unsupported as error:
        pytest.skip(f"this torch has no {dtype} on this CPU: {error}")
    assert proof.reason is None


def proof_of_backend(name: str, problem: Problem) -> Proof:
    """The proof of a backend's first kernel on the CPU, as a case without a parent makes it."""
    backend: Backend = importlib.import_module(f"flopsbench.backends.{name}")
    space, (kernel, *_) = space_of(backend), backend.KERNELS.values()
    referee = OwnReferee()
    work = gemm(space, kernel, problem, cpu_device(), referee)
    work.spoil()
    work.clock.time(work.launch, 3)
    work.inspect(3, 3 * LAUNCH_S)
    return judged(work, 3, referee)
