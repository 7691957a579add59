"""What a CPU does per clock by its own ceilings, and which row of the table is believed beside it."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from flopsbench.analysis.by_ceilings import believed, work_by_ceilings
from flopsbench.analysis.figures import with_figures
from flopsbench.analysis.limits import limits, peak_records
from flopsbench.result.types import MEASURED, Case, Cpu, Host
from tests.documents import case, device, host, process, telemetry

CLOCK_HZ = 3e9
CPU = device(units=8)


def measured(dtype: str, per_clock: float, scatter: float = 0.004, clock_hz: float | None = CLOCK_HZ) -> Case:
    """A case beside a ceiling of so many operations per clock and core, which scatters."""
    ceiling = per_clock * CPU.units * CLOCK_HZ
    pairs = [(ceiling * (1 + scatter * step), ceiling * (1 - scatter * step)) for step in range(-5, 5)]
    seen = process(block_ceilings=pairs, telemetry=telemetry(clock_hz=clock_hz, clock_max_hz=clock_hz))
    return case(dtype=dtype, processes=[seen])


def of_core(name: str | None) -> Host:
    return host(cpu=Cpu(model="AMD EPYC Processor", logical=8, usable=8, microarchitecture=name))


def test_an_unknown_cpu_has_a_peak_that_is_measured() -> None:
    cases = [measured("fp64", 15.8), measured("fp32", 32.3), measured("int8", 100)]
    known = limits(cases, {"cpu": CPU}, of_core(None))
    records = list(peak_records(known.values()))
    assert [(each.dtype, each.basis, each.rate_per_s, each.note) for each in records] == [
        ("fp64", MEASURED, 16 * 8 * CLOCK_HZ, "at 3.000 GHz"),
        ("fp32", MEASURED, 32 * 8 * CLOCK_HZ, "at 3.000 GHz"),
    ]
    assert all(each.source.startswith("measured, not sourced") for each in records)
    for figured in with_figures(cases, known, of_core(None)):  # no share is taken of what follows from the ceiling
        assert figured.stats is not None
        assert (figured.stats.efficiency.peak, figured.stats.efficiency.peak_at_clock) == (None, None)
        assert figured.stats.efficiency.ceiling is not None


def test_what_is_measured_never_stands_beside_what_has_a_source() -> None:
    cases = [measured("fp64", 16), measured("fp32", 32), measured("fp16", 64)]  # the row of Zen 4 has no fp16
    records = list(peak_records(limits(cases, {"cpu": CPU}, of_core("Zen 4")).values()))
    assert [(each.dtype, each.basis) for each in records] == [("fp64", "clock seen"), ("fp32", "clock seen")]


@pytest.mark.parametrize(
    "cases",
    [
        [measured("fp64", 15.8)],  # one dtype
        [measured("fp64", 14.9), measured("fp32", 29.8)],  # a clock that is another
        [measured("fp64", 16, clock_hz=None), measured("fp32", 32, clock_hz=None)],
        [measured("fp64", 16, scatter=0.06), measured("fp32", 32, scatter=0.06)],  # beside something
    ],
)
def test_without_agreement_there_is_no_peak(cases: list[Case]) -> None:
    assert list(peak_records(limits(cases, {"cpu": CPU}, of_core(None)).values())) == []


def test_beside_other_programs_half_of_the_cores_is_no_peak() -> None:
    cases = [measured("fp64", 8), measured("fp32", 16)]
    assert work_by_ceilings(CPU, of_core(None), cases)
    assert work_by_ceilings(CPU, replace(of_core(None), busy_share=0.5), cases) == {}


def test_a_gpu_has_no_such_peak() -> None:
    gpu = device(id="cuda:0", kind="cuda", name="?")
    cases = [replace(each, device="cuda:0") for each in (measured("fp64", 16), measured("fp32", 32))]
    assert work_by_ceilings(gpu, of_core(None), cases) == {}


def test_a_row_that_the_ceiling_exceeds_is_not_believed() -> None:
    cases = [measured("fp64", 15.9), measured("fp32", 31.9)]  # QEMU's "EPYC", on a newer chip
    assert believed(of_core("Zen"), cases, [CPU]) == of_core(None)
    records = peak_records(limits(cases, {"cpu": CPU}, of_core("Zen")).values())
    assert [each.basis for each in records] == [MEASURED, MEASURED]


@pytest.mark.parametrize(
    "case",
    [
        measured("fp64", 7.9),
        measured("fp64", 8.3),  # within what boost moves between clock and ceiling
        measured("fp64", 9, scatter=0.05),  # within its scatter
        measured("fp64", 16, clock_hz=None),
    ],
)
def test_a_row_is_believed_within_the_scatter_of_its_ceiling(case: Case) -> None:
    assert believed(of_core("Zen"), [case], [CPU]) == of_core("Zen")
