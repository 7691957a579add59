"""Shows on a terminal why cases are slow: what was tested, how much faster it is without, and what to keep."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from flopsbench.explore.why.effect import MATERIAL, Effect, Finding
from flopsbench.explore.why.explanation import Explained, Explanation
from flopsbench.render.terminal.paragraph import Paragraph
from flopsbench.result.keys import case_title
from flopsbench.units import format_rate, share, signed_fixed, signed_percent
from flopsbench.words.catalogue import phrase
from flopsbench.words.language import said

FINDINGS: dict[Finding, str] = {
    "cause": "why_finding_cause",
    "open": "why_finding_open",
    "minor": "why_finding_minor",
    "no cause": "why_finding_no_cause",
    "not tested": "why_finding_not_tested",
}
STYLES: dict[Finding, str] = {
    "cause": "bold red",
    "open": "yellow",
    "minor": "",
    "no cause": "dim",
    "not tested": "dim",
}


def explanation(found: Explanation, lang: str = "en") -> RenderableType:
    """Return a part for each case, then what is to be known of the whole."""
    parts: list[RenderableType] = []
    for each in found.cases:
        parts += [*_case(each, lang), ""]
    if found.interrupted:
        parts.append(Paragraph(phrase(lang, "why_interrupted")))
    parts.append(Paragraph(phrase(lang, "why_how_told", material=share(MATERIAL))))
    return Group(*parts)


def _case(case: Explained, lang: str) -> Iterator[RenderableType]:
    """Yield the rate of a case, a row for each hypothesis, and what follows."""
    yield Paragraph(_heading(case, lang), "bold")
    if case.tested:
        yield _table(case, lang)
    yield Paragraph(said(case.verdict, lang), "bold")
    yield from (Paragraph(line, indent=2) for line in _after(case, lang))


def _heading(case: Explained, lang: str) -> str:
    """Return what was measured, how fast it is, and how near to its ceiling."""
    told = {"case": case_title(case.case), "library": case.library, "shape": case.shape}
    if case.rate_per_s is None:
        return phrase(lang, "why_heading_lost", **told)
    told["rate"] = format_rate(case.rate_per_s, case.unit)
    if case.share is None:
        return phrase(lang, "why_heading_rate", **told)
    return phrase(lang, "why_heading_share", share=share(case.share), **told)


def _table(case: Explained, lang: str) -> Table:
    """Return a row for each hypothesis: what it came to, by how much the case is faster without, and its claim."""
    rows = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    rows.add_column(phrase(lang, "why_column_finding"), no_wrap=True)
    rows.add_column(phrase(lang, "why_column_faster"), justify="right", no_wrap=True)
    rows.add_column(phrase(lang, "why_column_claim"), overflow="fold")
    main = case.causes[:1]
    for each in case.tested:
        word = phrase(lang, "why_finding_main" if each in main else FINDINGS[each.finding])
        rows.add_row(Text(word, STYLES[each.finding]), _moved(each.effect), Paragraph(said(each.claim, lang)))
    rows.add_row(phrase(lang, "why_control"), _moved(case.control), Paragraph(phrase(lang, "why_nothing_changed")))
    return rows


def _moved(effect: Effect | None) -> str:
    """Return by how much a case is faster, over its interval: "+92.1 %", then "+90.2 to +94.0"."""
    if effect is None:
        return "-"
    low, high = (signed_fixed(100 * end, 1) for end in (effect.low, effect.high))
    return f"{signed_percent(effect.estimate, 1)}\n{low} .. {high}"


def _after(case: Explained, lang: str) -> Iterator[str]:
    """Yield the other causes with what to keep, what all do at once, what is left, and why something is in doubt."""
    for each in case.causes[1:]:
        yield phrase(lang, "why_also", claim=said(each.claim, lang), keep=said(each.keep, lang))
    if case.together:
        yield phrase(lang, "why_all_at_once", gain=signed_percent(case.together.estimate, 1))
    if case.unexplained is not None:
        yield phrase(lang, "why_unexplained", share=share(case.unexplained))
    for each in case.tested:
        if each.reason:
            yield phrase(lang, "why_about", claim=said(each.claim, lang), reason=said(each.reason, lang))
