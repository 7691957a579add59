"""The table of microarchitectures, and which of them a machine is."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import pytest

from flopsbench.dtype import DTYPES
from flopsbench.host.cpu import this_microarchitecture
from flopsbench.peaks.bounds import HIGHEST_CLOCK_OF_ANY_CPU_HZ
from flopsbench.peaks.microarchitecture import Cores, Identity, find, identify, microarchitectures, named

GENOA = "processor\t: 0\nvendor_id\t: AuthenticAMD\ncpu family\t: 25\nmodel\t\t: 17\nmodel name\t: AMD EPYC 9654\n"
GRAVITON2 = "processor\t: 0\nCPU implementer\t: 0x41\nCPU architecture: 8\nCPU variant\t: 0x3\nCPU part\t: 0xd0c\n"
IN_NO_TABLE = (Path(__file__).parents[1] / "cpuinfo_in_no_table").read_text()  # also to be mounted over /proc/cpuinfo
OLD_KERNEL = GRAVITON2.replace("architecture: 8", "architecture: AArch64")
BIG, LITTLE = GRAVITON2.replace("0xd0c", "0xd0b"), GRAVITON2.replace("0xd0c", "0xd05")


@pytest.mark.parametrize(
    ("cpuinfo", "name"),
    [(GENOA, "Zen 4"), (GENOA * 2, "Zen 4"), (GRAVITON2, "Neoverse N1"), (GRAVITON2 * 4, "Neoverse N1")],
)
def test_a_known_core_is_found(cpuinfo: str, name: str) -> None:
    row = find(identify(cpuinfo))
    assert row is not None
    assert row.name == name


@pytest.mark.parametrize(
    "cpuinfo", ["", "Hardware : something", BIG + LITTLE, GENOA.replace("25", "99"), IN_NO_TABLE, OLD_KERNEL]
)
def test_no_figure_is_better_than_a_wrong_one(cpuinfo: str) -> None:
    assert find(identify(cpuinfo)) is None


def test_zen_4_is_not_zen_3() -> None:
    zen3 = find(identify(GENOA.replace(": 17", ": 1\n")))
    assert zen3 is not None
    assert zen3.name == "Zen 3"


def test_every_row_is_sourced_and_of_known_dtypes() -> None:
    for row in microarchitectures():
        assert row.source_url.startswith("https://")
        assert row.source
        assert row.units
        assert set(row.operations_per_clock) <= set(DTYPES)
        assert 2e9 < row.highest_clock_hz < HIGHEST_CLOCK_OF_ANY_CPU_HZ
        assert row.highest_clock_of
        assert row.operations_per_clock["fp32"] == 2 * row.operations_per_clock["fp64"] > 0


def test_no_core_has_two_rows() -> None:
    for one, other in combinations(microarchitectures(), 2):
        assert one.name != other.name
        assert not any(identity in other.cores for identity in all_of(one.cores))


def all_of(cores: Cores) -> list[Identity]:
    models = (model for first, last in cores.models for model in range(first, last + 1))
    return [Identity(cores.vendor, cores.family, model) for model in models]


def test_a_row_is_found_by_its_name() -> None:
    assert all(named(row.name) is row for row in microarchitectures())
    assert named(None) is named("Zen 99") is None


def test_this_machine_says_what_its_cores_are_called(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flopsbench.host.cpu.cpuinfo", lambda: GENOA)
    assert this_microarchitecture() == "Zen 4"
    monkeypatch.setattr("flopsbench.host.cpu.cpuinfo", lambda: "")
    assert this_microarchitecture() is None
