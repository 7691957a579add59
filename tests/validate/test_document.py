"""The validator as a whole, on honest documents of machines that say of themselves what is not so."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from msgspec.structs import replace

from flopsbench.result.codec import encode
from flopsbench.result.keys import case_key
from flopsbench.result.said import sentence_fields
from flopsbench.result.types import MEASURED, CoreKind, Process, Result
from flopsbench.stats import median
from flopsbench.validate.document import validate_document
from flopsbench.validate.finding import Finding
from flopsbench.words.reason import Reason
from tests.validate.honest import CPU, honest, refigured


def codes(result: Result) -> set[str]:
    return {finding.code for finding in validate_document(encode(result)).findings}


def rejected(result: Result) -> set[str]:
    findings: Iterable[Finding] = validate_document(encode(result)).findings
    return {finding.code for finding in findings if finding.level == "reject"}


def named(result: Result, core: str | None) -> Result:
    """The document of a machine whose cores have another name."""
    return replace(result, host=replace(result.host, cpu=replace(result.host.cpu, microarchitecture=core, kinds=[])))


def test_a_result_of_a_guest_under_an_older_name_is_sound() -> None:
    guest = refigured(named(honest(), "Zen"))
    assert {peak.basis for peak in guest.peaks if peak.device == CPU.id} == {MEASURED}
    assert not rejected(guest)


def test_so_is_one_whose_figures_are_held_against_that_name(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as context:
        context.setattr("flopsbench.analysis.limits.believed", lambda host, *_: host)
        guest = refigured(named(honest(), "Zen"))  # as it was made when every row was believed
    assert {peak.basis for peak in guest.peaks if peak.device == CPU.id} == {"clock seen"}
    assert not rejected(guest)


def test_a_rate_above_the_row_and_above_its_ceiling_is_rejected() -> None:
    guest = named(honest(), "Zen")

    def slower(process: Process) -> Process:
        return replace(process, block_ceilings=[(one * 0.4, two * 0.4) for one, two in process.block_ceilings])

    cases = [replace(each, processes=list(map(slower, each.processes))) for each in guest.cases]
    assert "physics.rate" in rejected(refigured(replace(guest, cases=cases)))


def test_a_result_of_a_cpu_in_no_table_is_sound_with_its_measured_peaks() -> None:
    unknown = refigured(named(honest(), None))
    assert {peak.dtype for peak in unknown.peaks if peak.basis == MEASURED} >= {"fp64", "fp32"}
    assert not rejected(unknown)
    assert "integrity.table" not in codes(unknown)


@pytest.mark.parametrize(("factor", "code"), [(2, "integrity.table"), (1.1, "integrity.peak")])
def test_a_measured_peak_is_what_the_ceilings_give(factor: float, code: str) -> None:
    unknown = refigured(named(honest(), None))
    peaks = [
        replace(peak, rate_per_s=peak.rate_per_s * (factor if peak.basis == MEASURED else 1)) for peak in unknown.peaks
    ]
    assert code in codes(replace(unknown, peaks=peaks))


P, E = "Zen 5 (512-bit)", "Gracemont (Alder Lake-N)"  # no such chip is sold: twice what was measured, and half of it


def hybrid(result: Result) -> Result:
    """The same on five fast cores and three slow ones."""
    kinds = [CoreKind("cpu_core", 5, P), CoreKind("cpu_atom", 3, E)]
    cpu = replace(result.host.cpu, microarchitecture=None, kinds=kinds)
    cases = [replace(case, processes=list(map(_clocked, case.processes))) for case in result.cases]
    return refigured(replace(result, host=replace(result.host, cpu=cpu), cases=cases))


def _clocked(process: Process) -> Process:
    return replace(process, telemetry=replace(process.telemetry, kind_clocks_hz=[4.1e9, 3.2e9]))


def test_a_result_of_cores_of_two_speeds_is_sound() -> None:
    document = hybrid(honest())
    peaks = {peak.dtype: peak for peak in document.peaks if peak.device == CPU.id}
    clock_hz = median(
        [
            each.telemetry.clock_hz or 0
            for case in document.cases
            if (case.device, case.dtype) == (CPU.id, "fp64")
            for each in case.processes
        ]
    )
    assert peaks["fp64"].basis == "clock seen"
    assert peaks["fp64"].rate_per_s == pytest.approx((5 * 32 + 3 * 8) * clock_hz, rel=0.02)
    assert not rejected(document)
    assert "integrity.table" not in codes(document)


def test_a_peak_of_other_cores_than_it_has_is_told() -> None:
    document = hybrid(honest())
    kinds = [replace(document.host.cpu.kinds[0], cores=4), replace(document.host.cpu.kinds[1], cores=4)]
    other = replace(document, host=replace(document.host, cpu=replace(document.host.cpu, kinds=kinds)))
    assert "integrity.table" in codes(other)


def test_a_row_of_a_format_that_is_not_measured_yet_is_sound_and_a_rate_of_it_is_not() -> None:
    sound = honest()
    (row, *_) = (case for case in sound.cases if case.status == "unsupported")
    told = sentence_fields(reason=Reason("packed_not_measured", dtype="fp4"))
    fields = {"dtype": "fp4", "case": "", **told}
    unmeasured = replace(row, **fields)
    unmeasured = replace(unmeasured, case=case_key(unmeasured))
    assert not rejected(replace(sound, cases=[*sound.cases, unmeasured]))
    measured = next(case for case in sound.cases if case.status == "ok" and case.device == CPU.id)
    claimed = replace(measured, dtype="fp4", case="")
    claimed = replace(claimed, case=case_key(claimed))
    assert "numerics.arithmetic" in rejected(replace(sound, cases=[*sound.cases, claimed]))
