"""The screen that a run ends with: how long it is, that nothing on it is lost, and that its commands work."""

from __future__ import annotations

import io
import re
import shlex
from pathlib import Path

import pytest
from msgspec.structs import replace
from rich.cells import cell_len
from rich.console import Console
from typer.testing import CliRunner

from flopsbench import load
from flopsbench.cli import app
from flopsbench.dtype import DTYPES
from flopsbench.render.terminal.result.screen import screen
from flopsbench.render.terminal.result.whole import report
from flopsbench.result.keys import case_key
from flopsbench.result.said import sentence_fields
from flopsbench.result.types import Case, ComputeRecord, Efficiency, Proof, Result
from flopsbench.units import exponential, format_rate, percent
from flopsbench.words.reason import Reason
from tests.documents import case, device, result, stats

ROOT = Path(__file__).parents[4]
MOST_LINES = 40
WIDTHS = (80, 100)
LANGUAGES = ("en", "zh")


def printed(document: Result, width: int = 80, lang: str = "en", program: str = "flopsbench") -> str:
    out = io.StringIO()
    shown = screen(document, width, lang, program)
    Console(file=out, width=width, highlight=False, no_color=True).print(shown, crop=False)
    return out.getvalue()


def words(text: str) -> str:
    return " ".join(text.split())


def doubted(each: Case, half_width: str) -> Case:
    """The case as it is measured on a busy machine: with every reason that such a machine gives."""
    reasons = [
        Reason("interval_wide", half_width=half_width),
        Reason("stolen_time", stolen="12%"),
        Reason("unsteady_ceiling", unsteady=6, blocks=6),
        Reason("busy_before", busy="57%"),
    ]
    return replace(each, grade="C", **sentence_fields(grade_reasons=reasons))


def seven_cases(setting: str = "", busy: bool = False) -> Result:
    """What a machine with numpy and torch gives by default: seven measured cases and three that are not."""
    measured = load(ROOT / "results/v1/amd-epyc-zen-4/2026/e7e922f41e679f0d.json")
    bursts = [each for each in measured.cases if each.regime == "burst"]
    (bf16,) = (each for each in bursts if each.dtype == "bf16" and each.stats)
    half = replace(bf16, dtype="fp16")
    cases = [
        replace(half, case=case_key(half)) if (each.dtype, each.backend) == ("fp16", "torch") else each
        for each in bursts
    ]
    if busy:
        cases = [doubted(each, f"{6 + i}%") if each.stats else each for i, each in enumerate(cases)]
    name = "AMD EPYC, family 25 model 17 stepping 1"
    env = dict([setting.split("=")]) if setting else {}
    return replace(
        measured,
        cases=cases,
        devices=[replace(each, name=name) for each in measured.devices],
        host=replace(measured.host, cpu=replace(measured.host.cpu, model=name)),
        software=replace(measured.software, env=env),
    )


def narrowed(document: Result) -> Result:
    """The document of a machine whose OpenBLAS was told to take an older core's kernels."""
    cases = [
        replace(each, compute=replace(each.compute, library=each.compute.library.replace("SkylakeX", "Haswell")),
                stats=replace(each.stats, efficiency=replace(each.stats.efficiency, ceiling=0.44)))
        if each.backend == "numpy" and each.stats and each.compute else each
        for each in document.cases
    ]  # fmt: skip
    return replace(document, cases=cases)


SEVEN = {
    "seven": seven_cases(),
    "busy": seven_cases(busy=True),
    "Haswell": narrowed(seven_cases("OPENBLAS_CORETYPE=Haswell", busy=True)),
}
FILES = sorted([*(ROOT / "tests/golden").glob("*.json"), *(ROOT / "results").glob("v1/*/*/*.json")])
REAL = {path.stem: load(path) for path in FILES}
EVERY = SEVEN | REAL
every = pytest.mark.parametrize("document", EVERY.values(), ids=EVERY.keys())


