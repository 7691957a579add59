"""From what the workers said to the Result: processes of a case joined, limits looked up, figures computed."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from itertools import chain
from statistics import median

from msgspec.structs import replace

from flopsbench import environment, protocol
from flopsbench.grade import flags, grade
from flopsbench.limits import Limits, limits, peak_records
from flopsbench.profile import BLOCK_S, PROFILES, WARMUP_S
from flopsbench.protocol import Event, Profile
from flopsbench.result import (
    BLANK_ID,
    LICENSE,
    METHOD_VERSION,
    SCHEMA_VERSION,
    Case,
    Ceiling,
    DeviceRecord,
    Host,
    Options,
    Policy,
    Proof,
    Regime,
    Result,
    Software,
    Tool,
    case_id,
)
from flopsbench.sampling import MIN_BLOCKS, MOST_BLOCKS_KEPT
from flopsbench.summary import summarise


@dataclass(slots=True)
class Observed:
    """Everything the workers have said so far: the cases planned, by id, and what came of each in each process."""

    seed: int
    planned: dict[str, Case] = field(default_factory=dict)
    records: dict[str, list[Case]] = field(default_factory=dict)
    devices: dict[str, DeviceRecord] = field(default_factory=dict)
    ceilings: dict[tuple[str, str], Ceiling] = field(default_factory=dict)
    absent: dict[str, str] = field(default_factory=dict)
    software: Software | None = None
    interrupted: bool = False

    def take(self, event: Event) -> None:
        """Remember what an event says."""
        if isinstance(event, protocol.Started):
            self.planned |= {case_id(case): case for case in event.cases}
            self.devices |= {device.id: device for device in event.devices}
            self.absent = event.absent
        elif isinstance(event, protocol.Ended):
            self.records.setdefault(case_id(event.case), []).append(event.case)
            if event.ceiling:
                self.ceilings[event.ceiling.device, event.ceiling.dtype] = event.ceiling
        elif isinstance(event, protocol.Finished):
            self.software = event.software

    def ids(self, regime: Regime) -> list[str]:
        """The cases planned in a regime."""
        return [id for id, case in self.planned.items() if case.regime == regime]

    def died(self, id: str, reason: str) -> None:
        """A worker ended in the middle of a case."""
        told = f"the process that measured it died: {reason}"
        self.records.setdefault(id, []).append(replace(self.planned[id], status="failed", reason=told))


def assemble(observed: Observed, options: Options, profile: Profile, host: Host, created: datetime.datetime) -> Result:
    """The document of a run on ``host`` as it was before; its id is set when it is encoded."""
    joined = [join(planned, observed.records.get(id, [])) for id, planned in observed.planned.items()]
    if observed.interrupted:
        joined = [replace(case, reason="interrupted") if case.reason == "not reached" else case for case in joined]
    known = limits(joined, observed.devices)
    return Result(
        schema="flopsbench.result",
        schema_version=SCHEMA_VERSION,
        method_version=METHOD_VERSION,
        id=BLANK_ID,
        created=created.strftime("%Y-%m-%dT%H:%M:%SZ"),
        license=LICENSE,
        tool=Tool(
            name="flopsbench",
            version=version("flopsbench"),
            profile=profile,
            options=options,
            git_commit=environment.tool_commit(),
        ),
        host=host,
        devices=list(observed.devices.values()),
        software=observed.software or environment.software(),
        policy=_policy(profile, observed.seed, joined),
        cases=[_with_figures(case, known, host) for case in joined],
        ceilings=[_with_rate(ceiling, joined) for ceiling in observed.ceilings.values()],
        peaks=list(peak_records(known.values())),
        source=environment.source(),
        interrupted=observed.interrupted,
    )


def join(planned: Case, records: Sequence[Case]) -> Case:
    """One case from what each process found: failed if any failed, measured if any measured, else the first reason."""
    for status in ("failed", "ok"):
        chosen = [record for record in records if record.status == status]
        if chosen:
            processes = [process for record in records for process in record.processes]
            return replace(chosen[0], processes=processes, proof=_worst(records))
    return records[0] if records else planned


def _worst(records: Sequence[Case]) -> Proof | None:
    """The proof with the largest residual, a failed one before all others."""
    proofs = [record.proof for record in records if record.proof]
    return max(proofs, key=lambda proof: (not proof.passed, proof.max_residual or 0), default=None)


def _with_figures(case: Case, known: dict[tuple[str, str], Limits], host: Host) -> Case:
    """The case with its stats and grade, when it was measured and proven."""
    if case.status != "ok":
        return case
    limit = known[case.device, case.dtype]
    quota = bool(host.virtualisation and host.virtualisation.quota_cpus) and case.device == "cpu"
    stats = summarise(case.processes, case.flop_per_launch, limit.unit, limit.peak_per_s, limit.flop_per_hz, quota)
    letter, reasons = grade(case.processes, stats, host)
    return replace(
        case, stats=stats, grade=letter, grade_reasons=reasons, flags=flags(case.processes, stats), reason=None
    )


def _with_rate(ceiling: Ceiling, cases: Sequence[Case]) -> Ceiling:
    """The median of all samples taken beside the blocks of that dtype."""
    samples = list(_samples(ceiling, cases))
    return replace(ceiling, rate_per_s=median(samples)) if samples else ceiling


def _samples(ceiling: Ceiling, cases: Sequence[Case]) -> Iterator[float]:
    for case in cases:
        if (case.device, case.dtype) == (ceiling.device, ceiling.dtype):
            for process in case.processes:
                yield from chain.from_iterable(process.block_ceilings)


def _policy(profile: Profile, seed: int, cases: Sequence[Case]) -> Policy:
    rules, kind = PROFILES[profile], cases[0].device.partition(":")[0]
    return Policy(
        processes=rules.processes,
        min_blocks=MIN_BLOCKS,
        max_blocks=MOST_BLOCKS_KEPT,
        target_half_width=rules.target_half_width,
        block_s=BLOCK_S.get(kind, BLOCK_S["cuda"]),
        warmup_s=WARMUP_S.get(kind, WARMUP_S["cuda"]),
        blocks_a_bracket=rules.blocks_a_bracket,
        case_time_s=rules.case_time_s,
        seed=seed,
    )
