"""Checks whether the parts of a Result fit each other: keys, statuses, and series beside the blocks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from flopsbench.errors import DocumentRejected
from flopsbench.result.keys import case_id, case_key
from flopsbench.result.types import Case, Process
from flopsbench.words.reason import Reason


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
            yield Reason("case_twice", case=repr(case.case), device=case.device)
        seen.add(id)
        if case.case != expected:
            yield Reason("case_of_other_fields", case=repr(case.case), expected=repr(expected))
        if (case.status == "ok") != (case.stats is not None):
            yield Reason("case_status_unfit", case=repr(case.case), status=case.status)
        if case.stats and not case.processes:
            yield Reason("case_without_blocks", case=repr(case.case))
        for process in case.processes:
            yield from _series_complaints(case, process)


def _series_complaints(case: Case, process: Process) -> Iterator[str]:
    """Yield a sentence for a series that was read beside some of the blocks: it is there for each, or not at all."""
    blocks, host_blocks, ceilings = len(process.block_s), len(process.host_block_s), len(process.block_ceilings)
    if host_blocks not in (0, blocks):
        yield Reason("case_host_blocks_unfit", case=repr(case.case), blocks=blocks, host_blocks=host_blocks)
    if ceilings not in (0, blocks):
        yield Reason("case_ceilings_unfit", case=repr(case.case), blocks=blocks, ceilings=ceilings)
