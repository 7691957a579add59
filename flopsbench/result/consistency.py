"""Checks whether the parts of a Result fit each other: keys, statuses, and series beside the blocks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from flopsbench.errors import DocumentRejected
from flopsbench.result.keys import case_id, case_key
from flopsbench.result.types import Case, Process


def check_cases(cases: Iterable[Case]) -> None:
    """Refuse cases whose key, status and parts do not fit each other."""
    for complaint in case_complaints(cases):
        raise DocumentRejected(complaint, "case")


def case_complaints(cases: Iterable[Case]) -> Iterator[str]:
    """Yield one sentence for each thing in the cases that does not fit."""
    seen = set()
    for case in cases:
        id, expected = case_id(case), case_key(case)
        if id in seen:
            yield f"case {case.case!r} on {case.device} stands twice"
        seen.add(id)
        if case.case != expected:
            yield f"case {case.case!r} does not match its own fields, which say {expected!r}"
        if (case.status == "ok") != (case.stats is not None):
            yield f"case {case.case!r} is {case.status} but its stats say otherwise"
        if case.stats and not case.processes:
            yield f"case {case.case!r} has stats but no blocks they come from"
        for process in case.processes:
            yield from _series_complaints(case, process)


def _series_complaints(case: Case, process: Process) -> Iterator[str]:
    """Yield a sentence for a series that was read beside some of the blocks: it is there for each, or not at all."""
    blocks, host_blocks, ceilings = len(process.block_s), len(process.host_block_s), len(process.block_ceilings)
    if host_blocks not in (0, blocks):
        yield f"case {case.case!r} has {blocks} block_s but {host_blocks} host_block_s"
    if ceilings not in (0, blocks):
        yield f"case {case.case!r} has {blocks} block_s but {ceilings} block_ceilings"
