"""Tests the verdict on a history: what is news, what is accepted, what is missing, and what else changed with it."""

from __future__ import annotations

from datetime import date

import pytest
from msgspec.structs import replace

from flopsbench.errors import ExitCode
from flopsbench.result.types import DeviceRecord, Options, Software, Tool
from flopsbench.track.comparison import exit_code
from flopsbench.track.defaults import HISTORY_MARGIN
from flopsbench.track.history.acks import Ack
from flopsbench.track.history.commits import NO_COMMITS, Commits, in_order
from flopsbench.track.history.events import nameable
from flopsbench.track.history.folder import History
from flopsbench.track.history.judge import judge_history
from flopsbench.track.history.series import all_series
from tests.documents import call, case, device, host
from tests.track.history.histories import (
    RATE,
    by_commit,
    created,
    daily,
    hashed,
    measured,
    noisy,
    results,
    source,
    suite,
    timed,
)

DAY = date(2024, 8, 1)


def verdict_on(made, acks=None, margin=HISTORY_MARGIN):
    """Return the Comparison of these Results."""
    return judge_history(History("history", list(made), []), acks or {}, margin).comparison


def change_of(made, acks=None, margin=HISTORY_MARGIN):
    """Return the only Change of these Results."""
    (change,) = verdict_on(made, acks, margin).changes
    return change


def test_a_flat_history_is_unchanged_and_says_what_it_could_have_caught():
    change = change_of(results(noisy(40)))
    assert (change.verdict, change.id, change.reason) == ("unchanged", None, None)
    assert change.base_per_s == pytest.approx(RATE, rel=0.003)
    assert change.detectable == pytest.approx(0.015, abs=0.01)


def test_a_fall_of_two_per_cent_is_a_regression_with_its_size_and_day():
    change = change_of(results(noisy(40, steps={20: 0.98})))
    assert change.verdict == "regression"
    assert change.estimate == pytest.approx(-0.02, abs=0.005)
    assert change.low is not None
    assert change.high is not None
    assert change.low < change.estimate < change.high < 0
    assert change.reason == "slower since 2024-01-21, in 20 Results"
    assert change.id is not None


def test_a_regression_stays_one_as_long_as_the_level_stays():
    for length in (30, 60, 120):
        assert change_of(results(noisy(length, steps={20: 0.95}))).verdict == "regression"


def test_a_regression_that_came_back_is_over():
    assert change_of(results(noisy(60, steps={20: 0.95, 40: 1.0}))).verdict != "regression"


def test_a_small_gain_after_a_great_loss_hides_nothing():
    change = change_of(results(noisy(60, steps={20: 0.90, 40: 0.93})))
    assert change.verdict == "regression"
    assert change.estimate == pytest.approx(-0.07, abs=0.005)


def test_small_losses_add_up():
    steps = {30: 0.992, 60: 0.984, 90: 0.976}
    change = change_of(results(noisy(120, noise=0.002, steps=steps)))
    assert change.verdict == "regression"
    assert change.estimate == pytest.approx(-0.024, abs=0.003)


def test_a_fall_within_the_margin_is_unchanged():
    assert change_of(results(noisy(60, steps={30: 0.97})), margin=0.05).verdict == "unchanged"


def test_a_rise_is_an_improvement_and_the_level_to_keep_from_then_on():
    made = results(noisy(60, steps={20: 1.05}))
    assert change_of(made).verdict == "improvement"
    assert change_of(made).id is not None
    assert change_of(results(noisy(60, steps={20: 1.05, 40: 1.0}))).verdict == "regression"


@pytest.mark.parametrize("slow", [1, 2])
def test_the_last_one_or_two_slow_results_are_suspected_and_fail_nothing(slow):
    rates = noisy(40)
    comparison = verdict_on(results(rates[:-slow] + [0.9 * rate for rate in rates[-slow:]]))
    (change,) = comparison.changes
    assert change.verdict == "suspected"
    assert change.estimate == pytest.approx(-0.1, abs=0.01)
    assert "too few to call" in (change.reason or "")
    assert exit_code(comparison) == ExitCode.DONE


def test_a_fast_last_result_is_no_news():
    rates = noisy(40)
    assert change_of(results([*rates[:-1], 1.2 * rates[-1]])).verdict == "unchanged"


def test_the_first_fast_result_after_a_regression_is_told_with_it():
    rates = noisy(40, steps={20: 0.9})
    assert "the newest is faster again" in (change_of(results([*rates[:-1], RATE])).reason or "")


