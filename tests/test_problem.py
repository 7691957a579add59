"""The work: its operations, its memory, and the shapes people write."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flopsbench.dtype import DTYPES
from flopsbench.errors import Unsupported, UsageError
from flopsbench.problem import (
    LARGEST_DIMENSION,
    MOST_SETS,
    ROOM_FOR_PROOF,
    Amount,
    Problem,
    check_fits,
    operand_sets,
    parse_sizes,
)

dimensions = st.integers(1, LARGEST_DIMENSION)
problems = st.builds(Problem, dimensions, dimensions, dimensions, st.sampled_from(list(DTYPES.values())))
GIB = 1 << 30


def test_a_gemm_counts_two_operations_for_every_product():
    assert Problem(3, 5, 7, DTYPES["fp32"]).amount.count == 2 * 3 * 5 * 7


@pytest.mark.parametrize(
    ("dtype", "size"), [("fp64", 568), ("fp32", 284), ("bf16", 142), ("fp8_e4m3", 86), ("int8", 116)]
)
def test_memory_is_that_of_a_b_and_c_in_their_own_formats(dtype, size):
    """3x7 + 7x5 operands and 3x5 outputs."""
    assert Problem(3, 5, 7, DTYPES[dtype]).amount.bytes == size


@pytest.mark.parametrize(("dtype", "size"), [("fp64", 0), ("fp32", 0), ("tf32", 0), ("bf16", 284), ("int8", 284)])
def test_narrow_operands_are_proven_as_float32(dtype, size):
    """3x7, 7x5 and 3x5 elements of four bytes; wide ones need no copy."""
    assert Problem(3, 5, 7, DTYPES[dtype]).widened_bytes == size


def test_a_resized_problem_is_the_same_work_at_another_shape():
    problem = Problem(3, 5, 7, DTYPES["int8"], layout="nt", seed=9)
    assert problem.resized(1, 2, 4) == Problem(1, 2, 4, DTYPES["int8"], layout="nt", seed=9)


def test_a_shape_is_written_as_it_is_read():
    assert parse_sizes(Problem(3, 5, 7, DTYPES["fp32"]).shape) == [(3, 5, 7)]


# --- sets of operands


@given(problems, st.integers(0, 1 << 32), st.integers(0, 1 << 42))
def test_sets_fit_into_memory_or_are_refused(problem, cache_bytes, free_bytes):
    try:
        sets = operand_sets(problem, cache_bytes, free_bytes)
    except Unsupported:
        assert (problem.amount.bytes + problem.widened_bytes) * ROOM_FOR_PROOF > free_bytes
        return
    assert sets >= 1
    assert (problem.amount.bytes + problem.widened_bytes) * ROOM_FOR_PROOF <= free_bytes
    assert sets == 1 or sets * problem.amount.bytes <= free_bytes / 4
    wanted = sets == MOST_SETS or (sets >= 2 and sets * problem.amount.bytes >= 2 * cache_bytes)
    assert wanted or (sets + 1) * problem.amount.bytes > free_bytes / 4


@given(problems, st.integers(0, 1 << 32))
def test_no_more_sets_are_made_than_twice_the_cache_needs(problem, cache_bytes):
    sets = operand_sets(problem, cache_bytes, 1 << 62)
    assert sets == 2 or (sets - 1) * problem.amount.bytes < 2 * cache_bytes


def test_a_small_problem_gets_as_many_sets_as_empty_the_cache():
    problem = Problem(64, 64, 64, DTYPES["fp64"])  # 96 KiB a set
    assert operand_sets(problem, 8 << 20, 64 * GIB) == 171


def test_a_tiny_problem_does_not_get_more_sets_than_are_worth_drawing():
    problem = Problem(64, 64, 64, DTYPES["fp64"])
    assert operand_sets(problem, 32 << 20, 64 * GIB) == MOST_SETS == 256


def test_a_problem_that_does_not_fit_is_refused_with_both_figures():
    problem = Problem(16384, 16384, 16384, DTYPES["fp64"])
    with pytest.raises(Unsupported, match=r"^needs 7\.5 GiB of memory, 4 GiB are free$"):
        operand_sets(problem, 0, 4 * GIB)


def test_no_memory_that_is_needed_is_told_with_an_exponent():
    with pytest.raises(Unsupported, match=r"^needs 1\.09 TiB of memory, 512 KiB are free$"):
        check_fits(Problem(200_000, 200_000, 200_000, DTYPES["fp64"]), 512 << 10)


def test_the_largest_problem_memory_holds_gets_one_set():
    problem = Problem(16384, 16384, 16384, DTYPES["fp64"])
    assert operand_sets(problem, 1 << 40, int(problem.amount.bytes * ROOM_FOR_PROOF)) == 1


# --- sizes


@given(st.lists(st.tuples(dimensions, dimensions, dimensions), min_size=1, max_size=5), st.sampled_from(["x", "X"]))
def test_shapes_come_back_as_they_were_written(shapes, cross):
    assert parse_sizes(",".join(cross.join(map(str, shape)) for shape in shapes)) == shapes


@given(dimensions)
def test_one_number_is_a_square(edge):
    assert parse_sizes(str(edge)) == [(edge, edge, edge)]


def test_squares_and_shapes_mix_and_spaces_do_not_matter():
    assert parse_sizes(" 1024, 4096x512x64 ") == [(1024, 1024, 1024), (4096, 512, 64)]


@given(st.text(max_size=30))
def test_any_text_is_shapes_or_a_usage_error(text):
    try:
        shapes = parse_sizes(text)
    except UsageError:
        return
    assert all(1 <= edge <= LARGEST_DIMENSION for shape in shapes for edge in shape)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "1024x1024",
        "1x2x3x4",
        "x",
        "1024,",
        ",1024",
        "10 24",
        "-1",
        "+1",
        "1e3",
        "1.5",
        "auto",
        "٣",
        "9" * 5000,
    ],
)
def test_what_is_no_shape_is_refused_with_an_example(text):
    with pytest.raises(UsageError, match="is neither N nor MxNxK, for example 2048 or 4096x4096x1024"):
        parse_sizes(text)


@pytest.mark.parametrize("text", ["0", "1x0x1", "1x1x0", "1000001", "1x1x1000001", "999999999999999999"])
def test_a_dimension_out_of_range_is_refused_with_the_range(text):
    with pytest.raises(UsageError, match="every dimension must lie between 1 and 1000000"):
        parse_sizes(text)


@pytest.mark.parametrize("count", [0, -5, 2.5, math.nan, math.inf, "7", None, True])
def test_what_is_no_amount_of_work_is_refused(count: Any) -> None:
    with pytest.raises(UsageError, match="is no amount of work"):
        Amount(count, "FLOP/s", 8)


@pytest.mark.parametrize("size", [-1, 1.5, None])
def test_an_amount_moves_whole_bytes(size: Any) -> None:
    with pytest.raises(UsageError, match="is no amount of work"):
        Amount(1, "FLOP/s", size)


def test_an_amount_is_in_a_known_unit() -> None:
    with pytest.raises(UsageError, match="'B' is none of FLOP/s, OP/s, B/s"):
        Amount(1, "B", 1)  # type: ignore[arg-type]  # as a stranger may write it
