"""The report of a Result: what a reader must see, within 80 columns and without colour."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from msgspec.structs import replace
from rich.console import Console

from flopsbench import load
from flopsbench.analysis.headline import comparisons, fastest, marks
from flopsbench.render.terminal.result.machine import summary_line
from flopsbench.render.terminal.result.whole import report
from flopsbench.result.types import Case, Ceiling, ComputeRecord, Efficiency, Proof, Result, Software
from tests.documents import case, device, result, stats

GOLDEN = sorted((Path(__file__).parents[3] / "golden").glob("*.json"))


def printed(document: Result, lang: str = "en", width: int = 80) -> str:
    out = io.StringIO()
    Console(file=out, width=width, highlight=False, no_color=True).print(report(document, lang))
    return out.getvalue()


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_no_line_is_wider_than_the_terminal(path: Path, lang: str) -> None:
    for line in printed(load(path), lang).splitlines():
        assert sum(2 if ord(letter) > 0x2E80 else 1 for letter in line.rstrip()) <= 80, line


def measured(rate_per_s: float, **fields: object) -> Case:
    efficiency = fields.pop("efficiency", Efficiency(ceiling=0.9))
    figures = stats(rate_per_s, rate_per_s * 0.99, rate_per_s * 1.01, efficiency=efficiency)
    return case(stats=figures, grade="A", **fields)  # type: ignore[arg-type]  # a stand-in with what is asked of it


def test_a_row_shows_rate_interval_shares_grade_and_proof() -> None:
    shown = printed(result(measured(1e12, efficiency=Efficiency(ceiling=0.905, peak_at_clock=0.85))))
    for wanted in ("1.00 TFLOPS", "990 GFLOPS–1.01 TFLOPS", "90 %", "85 %", "A", "ok"):
        assert wanted in shown


def compute(threads: int) -> ComputeRecord:
    return ComputeRecord("fp32", "fp32", "fp32", "fp32", "OpenBLAS 0.3.30 SkylakeX", "ieee", threads)


OWN = {"backend": "mine", "kernel": "prepare"}


def test_own_kernels_have_a_table_of_their_own_with_their_shares() -> None:
    own = measured(2.5e11, **OWN, efficiency=Efficiency(ceiling=0.225, peak=0.2))
    shown = printed(result(own, measured(1e12)))
    ranked, _, beside = shown.partition("Own kernels")
    assert ("1.00 TFLOPS" in ranked, "250 GFLOPS" in ranked, "vendor" in ranked) == (True, False, False)
    assert beside.index("vendor") < beside.index("250 GFLOPS") < beside.index("25 %") < beside.index("22 %")


def test_an_own_kernel_alone_needs_no_other_table() -> None:
    shown = printed(result(measured(2.5e11, **OWN)))
    assert shown.count("grade") == 1
    assert "250 GFLOPS" in shown


def test_the_headline_is_the_vendors_unless_there_is_none() -> None:
    own, vendor = measured(2e12, **OWN), measured(1e12)
    assert fastest(result(own, vendor)) == [vendor]
    assert fastest(result(own)) == [own]


def test_what_is_not_flopsbenchs_clock_and_memory_is_marked() -> None:
    compute = ComputeRecord("fp32", "fp32", "fp32", "fp32", "abacus 1", "ieee", own_space=True)
    assert "own clock and memory" in " ".join(printed(result(measured(1e12, compute=compute))).split())
    ours = replace(compute, own_space=False)
    assert "own clock" not in printed(result(measured(1e12, compute=ours)))


def test_an_older_method_is_named() -> None:
    assert "method 1" in printed(result(measured(1e12), method_version=1))
    assert "method" not in printed(result(measured(1e12)))


def test_one_process_shows_its_spread_and_several_an_interval() -> None:
    assert "spread in a process" in printed(result(measured(1e12)))
    several = measured(1e12)
    assert several.stats is not None
    across = replace(several.stats, rate=replace(several.stats.rate, basis="processes"))
    assert "95 % interval" in printed(result(replace(several, stats=across)))


def test_work_a_watt_is_shown_where_power_is_known() -> None:
    figures = replace(stats(1e12), per_joule=2.5e10)
    assert "25.0 GFLOPS/W" in printed(result(case(stats=figures)))
    assert "/W" not in printed(result(case(stats=stats(1e12))))


def test_the_datasheet_peak_wins_over_the_peak_at_the_clock() -> None:
    shown = printed(result(measured(1e12, efficiency=Efficiency(peak=0.42, peak_at_clock=0.37))))
    assert "42 %" in shown
    assert "37 %" not in shown


def test_a_failed_proof_shows_no_rate_and_its_reason() -> None:
    proof = Proof(method="m", passed=False, bound=1e-4, checked="c", reason="C is not A·B")
    shown = printed(result(case(status="failed", stats=None, grade=None, proof=proof, reason="C is not A·B")))
    assert "no rate" in shown
    assert "FAILED fp32" in shown
    assert "C is not A·B" in shown


def test_what_was_not_run_is_told_once_a_reason() -> None:
    left = [
        case(status="unsupported", dtype=dtype, stats=None, grade=None, processes=[], proof=None, compute=None,
             reason=f"numpy has no BLAS path for {dtype}")
        for dtype in ("bf16", "fp16")
    ]  # fmt: skip
    shown = " ".join(printed(result(*left)).split())
    assert "not run: bf16 numpy, fp16 numpy: numpy has no BLAS path" in shown
    assert shown.count("no BLAS path") == 1


def test_doubts_and_an_interruption_are_told() -> None:
    doubtful = replace(measured(1e12), grade="C", grade_reasons=["the interval is wide: ±9%"])
    shown = printed(replace(result(doubtful), interrupted=True))
    assert "Interrupted" in shown
    assert "fp32 numpy, burst, grade C: the interval is wide: ±9%" in shown


def test_an_absent_ceiling_has_its_reason() -> None:
    document = replace(result(measured(1e12)), ceilings=[Ceiling(device="cpu", dtype="fp32", reason="no loop for it")])
    assert "no ceiling for fp32: no loop for it" in printed(document)


def test_the_line_to_paste_names_machine_rates_grades_tool_and_document() -> None:
    line = summary_line(result(measured(1e12), measured(5e11, dtype="fp64")))
    assert "fp32 1.00 TFLOPS 90 % of ceiling [A], fp64 500 GFLOPS 90 % of ceiling [A]" in line
    assert "flopsbench" in line
    assert "sha256:" in line
    assert "\n" not in line


def test_a_dtype_of_a_newer_version_is_shown_last_and_placed_nowhere() -> None:
    newer = replace(measured(9e15), dtype="fp4", case="gemm/fp4/1024x1024x1024/nn/numpy/blas/cpu/burst")
    document = result(newer, measured(1e12))
    shown = printed(document)
    assert shown.index("fp4 ") > shown.index("1.00 TFLOPS")
    assert [one.dtype for one in fastest(document)] == ["fp32"]


def test_the_line_to_paste_names_the_device_of_each_rate_where_there_are_several() -> None:
    gpu = device(id="cuda:0", kind="cuda", name="NVIDIA H200")
    fast = measured(8e14, dtype="bf16", device="cuda:0", backend="torch", kernel="matmul")
    line = summary_line(result(fast, measured(1e12, dtype="fp64"), devices=[device(), gpu]))
    assert "bf16 800 TFLOPS" in line
    assert "on cuda:0" in line
    assert "on cpu" in line


def test_advice_stands_in_a_line_of_its_own_in_either_language() -> None:
    slow = measured(5e11, efficiency=Efficiency(ceiling=0.5), compute=compute(threads=4))
    for lang, head, told in (("en", "Advice: ", "it ran on 4 of 8 cores"), ("zh", "建议：", "仅用了8个核心中的4个")):
        shown = printed(result(slow), lang)
        assert shown.count(head) == 1
        assert told in " ".join(shown.split())
    assert "Advice: " not in printed(result(measured(1e12, edge=1000)))


def test_what_the_environment_holds_down_is_told_whether_slow_or_not() -> None:
    held = measured(1e12, edge=1000, compute=compute(threads=4))
    env = {"OPENBLAS_NUM_THREADS": "4", "CUBLAS_WORKSPACE_CONFIG": "4096"}
    document = result(held, software=Software(python="3.12.4", env=env))
    assert "held down by the environment: OPENBLAS_NUM_THREADS=4\n" in printed(document)
    assert "held down" not in printed(replace(document, cases=[measured(1e12, compute=compute(threads=8))]))


def test_the_fastest_of_each_dtype_is_placed_floating_point_first() -> None:
    torch = measured(2e12, backend="torch", kernel="matmul")
    cases = [measured(1e12, backend="numpy"), torch, measured(9e12, dtype="int8")]
    placed = fastest(result(*cases))
    assert [(one.dtype, one.backend) for one in placed] == [("fp32", "torch"), ("int8", cases[2].backend)]
    assert [mark.rate_per_s for mark in marks(placed)] == [2e12]
    assert [mark.unit for mark in marks(placed[1:])] == ["OP/s"]


def test_a_total_is_set_beside_the_rate_it_fits() -> None:
    document = result(measured(4e11, dtype="bf16"), measured(1e11, dtype="fp64"))
    nation, frontier = comparisons(document, fastest(document))
    assert (nation.measured.dtype.name, frontier.measured.dtype.name) == ("bf16", "fp64")  # type: ignore[union-attr]  # both were compared
    assert nation.counts is not None
    assert frontier.counts is not None


def test_a_total_no_rate_fits_is_not_compared() -> None:
    document = result(measured(1e11, dtype="fp32"))
    assert [one.fairness for one in comparisons(document, fastest(document))] == ["not compared"] * 2


def test_lines_below_the_table_name_the_kernel_and_of_several_the_shape() -> None:
    failed = {"status": "failed", "stats": None, "grade": None, "proof": None, "reason": "it broke"}
    shown = printed(
        result(
            case(backend="mine", kernel="fast", edge=512, **failed),
            case(backend="mine", kernel="slow", edge=640, grade="B", grade_reasons=["the interval is wide"]),
            case(backend="numpy", kernel="blas", dtype="fp64", **failed | {"status": "skipped"}),
        )
    )
    assert "FAILED fp32 mine fast 512³ on cpu: it broke" in shown
    assert "fp32 mine slow 640³, burst, grade B: the interval is wide" in shown
    assert "not run: fp64 numpy: it broke" in shown
