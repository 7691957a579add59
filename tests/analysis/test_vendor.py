"""An own kernel's share of the vendor's rate: of the same problem, of what is proven, and of nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from flopsbench.analysis.vendor import is_own, share_of_vendor
from flopsbench.result.types import Case, ComputeRecord
from tests.documents import case, stats


def vendor(rate: float = 4e12, **fields: Any) -> Case:
    return case(stats=stats(rate), **fields)


def own(rate: float = 1e12, **fields: Any) -> Case:
    return case(stats=stats(rate), backend="mine", kernel="prepare", **fields)


def test_it_is_the_rate_over_the_vendors() -> None:
    assert share_of_vendor(own(), [vendor(), own()]) == 0.25
    assert share_of_vendor(own(8e12), [vendor()]) == 2.0  # never clamped


def test_of_several_libraries_the_fastest_counts() -> None:
    assert share_of_vendor(own(), [vendor(2e12), vendor(5e12, backend="torch", kernel="matmul")]) == 0.2


@pytest.mark.parametrize(
    "other",
    [
        {"device": "cuda:0"},
        {"dtype": "fp64"},
        {"edge": 2048},
        {"regime": "sustained"},
        {"compute": ComputeRecord("fp32", "fp32", "fp32", "fp32", "cuBLAS", "tf32")},
    ],
    ids=str,
)
def test_another_problem_is_no_measure(other: dict[str, Any]) -> None:
    assert share_of_vendor(own(), [vendor(**other)]) is None


def test_another_layout_of_the_operands_is_the_same_problem() -> None:
    assert share_of_vendor(own(), [vendor(layout="nt")]) == 0.25


def test_what_changes_no_digit_makes_no_other_arithmetic() -> None:
    """Own CUDA kernels say that they flush denormals, which cuBLAS does not."""
    strict = ComputeRecord("fp32", "fp32", "fp32", "fp32", "cuBLAS", "ieee")
    flushing = replace(strict, library="flopsbench sgemm", math="ieee, denormals flushed")
    assert share_of_vendor(own(compute=flushing), [vendor(compute=strict)]) == 0.25


def test_a_rate_that_is_not_proven_is_no_measure() -> None:
    proof = vendor().proof
    assert proof is not None
    assert share_of_vendor(own(), [replace(vendor(), proof=replace(proof, passed=False))]) is None
    assert share_of_vendor(own(), [vendor(status="skipped")]) is None


def test_the_vendors_own_has_none_nor_what_has_no_rate() -> None:
    assert share_of_vendor(vendor(), [vendor()]) is None
    assert share_of_vendor(case("skipped", backend="mine", kernel="prepare"), [vendor()]) is None
    assert (is_own(vendor()), is_own(own())) == (False, True)
