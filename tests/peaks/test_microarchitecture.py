"""The table of microarchitectures, and which of them a machine is."""

from __future__ import annotations

import re
from itertools import combinations
from pathlib import Path

import pytest

from flopsbench.dtype import DTYPES
from flopsbench.peaks.bounds import HIGHEST_CLOCK_OF_ANY_CPU_HZ
from flopsbench.peaks.microarchitecture import (
    Identity,
    Microarchitecture,
    find,
    identify,
    microarchitectures,
    named,
    of_each_cpu,
)

GENOA = "processor\t: 0\nvendor_id\t: AuthenticAMD\ncpu family\t: 25\nmodel\t\t: 17\nmodel name\t: AMD EPYC 9654\n"
GRAVITON2 = "processor\t: 0\nCPU implementer\t: 0x41\nCPU architecture: 8\nCPU variant\t: 0x3\nCPU part\t: 0xd0c\n"
IN_NO_TABLE = (Path(__file__).parents[1] / "cpuinfo_in_no_table").read_text()  # also to be mounted over /proc/cpuinfo
OLD_KERNEL = GRAVITON2.replace("architecture: 8", "architecture: AArch64")
NO_NUMBER = GRAVITON2.replace("architecture: 8", "architecture: 5TEJ")
BIG, LITTLE = GRAVITON2.replace("0xd0c", "0xd0b"), GRAVITON2.replace("0xd0c", "0xd05")


@pytest.mark.parametrize(
    ("cpuinfo", "name"),
    [
        (GENOA, "Zen 4"),
        (GENOA * 2, "Zen 4"),
        (GRAVITON2, "Neoverse N1"),
        (GRAVITON2 * 4, "Neoverse N1"),
        (OLD_KERNEL, "Neoverse N1"),
    ],
)
def test_a_known_core_is_found(cpuinfo: str, name: str) -> None:
    row = find(identify(cpuinfo))
    assert row is not None
    assert row.name == name


