"""Counts what cases have in common, so that one line says why some have no rate and others no better grade."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from rich.cells import cell_len

from flopsbench.render.terminal.result.remarks import left_out, reason_of
from flopsbench.result.said import as_reasons
from flopsbench.result.types import Case, Result
from flopsbench.words.catalogue import WORDS, phrase
from flopsbench.words.reason import Reason

# Reasons that follow from others: what makes a machine unsteady makes intervals wide.
_EFFECTS = ("unsteady_ceiling", "interval_wide", "interval_noticeable")


def fitted(parts: Sequence[str], width: int, lang: str) -> str:
    """Return the parts of a line that fit into ``width`` columns, the first always, and how many more there are."""
    line = ""
    for count in range(len(parts), 0, -1):
        rest = len(parts) - count
        more = [phrase(lang, "and_more_in_full", count=rest)] if rest else []
        line = phrase(lang, "listed").join([*parts[:count], *more])
        if cell_len(line) <= width:
            break
    return line


def not_run_counted(result: Result, width: int, lang: str) -> Iterator[str]:
    """Yield how many cases were not run, by reason; nothing where all were."""
    heads: dict[str, list[str]] = defaultdict(list)  # of the reasons, by what they have in common
    for case in left_out(result):
        head = _head(reason_of(case, lang), lang)
        heads[re.sub(phrase(lang, "pattern_of_dtype", dtype=re.escape(case.dtype)), "", head)].append(head)
    if not heads:
        return
    counts = {told[0] if len(set(told)) == 1 else shared: len(told) for shared, told in heads.items()}
    first, *others = _by_count(counts, lang)
    of_all = {"count": sum(counts.values()), "all": len(result.cases)}
    yield fitted([phrase(lang, "not_run_counted", **of_all, reasons=first), *others], width, lang)


def grades_counted(result: Result, width: int, lang: str) -> Iterator[str]:
    """Yield the grades below the best and why, by the number of cases; nothing where there is no reason."""
    doubted = [case for case in result.cases if case.grade_reasons]
    counts = Counter(brief for case in doubted for brief in _briefs(case, lang))
    if not counts:
        return
    (first, count), *others = sorted(counts.items(), key=lambda row: (-row[1], _distance(row[0], lang)))
    of_all = {"count": count, "all": len([case for case in result.cases if case.stats])}
    grades = phrase(lang, "listed").join(sorted({case.grade for case in doubted if case.grade}))
    reason = phrase(lang, "times_counted_of", what=first, **of_all)
    parts = [phrase(lang, "grades_counted", grades=grades, reasons=reason), *_by_count(dict(others), lang)]
    yield fitted(parts, width, lang)


def _briefs(case: Case, lang: str) -> dict[str, None]:
    """Return why the grade of a case is no better, each reason once and in a few words."""
    return dict.fromkeys(_brief(each, lang) for each in as_reasons(case.grade_reasons, case.grade_reasons_said))


def _brief(sentence: str, lang: str) -> str:
    """Return a reason in a few words: the catalogue's, or those before its details."""
    if isinstance(sentence, Reason) and f"brief_{sentence.code}" in WORDS:
        return phrase(lang, f"brief_{sentence.code}", **sentence.values)
    return _head(sentence, lang)


def _head(sentence: str, lang: str) -> str:
    """Return what a sentence says before it goes into details."""
    return re.split(phrase(lang, "pattern_of_details"), sentence, maxsplit=1)[0]


def _distance(brief: str, lang: str) -> int:
    """Return how far a reason is from the cause: of as many cases, what follows from others stands behind them."""
    effects = [phrase(lang, f"brief_{code}") for code in _EFFECTS]
    return effects.index(brief) + 1 if brief in effects else 0


def _by_count(counts: dict[str, int], lang: str) -> list[str]:
    """Return each with its number, the most frequent first."""
    ranked = sorted(counts.items(), key=lambda row: -row[1])
    return [phrase(lang, "times_counted", what=what, count=count) for what, count in ranked]
