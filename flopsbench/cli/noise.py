"""Defines ``flopsbench noise``: it measures the same thing on this machine again and again (A/A)."""

from __future__ import annotations

import sys
import time as clock
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from flopsbench import units
from flopsbench.cli.complaint import complain
from flopsbench.cli.files import STDOUT, check_target, keep, put_or_keep
from flopsbench.cli.interrupt import catch_again
from flopsbench.cli.language import DEFAULT_LANGUAGE, LanguageOption, language
from flopsbench.cli.options import (
    BackendsOption,
    DevicesOption,
    DtypesOption,
    JsonOption,
    KernelsOption,
    ProfileOption,
    SizesOption,
)
from flopsbench.cli.run import names
from flopsbench.errors import ExitCode, NothingMeasurable
from flopsbench.track import defaults
from flopsbench.words.catalogue import phrase
from flopsbench.words.reason import Reason

if TYPE_CHECKING:
    from flopsbench.result.types import Case, Result
    from flopsbench.runs.listener import OnEvent
    from flopsbench.track.noise import Noise


def noise(
    device: DevicesOption = "auto",
    backend: BackendsOption = "",
    dtype: DtypesOption = "",
    size: SizesOption = "auto",
    kernel: KernelsOption = "",
    profile: ProfileOption = "quick",
    time: Annotated[float | None, typer.Option(metavar="SECONDS", help="Budget of one process, as for run.")] = None,
    runs: Annotated[int, typer.Option(metavar="N", help="Whole runs, at least 3.")] = defaults.USUAL_RUNS,
    noise: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Where to keep the noise floors; where compare finds them by default."),
    ] = None,
    json: JsonOption = None,
    lang: LanguageOption = DEFAULT_LANGUAGE,
) -> None:
    """Measure how far apart runs of the same thing lie here, so that compare knows; Ctrl-C keeps 3 runs or more."""
    from flopsbench.measure.profiles import PROFILES, parse_profile
    from flopsbench.runs.run import run
    from flopsbench.track.noise import check_runs

    check_runs(runs)
    rules = parse_profile(profile)
    _check_file(noise)
    json = check_target("--json", json)

    def once(on_event: OnEvent) -> Result:
        return run(
            names(device),
            backend=names(backend),
            dtype=names(dtype),
            size=names(size),
            kernel=names(kernel),
            profile=rules,
            time_s=time,
            on_event=on_event,
        )

    results = list(_repeated(once, runs, PROFILES[rules].workers))
    catch_again()
    raise typer.Exit(_hand_over(results, runs, noise, json, lang))


def _hand_over(results: Sequence[Result], runs: int, place: Path | None, json: str | None, lang: str) -> ExitCode:
    """Keep and print the floors that these runs give, or say why they give none; return what the caller is told."""
    from flopsbench.track.noise import default_path, encode, watched

    lost = [told.text(lang) for told in left_out(results)]
    code = _exit_code(results, runs)
    if len(results) < defaults.FEWEST_RUNS:
        _print_lost(lost)
        complain(Reason("no_floor_interrupted", count=len(results), runs=runs))
        return code
    try:
        found = watched(results)
    except NothingMeasurable as error:
        _print_lost(lost)
        complain(error)
        return code or error.exit_code
    place = place or default_path(found.hardware_key, found.profile)
    assert place is not None  # this program made the key
    words = sys.stderr if json == STDOUT else sys.stdout
    print(*noise_report(found, lost, lang), sep="\n", file=words)
    arrived = [_write(found, place, words, lang)]
    if json is not None:
        arrived.append(put_or_keep("--json", json, encode(found)))
    return code if code != ExitCode.DONE or all(arrived) else ExitCode.USAGE


def _print_lost(lost: Sequence[str]) -> None:
    """Print the lines of what was ``left_out`` on standard error."""
    for line in lost:
        print(line, file=sys.stderr)


def _exit_code(results: Sequence[Result], runs: int) -> ExitCode:
    """Return what the caller is told, as for run: a failed proof outweighs an interruption."""
    if any(case.status == "failed" for result in results for case in result.cases):
        return ExitCode.FAILED
    return ExitCode.INTERRUPTED if len(results) < runs else ExitCode.DONE


