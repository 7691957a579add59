"""Renders the page of one Result section by section: rows of tables and charts as HTML, with each text escaped.

A build makes twenty thousand of these pages, so that a row is one f-string instead of a template of its own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from statistics import median

from markupsafe import Markup, escape

from flopsbench.analysis.vendor import is_own, share_of_vendor
from flopsbench.dtype import Unit
from flopsbench.registry.entry import Entry, why_unranked
from flopsbench.render.charts import svg
from flopsbench.render.html import cells
from flopsbench.render.html.cells import NONE
from flopsbench.result.command import command_of
from flopsbench.result.facts import Told, facts
from flopsbench.result.said import as_reason, as_reasons
from flopsbench.result.types import (
    MEASURED,
    Case,
    Ceiling,
    ComputeRecord,
    Process,
    Proof,
    Record,
    Result,
    Software,
    Stats,
    Telemetry,
)
from flopsbench.result.work import LimitKey, limit_of, limit_title
from flopsbench.stats import known_median
from flopsbench.units import PREFIXES, fixed, general, prefix_index, printed_unit, share
from flopsbench.validate.finding import Finding
from flopsbench.words.pages import TEXTS, say, shown

_PEAKS = {"datasheet": "limit_datasheet", "clock seen": "limit_clock", MEASURED: "limit_measured"}

Term = tuple[str | Markup, str | Markup]  # and its description


@dataclass(frozen=True)
class ResultPage:
    """A ResultPage is what the page of ``result`` shows; every part is HTML, empty where there is nothing to show."""

    result: Result
    entry: Entry
    findings: Sequence[Finding]

    @cached_property
    def cases(self) -> list[tuple[Case, str]]:
        """Return every case with its name."""
        return [(case, self._name(case)) for case in self.result.cases]

    @cached_property
    def measured(self) -> list[tuple[Case, str, Stats]]:
        """Return the cases that have a rate, with their names and figures."""
        return [(case, name, case.stats) for case, name in self.cases if case.stats]

    @cached_property
    def lead(self) -> Markup:
        """Return the line that says when, with what and by whom the Result was measured."""
        tool = self.result.tool
        by = self.entry.submitter or TEXTS["anonymous"]
        return say(
            "result_lead", date=self.entry.created[:10], version=tool.version, profile=tool.profile, submitter=by
        )

    @cached_property
    def rates(self) -> Markup:
        """Return one row per rate of the vendor's GEMM."""
        return _joined(_rate_row(case, stats) for case, _, stats in self.measured if not is_own(case))

    @cached_property
    def own_rates(self) -> Markup:
        """Return one row per rate of an own kernel, with its share of the vendor's."""
        return _joined(
            _rate_row(case, stats, _number(cells.of_vendor(share_of_vendor(case, self.result.cases))))
            for case, _, stats in self.measured
            if is_own(case)
        )

    @cached_property
    def grades(self) -> Markup:
        """Return one line per case whose grade has reasons or that has flags, with these."""
        lines = []
        for case, name, _ in self.measured:
            if case.grade_reasons or case.flags:
                grade = say("grade_line", grade=case.grade or NONE)
                told = [
                    *map(shown, as_reasons(case.grade_reasons, case.grade_reasons_said)),
                    *(f"<code>{escape(flag)}</code>" for flag in case.flags),
                ]
                lines.append(f"<li>{name}, {grade}: {'; '.join(told)}</li>")
        return _joined(lines)

    @cached_property
    def samples(self) -> Markup:
        """Return one chart per case that has a rate, of its blocks."""
        return _joined(_samples(i, *each) for i, each in enumerate(self.measured))

    @cached_property
    def processes(self) -> Markup:
        """Return one row per process of the cases that have a rate: its blocks, and what the sensors read."""
        return _joined(
            _process_row(case, name if process is case.processes[0] else None, stats, process)
            for case, name, stats in self.measured
            for process in case.processes
        )

    @cached_property
    def proofs(self) -> Markup:
        """Return one row per case that has a proof, whether it passed or not."""
        return _joined(_proof_row(case, name, case.proof) for case, name in self.cases if case.proof)

    @cached_property
    def chains(self) -> Markup:
        """Return one table of losses per device, dtype and unit: of the vendor's GEMM where that was measured."""
        fastest: dict[tuple[str, str, Unit, str], dict[str, Stats]] = defaultdict(dict)
        vendors = [each for each in self.measured if not is_own(each[0])]
        for case, _, stats in vendors or self.measured:
            of_regime = fastest[case.device, case.dtype, stats.unit, _math(case.compute)]
            known = of_regime.get(case.regime)
            if known is None or stats.rate.median > known.rate.median:
                of_regime[case.regime] = stats
        return _joined(self._chain(i, key[:3], best) for i, (key, best) in enumerate(fastest.items()))

    @cached_property
    def missing(self) -> Markup:
        """Return one row per case that has no rate, with the reason."""
        return _joined(
            f'<tr><th scope="row">{name}</th><td>{TEXTS[f"status_{case.status}"]}</td>'
            f"<td>{_reason(case) if case.reason else _reason(case.proof)}</td></tr>"
            for case, name in self.cases
            if not case.stats
        )

    @cached_property
    def environment(self) -> Markup:
        """Return groups of facts under their headings; what is unknown is left out."""
        groups: list[tuple[Markup, list[Term]]] = [
            (TEXTS["machine"], [(TEXTS[heading], told) for heading, told in _by_heading(self.result.host).items()]),
            (TEXTS["devices"], [(each.id, _by_heading(each)["devices"]) for each in self.result.devices]),
            (TEXTS["software"], list(_software(self.result.software))),
            (TEXTS["settings"], list(self.result.software.env.items())),
            (TEXTS["policy"], list(self._policy())),
        ]
        return _joined(
            f'\n<div><h3>{heading}</h3><dl class="facts">{"".join(map(_term, told))}</dl></div>'
            for heading, told in groups
            if told
        )

    @cached_property
    def limits(self) -> Markup:
        """Return one row per ceiling, measured or with the reason why not, and one per peak, with its source."""
        ceilings = (
            _limit_row(
                say("limit_ceiling", dtype=self._of(limit_title(row), row.device)),
                cells.rate(row.rate_per_s, row.unit),
                escape(", ".join(filter(None, (row.instruction, row.method)))) or _reason(row),
            )
            for row in sorted(self.result.ceilings, key=limit_of)
        )
        peaks = (
            _limit_row(
                say(_PEAKS[peak.basis], dtype=self._of(limit_title(peak), peak.device)),
                cells.rate(peak.rate_per_s, peak.unit),
                escape("; ".join(filter(None, (peak.note, peak.source)))),
            )
            for peak in sorted(self.result.peaks, key=lambda peak: (peak.device, peak.dtype, peak.basis))
        )
        return _joined((*ceilings, *peaks))

    @cached_property
    def command(self) -> str:
        """Return the command that would repeat the measurement, as a line for a shell."""
        profile = self.result.tool.profile
        seed = str(self.result.policy.seed)
        return command_of(self.result, "run", profile if profile != "ab" else "standard", "--seed", seed)

    @cached_property
    def provenance(self) -> Markup:
        """Return who vouches for the Result, and the commits of program and project, as far as they are known."""
        source = self.result.source
        told: list[tuple[str, str | Markup | None]] = [
            ("commit", _code(self.result.tool.git_commit)),
            ("signed_by", self.entry.signed_by),
            ("attested_by", _address(self.entry.attested)),
            ("project", " ".join(filter(None, (source.repository, source.commit))) if source else None),
        ]
        return _joined(f"\n{_term((TEXTS[name], value))}" for name, value in told if value)

    @cached_property
    def notes(self) -> Markup:
        """Return one line per finding of the validator."""
        return _joined(
            f"<li><code>{escape(finding.code)}</code> {TEXTS['review' if finding.level == 'review' else 'note']} "
            f"{shown(finding.sentence)}{' (' + escape(finding.where) + ')' if finding.where else ''}</li>"
            for finding in self.findings
        )

    def _name(self, case: Case) -> str:
        """Return a name for a case, escaped: what tells it apart from the other cases."""
        device = f", {case.device}" if len(self.result.devices) > 1 else ""
        name = f"{case.dtype} {case.backend} {case.kernel}, {cells.shape(case.m, case.n, case.k)}{device}"
        return f"{escape(name)}, {TEXTS['regime_' + case.regime]}"

    def _chain(self, i: int, key: LimitKey, best: dict[str, Stats]) -> str:
        """Return the table of losses of such rates, from their peaks down to ``best``, the rates by regime."""
        device, dtype, unit = key
        peaks = {row.basis: row.rate_per_s for row in self.result.peaks if (row.device, row.dtype, row.unit) == key}
        ceilings = (row.rate_per_s for row in self.result.ceilings if (row.device, row.dtype, row.unit) == key)
        steps = {
            "step_datasheet": peaks.get("datasheet"),
            "step_clock": peaks.get("clock seen"),
            "step_ceiling": next(ceilings, None),
            "step_achieved": best["burst"].rate.median if "burst" in best else None,
            "step_sustained": best["sustained"].rate.median if "sustained" in best else None,
        }
        known = {name: rate for name, rate in steps.items() if rate}
        return _chain(f"chain-{i}", self._of(dtype, device), unit, known) if len(known) > 1 else ""

    def _of(self, rates: str, device: str) -> str:
        """Return what a limit is of, with its device where the Result has several."""
        return f"{rates}, {device}" if len(self.result.devices) > 1 else rates

    def _policy(self) -> Iterator[Term]:
        """Yield the policy by which the cases were sampled."""
        policy = self.result.policy
        yield TEXTS["policy_processes"], str(policy.processes)
        yield TEXTS["policy_blocks"], f"{policy.min_blocks} – {policy.max_blocks}"
        # One policy per device: it depends on the kind of the device, so that all bursts of one device share it.
        own = {case.device: case.policy for case in self.result.cases if case.policy and case.regime == "burst"}
        yield TEXTS["policy_block"], _by_device(policy.block_s, {name: each.block_s for name, each in own.items()})
        yield TEXTS["policy_warmup"], _by_device(policy.warmup_s, {name: each.warmup_s for name, each in own.items()})
        yield TEXTS["policy_target"], f"±{share(policy.target_half_width, 1)}"
        yield TEXTS["policy_bracket"], str(policy.blocks_a_bracket)
        yield TEXTS["policy_seed"], str(policy.seed)


