"""Audits kernels whose launches are too short for fresh blocks: on new operands, work not done shows as lost time."""

from __future__ import annotations

from flopsbench.measure.gemm import Gemm
from flopsbench.measure.referee import Referee

AUDITS = 5
MOST = 1.20  # least of the audits over the median of the timed blocks; honest kernels were seen up to 1.12


def unmasked(work: Gemm, timed_launch_s: float, referee: Referee) -> float | None:
    """Return how much longer a launch takes on new operands, where that is more than an honest one does; else None.

    The least of five audits counts, since what disturbs one only ever lengthens it; five more confirm it.
    """
    ratios: list[float] = []
    for _ in range(2):
        ratios += [_audit(work, referee) / timed_launch_s for _ in range(AUDITS)]
        if min(ratios) <= MOST:
            return None
    return min(ratios)


def _audit(work: Gemm, referee: Referee) -> float:
    """Return the seconds per launch of one pass over all sets, straight after they were filled anew."""
    count = len(work.sets.sets)
    work.sets.refill(referee.deal())
    work.sets.spoil()
    work.sets.shuffle(referee.deal())
    return work.clock.time(work.launch, count).seconds / count