def _check_file(file: Path | None) -> None:
    """Refuse, before minutes are spent, a file that cannot be written or that holds something else."""
    from flopsbench.track.noise import load

    if file is None:
        return
    check_target("--noise", str(file))
    if file.is_file() and file.stat().st_size:
        load(file)


def _repeated(once: Callable[[OnEvent], Result], runs: int, processes: int) -> Iterator[Result]:
    """Yield whole runs, each with its own progress; an interruption ends them early, without the broken run."""
    from flopsbench.cli.progress import duration, watching

    begun = clock.monotonic()
    for done in range(runs):
        left_s = (clock.monotonic() - begun) / done * (runs - done) if done else None
        turn = {"run": done + 1, "runs": runs}
        told = Reason("run_of_runs_left", left=duration(left_s), **turn) if left_s else Reason("run_of_runs", **turn)
        print(told.text(language()), file=sys.stderr)
        try:
            with watching(processes) as on_event:
                result = once(on_event)
        except KeyboardInterrupt:
            return
        if result.interrupted:
            return
        yield result


def left_out(results: Sequence[Result]) -> Iterator[Reason]:
    """Yield every case that had no rate in some of the runs: in how many, and why in the last of those."""
    from flopsbench.result.keys import case_id, case_title
    from flopsbench.result.said import as_reason

    lost: dict[str, list[Case]] = {}
    for result in results:
        for case in result.cases:
            if case.status != "ok":
                lost.setdefault(case_id(case), []).append(case)
    for id, cases in lost.items():
        key = "case_failed_in_runs" if any(case.status == "failed" for case in cases) else "case_not_run_in_runs"
        last = as_reason(cases[-1].reason or "", cases[-1].reason_said)
        told = Reason(key, case=case_title(id), count=len(cases), runs=len(results), reason=last)
        has_floor = len(results) - len(cases) >= defaults.FEWEST_RUNS
        yield told if has_floor else Reason("left_out_case", told=told)


def _write(found: Noise, place: Path, words: TextIO, lang: str) -> bool:
    """Keep the floors and return whether that could be done; where it fails the figures are printed all the same."""
    from flopsbench.track.noise import encode, save

    try:
        save(found, place)
    except OSError as error:
        complain(Reason("floors_not_written", place=place, error=error.strerror, kept=keep(encode(found))))
        return False
    print(phrase(lang, "floor_written", place=str(place)), file=words)
    return True


def noise_report(found: Noise, lost: Sequence[str] = (), lang: str = "en") -> Iterator[str]:
    """Yield what this machine can tell apart, in plain words, and the lines of what was ``left_out``."""
    from flopsbench.result.keys import case_title
    from flopsbench.track.verdicts import smallest_slowdown

    margin = units.percent(defaults.MARGIN)
    yield phrase(lang, "noise_heading", runs=found.runs, machine=found.machine, profile=found.profile)
    for id, case in found.cases.items():
        least = units.percent(smallest_slowdown(case.floor, defaults.MARGIN), 1)
        yield ""
        rate = units.format_rate(case.median_per_s, case.unit)
        yield phrase(lang, "noise_case", case=case_title(id), rate=rate)
        yield phrase(lang, "noise_spread", share=units.percent(case.spread, 1))
        yield phrase(lang, "noise_calls", least=least, margin=margin)
        if case.floor_of_ceiling_share is not None:
            of_ceiling = units.percent(smallest_slowdown(case.floor_of_ceiling_share, defaults.MARGIN), 1)
            yield phrase(lang, "noise_of_ceiling", share=of_ceiling)
        grades = ", ".join(f"{count} {grade}" for grade, count in case.grades.items())
        yield phrase(lang, "noise_grades", grades=grades or phrase(lang, "none"))
    if lost:
        yield ""
        yield from lost
    yield ""
    if found.runs < defaults.USUAL_RUNS:
        yield phrase(lang, "few_runs", runs=found.runs, usual=defaults.USUAL_RUNS)
    yield phrase(lang, "smaller_by_ab")
    yield phrase(lang, "holds_for_such_times")
