"""Measures a Result for the registry and has it judged, and runs the tests that need a GPU."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from flopsbench.host.privacy import finder, telling_names
from flopsbench.result.types import Result
from flopsbench.units import format_rate
from tests.gpu.acceptance.measured.rates import FLOPSBENCH, all_reached, measured, without_rate
from tests.gpu.acceptance.program import GRACE_S, ran
from tests.gpu.acceptance.report.journal import Finding, verdict_of
from tests.gpu.acceptance.steps import Context

TESTS = Path(__file__).parents[2]
VALIDATE_S = 30.0
# Without the plugins of a developer's machine, and without taking what newer libraries warn of for errors.
PLAINLY = ("-o", "addopts=", "-W", "default", "-p", "no:cacheprovider", "-v", "--tb=line")
ENDED = re.compile(r"^(\S+::.+?) (PASSED|FAILED|ERROR|SKIPPED)\b", re.MULTILINE)


def of_result(context: Context) -> Iterator[Finding]:
    """The Result, beside the report, and what the validator says of it."""
    guesses = ("every_dtype", "grades", "valid", "scrubbed")
    name = next((each.name for each in all_reached()), "")
    document = context.out.with_suffix(".result.json")
    asked = ["--backend", name, *context.scale.registry]
    result, ended = measured(asked, document, context.seconds - VALIDATE_S)
    if result is None:
        yield from (Finding(guess, "not reached", f"no Result: {ended.last_line}") for guess in guesses)
        return
    yield from _of_cases(result)
    kind = finder(telling_names())(document.read_text())
    yield Finding("scrubbed", verdict_of(kind is None), f"holds a {kind}" if kind else "nothing of it is in it")
    judged = ran([*FLOPSBENCH, "validate", str(document)], VALIDATE_S)
    yield Finding("valid", verdict_of(judged.code == 0), " / ".join(judged.words.split("\n")).strip(" /"))


def _of_cases(result: Result) -> Iterator[Finding]:
    """The rate and the grade of each case, or why it has none."""
    for case in result.cases:
        subject = f"{case.dtype} {case.regime}"
        if case.stats is None:  # the time is for the sustained regime of some dtypes alone
            yield without_rate("every_dtype", case, subject)
            continue
        told = f"{format_rate(case.stats.rate.median, case.stats.unit)}, {len(case.processes)} processes"
        yield Finding("every_dtype", "confirmed", told, subject, {"rate_per_s": case.stats.rate.median})
        doubts = "; ".join([*case.grade_reasons, *case.flags])
        told = f"grade {case.grade}" + (f": {doubts}" if doubts else "")
        yield Finding("grades", verdict_of(case.grade == "A" and "timing_mismatch" not in case.flags), told, subject)


def of_tests(context: Context) -> Iterator[Finding]:
    """What pytest says of the tests that need a GPU, also where it was cut short."""
    asked = [*PLAINLY, *context.scale.tests, "--ignore", str(TESTS / "acceptance"), str(TESTS)]
    ended = ran([sys.executable, "-m", "pytest", *asked], context.seconds - 2 * GRACE_S)
    outcomes = ENDED.findall(ended.words)
    counts = {name: sum(each == name for _, each in outcomes) for name in ("PASSED", "FAILED", "ERROR", "SKIPPED")}
    wrong = [test.rpartition("/")[2] for test, outcome in outcomes if outcome in ("FAILED", "ERROR")]
    told = ", ".join(f"{count} {name.lower()}" for name, count in counts.items())
    if not counts["PASSED"] and not wrong:
        yield Finding("gpu_tests", "not reached", f"{told}: {ended.last_line}")
        return
    told += "".join(f"; {each}" for each in wrong) + ("" if ended.in_time else "; its time was up")
    yield Finding("gpu_tests", verdict_of(not wrong and ended.in_time), told, "", counts)
