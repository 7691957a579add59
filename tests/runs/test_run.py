"""The steps of a run: what becomes of a host whose ceilings say that it is another."""

from __future__ import annotations

import pytest

from flopsbench.result.keys import case_id
from flopsbench.result.types import MEASURED, Case, Cpu
from flopsbench.runs.gather import Header, Observed
from flopsbench.runs.run import result_of, run
from tests.analysis.test_by_ceilings import measured
from tests.documents import device, host, result


def observed(*cases: Case) -> Observed:
    """What one process of each case reported."""
    ids = {case_id(case): case for case in cases}
    return Observed(1, planned=dict(ids), records={id: [case] for id, case in ids.items()}, devices={"cpu": device()})


@pytest.mark.parametrize(("row", "kept", "basis"), [("Zen", None, MEASURED), ("Zen 4", "Zen 4", "clock seen")])
def test_a_name_that_the_ceilings_exceed_is_no_part_of_the_document(row: str, kept: str | None, basis: str) -> None:
    cpu = Cpu(model="AMD EPYC Processor", logical=8, usable=8, microarchitecture=row)
    about = Header(result().tool, host(cpu=cpu), None)
    told = result_of(observed(measured("fp64", 15.9), measured("fp32", 31.8)), about)
    assert told.host.cpu.microarchitecture == kept
    assert {peak.basis for peak in told.peaks} == {basis}


@pytest.mark.process
def test_what_is_not_measured_yet_is_a_row_beside_what_is() -> None:
    told = run("cpu", backend=["numpy"], dtype=["mxfp4", "fp64"], size=["64"], time_s=1.0)
    by_dtype = {case.dtype: case for case in told.cases}
    assert by_dtype["mxfp4"].status == "unsupported"
    assert (by_dtype["mxfp4"].reason or "").startswith("mxfp4 is not measured yet")
    assert by_dtype["fp64"].status in ("ok", "skipped")  # on a machine that is busy, without time
    (case,) = run("xpu", dtype=["fp32"], size=["64"], time_s=1.0).cases
    assert (case.device, case.status) == ("xpu:0", "unsupported")