def _by_device(usual_s: float, own_s: Mapping[str, float]) -> str:
    """Return a time of the policy: one where all devices agree, else each device's own.

    ``own_s`` are the times of the devices by their ids; a document before 1.3 has none, and ``usual_s`` counts.
    """
    times_s = set(own_s.values()) or {usual_s}
    if len(times_s) == 1:
        return cells.seconds(times_s.pop())
    return ", ".join(f"{device}: {cells.seconds(value)}" for device, value in own_s.items())


def _term(pair: Term) -> str:
    """Return a pair as a term and its description, both escaped."""
    term, value = map(escape, pair)
    return f"<div><dt>{term}</dt><dd>{value}</dd></div>"


def _limit_row(name: Markup, figure: str, told: Markup) -> str:
    """Return the table row of a ceiling or a peak."""
    return f'<tr><th scope="row">{name}</th><td class="number">{figure}</td><td class="source">{told}</td></tr>'


def _number(figure: str) -> str:
    """Return the table cell of a figure."""
    return f'<td class="number">{figure}</td>'


def _rate_row(case: Case, stats: Stats, of_vendor: str = "") -> str:
    """Return the table row of a case that has a rate; ``of_vendor`` is one more cell of an own kernel's."""
    rate, efficiency = stats.rate, stats.efficiency
    power_w = known_median(process.telemetry.power_w for process in case.processes)
    library = case.compute.library if case.compute else ""
    mark = f"<br><small>{TEXTS['own_space']}</small>" if case.compute and case.compute.own_space else ""
    return (
        f'<tr><th scope="row">{_dtype(case)}</th>'
        f"<td>{escape(case.backend)} {escape(case.kernel)}<br><small>{escape(library)}</small>{mark}</td>"
        f"<td>{cells.shape(case.m, case.n, case.k)} <small>{case.layout}</small></td>"
        f"<td>{TEXTS['regime_' + case.regime]}</td>"
        f'<td class="number"><strong>{cells.rate(rate.median, stats.unit)}</strong></td>'
        f'<td class="range">{cells.interval(rate.low, rate.high, stats.unit)}'
        f"<br><small>{_basis(case, rate.basis)}</small>{cells.remark(why_unranked(case, stats))}</td>"
        f"{of_vendor}{_number(cells.share(efficiency.ceiling))}"
        f"{_number(cells.of_peak(efficiency.peak, efficiency.peak_at_clock))}"
        f"{_number(cells.watts(power_w))}"
        f'<td class="number">{cells.per_joule(stats.per_joule, stats.unit)}</td>'
        f"<td>{case.grade or NONE}</td></tr>"
    )


