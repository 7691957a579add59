"""Prints what the validator found on a terminal, and counts the files.

Names of files and texts of documents come from strangers, so that only printable characters of them are shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from flopsbench.registry.validate import Checked
from flopsbench.text import printable
from flopsbench.validate.finding import Finding, Level
from flopsbench.words.catalogue import phrase
from flopsbench.words.language import said
from flopsbench.words.reason import Reason, joined

STYLES: dict[Level, str] = {"reject": "bold red", "review": "yellow", "note": "dim"}  # the worst first


@dataclass(slots=True)
class Tally:
    """A Tally counts files, and keeps the paths of those that have findings of each level."""

    files: set[str] = field(default_factory=set)
    rejected: set[str] = field(default_factory=set)
    for_review: set[str] = field(default_factory=set)
    noted: set[str] = field(default_factory=set)

    def counted(self, checked: Iterable[Checked]) -> Iterator[Checked]:
        """Pass the files on, and count each of them once, however often it comes."""
        for each in checked:
            self.files.add(each.path)
            levels = {finding.level for finding in each.findings}
            for level, paths in (("reject", self.rejected), ("review", self.for_review), ("note", self.noted)):
                if level in levels:
                    paths.add(each.path)
            yield each

    @property
    def counts(self) -> dict[str, int]:
        """Return how many files there were, how many are rejected, and how many others are for review."""
        review = len(self.for_review - self.rejected)
        return {"files": len(self.files), "rejected": len(self.rejected), "review": review}

    def sentence(self, lang: str = "en") -> str:
        """Return the counts in one line."""
        if not self.files:
            return phrase(lang, "nothing_to_check")
        counts = self.counts
        words = {"rejected": "counted_rejected", "review": "counted_review"}
        told = [Reason(key, count=counts[name]) for name, key in words.items() if counts[name]]
        found = joined(told, "names_joined") or Reason("all_sound")
        if counts["files"] == 1:
            return Reason("files_counted_one", counts=found).text(lang)
        return Reason("files_counted", count=counts["files"], counts=found).text(lang)


def report(checked: Iterable[Checked], lang: str = "en") -> Iterator[RenderableType]:
    """Yield each file that has findings, as it comes, with its worst findings first; other files are left out.

    What all files together show about a file is known only after the last of them: it has a heading that says so.
    """
    for each in checked:
        if each.findings:
            yield Group(Text(_heading(each, lang), "bold"), _rows(sorted(each.findings, key=_rank), lang))


def _heading(checked: Checked, lang: str) -> str:
    """Return the path of a file, and whether its findings are what all files together show."""
    together = all(finding.code.startswith("population.") for finding in checked.findings)
    path = printable(checked.path)
    return phrase(lang, "among_all_files", path=path) if together else path


def _rank(finding: Finding) -> int:
    """Return the place of a finding by its level: 0 for the worst."""
    return list(STYLES).index(finding.level)


def _rows(findings: Iterable[Finding], lang: str) -> Table:
    """Return a table with one row per finding."""
    rows = Table.grid(padding=(0, 2, 0, 0))
    for width in (0, 6, 27):
        rows.add_column(width=width)
    rows.add_column(overflow="fold")
    for finding in findings:
        level = Text(phrase(lang, f"level_{finding.level}"), STYLES[finding.level])
        rows.add_row("", level, finding.code, Text(told(finding, lang)))
    return rows


def told(finding: Finding, lang: str = "en") -> str:
    """Return a finding's sentence behind the case or the field that it is about."""
    sentence = said(finding.sentence, lang)
    return printable(phrase(lang, "about_place", where=finding.where, sentence=sentence) if finding.where else sentence)
