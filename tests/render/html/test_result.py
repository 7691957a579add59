"""Tests what the page of one Result says about how it was measured."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from flopsbench.render.html.result import ResultPage
from flopsbench.result.said import sentence_fields
from flopsbench.result.types import CasePolicy, Ceiling, ComputeRecord, PeakRecord, Proof, Result, Said
from flopsbench.site.model.read import read_entry
from flopsbench.validate.finding import Finding
from flopsbench.words.reason import Reason
from tests.documents import case, device, process, result, stats


def environment(document: Result) -> str:
    return str(ResultPage(document, read_entry(document, "v1/a/2026/0.json"), []).environment)


def test_one_policy_for_all_devices_is_told_once() -> None:
    document = result(case(policy=CasePolicy(0.1, 0.5)))
    document = replace(document, policy=replace(document.policy, block_s=0.1, warmup_s=0.5))
    assert environment(document) == environment(replace(document, cases=[replace(document.cases[0], policy=None)]))
    assert "100 ms" in environment(document)


def test_each_device_has_its_own_policy_where_they_differ() -> None:
    cases = [case(policy=CasePolicy(0.1, 0.5)), case(device="cuda:0", policy=CasePolicy(0.025, 1.0))]
    document = result(*cases, devices=[device(), device(id="cuda:0", kind="cuda", name="NVIDIA H200")])
    told = environment(document)
    assert "cpu: 100 ms, cuda:0: 25.0 ms" in told
    assert "cpu: 500 ms, cuda:0: 1.00 s" in told


def test_a_policy_that_all_devices_share_is_told_without_their_names() -> None:
    cases = [case(policy=CasePolicy(0.05, 0.5)), case(device="cuda:0", policy=CasePolicy(0.05, 0.5))]
    document = result(*cases, devices=[device(), device(id="cuda:0", kind="cuda", name="NVIDIA H200")])
    told = environment(replace(document, policy=replace(document.policy, block_s=0.1, warmup_s=1.0)))
    assert "<dd>50.0 ms</dd>" in told
    assert "<dd>500 ms</dd>" in told
    assert "100 ms" not in told


NO_BLAS = Reason("numpy_no_blas", dtype="bf16")


def page(document: Result, *findings: Finding) -> ResultPage:
    return ResultPage(document, read_entry(document, "v1/a/2026/0.json"), findings)


def test_each_sentence_with_its_code_is_told_in_both_languages() -> None:
    told = sentence_fields(reason=NO_BLAS)
    wrong = Proof(method="m", passed=False, bound=1e-4, checked="c", **sentence_fields(reason=Reason("operands_equal")))
    measured = case(
        grade="B",
        processes=[process(**sentence_fields(stop_reason=Reason("interval_within", half_width="0.5%")))],
        **sentence_fields(grade_reasons=[Reason("interval_noticeable", half_width="3%"), Reason("on_battery")]),
    )
    document = result(measured, case("unsupported", "bf16", **told), case("failed", "fp64", proof=wrong, reason=None))
    document = replace(document, ceilings=[Ceiling(device="cpu", dtype="bf16", **told)])
    shown = page(document, Finding("environment.profile", Reason("other_profile", profile="quick")))
    assert "置信区间为±3%" in shown.grades
    assert "以电池供电运行" in shown.grades
    assert "区间已在0.5%以内" in shown.processes
    assert "numpy没有bf16的BLAS路径" in shown.missing
    assert "A与B是同一矩阵" in shown.missing
    assert "A与B是同一矩阵" in shown.proofs
    assert "numpy没有bf16的BLAS路径" in shown.limits
    assert "以quick方案而非registry方案测得" in shown.notes
    parts = (shown.grades, shown.processes, shown.missing, shown.proofs, shown.limits, shown.notes)
    assert not any("<q" in part for part in parts)


def test_a_sentence_without_its_code_is_quoted_unless_the_catalogue_has_it_whole() -> None:
    measured = case(grade="B", grade_reasons=["the interval is ±3%", "it ran on battery"])
    document = result(measured, case("unsupported", "bf16", reason="the library says <no>"))
    assert '<q lang="en">the interval is ±3%</q>; <span lang="en">it ran on battery</span>' in page(document).grades
    assert '<q lang="en">the library says &lt;no&gt;</q>' in page(document).missing


def test_a_code_that_is_unknown_or_makes_another_sentence_is_not_believed() -> None:
    for said in (Said("full_moon"), Said("numpy_no_blas", {"dtype": "fp16"}), Said("on_battery")):
        document = result(case("unsupported", "bf16", reason=str(NO_BLAS), reason_said=said))
        assert f'<q lang="en">{NO_BLAS}</q>' in page(document).missing
        assert "没有" not in page(document).missing


def test_own_kernels_are_told_apart_with_their_share_of_the_vendors_rate() -> None:
    vendor, own = case(stats=stats(4e12)), case(backend="mine", kernel="prepare", stats=stats(1e12))
    shown = page(result(vendor, own))
    assert ("4.00 TFLOPS" in shown.rates, "1.00 TFLOPS" in shown.rates) == (True, False)
    assert ("1.00 TFLOPS" in shown.own_rates, ">25%<" in shown.own_rates) == (True, True)
    alone = page(result(own))
    assert (alone.rates, "%" in alone.own_rates) == ("", False)


@pytest.mark.parametrize("own_space", [False, True])
def test_a_library_with_its_own_clock_and_memory_is_marked(own_space: bool) -> None:
    compute = ComputeRecord("fp32", "fp32", "fp32", "fp32", "abacus 1", "ieee", own_space=own_space)
    shown = page(result(case(compute=compute)))
    for part in (shown.rates, shown.proofs):
        assert ("own clock and memory" in part, "自有时钟与内存" in part) == (own_space, own_space)


def test_the_chain_of_losses_is_the_vendors_where_that_was_measured() -> None:
    peaks = [PeakRecord("cpu", "fp32", 8e12, "FLOP/s", "clock seen", "a table")]
    vendor, own = case(stats=stats(4e12)), case(backend="mine", kernel="prepare", stats=stats(5e12))
    assert "4.00 TFLOPS" in page(result(vendor, own, peaks=peaks)).chains
    assert "5.00 TFLOPS" not in page(result(vendor, own, peaks=peaks)).chains
    assert "5.00 TFLOPS" in page(result(own, peaks=peaks)).chains


def test_a_case_that_gives_no_reason_has_a_dash() -> None:
    assert "<td>–</td></tr>" in page(result(case("failed", reason=None))).missing
