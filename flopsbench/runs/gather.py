"""Gathers what the workers reported: keeps it, joins the processes of each case, and makes the document."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from itertools import chain
from statistics import median
from typing import TypeVar

from msgspec.structs import replace

from flopsbench.analysis.limits import Limits, peak_records
from flopsbench.device import CPU, kind_of
from flopsbench.host import environment
from flopsbench.host.git.tool import tool_commit
from flopsbench.host.privacy import without_places
from flopsbench.measure.profiles import FEWEST_TURNS, PROFILES, case_policy
from flopsbench.measure.stopping import MOST_BLOCKS_KEPT
from flopsbench.result.keys import case_id
from flopsbench.result.said import as_reason, sentence_fields
from flopsbench.result.types import (
    BLANK_ID,
    LICENSE,
    METHOD_VERSION,
    NOT_REACHED,
    SCHEMA,
    SCHEMA_VERSION,
    Case,
    Ceiling,
    DeviceRecord,
    Host,
    Options,
    Policy,
    Profile,
    Proof,
    Regime,
    Result,
    Software,
    Source,
    Tool,
)
from flopsbench.result.work import LimitKey, limit_key
from flopsbench.runs import messages
from flopsbench.runs.messages import Event
from flopsbench.text import seen, utc
from flopsbench.validate.text import publishable
from flopsbench.words.reason import Reason

Telling = TypeVar("Telling", Case, Ceiling)


@dataclass(frozen=True, slots=True)
class Header:
    """A Header is what a Result says of its run beforehand: the tool, the host, the project under test."""

    tool: Tool
    host: Host
    source: Source | None


def header(options: Options, profile: Profile) -> Header:
    """Look at this machine now; call it before the run, whose own work would count as load."""
    tool = Tool(
        name="flopsbench",
        version=version("flopsbench"),
        profile=profile,
        options=options,
        git_commit=tool_commit(),
    )
    return Header(tool, environment.host(), environment.source())


@dataclass(slots=True)
class Observed:
    """Observed is everything the workers have reported so far.

    It holds the planned cases by id, and each process's record of each case.
    """

    seed: int
    planned: dict[str, Case] = field(default_factory=dict)
    records: dict[str, list[Case]] = field(default_factory=dict)
    devices: dict[str, DeviceRecord] = field(default_factory=dict)
    ceilings: dict[LimitKey, Ceiling] = field(default_factory=dict)
    software: Software | None = None
    interrupted: str = ""

    def take(self, event: Event) -> None:
        """Remember what an event reports."""
        if isinstance(event, messages.Started):
            self.planned |= {case_id(case): case for case in event.cases}
            self.devices |= {device.id: device for device in event.devices}
            self.software = event.software
        elif isinstance(event, messages.Ended):
            self.records.setdefault(case_id(event.case), []).append(event.case)
            if event.ceiling:
                self.ceilings[limit_key(event.case)] = event.ceiling

    def ids(self, regime: Regime) -> list[str]:
        """Return the ids of the cases planned in a regime."""
        return [id for id, case in self.planned.items() if case.regime == regime]

    def failures(self) -> int:
        """Return how many cases have failed so far, once for each process they failed in."""
        return sum(case.status == "failed" for cases in self.records.values() for case in cases)

    def lose(self, id: str, last_words: str) -> None:
        """Record a case as failed because its worker ended in the middle of it."""
        self.records.setdefault(id, []).append(of_dead_process(self.planned[id], last_words))


def of_dead_process(planned: Case, last_words: str) -> Case:
    """Return a case as failed because the process that measured it ended in the middle of it.

    The last words are a Reason where its parent has ended it.
    """
    return replace(planned, status="failed", **sentence_fields(reason=why_it_died(last_words)))


def why_it_died(last_words: str) -> Reason:
    """Return the sentence about a process that has ended before its work, by its last words."""
    return last_words if isinstance(last_words, Reason) else Reason("process_died", last_words=last_words)


def joined(observed: Observed) -> list[Case]:
    """Return every planned case, of all that its processes found; those that an interruption left say so."""
    cases = [join(planned, observed.records.get(id, [])) for id, planned in observed.planned.items()]
    if not observed.interrupted:
        return cases
    told = sentence_fields(reason=_placeless(observed.interrupted))
    return [replace(case, **told) if case.reason == NOT_REACHED else case for case in cases]


def document(observed: Observed, about: Header, cases: Sequence[Case], known: Mapping[LimitKey, Limits]) -> Result:
    """Make the Result of the cases with their figures and of the limits known; its id is set when it is encoded."""
    return Result(
        schema=SCHEMA,
        schema_version=SCHEMA_VERSION,
        method_version=METHOD_VERSION,
        id=BLANK_ID,
        created=utc(datetime.datetime.now(datetime.UTC)),
        license=LICENSE,
        tool=about.tool,
        host=about.host,
        devices=list(observed.devices.values()),
        software=observed.software or environment.software(),
        policy=_policy(about.tool.profile, observed.seed, cases),
        cases=list(cases),
        ceilings=list(_sampled(observed.ceilings.values(), cases)),
        peaks=list(peak_records(known.values())),
        source=about.source,
        interrupted=bool(observed.interrupted),
    )


def join(planned: Case, records: Sequence[Case]) -> Case:
    """Make one case of what each process found: failed if a proof failed, measured if any process measured it.

    A process that gave no rate while others did costs the case its grade, not its rate. A case that no process could
    run carries the first reason.
    """
    wrong = [record for record in records if record.proof and not record.proof.passed]
    measured = [record for record in records if record.status == "ok"]
    broken = [record for record in records if record.status == "failed"]
    chosen = next(iter(wrong or measured or broken or records), planned)
    processes = [process for record in records for process in record.processes]
    case = replace(chosen, processes=processes, proof=_worst(records))
    others = [record for record in records if record.status != "ok"]
    if case.status == "ok" and others:
        doubt = Reason("processes_lost", lost=len(others), processes=len(records), why=str(others[0].reason))
        case = replace(case, **sentence_fields(grade_reasons=[_placeless(doubt)]))
    return _without_places_in_reason(case)


def _without_places_in_reason(record: Telling) -> Telling:
    """Return the record with no place in its reason."""
    if not record.reason:
        return record
    return replace(record, **sentence_fields(reason=_placeless(as_reason(record.reason, record.reason_said))))


def _placeless(sentence: str) -> str:
    """Return the sentence as it may be published; a Reason stays one where nothing but its values changes."""
    plain = _published(sentence)
    if plain == sentence:
        return sentence
    if isinstance(sentence, Reason) and (changed := sentence.changed(_published)) == plain:
        return changed
    return plain


def _published(text: str) -> str:
    """Return the text without places, without what nobody sees, and without anything the validator refuses."""
    return publishable(seen(without_places(text)))


def _worst(records: Sequence[Case]) -> Proof | None:
    """Return the proof with the largest residual, a failed one before all others."""
    proofs = [record.proof for record in records if record.proof]
    return max(proofs, key=lambda proof: (not proof.passed, proof.max_residual or 0), default=None)


def _sampled(ceilings: Iterable[Ceiling], cases: Sequence[Case]) -> Iterator[Ceiling]:
    """Yield each ceiling with the median of all samples taken beside the blocks of its rates, or with its reason.

    A loop that no case ran beside, as where no backend has the precision that the CPU has, measured no ceiling.
    """
    for ceiling in ceilings:
        samples = list(_samples(ceiling, cases))
        if samples or ceiling.reason is not None:
            yield replace(_without_places_in_reason(ceiling), rate_per_s=median(samples) if samples else None)


def _samples(ceiling: Ceiling, cases: Sequence[Case]) -> Iterator[float]:
    for case in cases:
        if limit_key(case) == (ceiling.device, ceiling.dtype, ceiling.unit):
            for process in case.processes:
                yield from chain.from_iterable(process.block_ceilings)


def _policy(profile: Profile, seed: int, cases: Sequence[Case]) -> Policy:
    """Return the policy of the run; what depends on a case's device is that of the first burst.

    Each case that was begun carries its own.
    """
    rules = PROFILES[profile]
    first = next((case.device for case in (*(case for case in cases if case.regime == "burst"), *cases)), CPU.name)
    usual = case_policy(rules, kind_of(first), "burst")
    return Policy(
        processes=max([1, *(len(case.processes) for case in cases)]) if rules.turns else rules.processes,
        min_blocks=FEWEST_TURNS if rules.turns else rules.fewest_blocks,
        max_blocks=rules.turns or MOST_BLOCKS_KEPT,
        target_half_width=rules.target_half_width,
        block_s=usual.block_s,
        warmup_s=usual.warmup_s,
        blocks_a_bracket=rules.blocks_a_bracket,
        case_time_s=rules.case_time_s,
        seed=seed,
    )
