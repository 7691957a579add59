import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flopsbench.dtype import DTYPES
from flopsbench.errors import UsageError
from flopsbench.scale.aggregates import aggregate, load_aggregates
from flopsbench.scale.compare import ASSUMABLE, compare
from flopsbench.scale.standing import Measured, Scaling, parse_scaling

H200 = Measured(7.9e14, "FLOP/s", DTYPES["bf16"], 9.894e14)


def _measured(dtype_name, rate_per_s=7.9e14, **more):
    return Measured(rate_per_s, DTYPES[dtype_name].unit, DTYPES[dtype_name], **more)


def _codes(comparison):
    return [reason.code for reason in comparison.reasons]


def test_the_headline_comparison():
    found = compare(aggregate("cn-miit-ai-2025"), H200)
    assert found.fairness == "with caveat"
    assert _codes(found) == ["assumed", "family", "basis_unknown", "sparsity_unstated"]
    assert (found.counts.at_peak, found.counts.achieved, found.counts.if_sparse) == (1.6e6, 2.0e6, 8.0e5)
    assert found.counts.share == 5.0e-7
    assert found.counts.scaled is None
    assert "FP16" in found.reasons[0].text("en")
    assert "MIIT labels the same series FP16" in found.reasons[0].text("en")
    assert "工信部" in found.reasons[0].text("zh")


def test_scaling_is_extrapolated_only_from_several_devices():
    total = aggregate("cn-miit-ai-2025")
    eight = compare(total, Measured(7.9e14, "FLOP/s", DTYPES["bf16"], 9.894e14, Scaling(0.90, 8)))
    assert eight.counts.scaled == 2.2e6
    one = compare(total, Measured(7.9e14, "FLOP/s", DTYPES["bf16"], 9.894e14, Scaling(1.0, 1)))
    assert one.counts.scaled is None


def test_nameplate_to_nameplate_in_one_dense_format_is_like_for_like():
    found = compare(aggregate("jp-abci3"), _measured("fp16", peak_per_s=9.894e14))
    assert (found.fairness, found.reasons) == ("like-for-like", ())
    assert found.counts.at_peak == 6290
    assert found.counts.if_sparse is None


def test_without_a_peak_it_is_achieved_against_nameplate():
    found = compare(aggregate("jp-abci3"), _measured("fp16"))
    assert (found.fairness, _codes(found)) == ("with caveat", ["no_peak"])
    assert found.counts.at_peak is None
    assert found.counts.achieved == 7900


def test_sixteen_bit_formats_stand_beside_each_other_with_the_assumption_named():
    assert _codes(compare(aggregate("jp-abci3"), H200)) == ["family"]


@pytest.mark.parametrize("dtype_name", ["tf32", "fp32", "fp64", "fp8_e4m3"])
def test_other_formats_do_not_stand_beside_fp16(dtype_name):
    found = compare(aggregate("cn-idc-ai-2024"), _measured(dtype_name))
    assert (found.fairness, _codes(found), found.counts) == ("not compared", ["precision_differs"], None)
    assert "--dtype bf16 / fp16" in found.reasons[0].text("en")


@pytest.mark.parametrize("dtype_name", [name for name in DTYPES if name != "fp64"])
def test_hpl_stands_beside_fp64_only(dtype_name):
    assert compare(aggregate("top500-202606-frontier-rmax"), _measured(dtype_name)).fairness == "not compared"


def test_hpl_beside_fp64_gemm():
    found = compare(aggregate("top500-202606-frontier-rmax"), _measured("fp64", 6e13, peak_per_s=6.7e13))
    assert (found.fairness, _codes(found)) == ("with caveat", ["hpl_bound"])
    assert "GEMM bounds HPL from above" in found.reasons[0].text("en")
    assert found.counts.achieved == 23_000
    assert found.counts.at_peak is None  # achieved is never divided by a nameplate


@pytest.mark.parametrize("rate_per_s", [1353e15, 1.59e21])
def test_beside_a_larger_rate_hpl_makes_the_multiple_too_high(rate_per_s):
    found = compare(aggregate("top500-202606-frontier-rmax"), _measured("fp64", rate_per_s))
    assert _codes(found) == ["hpl_exceeded"]
    assert "multiple is too high" in found.reasons[0].text("en")
    assert "倍数偏高" in found.reasons[0].text("zh")
    assert "count" not in found.reasons[0].text("en")


def test_fp64_nameplates_are_like_for_like():
    found = compare(aggregate("top500-202606-frontier-rpeak"), _measured("fp64", 6e13, peak_per_s=6.7e13))
    assert (found.fairness, found.counts.at_peak) == ("like-for-like", 30_700)


@pytest.mark.parametrize("dtype_name", DTYPES)
def test_hpl_mxp_is_compared_with_nothing(dtype_name):
    assert _codes(compare(aggregate("hplmxp-aurora"), _measured(dtype_name), "fp16")) == ["mixed"]


def test_a_sum_of_kinds_is_compared_with_nothing_whatever_is_assumed():
    assert _codes(compare(aggregate("cn-cmcc-total-2025"), H200, "fp16")) == ["mixed_kinds"]


@pytest.mark.parametrize("total", [one for one in load_aggregates() if one.unit != "H100e"], ids=lambda one: one.id)
def test_operations_are_never_flop(total):
    found = compare(total, Measured(1e15, "OP/s", DTYPES["int8"], 2e15), "fp8")
    assert found.fairness == "not compared"
    assert compare(total, Measured(1e15, "OP/s")).fairness == "not compared"


def test_an_integer_rate_is_told_so_before_anything_else():
    assert _codes(compare(aggregate("cn-miit-ai-2025"), _measured("int8"))) == ["integer"]
    assert _codes(compare(aggregate("cn-miit-ai-2025"), Measured(1e15, "OP/s"))) == ["integer"]


