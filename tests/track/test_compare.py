"""Tests two Results set against each other: verdicts, intervals, refusals, and what is said about them."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from flopsbench.errors import DocumentRejected, NotComparable, UsageError
from flopsbench.result.codec import encode
from flopsbench.result.types import Call, Case, ComputeRecord, Efficiency, Options, Result, Tool
from flopsbench.track.compare import compare, noise_command, parse_allowed, read_results
from flopsbench.track.comparison import Change, Comparison
from flopsbench.track.noise import CaseNoise, Noise, watched
from flopsbench.track.verdicts import smallest_slowdown, verdict_of_interval
from tests.documents import call, case, device, host, process, result, stats

KEY = "cpu gemm/fp32/1024x1024x1024/nn/numpy/blas/cpu/burst"


def rated(median: float, share: float | None = None, **fields: Any) -> Case:
    figures = stats(median, 0.99 * median, 1.01 * median, efficiency=Efficiency(ceiling=share))
    return case(stats=figures, **fields)


def floors(floor: float = 0.01, share: float | None = None, **fields: Any) -> Noise:
    """Return a noise file of the machine in tests/documents.py in which fp32 has this floor."""
    made = watched([result(rated(1e12))] * 3)
    return replace(made, cases={KEY: replace(made.cases[KEY], floor=floor, floor_of_ceiling_share=share)}, **fields)


def compared(base: Result | list[Result], new: Result | list[Result], **fields: Any) -> Comparison:
    sides = [side if isinstance(side, list) else [side] for side in (base, new)]
    return compare(*sides, **{"base_name": "old", "new_name": "fresh", "margin": 0.02} | fields)


def only(comparison: Comparison) -> Change:
    (change,) = comparison.changes
    return change


@pytest.mark.parametrize(
    ("new", "floor", "verdict"),
    [
        (1.00e12, 0.01, "unchanged"),
        (0.96e12, 0.01, "regression"),
        (1.04e12, 0.01, "improvement"),
        (0.975e12, 0.01, "inconclusive"),
        (0.96e12, 0.05, "inconclusive"),
        (1.00e12, 0.05, "inconclusive"),
        (1.00e12, 0.0, "unchanged"),
    ],
)
def test_a_change_is_called_only_where_its_whole_interval_lies_on_one_side(
    new: float, floor: float, verdict: str
) -> None:
    change = only(compared(result(rated(1e12)), result(rated(new)), noise=floors(floor)))
    assert change.verdict == verdict
    assert change.estimate == pytest.approx(new / 1e12 - 1)
    assert change.low == pytest.approx(new / 1e12 * math.exp(-floor) - 1)
    assert change.high == pytest.approx(new / 1e12 * math.exp(floor) - 1)


@given(st.floats(0, 1), st.floats(0.001, 0.5))
def test_the_detectable_slowdown_is_just_called_and_a_smaller_one_is_not(floor: float, margin: float) -> None:
    least = smallest_slowdown(floor, margin)
    just, less = ((1 - least * factor) * math.exp(floor) - 1 for factor in (1.0001, 0.9999))
    assert verdict_of_interval(-1, just, margin) == "regression"
    assert verdict_of_interval(-1, less, margin) != "regression"


@given(st.floats(0.5, 2), st.floats(0, 0.5))
def test_swapping_the_sides_never_makes_a_regression_of_a_regression(ratio: float, floor: float) -> None:
    there = only(compared(result(rated(1e12)), result(rated(ratio * 1e12)), noise=floors(floor)))
    back = only(compared(result(rated(ratio * 1e12)), result(rated(1e12)), noise=floors(floor)))
    assert (there.verdict, back.verdict) != ("regression", "regression")


@pytest.mark.parametrize(
    ("new", "verdict"), [(0.95e12, "inconclusive"), (0.88e12, "regression"), (1.2e12, "improvement")]
)
def test_without_a_noise_floor_only_what_is_above_10_per_cent_is_called(new: float, verdict: str) -> None:
    comparison = compared(result(rated(1e12)), result(rated(new)))
    change = only(comparison)
    assert change.verdict == verdict
    assert change.low is None
    assert change.detectable == pytest.approx(0.1)
    assert "without a noise floor" in (change.reason or "")
    assert comparison.notes[-1].endswith("makes it: flopsbench noise --device cpu --profile quick")


def test_without_a_noise_floor_results_whose_own_intervals_overlap_are_inconclusive() -> None:
    wide = case(stats=stats(1e12, 0.8e12, 1.2e12))
    change = only(compared(result(wide), result(rated(0.85e12))))
    assert change.verdict == "inconclusive"
    assert change.detectable == pytest.approx(1 - 0.8 / 1.01)


def test_a_wide_margin_holds_without_a_noise_floor_too() -> None:
    assert only(compared(result(rated(1e12)), result(rated(0.7e12)), margin=0.4)).verdict == "inconclusive"


def test_a_case_that_new_lacks_is_missing_and_one_that_base_lacks_is_new() -> None:
    base, new = result(rated(1e12), case(edge=512)), result(rated(1e12), case(dtype="fp64"))
    changes = compared(base, new, noise=floors()).changes
    assert [change.verdict for change in changes] == ["unchanged", "missing", "new"]
    assert [change.reason for change in changes] == [None, "NEW does not have it", "BASE does not have it"]
    assert changes[1].base_per_s == 1e12
    assert changes[2].new_per_s == 1e12


@pytest.mark.parametrize(
    ("base", "new", "verdict", "reason"),
    [
        (case(), case("failed", reason="C is wrong"), "failed", "C is wrong"),
        (case(), case(proof=None), "failed", "its product was not proven right"),
        (case("failed"), case("failed", reason="still wrong"), "failed", "still wrong"),
        (case(), case("unsupported", reason="no tensor cores"), "missing", "NEW did not measure it: no tensor cores"),
        (case(), case("skipped"), "missing", "NEW did not measure it: not reached"),
        (case("unsupported"), case(), "new", "BASE did not measure it: not reached"),
        (case("unsupported"), case("unsupported", reason="no such unit"), "not run", "no such unit"),
        (case("failed"), case("unsupported", reason="no such unit"), "not run", "no such unit"),
    ],
)
def test_a_case_without_a_rate_says_why(base: Case, new: Case, verdict: str, reason: str) -> None:
    change = only(compared(result(base), result(new), noise=floors()))
    assert (change.verdict, change.reason) == (verdict, reason)


def test_an_unsupported_case_that_new_no_longer_names_was_not_run() -> None:
    base = result(rated(1e12), case("unsupported", dtype="fp64"))
    changes = compared(base, result(rated(1e12)), noise=floors()).changes
    assert [change.verdict for change in changes] == ["unchanged", "not run"]


@pytest.mark.parametrize(
    ("new", "key", "values"),
    [
        (
            result(host=host(hardware_key="f" * 16)),
            "machine",
            "(0123456789abcdef) against AMD EPYC 9B14, 8 cores (ffff",
        ),
        (result(devices=[device(name="Other")]), "device", "AMD EPYC 9B14 against Other"),
        (result(case(data="zeros")), "data", "normal against zeros"),
        (result(method_version=1), "method", "2 against 1"),
        (
            result(case(compute=ComputeRecord("fp32", "fp32", "fp32", "not recorded", "cuBLAS", "tf32"))),
            "math",
            "not recorded against tf32",
        ),
        (result(case(dtype="fp64")), "dtype", "fp32 against fp64"),
    ],
)
def test_what_may_not_be_compared_is_refused_with_the_key_and_both_values(new: Result, key: str, values: str) -> None:
    with pytest.raises(NotComparable) as refused:
        compared(result(), new)
    assert f"{key}: " in str(refused.value)
    assert values in str(refused.value)
    assert f"--allow-different {key}" in str(refused.value)
    allowed = compared(result(), new, allowed=(key,))
    assert only(allowed).verdict == "inconclusive"
    if key != "machine":
        assert f"compared although they differ in {key}: {values}" in allowed.notes


def test_allowing_one_key_does_not_allow_another() -> None:
    with pytest.raises(NotComparable, match="method: 2 against 1"):
        compared(result(), result(case(data="zeros"), method_version=1), allowed=("data",))


def test_several_cases_that_become_one_are_refused() -> None:
    with pytest.raises(NotComparable, match="are one case once dtype may differ"):
        compared(result(), result(case(), case(dtype="fp64")), allowed=("dtype",))


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"hardware_key": "f" * 16}, "made on another machine"),
        ({"profile": "registry"}, "made with --profile registry, the Result with quick"),
        ({"method_version": 1}, "made by method 1, the Result by 2"),
    ],
)
def test_a_noise_floor_made_otherwise_is_not_used_and_that_is_said(fields: dict[str, Any], reason: str) -> None:
    comparison = compared(result(rated(1e12)), result(rated(0.96e12)), noise=floors(**fields))
    assert only(comparison).verdict == "inconclusive"
    assert only(comparison).low is None
    assert any(reason in note for note in comparison.notes)


def test_a_ceiling_that_fell_with_the_rate_puts_the_blame_on_the_machine() -> None:
    base, new = result(rated(1e12, 0.8)), result(rated(0.9e12, 0.8))
    change = only(compared(base, new, noise=floors()))
    assert change.verdict == "inconclusive"
    assert change.reason == "the ceiling fell by 10.0 % too: the machine changed rather than the software"
    faster = only(compared(new, base, noise=floors()))
    assert (faster.verdict, (faster.reason or "").partition(" by ")[0]) == ("inconclusive", "the ceiling rose")


def busy(rate_per_s: float, share: float | None = None, busy_share: float = 0.0, steal: float | None = None) -> Result:
    """A Result of a machine on which other programs, or other guests, were at work."""
    telemetry = replace(process().telemetry, steal_share=steal)
    return result(rated(rate_per_s, share, processes=[process(telemetry=telemetry)]), host=host(busy_share=busy_share))


@pytest.mark.parametrize(
    ("base", "new", "told"),
    [
        (busy(1e12), busy(0.112e12, busy_share=1.0), "NEW, the slower side, ran on a busy machine"),
        (busy(1e12), busy(0.112e12, steal=0.5), "NEW, the slower side, ran on a busy machine"),
        (busy(0.112e12, busy_share=1.0), busy(1e12), "BASE, the slower side, ran on a busy machine"),
        (busy(1e12), busy(0.112e12, busy_share=0.5, steal=0.1), None),
        (busy(1e12, busy_share=1.0), busy(0.112e12), None),
    ],
)
@pytest.mark.parametrize("noise", [None, floors()], ids=["no floor", "a floor"])
def test_no_change_is_called_where_other_programs_kept_the_slower_side_busy(
    base: Result, new: Result, told: str | None, noise: Noise | None
) -> None:
    change = only(compared(base, new, noise=noise))
    assert (change.verdict == "inconclusive") == (told is not None)
    assert (told or "") in (change.reason or "")
    assert change.estimate == pytest.approx(new.cases[0].stats.rate.median / base.cases[0].stats.rate.median - 1)


def test_one_busy_result_of_three_excuses_nothing() -> None:
    new = [busy(0.5e12), busy(0.5e12), busy(0.5e12, busy_share=1.0)]
    assert only(compared([busy(1e12)], new)).verdict == "regression"
    new[0] = busy(0.5e12, busy_share=0.9)
    assert only(compared([busy(1e12)], new)).verdict == "inconclusive"


def test_a_rate_that_fell_under_a_steady_ceiling_is_not_excused() -> None:
    change = only(compared(result(rated(1e12, 0.8)), result(rated(0.9e12, 0.72)), noise=floors()))
    assert (change.verdict, change.reason) == ("regression", None)


def test_of_several_results_each_side_counts_with_the_median() -> None:
    base = [result(rated(rate)) for rate in (1e12, 1.01e12, 2e12)]
    comparison = compared(base, result(rated(1.01e12)), noise=floors())
    assert only(comparison).estimate == pytest.approx(0)
    assert comparison.base == "old (3 Results, 2026-08-01)"
    assert comparison.new == "fresh (2026-08-01)"


def test_measurements_of_another_kind_are_not_pooled_with_the_newest() -> None:
    base = [result(rated(5e12), method_version=1), result(rated(1e12))]
    assert only(compared(base, result(rated(1e12)), noise=floors())).estimate == pytest.approx(0)


def test_an_unproven_rate_does_not_count_in_a_pool() -> None:
    base = [result(rated(1e12)), result(rated(9e12, proof=None))]
    assert only(compared(base, result(rated(1e12)), noise=floors())).estimate == pytest.approx(0)


def test_of_several_machines_the_one_that_both_sides_have_is_compared() -> None:
    elsewhere = result(rated(9e12), host=host(hardware_key="f" * 16))
    comparison = compared([elsewhere, result(rated(1e12))], result(rated(1e12)), noise=floors())
    assert only(comparison).verdict == "unchanged"
    assert "left out: Results of other machines, 1 in number" in comparison.notes
    with pytest.raises(NotComparable, match="Results of several machines"):
        compared([elsewhere, result()], [elsewhere, result()])


def test_two_devices_of_one_kind_are_two_cases() -> None:
    devices = [device(id=f"cuda:{index}", kind="cuda", index=index, name="H200") for index in (0, 1)]
    one, other = (rated(rate, device=id) for rate, id in ((1e12, "cuda:0"), (2e12, "cuda:1")))
    changes = compared(result(one, other, devices=devices), result(one, other, devices=devices)).changes
    assert [change.estimate for change in changes] == [0, 0]


def test_the_command_for_the_floor_repeats_what_was_measured_and_is_safe_to_paste() -> None:
    options = Options(devices=["cpu"], dtypes=["fp32", "fp64"], sizes=["1024"], kernels=["$(reboot)"], time_s=2.0)
    tool = Tool("flopsbench", "0.1.0", "standard", options)
    assert noise_command(result(tool=tool)) == (
        "flopsbench noise --device cpu --dtype fp32,fp64 --size 1024 --kernel '$(reboot)' --profile standard --time 2"
    )


def test_a_grade_of_c_is_said_beside_a_verdict() -> None:
    shaky = rated(0.9e12, grade="C", grade_reasons=["it ran on a ferry"])
    assert "NEW is graded C: it ran on a ferry" in (only(compared(result(rated(1e12)), result(shaky))).reason or "")


def test_allow_different_takes_the_names_of_keys() -> None:
    assert parse_allowed(" machine, dtype,") == ("machine", "dtype")
    with pytest.raises(UsageError, match="--allow-different weather: there are machine, device, dtype"):
        parse_allowed("weather")


def test_a_folder_is_read_from_old_to_new_and_what_is_no_result_is_named(tmp_path: Path) -> None:
    for name, day in (("a", "2026-08-02"), ("b", "2026-08-01")):
        (tmp_path / f"{name}.json").write_bytes(encode(result(created=f"{day}T12:00:00Z")))
    (tmp_path / "bad.json").write_text("{")
    results, rejected = read_results(tmp_path)
    assert [result.created[:10] for result in results] == ["2026-08-01", "2026-08-02"]
    assert rejected == [
        f"{tmp_path / 'bad.json'}: truncated: Expecting property name enclosed in double quotes at line 1, column 2"
    ]


def test_a_folder_without_any_result_is_refused_with_what_is_wrong_there(tmp_path: Path) -> None:
    with pytest.raises(NotComparable, match=r"no Result in this folder$"):
        read_results(tmp_path)
    (tmp_path / "bad.json").write_text("")
    with pytest.raises(DocumentRejected, match=r"bad\.json: the file is empty"):
        read_results(tmp_path)
    with pytest.raises(DocumentRejected, match="cannot be read"):
        read_results(tmp_path / "nothing")
    assert os.listdir(tmp_path) == ["bad.json"]


def test_a_floor_is_used_by_case() -> None:
    assert isinstance(floors().cases[KEY], CaseNoise)
    comparison = compared(
        result(rated(1e12), case(dtype="fp64")), result(rated(1e12), case(dtype="fp64")), noise=floors()
    )
    assert [change.verdict for change in comparison.changes] == ["unchanged", "inconclusive"]


# --- calls


def calls_of(*calls: Call, **fields: Any) -> Result:
    """Return a Result of calls alone."""
    return replace(result(), cases=[], calls=list(calls), **fields)


def called(rate: float, **fields: Any) -> Call:
    return call("test_a", unit="call/s", amount=1, stats=stats(rate, 0.99 * rate, 1.01 * rate, unit="call/s"), **fields)


def test_a_call_is_compared_as_a_case_is() -> None:
    base, slower, alike = (calls_of(called(rate)) for rate in (100.0, 80.0, 95.0))
    (change,) = compared(base, slower).changes
    assert (change.case, change.verdict, change.unit) == ("test_a", "regression", "call/s")
    assert only(compared(base, alike)).verdict == "inconclusive"


def test_a_call_that_is_gone_is_missing_and_one_that_failed_fails() -> None:
    base = calls_of(called(100.0), replace(called(50.0), name="test_b"))
    assert [change.verdict for change in compared(base, calls_of(called(100.0))).changes] == ["inconclusive", "missing"]
    failed = call("test_a", unit="call/s", amount=1, status="failed", reason="assert 1 == 2")
    assert only(compared(calls_of(called(100.0)), calls_of(failed))).verdict == "failed"


def test_calls_of_another_amount_of_work_are_not_compared() -> None:
    one, other = (calls_of(call("test_a", amount=amount)) for amount in (10**9, 10**6))
    with pytest.raises(NotComparable, match="amount"):
        compared(one, other)


def test_nobody_is_told_to_measure_the_noise_of_calls() -> None:
    told = compared(calls_of(called(100.0)), calls_of(called(95.0))).notes
    assert not [note for note in told if "flopsbench noise" in note]


def test_cases_and_calls_have_nothing_in_common() -> None:
    with pytest.raises(NotComparable):
        compared(result(rated(1e12)), calls_of(called(100.0)))
