"""Peaks: the datasheet's, and units x work per clock x clock seen; none where there is no source."""

from __future__ import annotations

import pytest

from flopsbench.analysis.limits import limits, limits_of, peak_records, work_per_clock
from flopsbench.dtype import DTYPES
from flopsbench.peaks.datasheet import datasheet_peak, load_accelerators
from flopsbench.peaks.per_clock import SM_SOURCE, WORK_PER_CLOCK_OF_SM, mean_clock_hz
from flopsbench.result.types import Case, CoreKind, Cpu, DeviceRecord
from tests.documents import case, device, host, process, telemetry

H100 = device(id="cuda:0", kind="cuda", name="NVIDIA H100 80GB HBM3", arch="sm_90", units=132)
H100_BOOST_HZ = 1.83e9  # of tensor work, in NVIDIA's whitepaper


def seen_at(*clocks_hz: float | None, **fields: object) -> Case:
    processes = [process(telemetry=telemetry(clock_hz=clock)) for clock in clocks_hz]
    return case(processes=processes, **{"device": "cuda:0", "dtype": "bf16"} | fields)


def test_a_known_gpu_has_its_datasheets_peak_with_the_source():
    known = limits_of(H100, None, "bf16", None)
    peak = datasheet_peak(H100.name, "bf16")
    assert known.peak_per_s == peak.rate_per_s == pytest.approx(989e12, rel=1e-3)
    assert known.peak_source == peak.source != ""
    assert (known.device, known.dtype, known.unit) == ("cuda:0", "bf16", "FLOP/s")


def test_an_integer_peak_is_counted_in_op():
    assert limits_of(H100, None, "int8", None).unit == "OP/s"


def test_work_per_clock_is_that_of_all_units():
    known = limits_of(H100, None, "bf16", 1.5e9)
    assert known.flop_per_hz == 132 * 4096
    assert known.flop_per_hz_source == SM_SOURCE
    assert known.clock_hz == 1.5e9


@pytest.mark.parametrize("dtype", WORK_PER_CLOCK_OF_SM["sm_90"])
def test_units_times_work_times_boost_is_the_datasheets_peak(dtype):
    """Two sources that know nothing of each other: within 8 %, because datasheets use several boost clocks."""
    known = limits_of(H100, None, dtype, None)
    assert known.flop_per_hz * H100_BOOST_HZ == pytest.approx(known.peak_per_s, rel=0.08)


A100 = device(id="cuda:0", kind="cuda", name="NVIDIA A100-SXM4-80GB", arch="sm_80", units=108)
V100 = device(id="cuda:0", kind="cuda", name="Tesla V100-SXM2-32GB", arch="sm_70", units=80)


@pytest.mark.parametrize(
    ("gpu", "boost_hz", "dtype"),
    [(A100, 1.41e9, dtype) for dtype in WORK_PER_CLOCK_OF_SM["sm_80"]]
    + [(V100, 1.53e9, dtype) for dtype in WORK_PER_CLOCK_OF_SM["sm_70"]],
    ids=lambda value: getattr(value, "arch", value),
)
def test_older_datasheets_use_the_one_boost_clock(gpu, boost_hz, dtype):
    known = limits_of(gpu, None, dtype, None)
    assert known.flop_per_hz * boost_hz == pytest.approx(known.peak_per_s, rel=0.01)


def test_the_work_of_one_sm_is_a_power_of_two():
    rates = [rate for row in WORK_PER_CLOCK_OF_SM.values() for rate in row.values()]
    assert [rate for rate in rates if rate & (rate - 1)] == []


def test_every_dtype_with_work_per_clock_is_a_dtype():
    assert {dtype for row in WORK_PER_CLOCK_OF_SM.values() for dtype in row} <= set(DTYPES)


@pytest.mark.parametrize(
    ("changes", "dtype"),
    [({"arch": "sm_89"}, "bf16"), ({"arch": None}, "bf16"), ({"units": None}, "bf16"), ({"arch": "sm_70"}, "bf16")],
)
def test_without_a_source_there_is_no_work_per_clock(changes, dtype):
    gpu = device(**{"id": "cuda:0", "kind": "cuda", "name": "?", "arch": "sm_90"} | changes)
    known = limits_of(gpu, "Zen 4", dtype, 1e9)
    assert known.flop_per_hz is None
    assert known.peak_per_s is None
    assert list(peak_records([known])) == []


def test_a_cpu_has_the_peak_of_its_microarchitecture_and_no_datasheets():
    known = limits_of(device(units=96), "Zen 4", "bf16", None)
    assert known.flop_per_hz == 96 * 64
    assert known.flop_per_hz_source.startswith("Zen 4: ")
    assert "https://" in known.flop_per_hz_source
    assert known.peak_per_s is None