@pytest.mark.parametrize("count", [1, 2, 9])
def test_a_short_history_is_inconclusive_and_says_what_it_lacks(count):
    change = change_of(results([RATE * (1 + index) for index in range(count)]))
    assert (change.verdict, change.reason) == (
        "inconclusive",
        f"{count} of the 10 Results needed: {10 - count} more until changes can be called",
    )


def test_an_accepted_fall_is_acknowledged_and_its_level_the_one_to_keep():
    made = results(noisy(40, steps={20: 0.95}))
    acks = {str(change_of(made).id): Ack("case", DAY, "safer BLAS")}
    comparison = verdict_on(made, acks)
    (change,) = comparison.changes
    assert (change.verdict, change.reason) == ("acknowledged", "accepted on 2024-08-01: safer BLAS")
    assert exit_code(comparison) == ExitCode.DONE
    again = change_of(results(noisy(60, steps={20: 0.95, 40: 0.90})), acks)
    assert again.verdict == "regression"
    assert again.estimate == pytest.approx(-0.05, abs=0.01)


def test_an_acknowledgement_holds_while_the_place_of_the_change_moves_a_little():
    made = results(noisy(40, steps={20: 0.95}))
    near = _id_at(made, 22)
    assert change_of(made, {near: Ack("case", DAY, "why")}).verdict == "acknowledged"
    far = _id_at(made, 35)
    assert change_of(made, {far: Ack("case", DAY, "why")}).verdict == "regression"


def _id_at(made, index):
    (series,) = all_series(made)
    return series.id_at(index)


def test_the_id_of_a_change_is_the_same_tomorrow():
    rates = noisy(60, steps={20: 0.95})
    assert change_of(results(rates[:40])).id == change_of(results(rates)).id


def test_what_else_changed_is_told_at_the_change_point():
    made = results(noisy(40, steps={20: 0.95}))
    new = Software(python="3.12.4", versions={"numpy": "2.4.6"})
    made = made[:20] + [replace(each, software=new) for each in made[20:]]
    assert change_of(made).differences == ["numpy 2.1.0 -> 2.4.6"]


def with_ceiling(rates, ceilings):
    return [
        daily(day, measured(rate, ceiling)) for day, (rate, ceiling) in enumerate(zip(rates, ceilings, strict=True))
    ]


def test_a_ceiling_that_fell_with_the_rate_is_named_as_the_cause():
    made = with_ceiling(noisy(40, steps={20: 0.95}), noisy(40, seed=1, steps={20: 0.95}))
    reason = change_of(made).reason or ""
    assert "the ceiling fell by" in reason
    assert "the machine itself is slower" in reason


def test_a_ceiling_that_stayed_points_at_the_software():
    made = with_ceiling(noisy(40, steps={20: 0.95}), noisy(40, seed=1))
    assert "the ceiling did not fall with it: look at the software" in (change_of(made).reason or "")


def wrong(day, **fields):
    """Return a Result whose only case fails its proof."""
    return daily(day, case("failed", reason="residual 3 is above its bound"), **fields)


def test_a_case_that_fails_its_proof_fails_until_it_is_right_again():
    made = [*results(noisy(40)), wrong(40)]
    comparison = verdict_on(made)
    (change,) = comparison.changes
    assert change.verdict == "failed"
    assert (change.reason or "").startswith("residual 3 is above its bound (Result of 2024-02-10); if it is known")
    assert exit_code(comparison) == ExitCode.FAILED
    assert change_of([*made, daily(41, measured())]).verdict == "unchanged"


def test_a_case_that_never_was_right_is_told_too():
    change = change_of([wrong(0)])
    assert change.verdict == "failed"


def test_a_failure_can_be_accepted_and_the_next_one_fails_again():
    made = [*results(noisy(40)), wrong(40)]
    failed = change_of(made)
    assert str(failed.id) in nameable(History("history", made, []))
    acks = {str(failed.id): Ack("case", DAY, "the driver")}
    assert change_of(made, acks).verdict == "acknowledged"
    assert change_of([*made, wrong(41)], acks).verdict == "failed"


def test_a_failure_is_forgotten_once_a_run_that_should_have_the_case_has_it_no_more():
    other = daily(1, measured(edge=64))
    assert {change.verdict for change in verdict_on([wrong(0), other]).changes} == {"inconclusive"}
    interrupted = daily(1, measured(edge=64), interrupted=True)
    assert "failed" in {change.verdict for change in verdict_on([wrong(0), interrupted]).changes}


