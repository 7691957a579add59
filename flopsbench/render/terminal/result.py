"""Shows a Result on a terminal: the machine, the table, advice, a line to paste, the ladder, the comparison."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from flopsbench import dtype
from flopsbench.analysis import headline
from flopsbench.analysis.advice import advice, limiting_settings
from flopsbench.analysis.vendor import is_own, share_of_vendor
from flopsbench.device import kind_of
from flopsbench.problem import OPS
from flopsbench.render.terminal import scale as scale_view
from flopsbench.result.facts import facts
from flopsbench.result.keys import implementation, op_title, short_shape
from flopsbench.result.types import METHOD_VERSION, Case, Efficiency, Result, Stats
from flopsbench.result.work import limit_of, limit_title
from flopsbench.units import exponential, format_rate, format_rates, percent
from flopsbench.words.catalogue import phrase

SHORT_ID = len("sha256:") + 12


def report(result: Result, lang: str = "en") -> RenderableType:
    """Return everything that ``run`` and ``show`` print about one Result."""
    parts: list[RenderableType] = [Text(line) for line in machine(result)]
    parts += ["", table(result)]
    parts += [Text(line, "yellow") for line in remarks(result)]
    if told := advice(result):
        parts += ["", *(Text(f"Advice: {each.text(lang)}") for each in told)]
    parts += ["", Text(summary_line(result), "bold")]
    fastest = headline.fastest(result)
    if fastest:
        parts += ["", scale_view.ladder(headline.marks(fastest), lang)]
        parts += ["", scale_view.comparisons(headline.comparisons(result, fastest), lang)]
        parts += [Text(phrase(lang, "more_totals", command=scale_command(fastest[0])))]
    return Group(*parts)


def machine(result: Result) -> Iterator[str]:
    """Yield the machine in two lines: silicon, software."""
    host = result.host
    known = {told.fact.path: told for told in facts(host)}
    core = f" ({host.cpu.microarchitecture})" if host.cpu.microarchitecture else ""
    parts = [f"{host.cpu.model}{core}", f"{host.cpu.usable} of {host.cpu.physical or host.cpu.logical} cores"]
    parts += [known["memory.total_bytes"].whole, f"{host.os} {host.arch}"]
    parts += ["virtual machine"] if "virtualisation.hypervisor" in known else []
    quota = known.get("virtualisation.quota_cpus")
    parts += [f"{quota.label} {quota.text}"] if quota else []
    parts += [f"{device.id}: {device.name}" for device in result.devices if not kind_of(device.kind).is_host]
    yield ", ".join(parts)
    software = result.software
    libraries = [f"{name} {number}" for name, number in software.versions.items() if name in ("numpy", "torch")]
    libraries += [f"{name} {number}" for name, number in software.versions.items() if name.startswith("cupy")]
    tool = f"{result.tool.name} {result.tool.version} {result.tool.profile} {result.created[:10]}"
    older = [f"method {result.method_version}"] if result.method_version != METHOD_VERSION else []
    yield ", ".join([tool, *older, *libraries])


def table(result: Result) -> RenderableType:
    """Return one row per case that was measured or failed, then the others with their reasons.

    The vendor's GEMM comes first; own kernels have a table of their own.
    """
    shown = sorted((case for case in result.cases if case.status in ("ok", "failed")), key=_order)
    vendors, own = ([case for case in shown if is_own(case) == owned] for owned in (False, True))
    parts: list[RenderableType] = [_rows(vendors, result, False)] if vendors or not own else []
    parts += ["", Text("Own kernels, beside the vendor's GEMM:", "bold")] if vendors and own else []
    parts += [_rows(own, result, True)] if own else []
    return Group(*parts, *_left_out(result.cases))


def _rows(cases: Sequence[Case], result: Result, own: bool) -> Table:
    """Return the table of some cases of a Result; own kernels are set against the vendor's rate and the ceiling."""
    rows = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    rows.add_column("dtype", no_wrap=True)
    rows.add_column("by, shape")
    one_process = all(case.stats.rate.basis == "blocks" for case in cases if case.stats)
    rows.add_column(f"rate,\n{'spread in a process' if one_process else '95 % interval'}", no_wrap=True)
    for heading in ("of\nvendor", "of\nceiling") if own else ("of\nceiling", "of\npeak"):
        rows.add_column(heading, justify="right")
    rows.add_column("grade", justify="center")
    rows.add_column("proof", no_wrap=True)
    several = len({case.device for case in result.cases}) > 1
    for case in cases:
        rows.add_row(*_row(case, several, _own_shares(case, result) if own else _shares(case)))
    return rows


def _order(case: Case) -> tuple[int, str, str]:
    """Return the order of rows."""
    return dtype.order(case.dtype), case.backend, case.kernel


Shares = tuple[float | None, float | None]


def _shares(case: Case) -> Shares:
    """Return which shares of its ceiling and of its peak a case reaches."""
    efficiency = case.stats.efficiency if case.stats else Efficiency()
    return efficiency.ceiling, efficiency.peak or efficiency.peak_at_clock


def _own_shares(case: Case, result: Result) -> Shares:
    """Return which shares of the vendor's rate and of its ceiling an own kernel reaches."""
    return share_of_vendor(case, result.cases), _shares(case)[0]


def _row(case: Case, several_devices: bool, shares: Shares) -> Sequence[RenderableType]:
    name, what = Text(case.dtype, "bold"), Text(_by(case, several_devices))
    if case.stats is None:
        return name, what, Text("no rate", "red"), "-", "-", "-", _proof(case)
    return name, what, _rate(case.stats), *map(_share, shares), case.grade or "-", _proof(case)


