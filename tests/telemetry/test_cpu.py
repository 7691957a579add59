"""Counters of the CPU: read from a made-up powercap tree, and what lies between two readings."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flopsbench.host.cgroup import ControlGroups
from flopsbench.telemetry.cpu import CpuReading, CpuSensors, between


def powercap(folder: Path, **zones: tuple[str, int]) -> CpuSensors:
    """A powercap tree: each zone with its name and its microjoules."""
    for zone, (name, energy_uj) in zones.items():
        at = folder / zone.replace("__", ":").replace("_", "-")
        at.mkdir(parents=True)
        (at / "name").write_text(name + "\n")
        (at / "energy_uj").write_text(f"{energy_uj}\n")
    return CpuSensors(powercap=folder, groups=ControlGroups(folder / "missing", folder / "missing"))


def test_energy_is_that_of_all_packages_in_joules(tmp_path):
    sensors = powercap(tmp_path, intel_rapl__0=("package-0", 1_500_000), intel_rapl__1=("package-1", 2_000_000))
    assert sensors.energy_j() == 3.5


def test_parts_of_a_package_are_not_counted_again(tmp_path):
    sensors = powercap(
        tmp_path,
        intel_rapl__0=("package-0", 3_000_000),
        intel_rapl__0__0=("core", 2_000_000),
        intel_rapl__0__1=("dram", 1),
    )
    assert sensors.energy_j() == 3.0


def test_the_platform_that_holds_the_packages_is_not_counted_again(tmp_path):
    sensors = powercap(tmp_path, intel_rapl__0=("package-0", 3_000_000), intel_rapl__1=("psys", 9_000_000))
    assert sensors.energy_j() == 3.0


def test_the_second_interface_to_the_same_package_is_not_counted_again(tmp_path):
    sensors = powercap(tmp_path, intel_rapl__0=("package-0", 3_000_000), intel_rapl_mmio__0=("package-0", 3_000_000))
    assert sensors.energy_j() == 3.0


def test_without_powercap_energy_is_not_known(tmp_path):
    assert powercap(tmp_path / "missing").energy_j() is None


@pytest.mark.parametrize("file", ["energy_uj", "name"])
def test_a_package_that_cannot_be_read_makes_the_sum_unknown(tmp_path, file):
    """Reading it often needs root; a sum without one package would be wrong."""
    sensors = powercap(tmp_path, intel_rapl__0=("package-0", 1), intel_rapl__1=("package-1", 1))
    (tmp_path / "intel-rapl:1" / file).unlink()
    assert sensors.energy_j() is None


def test_a_counter_that_is_no_number_is_not_known(tmp_path):
    sensors = powercap(tmp_path, intel_rapl__0=("package-0", 1))
    (tmp_path / "intel-rapl:0" / "energy_uj").write_text("n/a")
    assert sensors.energy_j() is None


def test_a_reading_holds_every_counter(tmp_path):
    sensors = powercap(tmp_path, intel_rapl__0=("package-0", 1_000_000))
    reading = sensors.read()
    assert reading.energy_j == 1.0
    assert reading.total_s > 0
    assert reading.throttled_periods is None
    assert (reading.steal_s is None) == (not hasattr(psutil.cpu_times(), "steal"))


def test_all_cpu_time_is_the_sum_of_its_kinds(tmp_path, monkeypatch):
    times = NamedTuple("times", [("user", float), ("idle", float), ("steal", float)])(3.0, 4.0, 0.5)
    monkeypatch.setattr(psutil, "cpu_times", lambda: times)
    reading = powercap(tmp_path).read()
    assert (reading.total_s, reading.steal_s) == (7.5, 0.5)


def test_a_reading_counts_throttled_periods(tmp_path):
    (tmp_path / "membership").write_text("0::/")
    (tmp_path / "cgroup.controllers").write_text("cpu")
    (tmp_path / "cpu.stat").write_text("nr_periods 9\nnr_throttled 4\n")
    groups = ControlGroups(tmp_path / "membership", tmp_path)
    assert CpuSensors(powercap=tmp_path, groups=groups).read().throttled_periods == 4


def test_between_two_readings_lie_their_differences():
    interval = between(CpuReading(100.0, 1.0, 3, 50.0), CpuReading(110.0, 1.5, 7, 80.0))
    assert interval == (0.05, 4, 30.0)


def test_nothing_stolen_and_nothing_throttled_are_known_zeros():
    interval = between(CpuReading(100.0, 1.0, 3, 50.0), CpuReading(110.0, 1.0, 3, 51.0))
    assert (interval.steal_share, interval.throttled_periods) == (0.0, 0)


def test_counters_that_go_backwards_are_absent():
    assert between(CpuReading(100.0, 2.0, 7, 80.0), CpuReading(110.0, 1.0, 3, 50.0)) == (None, None, None)


def test_an_energy_counter_that_stands_still_counts_nothing():
    assert between(CpuReading(100.0, 1.0, 3, 50.0), CpuReading(110.0, 1.0, 3, 50.0)).energy_j is None


def test_without_time_between_them_there_is_no_share():
    assert between(CpuReading(100.0, 1.0, 0, 1.0), CpuReading(100.0, 1.0, 0, 1.0)).steal_share is None


@pytest.mark.parametrize("missing", [0, 1])
def test_what_one_reading_lacks_is_absent(missing):
    readings = [CpuReading(100.0, 1.0, 3, 50.0), CpuReading(110.0, 2.0, 4, 60.0)]
    readings[missing] = CpuReading(100.0 + 10 * missing, None, None, None)
    assert between(*readings) == (None, None, None)


counters = st.none() | st.integers(0, 10**9)
readings = st.builds(CpuReading, st.floats(0, 1e9), counters, counters, counters)


@given(readings, readings)
def test_no_difference_is_ever_negative(before, after):
    assert all(part is None or part >= 0 for part in between(before, after))
