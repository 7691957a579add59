"""Writes a Comparison as Markdown, for the summary of a CI job or a comment on a pull request."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence

from flopsbench.render.terminal import comparison as view
from flopsbench.result.keys import case_title
from flopsbench.track.comparison import Change, Comparison
from flopsbench.track.verdicts import FAILURES

ACTIVE = re.compile(r"[\\`*_\[\]#|~@]")  # what Markdown, or GitHub's mentions, would act on


def summary(comparison: Comparison) -> str:
    """Return a heading that says the verdict, the table, what could have been caught, and the rest folded away."""
    return "\n".join(_lines(comparison)) + "\n"


def _lines(comparison: Comparison) -> Iterator[str]:
    """Yield the lines of the summary."""
    yield f"### flopsbench {comparison.command}: {view.sentence(comparison)}"
    yield ""
    yield f"Base: {escape(comparison.base)}  "
    yield f"New: {escape(comparison.new)}"
    yield ""
    if comparison.changes:
        yield "| case | base | new | change | verdict |"
        yield "|---|--:|--:|--:|---|"
        yield from (_row(change) for change in comparison.changes)
        yield ""
    yield from (f"{escape(line)}  " for line in view.caught(comparison.changes))
    for title, lines in view.sections(comparison):
        yield from folded(title, lines)


def folded(title: str, lines: Sequence[str]) -> Iterator[str]:
    """Yield a list that is folded away under its title; nothing for an empty one."""
    if lines:
        yield from ("", f"<details><summary>{title} ({len(lines)})</summary>", "")
        yield from (f"- {escape(line)}" for line in lines)
        yield from ("", "</details>")


def _row(change: Change) -> str:
    """Return one change as a row of the table."""
    verdict = f"**{change.verdict}**" if change.verdict in FAILURES else change.verdict
    rates = (view.rate(change, per_s) for per_s in (change.base_per_s, change.new_per_s))
    return f"| {' | '.join((escape(case_title(change.case)), *rates, view.moved(change) or '-', verdict))} |"


def escape(text: str) -> str:
    """Return a text that reads as it is written: no markup, no HTML, no mention of a person, no second line."""
    return ACTIVE.sub(
        lambda found: _INERT.get(found[0], f"\\{found[0]}"), html.escape(" ".join(text.split()), quote=False)
    )


# GitHub looks for mentions in what is left once escapes are resolved, so that only an element between helps.
_INERT = {"|": "&#124;", "@": "@<!-- -->"}
