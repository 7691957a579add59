"""Validates one document by every check there is: the command line, CI, contributors and the site all call this."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass

from flopsbench.result.types import Result
from flopsbench.validate import integrity, numerics, physics, privacy, timing
from flopsbench.validate.canonical import read_canonical
from flopsbench.validate.environment import (
    environment_findings,
    machine_findings,
    missing_findings,
    quota_findings,
    space_findings,
    unknown_findings,
)
from flopsbench.validate.file import size_findings
from flopsbench.validate.finding import Finding
from flopsbench.validate.limits import bulk_faults
from flopsbench.validate.text import name_findings, text_findings


@dataclass(frozen=True, slots=True)
class Judgement:
    """A Judgement holds all findings about one document, and what it says; None where it cannot be read."""

    result: Result | None
    findings: list[Finding]

    @property
    def rejected(self) -> bool:
        """Return whether the document may never be published."""
        return any(finding.level == "reject" for finding in self.findings)


def validate_document(document: bytes, *, now: datetime.datetime | None = None) -> Judgement:
    """Check the bytes of one document, whatever they are; nothing is raised.

    ``now``, with its time zone, is the time against which the document's own is checked. A check runs only where what
    it relies on holds: figures are checked only where the structure is sound, physics only where the times are.
    """
    if findings := list(size_findings(document)):
        return Judgement(None, findings)
    result, faults, texts = read_canonical(document)
    findings = list(integrity.byte_findings(faults))
    if result is not None:
        findings += integrity.byte_findings(bulk_faults(result))
    if result is not None and not any(finding.code == "integrity.bulk" for finding in findings):
        forms = integrity.form_findings
        findings += [*text_findings(document, texts), *name_findings(result)] or [
            *privacy.host_form_findings(result),
            *forms(result),
        ]
        structure = list(_structure_findings(result))
        findings += structure or _content_findings(result, now or datetime.datetime.now(datetime.UTC))
    return Judgement(result, findings)


def _structure_findings(result: Result) -> Iterator[Finding]:
    """Yield what must not be wrong before any figure can be checked."""
    yield from integrity.structure_findings(result)
    for case in result.cases:
        yield from numerics.dtype_findings(case)
        yield from integrity.case_findings(case)
        yield from timing.amount_findings(case)


def _content_findings(result: Result, now: datetime.datetime) -> Iterator[Finding]:
    """Yield the findings about a document whose structure is sound."""
    yield from environment_findings(result, now)
    yield from machine_findings(result)
    yield from missing_findings(result)
    yield from unknown_findings(result)
    yield from integrity.figure_findings(result)
    yield from physics.device_findings(result)
    yield from physics.regime_findings(result.cases)
    yield from physics.order_findings(result.cases)
    devices = {device.id: physics.with_cores(device, result) for device in result.devices}
    copied = timing.copies(result.cases)
    for case in result.cases:
        if case.status != "ok":
            continue
        yield from space_findings(case)
        yield from quota_findings(case, result)
        yield from numerics.proof_findings(case, result.method_version)
        times = list(timing.time_findings(case, result.policy, copied))
        yield from times
        if not any(finding.level == "reject" for finding in times):
            yield from physics.case_findings(case, devices[case.device], result.host)
