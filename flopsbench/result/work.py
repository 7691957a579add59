"""Tells what the operation of a case means for its figures: the work of a launch, its unit, whether it is proven."""

from __future__ import annotations

from flopsbench.dtype import DTYPES
from flopsbench.problem import OPS, Amount
from flopsbench.result.types import Case


def amount(case: Case) -> Amount:
    """Return the work of one launch of a case; raise KeyError for an operation or a dtype that no table knows."""
    return OPS[case.op].amount(case.m, case.n, case.k, DTYPES[case.dtype])


def counts_operations(case: Case) -> bool:
    """Return whether the rate of a case counts the operations of its dtype, which peaks and totals are stated in."""
    return amount(case).unit == DTYPES[case.dtype].unit


def is_proven(case: Case) -> bool:
    """Return whether nothing is wrong with the product of a case: it passed its proof, or its operation has none."""
    return not OPS[case.op].proven or (case.proof is not None and case.proof.passed)
