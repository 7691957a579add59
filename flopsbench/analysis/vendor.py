"""Sets own kernels beside the vendor's GEMM, which ran the same problem in the same Result."""

from __future__ import annotations

from collections.abc import Iterable

from flopsbench.dtype import mode_of
from flopsbench.result.keys import is_vendor
from flopsbench.result.types import Case
from flopsbench.result.work import is_sound


def is_own(case: Case) -> bool:
    """Return whether a case ran another kernel than the vendor's GEMM."""
    return not is_vendor(case.backend, case.kernel)


def share_of_vendor(case: Case, cases: Iterable[Case]) -> float | None:
    """Return an own kernel's rate over the fastest of the vendor's on the same problem.

    It is None where ``cases`` have none of that, where either has no rate, and for the vendor's GEMM itself.
    """
    problem = _problem(case)
    rates = [
        each.stats.rate.median
        for each in cases
        if each.stats and is_sound(each) and not is_own(each) and _problem(each) == problem
    ]
    return case.stats.rate.median / max(rates) if case.stats and is_own(case) and rates else None


def _problem(case: Case) -> tuple[object, ...]:
    """Return what two cases have in common whose kernels do the same work; each takes its operands as it likes best."""
    math = mode_of(case.compute.math) if case.compute else None
    return case.op, case.device, case.dtype, math, case.m, case.n, case.k, case.regime
