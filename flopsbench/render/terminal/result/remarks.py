"""Says below the table of a Result what failed, what was not run, and what to know before quoting a number."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from flopsbench.analysis.advice import limiting_settings
from flopsbench.render.terminal.result.cells import NOT_RUN, NOTHING, case_name
from flopsbench.result.said import as_reason, as_reasons
from flopsbench.result.types import Call, Case, Ceiling, Result
from flopsbench.result.work import limit_of, limit_title
from flopsbench.words.catalogue import phrase
from flopsbench.words.language import said


def reason_of(told: Case | Call | Ceiling, lang: str) -> str:
    """Return why there is no rate."""
    return said(as_reason(told.reason or "", told.reason_said), lang)


def failures(result: Result, lang: str) -> Iterator[str]:
    """Yield a line for each case that failed, with its reason."""
    for case in result.cases:
        if case.status == "failed":
            told = {"case": case_name(case, result.cases), "device": case.device, "reason": reason_of(case, lang)}
            yield phrase(lang, "failed_case", **told)


def left_out(result: Result) -> list[Case]:
    """Return the cases that were not run."""
    return [case for case in result.cases if case.status in NOT_RUN]


def not_run(result: Result, lang: str) -> Iterator[str]:
    """Yield what could not be run, one line per reason."""
    named: dict[str, dict[str, None]] = {}  # of cases, each once
    for case in left_out(result):
        shared = reason_of(case, lang).replace(phrase(lang, "of_this_dtype", dtype=case.dtype), "")
        named.setdefault(shared, {})[case_name(case, result.cases)] = None
    for reason, names in named.items():
        yield phrase(lang, "not_run_cases", cases=_listed(names, lang), reason=reason)


def cautions(result: Result, lang: str) -> Iterator[str]:
    """Yield what a reader must know before quoting any number: an early end, what holds rates down, a foreign clock."""
    if result.interrupted:
        yield phrase(lang, "ended_early")
    if limiting := limiting_settings(result):
        yield phrase(lang, "held_by_environment", settings=", ".join(limiting))
    foreign = {case_name(case, result.cases): None for case in result.cases if _is_in_own_space(case)}
    if foreign:
        yield phrase(lang, "own_space_of", cases=_listed(foreign, lang))


def _is_in_own_space(case: Case) -> bool:
    """Return whether a rate was measured in memory and by a clock that are not flopsbench's."""
    return bool(case.stats and case.compute and case.compute.own_space)


def grades(result: Result, lang: str) -> Iterator[str]:
    """Yield why the grade of each case is no better."""
    for case in result.cases:
        if case.grade_reasons:
            reasons = [said(each, lang) for each in as_reasons(case.grade_reasons, case.grade_reasons_said)]
            told = {"case": case_name(case, result.cases), "grade": case.grade or NOTHING}
            regime = phrase(lang, f"regime_{case.regime}")
            yield phrase(lang, "grade_of_case", **told, regime=regime, reasons=phrase(lang, "and").join(reasons))


def without_ceiling(result: Result, lang: str) -> Iterator[str]:
    """Yield what has a rate and no ceiling, one line per reason."""
    absent: dict[str, dict[str, None]] = {}
    measured = {(case.device, case.dtype, case.stats.unit) for case in result.cases if case.stats}
    for ceiling in result.ceilings:
        if ceiling.reason and limit_of(ceiling) in measured:
            absent.setdefault(reason_of(ceiling, lang), {})[limit_title(ceiling)] = None
    for reason, titles in absent.items():
        yield phrase(lang, "no_ceiling_of", dtypes=_listed(titles, lang), reason=reason)


def _listed(names: Mapping[str, None], lang: str) -> str:
    """Return names in their order, as a list in a sentence."""
    return phrase(lang, "listed").join(names)