@pytest.mark.parametrize(
    "cpuinfo", ["", "Hardware : something", BIG + LITTLE, GENOA.replace("25", "99"), IN_NO_TABLE, NO_NUMBER]
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
        assert (row.highest_clock_ghz is None) == (row.highest_clock_of == "")
        assert 2e9 < row.highest_clock_hz <= HIGHEST_CLOCK_OF_ANY_CPU_HZ
        assert row.operations_per_clock["fp32"] in (
            2 * row.operations_per_clock["fp64"],
            4 * row.operations_per_clock["fp64"],
        )


# What a unit of one width does in 32 bits of it: lanes x products x 2.
PACKING = {"fp32": 2, "fp16": 4, "bf16": 4, "int8": 8}
MATRIX = {"bf16": 2, "int8": 2}  # a matrix multiply does twice the work of a dot product


@pytest.mark.parametrize("row", microarchitectures(), ids=lambda row: row.name)
def test_a_row_is_what_its_units_do(row: Microarchitecture) -> None:
    units = re.search(r"(\d) x (\d+)-bit", row.units)
    assert units
    lanes = int(units[1]) * int(units[2]) // 32
    for dtype, operations in row.operations_per_clock.items():
        if dtype == "fp64":
            most = {lanes}
        elif "amx_" + dtype in row.needs:
            most = {2 * 16 * 16 * (32 if dtype == "bf16" else 64) // 16}  # a tile multiply in 16 clocks
        else:
            most = {lanes * PACKING[dtype] // less for less in (1, 2)}
            most |= {lanes * PACKING[dtype] * MATRIX.get(dtype, 1)}
        assert operations in most or (dtype, row.name) in SLOWER, dtype


SLOWER = {("fp64", "Kunpeng 920 (TaiShan v110)"): "one of the two units does the work of both"}


def test_no_core_has_two_rows() -> None:
    for one, other in combinations(microarchitectures(), 2):
        assert one.name != other.name
        assert not any(other.is_of(identity) for identity in all_of(one))


def all_of(row: Microarchitecture) -> list[Identity]:
    """The identities of a row: each model, of its type, by a name of its pattern, with the flags that it needs."""
    cores = row.cores
    models = (model for first, last in cores.models for model in range(first, last + 1))
    names = [name for name in XEONS if re.search(cores.names, name)] if cores.names else [""]
    assert names
    return [
        Identity(cores.vendor, cores.family, model, cores.type, name, row.needs) for model in models for name in names
    ]


# Names of processors of model 85, with the number of their 512-bit units as vpu-count lists it; None where it does not.
XEONS = {
    "Intel(R) Xeon(R) Platinum 8160 CPU @ 2.10GHz": 2,
    "Intel(R) Xeon(R) Platinum 8275CL CPU @ 3.00GHz": 2,
    "Intel(R) Xeon(R) Platinum 9242 CPU @ 2.30GHz": 2,
    "Intel(R) Xeon(R) Gold 6148 CPU @ 2.40GHz": 2,
    "Intel(R) Xeon(R) Gold 6226R CPU @ 2.90GHz": 2,
    "Intel(R) Xeon(R) Gold 5122 CPU @ 3.60GHz": 2,
    "Intel(R) Xeon(R) Gold 5222 CPU @ 3.80GHz": 2,
    "Intel(R) Xeon(R) W-2195 CPU @ 2.30GHz": 2,
    "Intel(R) Xeon(R) W-3275M CPU @ 2.50GHz": 2,
    "Intel(R) Core(TM) i9-7980XE CPU @ 2.60GHz": 2,
    "Intel(R) Core(TM) i7-7820X CPU @ 3.60GHz": 2,
    "Intel(R) Core(TM) i9-10980XE CPU @ 3.00GHz": 2,
    "Intel(R) Xeon(R) Gold 5120 CPU @ 2.20GHz": 1,
    "Intel(R) Xeon(R) Gold 5218 CPU @ 2.30GHz": 1,
    "Intel(R) Xeon(R) Silver 4116 CPU @ 2.10GHz": 1,
    "Intel(R) Xeon(R) Bronze 3204 CPU @ 1.90GHz": 1,
    "Intel(R) Xeon(R) Gold 5318H CPU @ 2.50GHz": None,
    "Intel(R) Xeon(R) Platinum 8380H CPU @ 2.90GHz": None,
    "Intel Xeon Processor (Cascadelake)": None,
    "Intel(R) Xeon(R) D-2183IT CPU @ 2.20GHz": None,
}


@pytest.mark.parametrize(("name", "units"), XEONS.items())
@pytest.mark.parametrize(("vnni", "core"), [("", "Skylake-SP"), ("avx512_vnni", "Cascade Lake")])
def test_the_units_of_model_85_follow_from_the_processors_name(name: str, units: int | None, vnni: str, core: str):
    row = find(identify(INTEL.format(85, name, f"avx512f {vnni}")))
    if units is None:
        assert row is None
        return
    assert row is not None
    assert row.name.startswith(core)
    expected = {"fp64": 16 * units, "fp32": 32 * units} | ({"int8": 128 * units} if vnni else {})
    assert row.operations_per_clock == expected


INTEL = (
    "processor\t: 0\nvendor_id\t: GenuineIntel\ncpu family\t: 6\nmodel\t\t: {}\nmodel name\t: {}\nflags\t\t: fpu {}\n"
)
AMD = "processor\t: 0\nvendor_id\t: AuthenticAMD\ncpu family\t: {}\nmodel\t\t: {}\nmodel name\t: AMD\nflags\t\t: {}\n"
ARM = "processor\t: 0\nFeatures\t: fp asimd {}\nCPU implementer\t: {}\nCPU architecture: 8\nCPU part\t: {}\n"


@pytest.mark.parametrize(
    ("cpuinfo", "name", "per_clock"),
    [
        (AMD.format(26, 2, "avx512f avx_vnni"), "Zen 5 (512-bit)", (32, 64, None, 128, 256)),
        (AMD.format(26, 17, "avx512f"), "Zen 5 (512-bit)", (32, 64, None, 128, 256)),
        (AMD.format(26, 112, "avx512f"), "Zen 5 (512-bit)", (32, 64, None, 128, 256)),
        (AMD.format(26, 36, "avx512f"), "Zen 5 (256-bit)", (16, 32, None, 64, 128)),
        (AMD.format(26, 68, "avx512f"), "Zen 5 (Granite Ridge)", (32, 64, None, 128, 256)),
        (INTEL.format(143, "X", "amx_bf16 amx_int8 amx_tile"), "Sapphire Rapids", (32, 64, None, 1024, 2048)),
        (INTEL.format(143, "X", "avx512f"), "Sapphire Rapids (AMX hidden)", (32, 64, None, None, None)),
        (INTEL.format(175, "X", "avx2"), "Crestmont (Sierra Forest)", (8, 16, None, None, 64)),
        (INTEL.format(190, "X", "avx2"), "Gracemont (Alder Lake-N)", (8, 16, None, None, 32)),
        (INTEL.format(167, "X", "avx512f"), "Rocket Lake", (16, 32, None, None, 128)),
        (ARM.format("sve2", "0x41", "0xd4f"), "Neoverse V2 (Grace, Graviton4)", (16, 32, 64, 128, 256)),
        (ARM.format("sve2", "0x41", "0xd84"), "Neoverse V3", (16, 32, 64, 128, 256)),
        (ARM.format("sve2", "0x4e", "0x010"), "Olympus (Vera)", (24, 48, 96, 192, 384)),
        (ARM.format("i8mm", "0xc0", "0xac3"), "Ampere-1 (AmpereOne)", (8, 16, 32, 32, 64)),
        (ARM.format("sve", "0x46", "0x001"), "A64FX", (32, 64, 128, None, None)),
        (ARM.format("asimddp", "0x48", "0xd01"), "Kunpeng 920 (TaiShan v110)", (4, 16, None, None, None)),
        (ARM.format("atomics", "0x43", "0x0af"), "ThunderX2", (8, 16, None, None, None)),
        (ARM.format("crc32", "0x41", "0xd08"), "Cortex-A72 (Graviton, Raspberry Pi 4)", (4, 8, None, None, None)),
        (ARM.format("asimddp", "0x41", "0xd0c"), "Neoverse N1", (8, 16, 32, None, 64)),
        (ARM.format("sve", "0x41", "0xd40"), "Neoverse V1", (16, 32, 64, 128, 256)),
        (ARM.format("sve2", "0x41", "0xd49"), "Neoverse N2", (8, 16, 32, 64, 128)),
        (ARM.format("asimddp", "0x61", "0x023"), "Apple M1 P (Firestorm)", (16, 32, None, None, None)),
    ],
    ids=lambda value: value if isinstance(value, str) and "\n" not in value else "",
)
def test_a_core_has_the_figures_of_its_source(cpuinfo: str, name: str, per_clock: tuple[int | None, ...]) -> None:
    row = find(identify(cpuinfo))
    assert row is not None
    assert row.name == name
    assert tuple(map(row.operations_per_clock.get, ("fp64", "fp32", "fp16", "bf16", "int8"))) == per_clock


@pytest.mark.parametrize(
    ("model", "type", "per_clock"),
    [
        (151, "cpu_core", (16, 32, 128)),
        (154, "cpu_atom", (8, 16, 32)),
        (183, "cpu_core", (16, 32, 128)),
        (170, "cpu_core", (16, 32, 128)),
        (170, "cpu_atom", (8, 16, 64)),
        (198, "cpu_core", (16, 32, 128)),
        (198, "cpu_atom", (16, 32, 128)),
    ],
)
def test_two_kinds_of_core_of_one_model_have_each_a_row(model: int, type: str, per_clock: tuple[int, ...]) -> None:
    text = INTEL.format(model, "Intel(R) Core(TM)", "avx2 avx_vnni")
    row = find(identify(text, type))
    assert row is not None
    assert tuple(row.operations_per_clock.values()) == per_clock
    assert find(identify(text)) is None  # which kind it is, a virtual machine does not say


@pytest.mark.parametrize(
    ("real", "masked"),
    [
        (AMD.format(23, 1, "avx2 sha_ni"), AMD.format(23, 1, "avx2 sha_ni avx512f")),
        (AMD.format(25, 1, "avx2 vaes"), AMD.format(25, 1, "avx2 vaes avx512f")),
        (INTEL.format(63, "X", "avx2"), INTEL.format(63, "X", "avx2 adx")),
        (ARM.format("asimddp", "0x41", "0xd0c"), ARM.format("asimddp sve", "0x41", "0xd0c")),
    ],
)
def test_a_core_that_shows_what_came_later_is_another(real: str, masked: str) -> None:
    assert find(identify(real)) is not None
    assert find(identify(masked)) is None


def test_each_cpu_is_described_by_its_own_block() -> None:
    blocks = of_each_cpu(
        GENOA + "\n" + GRAVITON2.replace("processor\t: 0", "processor\t: 12") + "\nHardware\t: board\n"
    )
    assert {cpu: identify(block).vendor for cpu, block in blocks.items()} == {0: "AuthenticAMD", 12: "0x41"}
    assert of_each_cpu("") == {}


def test_a_row_is_found_by_its_name() -> None:
    assert all(named(row.name) is row for row in microarchitectures())
    assert named(None) is named("Zen 99") is None
