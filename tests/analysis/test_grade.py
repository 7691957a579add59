"""Each doubt alone costs what it says, with its sentence; just below its threshold it costs nothing."""

from __future__ import annotations

import pytest

from flopsbench.analysis.grade import grade, timing_mismatch
from flopsbench.result.types import Efficiency, Host, Process, Stats
from tests.documents import host, process, stats, telemetry


def of_half_width(share: float) -> Stats:
    """Figures whose interval is the median ± ``share``."""
    return stats(1e12, 1e12 * (1 - share), 1e12 * (1 + share))


def judged(processes: list[Process], figures: Stats, machine: Host) -> tuple[str, list[str]]:
    """Grade and reasons alone."""
    return grade(processes, figures, machine)[:2]


def told(**sensors: object) -> tuple[str, list[str]]:
    """Grade and reasons of a fine measurement, but for what the sensors say."""
    return judged([process(), process(telemetry=telemetry(**sensors))], stats(), host())


def test_a_measurement_without_doubts_is_an_a():
    assert judged([process()], stats(), host()) == ("A", [])


@pytest.mark.parametrize(
    ("share", "letter", "reasons"),
    [
        (0.019, "A", []),
        (0.021, "B", ["the interval is ±2.1%"]),
        (0.049, "B", ["the interval is ±4.9%"]),
        (0.06, "C", ["the interval is wide: ±6%"]),
    ],
)
def test_a_wide_interval_costs(share, letter, reasons):
    assert judged([process()], of_half_width(share), host()) == (letter, reasons)


@pytest.mark.parametrize(
    ("share", "letter", "reasons"),
    [
        (0.009, "A", []),
        (0.02, "B", ["the hypervisor took 2% of the CPU time"]),
        (0.09, "B", ["the hypervisor took 9% of the CPU time"]),
        (0.11, "C", ["the hypervisor took 11% of the CPU time"]),
    ],
)
def test_stolen_time_costs_even_in_one_process(share, letter, reasons):
    assert told(steal_share=share) == (letter, reasons)


def test_a_quota_that_ran_out_costs_and_is_counted_over_processes():
    processes = [process(telemetry=telemetry(throttled_periods=count)) for count in (3, 4)]
    assert judged(processes, stats(), host()) == ("C", ["the CPU quota ran out in 7 periods"])
    assert told(throttled_periods=0) == ("A", [])


@pytest.mark.parametrize(
    "reason", ["hw_slowdown", "sw_thermal_slowdown", "hw_thermal_slowdown", "hw_power_brake_slowdown"]
)
def test_a_gpu_that_slowed_itself_down_costs(reason):
    assert told(throttle_reasons=["gpu_idle", reason]) == ("C", [f"the GPU slowed itself down: {reason}"])


@pytest.mark.parametrize("reason", ["sw_power_cap", "gpu_idle", "applications_clocks_setting", "sync_boost"])
def test_what_is_usual_under_load_or_asked_for_costs_nothing(reason):
    assert told(throttle_reasons=[reason]) == ("A", [])


def test_two_slowdowns_at_once_are_both_named():
    processes = [
        process(telemetry=telemetry(throttle_reasons=[each])) for each in ("hw_slowdown", "hw_thermal_slowdown")
    ]
    assert judged(processes, stats(), host())[1] == ["the GPU slowed itself down: hw_slowdown, hw_thermal_slowdown"]


def test_other_programs_before_the_run_cost_a_grade_and_many_of_them_two():
    assert surrounded(busy_share=0.1) == ("A", [])
    assert surrounded(busy_share=0.11) == ("B", ["other programs used 11% of the CPUs before the run"])
    assert surrounded(busy_share=0.51)[0] == "C"


def test_a_battery_costs_a_grade():
    assert surrounded(on_battery=False) == ("A", [])
    assert surrounded(on_battery=True) == ("B", ["it ran on battery"])


def surrounded(**fields):
    return judged([process()], stats(), host(**fields))


def test_above_its_own_ceiling_something_is_wrong():
    def at(share):
        return judged([process()], stats(efficiency=Efficiency(ceiling=share)), host())

    assert at(1.05) == ("A", [])
    assert at(1.09) == ("C", ["it stands 9% above its own ceiling, so one of the two was disturbed"])


def pairs(*ceilings: tuple[float, float]) -> tuple[str, list[str]]:
    one = process([0.1] * len(ceilings), block_ceilings=list(ceilings))
    return judged([one], stats(), host())


STEADY, RISING, FALLING = (100e9, 97.1e9), (96.9e9, 100e9), (100e9, 96.9e9)


def test_a_ceiling_that_moves_around_most_blocks_costs():
    sentence = "the machine's own ceiling moved by more than 3 % around 2 of 3 blocks"
    assert pairs(RISING, FALLING, STEADY) == ("B", [sentence])


def test_a_ceiling_that_moves_around_half_of_the_blocks_costs_nothing():
    assert pairs(RISING, FALLING, STEADY, STEADY) == ("A", [])


def test_the_worst_doubt_decides_and_all_are_told():
    processes = [process(telemetry=telemetry(steal_share=0.02, throttled_periods=1))]
    letter, reasons = judged(processes, of_half_width(0.03), host())
    assert letter == "C"
    assert len(reasons) == 3


@pytest.mark.parametrize("host_s", [0.094, 0.106])
def test_two_clocks_that_disagree_cost_and_are_flagged(host_s):
    """A block of 0.1 s that the host's clock saw last less, or more, than 5 % from that."""
    one = process([0.1] * 10, host_block_s=[0.1] * 4 + [host_s] * 6)
    assert timing_mismatch([one])
    assert not timing_mismatch([process([0.1] * 10, host_block_s=[0.1] * 5 + [host_s] * 5)])
    assert judged([process(), one], stats(), host()) == (
        "C",
        ["the device's clock and the host's clock disagree by more than 5 %"],
    )
    assert grade([process(), one], stats(), host()).flags == ["timing_mismatch"]


@pytest.mark.parametrize("host_s", [0.096, 0.1, 0.105])
def test_two_clocks_that_agree_cost_nothing(host_s):
    one = process([0.1] * 10, host_block_s=[host_s] * 10)
    assert not timing_mismatch([one])


def test_one_clock_cannot_disagree():
    assert not timing_mismatch([process(), process()])


def with_efficiency(**shares: float) -> Stats:
    return stats(efficiency=Efficiency(**shares))


@pytest.mark.parametrize(
    ("shares", "found"),
    [
        ({"ceiling": 1.05}, []),
        ({"ceiling": 1.06}, ["above_ceiling"]),
        ({"peak": 1.0}, []),
        ({"peak": 1.01}, ["above_datasheet_peak"]),
        ({"peak_at_clock": 2.0}, []),
        ({}, []),
    ],
)
def test_rates_above_a_limit_are_flagged(shares, found):
    assert grade([process()], with_efficiency(**shares), host()).flags == found


@pytest.mark.parametrize("share", [1.06, 2.0])
def test_flags_cost_no_grade(share):
    assert judged([process()], with_efficiency(peak=share), host()) == ("A", [])


@pytest.mark.parametrize(
    ("reasons", "found"),
    [
        (["sw_power_cap"], ["throttled"]),
        (["gpu_idle", "hw_slowdown"], ["throttled"]),
        (["0x800"], ["throttled"]),
        (["gpu_idle", "applications_clocks_setting", "display_clock_setting"], []),
        ([], []),
    ],
)
def test_a_chip_held_back_is_flagged_whatever_held_it(reasons, found):
    assert grade([process(), process(telemetry=telemetry(throttle_reasons=reasons))], stats(), host()).flags == found
