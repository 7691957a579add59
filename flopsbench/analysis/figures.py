"""Computes the figures of measured cases: rate, efficiency and grade, from their blocks and limits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from flopsbench.analysis.grade import grade
from flopsbench.analysis.limits import Limits
from flopsbench.analysis.rate import summarise, under_quota
from flopsbench.result.said import as_reasons, sentence_fields
from flopsbench.result.types import Case, Host
from flopsbench.result.work import LimitKey, limit_key


def with_figures(cases: Iterable[Case], known: Mapping[LimitKey, Limits], host: Host) -> list[Case]:
    """Return the cases with stats and grade where they were measured and proven, else as they are."""
    return [_figured(case, known, host) for case in cases]


def _figured(case: Case, known: Mapping[LimitKey, Limits], host: Host) -> Case:
    """Return the case with its stats and grade when it was measured and proven, else as it is."""
    if case.status != "ok":
        return case
    limit = known[limit_key(case)]
    quota = under_quota(case, host)
    stats = summarise(case.processes, case.flop_per_launch, limit.unit, limit.peak_per_s, limit.flop_per_hz, quota)
    letter, doubts, flags = grade(case.processes, stats, host)
    reasons: list[str] = [*doubts]
    if case.grade_reasons:  # processes were lost
        letter, reasons = "C", [*as_reasons(case.grade_reasons, case.grade_reasons_said), *reasons]
    told = sentence_fields(grade_reasons=reasons, reason=None)
    return replace(case, stats=stats, grade=letter, flags=flags, **told)
