"""The real command on a real GPU: every dtype its backends have, proven, below its peak, with power and clocks."""

from __future__ import annotations

from flopsbench import run
from tests.gpu.reached import Reached


def test_run_on_the_first_gpu(reached: Reached) -> None:
    result = run("cuda", backend=[reached.name], time_s=60.0)
    measured = [case for case in result.cases if case.status == "ok"]
    assert {"fp64", "fp32"} <= {case.dtype for case in measured}
    assert not [case.reason for case in result.cases if case.status == "failed"]
    for case in measured:
        assert case.stats is not None
        assert (case.stats.efficiency.peak or 0) < 1.2, case.case
        assert "timing_mismatch" not in case.flags
    assert reached.gpu.uuid is None or reached.gpu.uuid not in str(result)
    assert any(process.telemetry.clock_hz for case in measured for process in case.processes)