def test_the_seven_are_measured() -> None:
    assert [len([each for each in document.cases if each.stats]) for document in SEVEN.values()] == [7, 7, 7]
    assert "held down by the environment: OPENBLAS_CORETYPE=Haswell" in printed(SEVEN["Haswell"])


@every
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("lang", LANGUAGES)
def test_it_fits_on_a_screen(document: Result, width: int, lang: str) -> None:
    shown = printed(document, width, lang).splitlines()
    assert len(shown) <= MOST_LINES
    commands = [line for line in shown if "flopsbench scale" in line]
    assert [line for line in shown if cell_len(line.rstrip()) > width and line not in commands] == []


@every
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_figure_of_a_case_stands_in_its_rows(document: Result, width: int, lang: str) -> None:
    shown = printed(document, width, lang)
    assert "…" not in shown
    found = rows(shown)
    cases = [each for each in document.cases if each.status in ("ok", "failed")]
    assert len(found) == len(cases)
    for each in cases:
        assert any(all(figure in row for figure in figures(each)) for row in found), (figures(each), found)


@every
@pytest.mark.parametrize("width", [40, 60])
def test_a_narrow_terminal_loses_nothing_either(document: Result, width: int) -> None:
    shown = printed(document, width)
    assert "…" not in shown
    assert all(format_rate(each.stats.rate.median, each.stats.unit) in shown for each in document.cases if each.stats)


def rows(shown: str) -> list[str]:
    """The rows of the tables, each in one line: it begins with a dtype, and goes on in lines that begin with blanks."""
    found: list[str] = []
    for line in shown.partition("\n\n")[2].splitlines():
        if is_row(line):
            found.append(words(line))
        elif found and line.startswith("     ") and line.strip():
            found[-1] += f" {words(line)}"
        elif found:
            break
    return found


def is_row(line: str) -> bool:
    """Whether a line is the first of a case's row: it begins with the dtype, and has the rate."""
    return line.split(" ")[0] in DTYPES and bool(re.search(r"\d [kMGTPE]?F?L?OPS|no rate|无速率", line))


def figures(each: Case) -> list[str]:
    """What a row must say of a case, as the document has it."""
    told = [each.dtype, each.backend]
    if each.stats is None:
        return told
    rate, share = each.stats.rate, each.stats.efficiency
    told += [format_rate(rate.median, each.stats.unit)]
    told += [format_rate(value, each.stats.unit).split()[0] for value in (rate.low, rate.high)]
    told += [percent(value, 0) for value in (share.ceiling, share.peak or share.peak_at_clock) if value]
    told += [f" {each.grade} "]
    if each.proof and each.proof.rms_error:
        told.append(f"±{exponential(each.proof.rms_error, 0)}")
    return told


@every
@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_hundred_columns_show_each_case_in_one_line_and_eighty_in_two(document: Result, lang: str) -> None:
    measured = len([each for each in document.cases if each.status in ("ok", "failed")])
    for width, most in zip(WIDTHS, (2, 1), strict=True):
        table = re.split(r"\n *\n", printed(document, width, lang))[1].splitlines()[2:]
        body = [line for line in table if is_row(line) or line.startswith("     ")]
        assert measured <= len(body) <= most * measured


@every
@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_command_that_is_named_works_and_says_what_the_screen_says(document: Result, lang: str) -> None:
    shown = printed(document, 80, lang)
    (command,) = re.findall(r"(?:More: |详见：)flopsbench (scale .*)$", shown, re.M)
    done = CliRunner().invoke(app, shlex.split(command), env={"COLUMNS": "1000"})
    assert done.exit_code == 0, done.output
    if counted := re.search(r"is ([\d.]+ \w+) of these|约合(\S+?)台此设备", words(shown)):
        assert (counted[1] or counted[2]) in done.output


def measured(rate_per_s: float = 1e12, **fields: object) -> Case:
    efficiency = fields.pop("efficiency", Efficiency(ceiling=0.9))
    figures = stats(rate_per_s, rate_per_s * 0.99, rate_per_s * 1.01, efficiency=efficiency)
    return case(stats=figures, grade="A", **fields)  # type: ignore[arg-type]  # a stand-in with what is asked of it


