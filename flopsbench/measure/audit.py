"""Audits kernels whose launches are too short for fresh blocks: on new operands, work not done shows as lost time."""

from __future__ import annotations

from flopsbench.measure.gemm import Gemm
from flopsbench.proof.ledger import AUDITS
from flopsbench.stats import median

CONFIRMING = 7  # pairs of an audit and a timed block, so that both meet the same machine
MOST = 1.20  # the audits over the timed blocks; honest kernels were seen up to 1.12


def unmasked(work: Gemm, loops: int, timed_launch_s: float) -> float | None:
    """Return how much longer a launch takes on new operands, where that is more than an honest one does; else None.

    The least of the first audits counts, since what disturbs one only ever lengthens it. Where all of them are long,
    the machine may have become slower since the blocks were timed: the median of pairs decides.
    """
    ratios = [_audit(work) / timed_launch_s for _ in range(AUDITS)]
    if min(ratios) <= MOST:
        return None
    confirmed = median(_audit(work) / _timed(work, loops) for _ in range(CONFIRMING))
    return confirmed if confirmed > MOST else None


def _audit(work: Gemm) -> float:
    """Return the seconds per launch of one pass over all sets, straight after they were filled anew."""
    work.renewal.refill()
    work.renewal.spoil()
    return _launch_s(work, len(work.sets.sets))


def _timed(work: Gemm, loops: int) -> float:
    """Return the seconds per launch of a block like those that were timed."""
    work.spoil()
    return _launch_s(work, loops)


def _launch_s(work: Gemm, loops: int) -> float:
    """Return the seconds per launch of so many launches, after which is looked at what they did."""
    seconds = work.clock.time(work.launch, loops).seconds
    work.inspect(loops)
    return seconds / loops
