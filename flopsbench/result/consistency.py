"""Checks whether the parts of a Result fit each other: names, statuses, and series beside the blocks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from flopsbench.errors import DocumentRejected
from flopsbench.result.keys import case_id, case_key
from flopsbench.result.types import Call, Case, Process
from flopsbench.words.reason import Reason


def check_cases(cases: Iterable[Case]) -> None:
    """Refuse cases whose key, status and parts do not fit each other."""
    for complaint in case_complaints(cases):
        raise DocumentRejected(complaint, "case")


def check_calls(calls: Sequence[Call]) -> None:
    """Refuse calls whose names, statuses and parts do not fit each other."""
    for complaint in call_complaints(calls):
        raise DocumentRejected(complaint, "call")


def call_complaints(calls: Sequence[Call]) -> Iterator[str]:
    """Yield one sentence for each thing in the calls that does not fit."""
    for name, times in Counter(call.name for call in calls).items():
        if times > 1:
            yield Reason("call_twice", call=repr(name))
    for call in calls:
        if (call.status == "ok") != (call.stats is not None and bool(call.processes)):
            yield Reason("call_status_unfit", call=repr(call.name), status=call.status)
        if call.stats and call.stats.unit != call.unit:
            yield Reason("call_of_other_unit", call=repr(call.name), unit=call.unit, told=call.stats.unit)


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