def test_a_failed_case_is_seen_with_its_reason() -> None:
    proof = Proof(method="m", passed=False, bound=1e-4, checked="c", reason="C is not A·B")
    failed = case(status="failed", stats=None, grade=None, proof=proof, reason="C is not A·B: row 3 differs")
    shown = printed(result(failed, measured(dtype="fp64")))
    assert "no rate" in shown
    assert "FAILED fp32 numpy on cpu: C is not A·B: row 3 differs" in shown


def test_a_machine_without_rates_shows_why_and_no_table() -> None:
    left = [
        case("unsupported", dtype=dtype, reason=f"numpy has no BLAS path for {dtype}") for dtype in ("bf16", "fp16")
    ]
    shown = printed(result(*left))
    assert "not run: bf16 numpy, fp16 numpy: numpy has no BLAS path" in shown
    assert "nothing measured" in shown
    assert [word in shown for word in ("grade", "Ladder", "scale")] == [False] * 3


def test_an_interrupted_run_says_so() -> None:
    shown = printed(result(measured(), case("skipped", dtype="fp64", reason="interrupted"), interrupted=True))
    assert "Interrupted: what was done before is kept" in shown
    assert "Not run, 1 of 2 cases: interrupted (1)" in shown


def test_own_kernels_have_a_table_of_their_own() -> None:
    own = measured(2.5e11, backend="mine", kernel="prepare", efficiency=Efficiency(ceiling=0.225))
    ranked, _, beside = printed(result(own, measured(1e12))).partition("Own kernels, beside the vendor's GEMM:")
    assert ("1.00 TFLOPS" in ranked, "250 GFLOPS" in ranked) == (True, False)
    assert beside.index("vendor") < beside.index("250 GFLOPS") < beside.index("25 %") < beside.index("22 %")


def test_thirty_cases_with_wide_names_lose_nothing() -> None:
    compute = ComputeRecord("fp32", "fp32", "fp32", "fp32", "算" * 20, "ieee", 4)
    edges = range(256, 256 + 30 * 64, 64)
    many = [measured(1e11 + edge, edge=edge, compute=compute, backend="a" * 70) for edge in edges]
    shown = printed(result(*many, devices=[device(name="名" * 60)]))
    assert all(f"{edge}³" in shown for edge in edges)
    assert len(rows(shown)) == 30
    assert shown.replace("\n", "").replace(" ", "").count("名" * 60) == 1


def test_what_all_cases_share_is_said_once_above_the_table() -> None:
    shown = printed(SEVEN["seven"])
    assert shown.count("2048³") == shown.count("2 threads") == 1
    assert "2048³, 2 threads, OpenBLAS 0.3.31.188.0 SkylakeX, MKL 2024.2, oneDNN 3.12.0" in shown


def test_the_advice_that_explains_most_is_the_one_that_is_told() -> None:
    shown = words(printed(SEVEN["Haswell"]))
    assert shown.count("Advice: ") == 1
    whole = io.StringIO()
    Console(file=whole, width=80).print(report(SEVEN["Haswell"]))
    rest = whole.getvalue().count("Advice: ") - 1
    assert rest
    assert f"; {rest} more: --full" in shown


@every
def test_color_is_not_needed_and_markup_is_text(document: Result) -> None:
    told = "[red]boo[/]"
    failed = replace(document.cases[0], status="failed", stats=None, grade=None, proof=None, reason=told)
    shown = printed(replace(document, cases=[failed, *document.cases[1:]]))
    assert told in shown
    assert "\x1b" not in shown


def test_a_command_is_that_of_the_program_as_it_was_called() -> None:
    assert 'More: "a b/flopsbench" scale "1.00 TFLOPS"' in printed(result(measured()), program='"a b/flopsbench"')
    assert "More: python -m flopsbench scale" in printed(result(measured()), program="python -m flopsbench")
