"""Writes what the validator found for other programs: as JSON, as GitHub's annotations, as JUnit XML.

Names of files and texts of documents come from strangers, so that only printable characters of them are written.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from flopsbench.registry.validate import Checked
from flopsbench.render.files.annotations import Annotation, command
from flopsbench.render.files.junit import Testcase, document
from flopsbench.render.terminal.findings import Tally, told
from flopsbench.text import JSON_ESCAPE, printable, without_commands
from flopsbench.validate.finding import Finding, Level

SCHEMA, SCHEMA_VERSION = "flopsbench.findings", "1.0"
ANNOTATIONS: dict[Level, Annotation] = {
    "reject": "error",
    "review": "warning",
    "note": "notice",
}


def findings_as_annotations(checked: Iterable[Checked]) -> Iterator[str]:
    """Yield one workflow command of GitHub per finding."""
    for each in checked:
        for finding in each.findings:
            level, title = ANNOTATIONS[finding.level], f"flopsbench: {finding.code}"
            yield command(level, title, told(finding), printable(each.path))


def findings_as_json(checked: Iterable[Checked], tally: Tally) -> bytes:
    """Return one JSON document: the counts, and every file that has findings.

    ``tally`` must be the one that counts ``checked`` while they pass.
    """
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
    """Return a finding as the JSON document holds it."""
    record = {"code": finding.code, "level": finding.level, "sentence": printable(finding.sentence)}
    return record | ({"where": printable(finding.where)} if finding.where else {})


def findings_as_junit(checked: Iterable[Checked]) -> bytes:
    """Return JUnit XML with one testcase per file, which has failed if the file is rejected."""
    files: dict[str, list[Finding]] = {}
    for each in checked:
        files.setdefault(printable(each.path), []).extend(each.findings)
    return document("flopsbench validate", [_testcase(path, findings) for path, findings in files.items()])


def _testcase(path: str, findings: list[Finding]) -> Testcase:
    """Return the testcase of one file."""
    lines = [f"{finding.level} {finding.code}: {told(finding)}" for finding in findings]
    rejected = next((finding for finding in findings if finding.level == "reject"), None)
    if rejected:
        return Testcase(path, "failure", told(rejected), rejected.code, lines)
    return Testcase(path, "system-out", "\n".join(lines))
