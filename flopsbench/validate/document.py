"""The one judge of a document, for the command line, CI, contributors and any server."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass

from flopsbench.result.types import Result
from flopsbench.validate import canonical, environment, integrity, numerics, physics, privacy, text, timing
from flopsbench.validate.finding import Finding


@dataclass(frozen=True, slots=True)
class Judgement:
    """What one document says, None where it cannot be read, and all there is to say of it."""

    result: Result | None
    findings: list[Finding]

    @property
    def rejected(self) -> bool:
        """Whether it may never be published."""
        return any(finding.level == "reject" for finding in self.findings)


def validate_document(document: bytes, *, now: datetime.datetime | None = None) -> Judgement:
    """Check the bytes of one document, whatever they are; nothing is raised.

    ``now``, with its time zone, is what the future is judged by. Findings are given once all of them can be: figures
    only where the structure holds, physics only where the times do.
    """
    result, findings, texts = canonical.read(document)
    if result is not None:
        findings += list(text.check(document, texts)) or privacy.forms(result)
        structure = list(integrity.structure(result))
        findings += structure or _content(result, now or datetime.datetime.now(datetime.UTC))
    return Judgement(result, findings)


def _content(result: Result, now: datetime.datetime) -> Iterator[Finding]:
    """What a document of sound structure says."""
    yield from environment.check(result, now)
    yield from integrity.figures(result)
    yield from physics.check_devices(result)
    yield from physics.check_regimes(result.cases)
    devices = {device.id: device for device in result.devices}
    blocks: set[tuple[float, ...]] = set()
    for case in result.cases:
        if case.status != "ok":
            continue
        yield from environment.check_quota(case, result)
        yield from numerics.check(case)
        times = list(timing.check(case, result.policy, blocks))
        yield from times
        if not any(finding.level == "reject" for finding in times):
            yield from physics.check(case, devices[case.device], result.host)
