"""Measures rates by the command itself, and holds them against datasheets, against each other and between sizes."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from flopsbench import load
from flopsbench.analysis.vendor import is_own, share_of_vendor
from flopsbench.errors import FlopsbenchError
from flopsbench.result.types import Case, Result
from flopsbench.units import format_rate, percent, signed_percent
from tests.gpu.acceptance.program import GRACE_S, Ran, ran
from tests.gpu.acceptance.report.guesses import LEAST_OF_PEAK, MOST_OF_PEAK, RISES_WITHIN, SAME_LIBRARY_WITHIN
from tests.gpu.acceptance.report.journal import Finding, verdict_of
from tests.gpu.acceptance.steps import Context
from tests.gpu.reached import GPU_BACKENDS, Reached, reached_by

FLOPSBENCH = (sys.executable, "-m", "flopsbench")


def all_reached() -> list[Reached]:
    """The backends that reach a GPU."""
    return [each for name in GPU_BACKENDS if isinstance(each := reached_by(name), Reached)]


def measured(asked: Sequence[str], document: Path, seconds: float) -> tuple[Result | None, Ran]:
    """What ``flopsbench run`` measures in that time, at least in part, and how it ended."""
    document.unlink(missing_ok=True)
    command = [*FLOPSBENCH, "run", "--device", "cuda", *asked, "--json", str(document)]
    ended = ran(command, seconds - 2 * GRACE_S)
    try:
        return load(document), ended
    except (OSError, FlopsbenchError):
        return None, ended


def options(asked: Mapping[str, Sequence[object]]) -> list[str]:
    """The options of a command, each with its values joined by commas."""
    return [word for name, values in asked.items() for word in (name, ",".join(map(str, values)))]


def of_kernels(context: Context) -> Iterator[Finding]:
    """The rates of every kernel in every dtype at one size, from one run."""
    reached = all_reached()
    kernels = [kernel for each in reached for kernel in each.backend.KERNELS]
    asked = {
        "--backend": [each.name for each in reached],
        "--kernel": kernels,
        "--dtype": context.scale.dtypes,
        "--size": [context.scale.edge],
        "--time": [context.scale.run_s],
    }
    result, ended = measured(options(asked), context.out.with_suffix(".rates.json"), context.seconds)
    if result is None:
        yield from _without(("peak_share", "ceiling", "own_share", "same_library"), ended)
        return
    cases = [case for case in result.cases if case.status != "unsupported"]
    yield from (_of_peak(case) for case in cases if not is_own(case))
    yield from (_of_own(case, cases) for case in cases if is_own(case))
    yield from _of_libraries(cases, context.scale.dtypes)
    for ceiling in result.ceilings:
        told = ceiling.reason or format_rate(ceiling.rate_per_s or 0.0, ceiling.unit)
        yield Finding("ceiling", verdict_of(ceiling.rate_per_s is None), told, ceiling.dtype)


def of_sizes(context: Context) -> Iterator[Finding]:
    """The rates of some dtypes at several sizes."""
    name = next((each.name for each in all_reached()), "")
    sizes = context.scale.sizes
    dtypes = [dtype for dtype in ("bf16", "fp64", "fp8_e4m3") if dtype in context.scale.dtypes]
    asked = {"--backend": [name], "--dtype": dtypes, "--size": sizes, "--time": [context.scale.run_s / 2]}
    result, ended = measured(options(asked), context.out.with_suffix(".sizes.json"), context.seconds)
    if result is None:
        yield from _without(("edges",), ended)
        return
    for dtype in dtypes:
        rates = {case.m: case.stats.rate.median for case in result.cases if case.dtype == dtype and case.stats}
        told = "; ".join(f"{size}: {format_rate(rate, 'FLOP/s')}" for size, rate in sorted(rates.items()))
        usual, largest = rates.get(context.scale.edge), rates.get(sizes[-1])
        if usual is None or largest is None:
            yield Finding("edges", "not reached", told or "no rate", dtype)
            continue
        rise = largest / usual - 1
        yield Finding("edges", verdict_of(rise <= RISES_WITHIN), told, dtype, {"rise": rise})


def _without(guesses: Sequence[str], ended: Ran) -> Iterator[Finding]:
    """What is said of guesses about a run that left no document."""
    yield from (Finding(guess, "not reached", f"no Result: {ended.last_line}") for guess in guesses)


def without_rate(guess: str, case: Case, subject: str) -> Finding:
    """What is said of a case without a rate: it had no turn, or something came of it that nobody expected."""
    return Finding(
        guess, "not reached" if case.status == "skipped" else "instead", f"{case.status}: {case.reason}", subject
    )


def _of_peak(case: Case) -> Finding:
    """A vendor's rate beside the datasheet's peak."""
    subject = f"{case.backend} {case.dtype}"
    if case.stats is None:
        return without_rate("peak_share", case, subject)
    rate, peak = case.stats.rate, case.stats.efficiency.peak
    told = f"{format_rate(rate.median, case.stats.unit)}, grade {case.grade}"
    figures = {"rate_per_s": rate.median, "half_width": (rate.high - rate.low) / 2 / rate.median}
    if peak is None:
        return Finding("peak_share", "not reached", f"{told}; no peak is known", subject, figures)
    figures["of_peak"] = peak
    told += f", {percent(peak, 1)} of the peak"
    if case.stats.efficiency.peak_at_clock:
        figures["of_peak_at_clock"] = case.stats.efficiency.peak_at_clock
        told += f", {percent(case.stats.efficiency.peak_at_clock, 1)} of it at the clock seen"
    return Finding("peak_share", verdict_of(LEAST_OF_PEAK <= peak <= MOST_OF_PEAK), told, subject, figures)


def _of_own(case: Case, cases: Sequence[Case]) -> Finding:
    """An own kernel's rate beside that of the vendor's GEMM."""
    subject = f"{case.kernel} {case.dtype}"
    if case.stats is None:
        return without_rate("own_share", case, subject)
    share = share_of_vendor(case, cases)
    told = format_rate(case.stats.rate.median, case.stats.unit)
    if share is None:
        return Finding("own_share", "not reached", f"{told}; no rate of the vendor's", subject)
    told += f", {percent(share, 1)} of the vendor's"
    figures = {"rate_per_s": case.stats.rate.median, "of_vendor": share}
    return Finding("own_share", verdict_of(share <= 1), told, subject, figures)


def _of_libraries(cases: Sequence[Case], dtypes: Sequence[str]) -> Iterator[Finding]:
    """The rates of the two libraries beside each other, in each dtype that both have."""
    rates = {(case.backend, case.dtype): case.stats.rate.median for case in cases if case.stats and not is_own(case)}
    tried = {(case.backend, case.dtype) for case in cases}
    for dtype in (each for each in dtypes if {(name, each) for name in GPU_BACKENDS} <= tried):
        torch, cupy = (rates.get((name, dtype)) for name in GPU_BACKENDS)
        if torch is None or cupy is None:
            yield Finding("same_library", "not reached", "a rate is missing", dtype)
            continue
        apart = cupy / torch - 1
        told = f"cupy {signed_percent(apart, 1)} beside torch"
        yield Finding("same_library", verdict_of(abs(apart) <= SAME_LIBRARY_WITHIN), told, dtype, {"apart": apart})
