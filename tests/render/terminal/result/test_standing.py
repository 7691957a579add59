"""The place on the ladder and the one comparison: what is assumed is named, and the figure follows from the rate."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flopsbench.render.terminal.result.standing import more_command, place
from flopsbench.result.types import Case, PeakRecord
from flopsbench.scale.rate import parse_rate
from flopsbench.units import format_digits, format_rate, round_digits
from flopsbench.words.catalogue import count
from tests.documents import case, device, result, stats


def measured(rate_per_s: float, dtype: str = "fp32", **fields: object) -> Case:
    return case(stats=stats(rate_per_s, unit="OP/s" if dtype == "int8" else "FLOP/s"), dtype=dtype, **fields)


def test_the_nations_total_is_set_beside_a_rate_of_its_width_with_all_that_is_assumed() -> None:
    document = result(measured(3.53e11, "bf16"), measured(1.9e11, "fp32"))
    rung, beside = place(document, "en")
    assert rung == "Ladder: bf16 353 GFLOPS on rung GFLOPS (10^9); 1 TFLOPS is 2.83 times that"
    total = "China AI compute, MIIT, end 2025: more than 1590 EFLOPS, taken as dense FP16 nameplate"
    assert beside == f"{total}, is 4.5 billion of these at this bf16 rate"
    assert list(more_command(document, "en", "flopsbench")) == ['More: flopsbench scale "353 GFLOPS" --dtype bf16']
    beside = list(place(document, "zh"))[1]
    assert "超过1590 EFLOPS（视为稠密FP16标称值），按此bf16速率约合45亿台同样的设备" in beside


@pytest.mark.parametrize("others", [(), (measured(1e11, "fp64"),)])
def test_an_fp32_rate_is_set_beside_it_with_the_word_that_the_precisions_differ(others: tuple[Case, ...]) -> None:
    document = result(measured(4.61e11, "fp32"), *others)
    total = "China AI compute, MIIT, end 2025: more than 1590 EFLOPS, taken as dense FP16 nameplate"
    beside = list(place(document, "en"))[1]
    assert beside == f"{total}, is 3.45 billion times this fp32 rate: a size, no comparison, as the precisions differ"
    assert "数值上为此fp32速率的34.5亿倍：仅示规模，精度不同，不作比较" in list(place(document, "zh"))[1]
    assert list(more_command(document, "en", "flopsbench")) == ['More: flopsbench scale "461 GFLOPS"']
    assert list(more_command(document, "zh", "x")) == ['详见：x scale "461 GFLOPS" --lang zh']


def test_an_fp64_rate_has_a_total_of_its_own_precision() -> None:
    document = result(measured(1e11, "fp64"))
    _, beside = place(document, "en")
    assert (
        beside == "Frontier HPL Rmax: 1353.0 PFLOPS, counted as FP64 achieved, is 14 million of these at this fp64 rate"
    )
    assert list(more_command(document, "en", "flopsbench")) == ['More: flopsbench scale "100 GFLOPS" --dtype fp64']


def test_integers_have_rungs_of_their_own() -> None:
    rung, beside = place(result(measured(8.4e11, "int8")), "en")
    assert rung == "Ladder: int8 840 GOPS on rung GOPS (10^9); 1 TOPS is 1.19 times that"
    assert "not compared" in beside


def test_a_datasheet_peak_counts_devices_too() -> None:
    gpu = device(id="cuda:0", kind="cuda", name="NVIDIA H200")
    peak = PeakRecord(
        device="cuda:0", dtype="bf16", rate_per_s=9.894e14, unit="FLOP/s", basis="datasheet", source="a datasheet"
    )
    bf16 = measured(8e14, "bf16", device="cuda:0", backend="torch", kernel="matmul")
    _, beside = place(result(bf16, devices=[gpu], peaks=[peak]), "en")
    assert beside.endswith("is 2.0 million of these at this bf16 rate, 1.6 million at its datasheet peak")


def test_a_rate_above_the_total_is_told_as_a_multiple() -> None:
    rung, beside = place(result(measured(3.2e21, "bf16")), "en")
    assert rung.endswith("1 YFLOPS is 313 times that")
    assert beside.endswith("taken as dense FP16 nameplate; this bf16 rate is 2.0 times that")


def test_above_the_highest_rung_there_is_none() -> None:
    rung, _ = place(result(measured(2e30, "bf16")), "en")
    assert rung == "Ladder: bf16 2.00 QFLOPS on rung QFLOPS (10^30), the highest"


def test_nothing_measured_has_no_place() -> None:
    document = result(case("unsupported"))
    assert list(place(document, "en")) == list(more_command(document, "en", "flopsbench")) == []


@given(st.floats(1e6, 1e19))
def test_the_figure_is_that_of_the_rate_as_it_is_printed(rate_per_s: float) -> None:
    _, beside = place(result(measured(rate_per_s, "bf16")), "en")
    printed = parse_rate(format_rate(rate_per_s, "FLOP/s")).value_per_s
    assert f" is {count('en', 1590e18 / printed, 2)} of these" in beside


@pytest.mark.parametrize("rate_per_s", [9.996e11, 1.0049e12])
def test_the_step_to_the_next_rung_follows_from_the_rate(rate_per_s: float) -> None:
    rung, _ = place(result(measured(rate_per_s, "bf16")), "en")
    assert f"1 PFLOPS is {format_digits(round_digits(1e15 / rate_per_s, 3), 3)} times that" in rung
