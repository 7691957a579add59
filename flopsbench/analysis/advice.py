"""Advises, in one line, what to look at first where a rate lies far below the machine's own ceiling."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from flopsbench.analysis.vendor import is_own
from flopsbench.device import kind_of
from flopsbench.result.types import Case, Result
from flopsbench.units import share

LOW = 0.75  # of the ceiling: a good BLAS on an idle machine does better at the default sizes
CLEARLY_FASTER = 1.1
INTERLEAVED = "interleave"  # also "weighted interleave": what the kernel calls pages that lie on every node in turn


def advice(result: Result) -> str | None:
    """Return the most useful thing to say about the case furthest below its ceiling; None when none is low.

    Where the vendor's GEMM was measured, own kernels are left out: the vendor's rate is what they are to reach.
    """
    known = [case for case in result.cases if case.stats and case.stats.efficiency.ceiling]
    measured = [case for case in known if not is_own(case)] or known
    worst = min(measured, key=share_of_ceiling, default=None)
    if worst is None or share_of_ceiling(worst) >= LOW:
        return None
    return f"{worst.dtype} on {worst.backend} reaches {share(share_of_ceiling(worst))} of the ceiling: " + _look(
        worst, measured, result
    )


def share_of_ceiling(case: Case) -> float:
    """Return the rate over the ceiling measured beside it; 0 when there was none."""
    return (case.stats.efficiency.ceiling or 0) if case.stats else 0


def _look(case: Case, measured: Sequence[Case], result: Result) -> str:
    """Return what to look at first: the measurement, a faster library, the size, the cores, the library itself."""
    rival = _faster_rival(case, measured)
    if case.grade_reasons:
        return f"the measurement itself is in doubt ({case.grade_reasons[0]}); run it again on a quiet machine"
    if rival:
        better = f"{rival.backend} ({_library(rival)}) reaches {share(share_of_ceiling(rival))}"
        return f"{better}; {_library(case)} is the limit"
    if on_one_node(case, result):
        policy, nodes = result.software.memory_policy, len(result.host.memory.nodes)
        return f"memory policy {policy} lays its operands on one of {nodes} memory nodes; try numactl --interleave=all"
    if result.tool.options.sizes:
        return "a larger --size keeps the cores busier"
    used = case.compute.threads if case.compute else None
    if used is not None and used < result.host.cpu.usable:
        return f"it ran on {used} of {result.host.cpu.usable} usable cores (OMP_NUM_THREADS)"
    return f"{_library(case)} leaves that much of this CPU unused; another build of the library may not"


def on_one_node(case: Case, result: Result) -> bool:
    """Return whether the operands of a case on the cores of several memory nodes were not laid on all of them."""
    policy = result.software.memory_policy
    several = kind_of(case.device).is_host and len(result.host.memory.nodes) > 1
    return several and policy is not None and INTERLEAVED not in policy


def _faster_rival(case: Case, measured: Iterable[Case]) -> Case | None:
    """Return the case of the same dtype and device that is clearly nearer to its ceiling, if there is one."""
    same = [each for each in measured if (each.dtype, each.device) == (case.dtype, case.device)]
    best = max(same, key=share_of_ceiling)
    return best if share_of_ceiling(best) > CLEARLY_FASTER * share_of_ceiling(case) else None


def _library(case: Case) -> str:
    return case.compute.library if case.compute else case.backend