def test_an_old_failure_is_not_forgotten_because_the_options_changed():
    made = [daily(0, measured(), measured(edge=64)), daily(1, measured(), case("failed", edge=64))]
    comparison = verdict_on([*made, daily(2, measured(), tool=asking(sizes=["1024"]))])
    assert sorted(change.verdict for change in comparison.changes) == ["failed", "inconclusive"]


def test_a_failure_on_another_machine_is_told_with_the_machine():
    made = [wrong(0, host=host(hardware_key="f" * 16)), *results(noisy(20))]
    names = {change.verdict: change.case for change in verdict_on(made).changes}
    assert names["failed"].startswith("AMD EPYC 9B14 ffffffff cpu gemm/fp32")
    assert names["unchanged"].startswith("AMD EPYC 9B14 01234567 cpu gemm/fp32")


def asking(profile="quick", **options):
    return Tool(name="flopsbench", version="0.1.0", profile=profile, options=Options(devices=["cpu"], **options))


def two(day, **fields):
    return daily(day, measured(), measured(edge=64), **fields)


def test_a_case_that_the_newest_result_lacks_is_missing():
    comparison = verdict_on([two(0), two(1), daily(2, measured())])
    missing = next(change for change in comparison.changes if "64x64" in change.case)
    assert missing.verdict == "missing"
    assert (missing.reason or "").startswith("the newest Result (2024-01-03) lacks it, with the same options")
    assert exit_code(comparison) == ExitCode.FAILED


def test_a_missing_case_can_be_accepted():
    made = [two(0), two(1), daily(2, measured())]
    missing = next(change for change in verdict_on(made).changes if "64x64" in change.case)
    assert str(missing.id) in nameable(History("history", made, []))
    comparison = verdict_on(made, {str(missing.id): Ack("case", DAY, "retired")})
    assert {change.verdict for change in comparison.changes} == {"acknowledged", "inconclusive"}


def test_a_renamed_dtype_is_missing_and_its_successor_is_pointed_at():
    made = [two(0), two(1), daily(2, measured(), measured(edge=64, dtype="tf32"))]
    missing = next(change for change in verdict_on(made).changes if change.verdict == "missing")
    assert "tf32 numpy blas burst of the same shape is new, perhaps its new name" in (missing.reason or "")


def test_a_case_that_was_not_run_is_missing_with_its_reason():
    gone = daily(2, measured(), case("unsupported", edge=64, reason="torch is not installed"))
    missing = next(change for change in verdict_on([two(0), gone]).changes if change.verdict == "missing")
    assert "not run in the newest Result (2024-01-03): torch is not installed" in (missing.reason or "")


def only(comparison, part):
    """Return the Change of the case whose name has this part."""
    (change,) = [change for change in comparison.changes if part in change.case]
    return change


@pytest.mark.parametrize("reached", [[], [case("skipped", edge=64, reason="interrupted by SIGINT")]])
def test_what_an_interrupted_run_did_not_reach_is_inconclusive(reached):
    comparison = verdict_on([two(0), daily(2, measured(), *reached, interrupted=True)])
    change = only(comparison, "64x64")
    assert (change.verdict, change.reason) == (
        "inconclusive",
        "the newest Result (2024-01-03) was interrupted before it",
    )
    assert exit_code(comparison) == ExitCode.DONE


def test_an_interruption_does_not_end_a_regression():
    made = [*results(noisy(40, steps={20: 0.95})), daily(40, measured(edge=64), interrupted=True)]
    assert only(verdict_on(made), "1024").verdict == "regression"


def test_a_case_that_an_interrupted_run_could_not_run_is_missing():
    gone = daily(2, measured(), case("unsupported", edge=64, reason="no torch"), interrupted=True)
    assert only(verdict_on([two(0), gone]), "64x64").verdict == "missing"


def test_a_case_that_changed_options_left_out_is_missing_and_can_be_accepted():
    made = [*(two(day) for day in range(12)), daily(12, measured(), tool=asking(sizes=["1024"]))]
    change = only(verdict_on(made), "64x64")
    assert change.verdict == "missing"
    reason = "not measured since 2024-01-12: the options changed (sizes by default -> 1024); if it is meant to be gone"
    assert (change.reason or "").startswith(reason)
    assert only(verdict_on(made, {str(change.id): Ack("case", DAY, "why")}), "64x64").verdict == "acknowledged"