def _basis(case: Case, basis: str) -> Markup:
    """Return the words for what an interval rests on: so many blocks, or so many processes."""
    count = len(case.processes) if basis == "processes" else sum(len(process.block_s) for process in case.processes)
    return say(f"basis_{basis}", count=count)


def _dtype(case: Case) -> str:
    """Return the dtype and the mode of arithmetic of a case, escaped."""
    return str(escape(cells.board(case.dtype, _math(case.compute))))


def _math(compute: ComputeRecord | None) -> str:
    """Return the mode of arithmetic, "ieee" where none is recorded."""
    return compute.math if compute else "ieee"


def _samples(i: int, case: Case, name: str, stats: Stats) -> str:
    """Return the chart of the blocks of one case, numbered ``i`` on the page."""
    work = case.flop_per_launch
    strips = [
        svg.Strip([work * process.loops / seconds for seconds in process.block_s], process.block_ceilings)
        for process in case.processes
    ]
    rate = stats.rate
    drawn = svg.samples(strips, rate.median, rate.low, rate.high, stats.unit, f"samples-{i}")
    figure = cells.rate(rate.median, stats.unit)
    return f'<figure><figcaption id="samples-{i}">{name}: {figure}</figcaption>{drawn}</figure>'


def _reason(record: Case | Proof | Ceiling | None) -> Markup:
    """Return the reason that a record gives, in both languages where its Chinese is known."""
    return shown(as_reason(record.reason, record.reason_said)) if record and record.reason else Markup(NONE)


