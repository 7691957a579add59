"""What the validator found: on a terminal, as JSON, as GitHub's annotations, as JUnit XML.

Names of files and texts of documents are a stranger's: nothing but printable characters of them is shown.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from flopsbench.registry.validate import Checked
from flopsbench.render.files.annotations import command
from flopsbench.render.files.junit import Testcase, document
from flopsbench.text import JSON_ESCAPE, printable, without_commands
from flopsbench.validate.finding import Finding, Level

SCHEMA, SCHEMA_VERSION = "flopsbench.findings", "1.0"
STYLES: dict[Level, str] = {"reject": "bold red", "review": "yellow", "note": "dim"}  # the worst first
ANNOTATIONS: dict[Level, Literal["error", "warning", "notice"]] = {
    "reject": "error",
    "review": "warning",
    "note": "notice",
}


@dataclass(slots=True)
class Tally:
    """How many files there were, and which of them something was said of."""

    files: set[str] = field(default_factory=set)
    rejected: set[str] = field(default_factory=set)
    for_review: set[str] = field(default_factory=set)
    noted: set[str] = field(default_factory=set)

    def counted(self, checked: Iterable[Checked]) -> Iterator[Checked]:
        """Pass the files on, counting each once, however often it comes."""
        for each in checked:
            self.files.add(each.path)
            levels = {finding.level for finding in each.findings}
            for level, paths in (("reject", self.rejected), ("review", self.for_review), ("note", self.noted)):
                if level in levels:
                    paths.add(each.path)
            yield each

    @property
    def counts(self) -> dict[str, int]:
        """Files in all, rejected, and only for review."""
        review = len(self.for_review - self.rejected)
        return {"files": len(self.files), "rejected": len(self.rejected), "review": review}

    def sentence(self) -> str:
        """All of it in one line."""
        if not self.files:
            return "nothing to check"
        counts = self.counts
        words = {"rejected": "rejected", "review": "to be looked at"}
        told = [f"{counts[name]} {said}" for name, said in words.items() if counts[name]]
        return f"{counts['files']} file{'s' * (counts['files'] != 1)}: {', '.join(told) or 'all sound'}"


def report(checked: Iterable[Checked]) -> Iterator[RenderableType]:
    """The files of which there is something to say, as they come, the worst of each first; nothing of the others.

    What all files together say of one is known after the last of them, and comes under a heading that says so.
    """
    for each in checked:
        if each.findings:
            yield Group(Text(_heading(each), "bold"), _rows(sorted(each.findings, key=_rank)))


def _heading(checked: Checked) -> str:
    together = all(finding.code.startswith("population.") for finding in checked.findings)
    return f"{printable(checked.path)}, among all files" if together else printable(checked.path)


def _rank(finding: Finding) -> int:
    return list(STYLES).index(finding.level)


def _rows(findings: Iterable[Finding]) -> Table:
    rows = Table.grid(padding=(0, 2, 0, 0))
    for width in (0, 6, 27):
        rows.add_column(width=width)
    rows.add_column(overflow="fold")
    for finding in findings:
        rows.add_row("", Text(finding.level, STYLES[finding.level]), finding.code, Text(told(finding)))
    return rows


def workflow_commands(checked: Iterable[Checked]) -> Iterator[str]:
    """A workflow command a finding."""
    for each in checked:
        for finding in each.findings:
            yield command(
                ANNOTATIONS[finding.level], f"flopsbench: {finding.code}", told(finding), printable(each.path)
            )


def as_json(checked: Iterable[Checked], tally: Tally) -> bytes:
    """One document: the counts, and every file of which there is something to say."""
    files: dict[str, list[dict[str, Any]]] = {}
    for each in checked:
        if each.findings:
            files.setdefault(printable(each.path), []).extend(map(_record, each.findings))
    document = {
        "schema": SCHEMA,
        "schema_version": SCHEMA_VERSION,
        "counts": tally.counts,
        "files": [{"path": path, "findings": findings} for path, findings in files.items()],
    }
    return without_commands(f"{json.dumps(document, indent=1)}\n", JSON_ESCAPE).encode()


def _record(finding: Finding) -> dict[str, str]:
    record = {"code": finding.code, "level": finding.level, "sentence": printable(finding.sentence)}
    return record | ({"where": printable(finding.where)} if finding.where else {})


def junit(checked: Iterable[Checked]) -> bytes:
    """A testcase a file: failed when it is rejected."""
    files: dict[str, list[Finding]] = {}
    for each in checked:
        files.setdefault(printable(each.path), []).extend(each.findings)
    return document("flopsbench validate", [_testcase(path, findings) for path, findings in files.items()])


def _testcase(path: str, findings: list[Finding]) -> Testcase:
    lines = [f"{finding.level} {finding.code}: {told(finding)}" for finding in findings]
    rejected = next((finding for finding in findings if finding.level == "reject"), None)
    if rejected:
        return Testcase(path, "failure", told(rejected), rejected.code, lines)
    return Testcase(path, "system-out", "\n".join(lines))


def told(finding: Finding) -> str:
    """The sentence after what it is of."""
    return printable(": ".join(filter(None, (finding.where, finding.sentence))))
