"""Lists the steps of each part, those worth most first, and takes them one by one, each in a process of its own."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from pkgutil import resolve_name
from typing import NamedTuple

from flopsbench.text import utc
from tests.gpu.acceptance.program import Ran, ran
from tests.gpu.acceptance.report import journal
from tests.gpu.acceptance.report.journal import Ending, Finding, note
from tests.gpu.acceptance.scale import REAL, REHEARSAL, Scale

PART_S = 420.0  # of the eight minutes that a part may take
LEAST_S = 10.0  # with less left no step is begun
REHEARSED_SLOWER = 10.0  # times: a rehearsal is of steps, not of seconds, on any machine however busy
LIBRARIES = ("flopsbench", "torch", "cupy-cuda13x", "cupy-cuda12x", "triton", "numpy", "nvidia-ml-py")


class Step(NamedTuple):
    """A step: what it is called, the function ("module:name") that yields its findings, and its longest time."""

    name: str
    target: str
    seconds: float


class Context(NamedTuple):
    """What a step is told: how much to try, how many seconds it has, and beside which file to leave others."""

    scale: Scale
    seconds: float
    out: Path


_FACTS, _MEASURED = "tests.gpu.acceptance.facts", "tests.gpu.acceptance.measured"
PARTS: dict[str, tuple[Step, ...]] = {
    "facts": (
        Step("contract torch", f"{_FACTS}.contract:of_torch", 80),
        Step("contract cupy", f"{_FACTS}.contract:of_cupy", 80),
        Step("bands torch", f"{_FACTS}.bands:of_torch", 120),
        Step("sensors", f"{_FACTS}.sensors:of_first", 60),
        Step("clock torch", f"{_FACTS}.clock:of_torch", 60),
        Step("accidents torch", f"{_FACTS}.accidents:of_torch", 90),
        Step("clock cupy", f"{_FACTS}.clock:of_cupy", 60),
        Step("accidents cupy", f"{_FACTS}.accidents:of_cupy", 90),
        Step("bands cupy", f"{_FACTS}.bands:of_cupy", 90),
    ),
    "rates": (
        Step("rates", f"{_MEASURED}.rates:of_kernels", 180),
        Step("ab same", f"{_MEASURED}.turns:of_same", 150),
        Step("ab three", f"{_MEASURED}.turns:of_three", 150),
        Step("sizes", f"{_MEASURED}.rates:of_sizes", 90),
    ),
    "registry": (
        Step("result", f"{_MEASURED}.registry:of_result", 350),
        Step("pytest", f"{_MEASURED}.registry:of_tests", 240),
    ),
}


def take_part(
    part: str, out: Path, rehearsed: bool = False, seconds: float = PART_S, parts: Mapping[str, Sequence[Step]] = PARTS
) -> None:
    """Take the steps of a part in their order, as long as there is time, and note how each ended."""
    began, slower = time.monotonic(), REHEARSED_SLOWER if rehearsed else 1.0
    note(out, journal.Begun(part, utc(datetime.now(UTC)), versions(), rehearsed))
    for step in parts[part]:
        left_s = slower * seconds - (time.monotonic() - began)
        print(f"{part}: {step.name} ...", file=sys.stderr, flush=True)
        note(out, _taken(step._replace(seconds=slower * step.seconds), out, rehearsed, left_s))
    note(out, journal.Over(part, round(time.monotonic() - began, 1)))


def _taken(step: Step, out: Path, rehearsed: bool, left_s: float) -> journal.Stepped:
    """Take one step in a process of its own, in what is left to the part; return how it ended."""
    if left_s < LEAST_S:
        return journal.Stepped(step.name, "not begun", 0.0, "the time of this part was up")
    seconds = min(step.seconds, left_s)
    command = [sys.executable, "-m", __package__, "--step", step.target, "--out", str(out), "--seconds", f"{seconds}"]
    ended = ran([*command, *["--rehearse"] * rehearsed], seconds)
    ending, reason = _ending(ended)
    return journal.Stepped(step.name, ending, round(ended.seconds, 1), reason)


def _ending(ended: Ran) -> tuple[Ending, str]:
    """How a step ended, and why where that was not by itself."""
    if not ended.in_time:
        return "hung", f"it was ended after {ended.seconds:.0f} s: {ended.last_line}"
    return ("done", "") if ended.code == 0 else ("failed", f"exit code {ended.code}: {ended.last_line}")


def take_step(target: str, out: Path, rehearsed: bool, seconds: float) -> None:
    """Note each finding of one step as it is found; what keeps it from going on is raised."""
    findings: Iterator[Finding] = resolve_name(target)(Context(REHEARSAL if rehearsed else REAL, seconds, out))
    for finding in findings:
        note(out, finding)


def versions() -> dict[str, str]:
    """The versions of what is installed here."""
    found = {"python": sys.version.partition(" ")[0]}
    for name in LIBRARIES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found
