"""Tells what the operation of a case means for its figures: the work of a launch, its unit, whether it is proven."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from flopsbench.dtype import NAMED, Unit
from flopsbench.problem import OPS, Amount
from flopsbench.result.types import Case, Ceiling, Cpu, PeakRecord


def amount(case: Case) -> Amount:
    """Return the work of one launch of a case; raise KeyError for an operation or a dtype that no table knows."""
    return _amount(case.op, case.m, case.n, case.k, case.dtype)


@lru_cache(maxsize=1024)  # a registry measures the same shapes again and again, and every check asks for their work
def _amount(op: str, m: int, n: int, k: int, dtype: str) -> Amount:
    """Return the work of one launch of a shape."""
    return OPS[op].amount(m, n, k, NAMED[dtype])


def counts_operations(case: Case) -> bool:
    """Return whether the rate of a case counts the operations of its dtype, which peaks and totals are stated in."""
    return amount(case).unit == NAMED[case.dtype].unit


def has_proof(case: Case) -> bool:
    """Return whether a judge found the product of a case right."""
    return case.proof is not None and case.proof.passed


def is_sound(case: Case) -> bool:
    """Return whether nothing is wrong with the product of a case: it is proven, or its operation needs no proof."""
    return has_proof(case) or not OPS[case.op].proven


LimitKey = tuple[str, str, Unit]  # device id, dtype, and the unit of the rates that it limits


def limit_key(case: Case) -> LimitKey:
    """Return which ceiling and which peaks are those of a case."""
    return case.device, case.dtype, amount(case).unit


def limit_of(limit: Ceiling | PeakRecord) -> LimitKey:
    """Return which rates a limit of a document is about."""
    return limit.device, limit.dtype, limit.unit


def limit_title(limit: Ceiling | PeakRecord) -> str:
    """Return what a limit is of, for people: the dtype, with the unit where that is not of the dtype's operations."""
    known = NAMED.get(limit.dtype)
    return limit.dtype if known is None or limit.unit == known.unit else f"{limit.dtype} in {limit.unit}"


def dealt(room: Sequence[int], count: int) -> list[int]:
    """Return how many of ``count`` each place gets that has so much room, the first ones first."""
    given = []
    for most in room:
        given.append(min(most, count))
        count -= given[-1]
    return given


def cores_at_work(cpu: Cpu, cores: int) -> list[tuple[str | None, int]]:
    """Return the microarchitecture and the number of the cores on which so many threads work, by kind."""
    if not cpu.kinds:
        return [(cpu.microarchitecture, cores)]
    counts = dealt([kind.cores for kind in cpu.kinds], cores)
    return [(kind.microarchitecture, count) for kind, count in zip(cpu.kinds, counts, strict=True) if count]