def test_a_dtype_that_was_renamed_with_the_options_is_missing_and_its_successor_is_pointed_at():
    made = [daily(day, measured(), tool=asking(dtypes=["fp32"])) for day in range(12)]
    made.append(daily(12, measured(dtype="tf32"), tool=asking(dtypes=["tf32"])))
    change = only(verdict_on(made), "fp32")
    assert change.verdict == "missing"
    assert "the options changed (dtypes fp32 -> tf32); tf32 numpy blas burst of the same shape is new" in (
        change.reason or ""
    )


def test_requests_that_take_turns_miss_nothing():
    made = [two(0), daily(1, measured(), tool=asking(sizes=["1024"])), two(2)]
    made.append(daily(3, measured(), tool=asking(sizes=["1024"])))
    assert {change.verdict for change in verdict_on(made).changes} == {"inconclusive"}


def test_what_nobody_measures_any_more_is_noted():
    less = asking(sizes=["1024"])
    made = [daily(0, measured(), tool=less), two(1), *(daily(day, measured(), tool=less) for day in range(2, 12))]
    (note,) = verdict_on(made).notes
    assert note == "in none of the last 10 Results of the machine: cpu gemm/fp32/64x64x64/nn/numpy/blas/cpu/burst"


def test_another_profile_begins_a_series_and_is_no_change_of_level():
    made = [*results(noisy(20), tool=asking()), *results(noisy(40, steps={0: 0.9})[20:], tool=asking("standard"))]
    made = [*made[:20], *(daily(20 + day, *each.cases, tool=each.tool) for day, each in enumerate(made[20:]))]
    assert change_of(made).verdict == "unchanged"
    assert change_of([*made[:20], daily(20, measured(0.9 * RATE), tool=asking("standard"))]).verdict == "inconclusive"


@pytest.mark.parametrize(("by", "told"), [(-2, "2 Results earlier"), (1, "1 Result later"), (4, None)])
def test_a_difference_near_the_change_point_is_told_with_its_place(by, told):
    made = results(noisy(40, steps={20: 0.95}))
    new = Software(python="3.12.4", versions={"numpy": "2.4.6"})
    made = made[: 20 + by] + [replace(each, software=new) for each in made[20 + by :]]
    day = made[20 + by].created[:10]
    assert change_of(made).differences == ([f"numpy 2.1.0 -> 2.4.6 ({told}, {day})"] if told else [])


@pytest.mark.parametrize("after", [3, 4, 5])
def test_what_changed_is_told_at_the_first_alarm(after):
    new = Software(python="3.12.4", versions={"numpy": "2.4.6"})
    made = results(noisy(40 + after, steps={40: 0.9}))
    change = change_of(made[:40] + [replace(each, software=new) for each in made[40:]])
    assert (change.verdict, change.differences) == ("regression", ["numpy 2.1.0 -> 2.4.6"])


def test_one_result_is_one_result():
    assert verdict_on(results([RATE])).base.endswith("(1 Result since 2024-01-01)")


def test_a_changed_gpu_begins_a_series_and_the_old_one_is_not_missing():
    def on(name, day):
        gpu: DeviceRecord = device(id="cuda:0", kind="cuda", name=name)
        return daily(day, measured(device="cuda:0"), devices=[gpu])

    comparison = verdict_on([on("NVIDIA H100", 0), on("NVIDIA H200", 1)])
    assert {change.verdict for change in comparison.changes} == {"inconclusive"}


def test_two_machines_are_judged_apart_and_both_are_named():
    fast, slow = noisy(40), [rate / 2 for rate in noisy(40, seed=1)]
    other = host(hardware_key="f" * 16)
    made = [
        daily(day, measured(rate), host=other if day % 2 else host())
        for day, rate in enumerate(rate for pair in zip(fast, slow, strict=True) for rate in pair)
    ]
    comparison = verdict_on(made)
    assert [change.verdict for change in comparison.changes] == ["unchanged", "unchanged"]
    assert len({change.case for change in comparison.changes}) == 2
    (note,) = comparison.notes
    assert note.startswith("2 machines, each with series of its own: ")