@pytest.mark.parametrize(
    ("changes", "core", "dtype"),
    [({}, "Zen 4", "fp16"), ({}, None, "fp32"), ({}, "Zen 99", "fp32"), ({"units": None}, "Zen 4", "fp32")],
)
def test_a_cpu_has_no_work_per_clock_that_the_table_does_not_say(changes, core, dtype):
    assert work_per_clock(device(**changes), core, dtype) == (None, "")


def test_a_document_lists_both_peaks_with_their_basis():
    records = list(peak_records([limits_of(H100, None, "fp64", 1.755e9)]))
    assert [record.basis for record in records] == ["datasheet", "clock seen"]
    assert records[1].rate_per_s == 132 * 256 * 1.755e9
    assert records[1].note == "at 1.755 GHz"
    assert all((record.device, record.dtype) == ("cuda:0", "fp64") for record in records)
    assert all(record.source for record in records)


def test_without_a_clock_seen_only_the_datasheets_peak_is_listed():
    assert [record.basis for record in peak_records([limits_of(H100, None, "bf16", None)])] == ["datasheet"]


def test_the_note_of_a_datasheet_travels_with_its_peak():
    noted = [row for row in load_accelerators().values() if row.notes]
    row = noted[0]
    gpu = device(id="cuda:0", kind="cuda", name=row.names_seen[0])
    (record,) = peak_records([limits_of(gpu, None, next(iter(row.dense_peak_tera_per_s)), None)])
    assert record.note == row.notes


def by_id(*devices: DeviceRecord) -> dict[str, DeviceRecord]:
    return {each.id: each for each in devices}


def test_the_clock_seen_is_the_median_over_all_processes_of_the_dtype_on_the_device():
    cases = [
        seen_at(1e9, None, 2e9),
        seen_at(3e9, edge=64),
        seen_at(9e9, dtype="fp64"),
        seen_at(9e9, device="cuda:1"),
    ]
    found = limits(cases, by_id(H100, device(id="cuda:1", kind="cuda", name="?")), host())
    assert found["cuda:0", "bf16", "FLOP/s"].clock_hz == 2e9
    assert set(found) == {
        (id, dtype, "FLOP/s") for id, dtype in (("cuda:0", "bf16"), ("cuda:0", "fp64"), ("cuda:1", "bf16"))
    }


def test_a_clock_that_nobody_saw_is_absent():
    assert limits([seen_at(None)], by_id(H100), host())["cuda:0", "bf16", "FLOP/s"].clock_hz is None


def test_a_cpu_of_two_kinds_of_core_has_the_peak_of_all_of_them():
    kinds = [CoreKind("cpu_core", 8, PERFORMANCE), CoreKind("cpu_atom", 16, EFFICIENCY)]
    cpu = Cpu(model="?", logical=32, usable=24, kinds=kinds)
    assert work_per_clock(device(units=24), cpu, "fp32")[0] == 8 * 32 + 16 * 16
    assert work_per_clock(device(units=24), cpu, "int8")[0] == 8 * 128 + 16 * 32
    assert work_per_clock(device(units=10), cpu, "fp32")[0] == 8 * 32 + 2 * 16  # OMP_NUM_THREADS: the fast ones
    _, source = work_per_clock(device(units=24), cpu, "fp32")
    assert source.startswith(f"8 x {PERFORMANCE}: ")
    assert f" and 16 x {EFFICIENCY}: " in source
    assert work_per_clock(device(units=24), cpu, "bf16") == (None, "")


def test_a_kind_of_core_that_no_table_knows_leaves_no_peak():
    cpu = Cpu(model="?", logical=8, usable=8, kinds=[CoreKind("a", 4, "Neoverse N1"), CoreKind("b", 4)])
    assert work_per_clock(device(units=8), cpu, "fp32") == (None, "")
    assert work_per_clock(device(units=4), cpu, "fp32")[0] == 4 * 16  # those at work are known


def test_the_clock_of_two_kinds_is_that_at_which_they_do_their_work():
    cores, clocks_hz = [(PERFORMANCE, 8), (EFFICIENCY, 16)], [5e9, 4e9]
    work = 8 * 32 * 5e9 + 16 * 16 * 4e9
    assert mean_clock_hz(cores, clocks_hz, "fp32") * (8 * 32 + 16 * 16) == pytest.approx(work)
    assert mean_clock_hz([(None, 8), (EFFICIENCY, 16)], clocks_hz, "fp32") == pytest.approx((8 * 5e9 + 16 * 4e9) / 24)
    assert mean_clock_hz([("Zen 4", 8)], [3e9], "fp32") == 3e9


PERFORMANCE, EFFICIENCY = "Alder / Raptor Lake P (Golden, Raptor Cove)", "Alder / Raptor Lake E (Gracemont)"