def _process_row(case: Case, name: str | None, stats: Stats, process: Process) -> str:
    """Return the table row of a process; that of a case's first process has the ``name`` of the case in front."""
    work = case.flop_per_launch * process.loops
    index = prefix_index(stats.rate.median)
    step = 10.0 ** (3 * index)
    rates = " ".join([general(work / seconds / step, 4) for seconds in process.block_s])
    ceiling = known_median(chain.from_iterable(process.block_ceilings))
    head = f'<th scope="rowgroup" rowspan="{len(case.processes)}">{name}</th>' if name else ""
    return (
        f'<tr>{head}<td class="number">{process.order + 1}</td>'
        f'<td class="number">{len(process.block_s)} / {process.blocks_total}</td>'
        f'<td class="number">{process.loops}</td>'
        f'<td class="number">{cells.seconds(median(process.block_s))}</td>'
        f'<td class="number">{cells.seconds(process.first_launch_s)}</td>'
        f'<td class="number">{cells.rate(ceiling, stats.unit)}</td>'
        f"<td>{shown(as_reason(process.stop_reason, process.stop_reason_said))}</td>{_telemetry(process.telemetry)}"
        f'<td class="blocks">{rates} {printed_unit(PREFIXES[index], stats.unit)}</td></tr>'
    )


def _telemetry(told: Telemetry) -> str:
    """Return two cells: what the device's sensors read, and what slowed it down."""
    sensed, hindered = [], []
    if told.clock_hz:
        sensed.append(cells.clock(told.clock_hz))
    if told.power_w:
        sensed.append(cells.watts(told.power_w))
    if told.temperature_c is not None:
        sensed.append(f"{fixed(told.temperature_c, 0)} °C")
    if told.steal_share:
        hindered.append(say("telemetry_steal", value=share(told.steal_share, 1)))
    if told.throttled_periods:
        hindered.append(say("telemetry_throttled", value=told.throttled_periods))
    if told.throttle_reasons:
        hindered.append(say("telemetry_slowed", value=", ".join(told.throttle_reasons)))
    return f'<td class="told">{", ".join(sensed) or NONE}</td><td class="told">{", ".join(hindered) or NONE}</td>'