def test_rates_of_two_methods_are_no_step_and_that_is_said():
    rates = noisy(40, steps={20: 0.5})
    made = [daily(day, measured(rate), method_version=1 + day // 20) for day, rate in enumerate(rates)]
    comparison = verdict_on(made)
    (change,) = comparison.changes
    assert change.verdict == "unchanged"
    (note,) = comparison.notes
    assert note.startswith("measured by versions 1 and 2 of the method, whose rates are not compared: ")
    assert verdict_on(made[20:]).notes == []


def test_files_that_were_left_out_are_noted():
    comparison = judge_history(History("history", results([RATE]), ["a.json: truncated"]), {}).comparison
    assert comparison.notes == ["files that were left out: 1, such as a.json: truncated"]


# --- a history by commit

FASTER = noisy(40, steps={20: 1.1})


def test_old_jobs_that_are_run_again_are_no_news():
    made = by_commit(FASTER)
    again = [daily(50 + number, measured(FASTER[number]), source=source(number)) for number in (3, 4, 5)]
    assert change_of(in_order([*made, *again], NO_COMMITS)).verdict == "improvement"
    without_commits = [replace(each, source=None) for each in (*made, *again)]
    assert change_of(without_commits).verdict == "regression"


def test_a_change_names_its_commits_before_all_that_differs():
    made = by_commit(noisy(40, steps={20: 0.95}))
    new = Software(python="3.12.4", versions={"numpy": "2.4.6"})
    change = change_of(made[:20] + [replace(each, software=new) for each in made[20:]])
    assert change.reason == "slower since 2024-01-21 0000000, in 20 commits"
    blamed = "first bad commit: in 0000000..0000000; measured: 0000000 (2024-01-21)"
    assert change.differences == [blamed, "numpy 2.1.0 -> 2.4.6"]
    assert (change.good_commit, change.bad_commit) == (hashed(19), hashed(20))


def test_what_changed_nearby_is_told_though_each_commit_differs():
    made = by_commit(noisy(40, steps={20: 0.95}))
    new = Software(python="3.12.4", versions={"numpy": "2.4.6"})
    made = made[:21] + [replace(each, software=new) for each in made[21:]]
    assert change_of(made).differences[1:] == ["numpy 2.1.0 -> 2.4.6 (1 commit later, 2024-01-22)"]


def test_a_short_history_of_commits_says_how_many_it_lacks():
    made = [*by_commit([RATE] * 4), daily(9, measured(), source=source(0))]
    assert change_of(made).reason == "4 of the 10 commits needed: 6 more until changes can be called"


def test_what_the_repository_lacks_is_a_note():
    history = History("history", results([RATE]), [], Commits(note="shallow"))
    assert judge_history(history, {}).comparison.notes == ["shallow"]


# --- calls


def suites(count, *, lacks=(), slower_from=10**9):
    """Return Results of a suite with the calls "a" and "b"; those of a day in ``lacks`` lack "b"."""
    return [
        suite(
            day, timed("a", 100.0 * (0.9 if day >= slower_from else 1)), *([] if day in lacks else [timed("b", 50.0)])
        )
        for day in range(count)
    ]


def test_a_slower_call_is_a_regression_of_its_own():
    comparison = verdict_on(suites(40, slower_from=20))
    assert {change.case: change.verdict for change in comparison.changes} == {"a": "regression", "b": "unchanged"}
    assert only(comparison, "a").unit == "call/s"


def test_a_call_that_the_newest_run_lacks_is_missing():
    change = only(verdict_on(suites(12, lacks={11})), "b")
    assert change.verdict == "missing"
    assert (change.reason or "").startswith("the newest Result (2024-01-12) lacks it, with the same options")


def test_a_call_that_was_renamed_is_missing_and_its_successor_is_pointed_at():
    made = [*suites(12, lacks={11})[:11], suite(11, timed("a", 100.0), timed("c", 50.0))]
    assert "perhaps it by another name: c" in (only(verdict_on(made), "b").reason or "")


def test_a_call_that_failed_fails_until_it_is_right_again():
    made = [*suites(12), suite(12, timed("a", 100.0), call("b", status="failed", reason="assert 1 == 2"))]
    change = only(verdict_on(made), "b")
    assert (change.verdict, (change.reason or "").startswith("assert 1 == 2 (Result of 2024-01-13)")) == (
        "failed",
        True,
    )
    assert only(verdict_on([*made, *suites(14)[13:]]), "b").verdict == "unchanged"


def test_a_first_run_of_a_suite_makes_no_case_missing_nor_a_run_of_cases_a_call():
    made = [*results(noisy(12)), *(replace(each, created=created(20)) for each in suites(1))]
    assert {change.verdict for change in verdict_on(made).changes} == {"unchanged", "inconclusive"}
    made = [*suites(12), daily(20, measured())]
    assert {change.verdict for change in verdict_on(made).changes} == {"unchanged", "inconclusive"}