@pytest.mark.parametrize("total", load_aggregates(), ids=lambda one: one.id)
def test_nothing_is_compared_without_a_dtype(total):
    found = compare(total, Measured(1e15, "FLOP/s"), "fp16")
    assert found.counts is None


def test_an_unstated_precision_needs_an_assumption():
    total = aggregate("cn-cmcc-hohhot")
    assert _codes(compare(total, H200)) == ["precision_unstated"]
    found = compare(total, H200, "fp16")
    assert _codes(found)[0] == "assumed_by_user"
    assert found.counts.achieved == 8500


def test_the_override_wins_over_the_datas_own_assumption():
    total = aggregate("cn-miit-ai-2025")
    assert _codes(compare(total, H200, "fp8")) == ["precision_differs"]
    assert compare(total, _measured("fp8_e4m3"), "fp8").fairness == "with caveat"
    assert _codes(compare(total, H200, "bf16"))[:2] == ["assumed_by_user", "basis_unknown"]


def test_the_override_never_contradicts_a_source():
    assert compare(aggregate("top500-202606-frontier-rmax"), H200, "fp16").fairness == "not compared"
    assert compare(aggregate("cn-idc-ai-2024"), _measured("fp64"), "fp64").fairness == "not compared"


def test_unknown_assumptions_are_refused():
    with pytest.raises(UsageError, match="known are fp64"):
        compare(aggregate("cn-miit-ai-2025"), H200, "fp128")


@pytest.mark.parametrize(("total", "word"), [("cn-idc-ai-2025f", "forecast"), ("cn-miit-target-2030", "target")])
def test_targets_and_forecasts_are_called_so(total, word):
    found = compare(aggregate(total), H200, "fp16")
    assert _codes(found)[0] == word
    assert word in found.reasons[0].text("en")


def test_sparse_totals_are_halved():
    found = compare(aggregate("uk-isambard-ai"), _measured("fp8_e4m3", 1e15, peak_per_s=1.979e15))
    assert _codes(found) == ["sparse_halved"]
    assert (found.counts.achieved, found.counts.at_peak) == (11_000, 5300)  # 21 EFLOPS, halved; two digits
    assert found.counts.if_sparse is None


def test_formats_nothing_measures_are_said_to_be_so():
    assert _codes(compare(aggregate("us-oracle-131k"), H200)) == ["precision_unmeasurable"]


def test_fp32_totals_have_no_sparse_doubt():
    assert "sparsity_unstated" not in _codes(compare(aggregate("cn-nda-total-2024"), _measured("fp32")))


@pytest.mark.parametrize(
    ("dtype_name", "devices"), [("fp8_e4m3", 3e7), ("bf16", 1.5e7), ("int8", 3e7), ("fp32", None), ("fp64", None)]
)
def test_h100_equivalents_are_converted_at_the_h100s_own_peak(dtype_name, devices):
    found = compare(aggregate("world-epoch-h100e-2026-01"), _measured(dtype_name, 9.89e14, peak_per_s=9.89e14))
    if devices is None:
        assert _codes(found) == ["h100e_differs"]
    else:
        assert found.counts.at_peak == devices
        assert _codes(found) == ["h100e"]


def test_chips_without_a_model_have_no_rate():
    assert _codes(compare(aggregate("us-colossus-1"), H200, "fp16")) == ["chips"]


def test_digits_are_never_finer_than_the_source():
    total = msgspec.structs.replace(aggregate("jp-abci3"), value="6", basis="peak")
    found = compare(total, _measured("fp16", peak_per_s=9.894e14))
    assert (found.counts.digits, found.counts.at_peak) == (1, 6000)


def test_a_rate_must_count_what_its_dtype_counts():
    with pytest.raises(UsageError, match="int8 counts OP/s"):
        Measured(1.0, "FLOP/s", DTYPES["int8"])
    with pytest.raises(UsageError, match="bf16 counts FLOP/s"):
        Measured(1.0, "OP/s", DTYPES["bf16"])


@given(
    st.sampled_from(load_aggregates()),
    st.sampled_from(list(DTYPES)),
    st.floats(1e6, 1e20),
    st.sampled_from([None, *ASSUMABLE]),
    st.sampled_from([None, 1e15]),
)
def test_every_comparison_has_a_verdict_that_its_reasons_bear_out(total, dtype_name, rate_per_s, assume, peak_per_s):
    found = compare(total, _measured(dtype_name, rate_per_s, peak_per_s=peak_per_s), assume)
    assert (found.fairness == "like-for-like") == (not found.reasons)
    assert (found.fairness == "not compared") == (found.counts is None)
    for reason in found.reasons:
        assert reason.text("en")
        assert reason.text("zh")
    if found.fairness == "like-for-like":
        assert total.precision != "unstated"
        assert total.sparsity == "dense"
        assert total.basis == "peak"
        assert total.outlook is None
    if found.counts:
        assert found.counts.digits <= min(total.digits, 3)


@pytest.mark.parametrize(("text", "scaling"), [("0.90@8", (0.9, 8)), ("90% @ 8", (0.9, 8)), ("1@2", (1.0, 2))])
def test_reads_a_scaling_efficiency(text, scaling):
    assert parse_scaling(text) == Scaling(*scaling)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("0.9", "with the number of devices"),
        ("0.9@", "with the number of devices"),
        ("fast", "with the number of devices"),
        ("1.2@8", "at most 1, not 1.2"),
        ("120%@8", "at most 1, not 120%"),
        ("0@8", "above 0"),
        ("0.9@1", "one device says nothing of many"),
    ],
)
def test_refuses_what_is_no_scaling_efficiency(text, reason):
    with pytest.raises(UsageError, match=reason):
        parse_scaling(text)