def _by(case: Case, several_devices: bool) -> str:
    """Return backend, kernel where it is not the vendor's, library; below them shape, threads, device and regime."""
    by = [*op_title(case.op), implementation(case.backend, case.kernel)]
    below = [short_shape(case.m, case.n, case.k)]
    if case.compute:
        by.append(case.compute.library)
        below += [f"{case.compute.threads} threads"] if case.compute.threads else []
    below += [case.device] if several_devices else []
    below += ["sustained, one process"] if case.regime == "sustained" else []
    return f"{', '.join(by)}\n{', '.join(below)}"


def _rate(stats: Stats) -> Text:
    rate = stats.rate
    shown = Text(format_rate(rate.median, stats.unit), "bold green")
    shown.append(f"\n{format_rates(rate.low, rate.high, stats.unit)}", "default not bold")
    if stats.per_joule:  # operations per joule are operations per second and watt
        shown.append(f"\n{format_rate(stats.per_joule, stats.unit)}/W", "default not bold")
    return shown


def _share(share: float | None) -> str:
    return "-" if share is None else percent(share, 0 if share >= 0.1 else 1)


def _proof(case: Case) -> Text:
    proof = case.proof
    if proof is None:
        return Text("none", "red") if OPS[case.op].proven else Text("-")  # such an operation has none
    if not proof.passed:
        return Text("FAILED", "bold red")
    if proof.rms_error == 0:
        return Text("exact")
    return Text("ok" if proof.rms_error is None else f"ok\n±{exponential(proof.rms_error, 0)}")


def _left_out(cases: Sequence[Case]) -> Iterator[RenderableType]:
    """Yield failed cases first, then what could not be run: one line per reason."""
    for case in cases:
        if case.status == "failed":
            yield Text(f"FAILED {_name(case, cases)} on {case.device}: {case.reason}", "red")
    reasons: dict[str, list[str]] = {}
    for case in cases:
        if case.status in ("unsupported", "skipped"):
            shared = (case.reason or "").replace(f" for {case.dtype}", "")
            reasons.setdefault(shared, []).append(_name(case, cases))
    for reason, names in reasons.items():
        yield Text(f"not run: {', '.join(dict.fromkeys(names))}: {reason}", "dim")


def _name(case: Case, cases: Sequence[Case]) -> str:
    """Return what a line below the table calls a case: dtype, backend, own kernel, and the shape of several."""
    alike = [other for other in cases if (other.dtype, other.backend) == (case.dtype, case.backend)]
    shapes = {(other.m, other.n, other.k) for other in alike}
    shape = [short_shape(case.m, case.n, case.k)] if len(shapes) > 1 else []
    return " ".join((case.dtype, *op_title(case.op), implementation(case.backend, case.kernel), *shape))


def remarks(result: Result) -> Iterator[str]:
    """Yield what a reader must know before quoting a number: an early end, a doubt, a foreign clock, no ceiling."""
    if result.interrupted:
        yield "Interrupted: what was done before is kept, the rest was not run."
    if limiting := limiting_settings(result):
        yield f"held down by the environment: {', '.join(limiting)}"
    for case in result.cases:
        if case.stats and case.compute and case.compute.own_space:
            yield f"{case.dtype} {implementation(case.backend, case.kernel)}: own clock and memory, not flopsbench's"
    for case in result.cases:
        if case.grade_reasons:
            name = _name(case, result.cases)
            yield f"{name}, {case.regime}, grade {case.grade}: {'; '.join(case.grade_reasons)}"
    absent: dict[str, dict[str, None]] = {}  # what has no ceiling, in its order, each once, by the reason
    measured = {(case.device, case.dtype, case.stats.unit) for case in result.cases if case.stats}
    for ceiling in result.ceilings:
        if ceiling.reason and limit_of(ceiling) in measured:
            absent.setdefault(ceiling.reason, {})[limit_title(ceiling)] = None
    for reason, titles in absent.items():
        yield f"no ceiling for {', '.join(titles)}: {reason}"


def summary_line(result: Result) -> str:
    """Return one line for an issue or a chat: what, where, how sure, and which document says so."""
    fastest = headline.fastest(result) or [case for case in result.cases if case.stats]
    several = len({case.device for case in fastest}) > 1
    rates = [
        f"{' '.join((case.dtype, *op_title(case.op)))} {_short(case)}{f' on {case.device}' if several else ''}"
        for case in fastest
    ]
    cores = f" ({result.host.cpu.usable} cores)"
    used = [device for device in result.devices if not fastest or device.id in {case.device for case in fastest}]
    place = ", ".join(f"{device.name}{cores if kind_of(device.kind).is_host else ''}" for device in used)
    tail = f"flopsbench {result.tool.version} {result.tool.profile} {result.id[:SHORT_ID]}"
    return f"{place}: {', '.join(rates) or 'nothing measured'} | {tail}"


def _short(case: Case) -> str:
    assert case.stats is not None
    share = _share(case.stats.efficiency.ceiling)
    of_ceiling = f" {share} of ceiling" if share != "-" else ""
    return f"{format_rate(case.stats.rate.median, case.stats.unit)}{of_ceiling} [{case.grade}]"


def scale_command(case: Case) -> str:
    """Return the command that sets this rate beside every total."""
    assert case.stats is not None
    return f'flopsbench scale "{format_rate(case.stats.rate.median, case.stats.unit)}" --dtype {case.dtype}'