def _proof_row(case: Case, name: str, proof: Proof) -> str:
    """Return the table row of a proof: its residual and its error beside their bounds."""
    low, high = proof.rms_band or (0.0, 0.0)
    if proof.bound == 0 and high == 0:
        residual = rms = str(TEXTS["exact"]) if proof.passed else cells.scientific(proof.max_residual)
        drawn = NONE
    else:
        residual = f"{cells.scientific(proof.max_residual)}<br><small>≤ {cells.scientific(proof.bound)}</small>"
        least = f"{cells.scientific(low)} – " if low else "≤ "
        rms = f"{cells.scientific(proof.rms_error)}<br><small>{least}{cells.scientific(high)}</small>"
        drawn = svg.within(proof.rms_error, low, high) if proof.rms_error is not None and high > 0 else NONE
    reason = f"<br><small>{_reason(proof)}</small>" if proof.reason else ""
    verdict = TEXTS["proof_passed" if proof.passed else "proof_failed"]
    return (
        f'<tr><th scope="row">{name}</th><td>{_arithmetic(case.compute)}</td><td class="number">{residual}</td>'
        f'<td class="number">{rms}</td><td class="drawn">{drawn}</td>'
        f'<td><span class="verdict">{verdict}</span>{reason}</td></tr>'
    )


def _arithmetic(compute: ComputeRecord | None) -> str:
    """Return what ran: formats, sums, library, mode, threads, and whatever else the backend noted."""
    if compute is None:
        return NONE
    line = say(
        "arithmetic_line",
        a=compute.a,
        b=compute.b,
        c=compute.c,
        sums=compute.accumulate,
        library=compute.library,
        math=compute.math,
    )
    told = [say("threads", count=compute.threads)] if compute.threads else []
    told += [say("operand_sets", count=compute.operand_sets)] if compute.operand_sets else []
    told += [TEXTS["own_space"]] if compute.own_space else []
    told += map(escape, compute.notes)
    return f"{line}<br><small>{', '.join(told)}</small>" if told else str(line)


def _chain(id: str, dtype: str, unit: str, steps: dict[str, float]) -> str:
    """Return a table of losses: each step's rate, and its change against the step before."""
    highest = max(steps.values())
    rows, before = [], 0.0
    for name, value in steps.items():
        against = cells.change(value / before) if before else NONE
        rows.append(
            f'<tr><th scope="row">{TEXTS[name]}</th><td class="number">{cells.rate(value, unit)}</td>'
            f'<td class="number">{against}</td><td class="drawn">{svg.link(value, before, highest)}</td></tr>'
        )
        before = value
    return (
        f'<table class="chain"><caption id="{id}">{say("losses_caption", dtype=dtype)}</caption>{_CHAIN_HEAD}'
        f"<tbody>{''.join(rows)}</tbody></table>"
    )


_CHAIN_HEAD = (
    f'<thead><tr><th scope="col">{TEXTS["step"]}</th><th scope="col" class="number">{TEXTS["rate"]}</th>'
    f'<th scope="col" class="number">{TEXTS["against_before"]}</th><th scope="col">{TEXTS["drawn"]}</th></tr></thead>'
)


def _by_heading(record: Record) -> dict[str, Markup]:
    """Return what a page shows of a record, by the keys of the headings it stands under."""
    found: dict[str, list[Markup]] = defaultdict(list)
    for told in facts(record):
        if told.fact.heading:
            found[told.fact.heading].append(_phrase(told))
    return {heading: Markup(", ").join(phrases) for heading, phrases in found.items()}


def _phrase(told: Told) -> Markup:
    """Return a fact in the words of the page."""
    phrase = told.fact.phrase
    if not phrase:
        return escape(told.whole)
    if isinstance(told.value, bool):
        return TEXTS[f"{phrase}_{told.text}"]
    return say(phrase, value=told.whole, count=told.text)  # a phrase has place for one of them


def _software(software: Software) -> Iterator[Term]:
    """Yield the versions of what ran."""
    yield from ((told.label, told.text) for told in facts(software) if told.fact.heading == "software")
    for pool in software.blas:
        library, *known = facts(pool)
        yield library.text, Markup(", ").join(map(_phrase, known)) or NONE


def _code(text: str | None) -> Markup | None:
    """Return a text in the type of code, None without one."""
    return Markup("<code>{}</code>").format(text) if text else None


def _address(url: str | None) -> Markup | None:
    """Return a link where the text is a web address, else the text."""
    if url and url.startswith("https://"):
        return Markup('<a href="{0}" rel="external nofollow">{0}</a>').format(url)
    return escape(url) if url else None


def _joined(parts: Iterable[str]) -> Markup:
    """Return HTML made of parts that are HTML."""
    return Markup("".join(parts))
