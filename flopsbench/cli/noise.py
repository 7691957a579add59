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
from flopsbench.cli.options import NamesOption, SizesOption
from flopsbench.cli.run import names
from flopsbench.errors import ExitCode, NothingMeasurable
from flopsbench.track import defaults
from flopsbench.words.reason import Reason

if TYPE_CHECKING:
    from flopsbench.result.types import Case, Result
    from flopsbench.runs.listener import OnEvent
    from flopsbench.track.noise import Noise


def noise(
    device: NamesOption = "auto",
    backend: NamesOption = "",
    dtype: NamesOption = "",
    size: SizesOption = "auto",
    kernel: NamesOption = "",
    profile: Annotated[str, typer.Option(help="That of the runs you will compare.")] = "quick",
    time: Annotated[float | None, typer.Option(metavar="SECONDS", help="As for run; that of the runs.")] = None,
    runs: Annotated[int, typer.Option(metavar="N", help="Whole runs, at least 3.")] = defaults.USUAL_RUNS,
    noise: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the noise file here.")] = None,
    json: Annotated[
        str | None, typer.Option(metavar="FILE|-", help="Write these runs' floors; - for stdout alone.")
    ] = None,
) -> None:
    """Measure how far apart runs of the same thing lie here, so that compare knows; Ctrl-C keeps 3 runs or more."""
    from flopsbench.measure.profiles import parse_profile
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

    results = list(_repeated(once, runs))
    catch_again()
    raise typer.Exit(_hand_over(results, runs, noise, json))


def _hand_over(results: Sequence[Result], runs: int, place: Path | None, json: str | None) -> ExitCode:
    """Keep and print the floors that these runs give, or say why they give none; return what the caller is told."""
    from flopsbench.track.noise import default_path, encode, watched

    lost = list(left_out(results))
    code = _exit_code(results, runs)
    if len(results) < defaults.FEWEST_RUNS:
        told = f"flopsbench: interrupted after {len(results)} of {runs} runs: no noise floor"
        print(*lost, told, sep="\n", file=sys.stderr)
        return code
    try:
        found = watched(results)
    except NothingMeasurable as error:
        print(*lost, f"flopsbench: {error}", sep="\n", file=sys.stderr)
        return code or error.exit_code
    place = place or default_path(found.hardware_key, found.profile)
    assert place is not None  # this program made the key
    words = sys.stderr if json == STDOUT else sys.stdout
    print(*noise_report(found, lost), sep="\n", file=words)
    arrived = [_write(found, place, words)]
    if json is not None:
        arrived.append(put_or_keep("--json", json, encode(found)))
    return code if code != ExitCode.DONE or all(arrived) else ExitCode.USAGE


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


def _repeated(once: Callable[[OnEvent], Result], runs: int) -> Iterator[Result]:
    """Yield whole runs, each with its own progress; an interruption ends them early, without the broken run."""
    from flopsbench.cli.progress import watching

    begun = clock.monotonic()
    for done in range(runs):
        left_s = (clock.monotonic() - begun) / done * (runs - done) if done else None
        print(f"run {done + 1} of {runs}{f', about {_duration(left_s)} left' if left_s else ''}", file=sys.stderr)
        try:
            with watching() as on_event:
                result = once(on_event)
        except KeyboardInterrupt:
            return
        if result.interrupted:
            return
        yield result


def _duration(seconds: float) -> str:
    """Return a duration in whole minutes, or in seconds where it is short."""
    return f"{units.fixed(seconds / 60, 0)} min" if seconds >= 90 else f"{units.fixed(seconds, 0)} s"


def left_out(results: Sequence[Result]) -> Iterator[str]:
    """Yield every case that had no rate in some of the runs: in how many, and why in the last of those."""
    from flopsbench.result.keys import case_id, case_title

    lost: dict[str, list[Case]] = {}
    for result in results:
        for case in result.cases:
            if case.status != "ok":
                lost.setdefault(case_id(case), []).append(case)
    for id, cases in lost.items():
        floor = "" if len(results) - len(cases) >= defaults.FEWEST_RUNS else "left out: "
        did = "FAILED" if any(case.status == "failed" for case in cases) else "not run"
        yield f"{floor}{case_title(id)} {did} in {len(cases)} of {len(results)} runs: {cases[-1].reason}"


def _write(found: Noise, place: Path, words: TextIO) -> bool:
    """Keep the floors and return whether that could be done; where it fails the figures are printed all the same."""
    from flopsbench.track.noise import encode, save

    try:
        save(found, place)
    except OSError as error:
        complain(Reason("floors_not_written", place=place, error=error.strerror, kept=keep(encode(found))))
        return False
    print(f"Noise floor written to {place}", file=words)
    return True


def noise_report(found: Noise, lost: Sequence[str] = ()) -> Iterator[str]:
    """Yield what this machine can tell apart, in plain words, and the lines of what was ``left_out``."""
    from flopsbench.result.keys import case_title
    from flopsbench.track.verdicts import smallest_slowdown

    margin = units.percent(defaults.MARGIN)
    yield f"{found.runs} runs of the same thing on {found.machine}, --profile {found.profile}:"
    for id, case in found.cases.items():
        least = units.percent(smallest_slowdown(case.floor, defaults.MARGIN), 1)
        yield ""
        yield f"{case_title(id)}, {units.format_rate(case.median_per_s, case.unit)}"
        yield f"  two runs of the same thing differed by up to {units.percent(case.spread, 1)} here"
        yield f"  compare can call a slowdown of {least} or more (margin {margin})"
        if case.floor_of_ceiling_share is not None:
            of_ceiling = units.percent(smallest_slowdown(case.floor_of_ceiling_share, defaults.MARGIN), 1)
            yield f"  as a share of the ceiling measured beside it, {of_ceiling} would show"
        yield f"  grades: {', '.join(f'{count} {grade}' for grade, count in case.grades.items()) or 'none'}"
    if lost:
        yield ""
        yield from lost
    yield ""
    if found.runs < defaults.USUAL_RUNS:
        yield f"{found.runs} runs are few: with {defaults.USUAL_RUNS} the floor is surer, and mostly lower."
    yield "For smaller slowdowns use `flopsbench ab`, which sets fresh processes side by side."
    yield "This holds for times like the one that was watched: a busier hour needs its own runs."
