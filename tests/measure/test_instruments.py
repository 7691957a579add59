"""What is read around the blocks: the order of a look, the best of its samples, and sums over stretches."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from flopsbench.device import Device
from flopsbench.dtype import DTYPES
from flopsbench.errors import Unsupported
from flopsbench.measure import cpu as module
from flopsbench.measure.cpu import CpuInstruments, cpu_instruments
from flopsbench.measure.gpu import GpuInstruments
from flopsbench.measure.instruments import open_instruments
from flopsbench.result.types import Ceiling, Said
from flopsbench.telemetry.cpu import CpuReading
from flopsbench.telemetry.nvml import GpuReading

CPU = Device("cpu", 0, "a CPU", units=1)
FP32 = Ceiling(device="cpu", dtype="fp32")


def sampled(*values: float) -> Iterator[float]:
    return iter(values)


def test_a_look_waits_for_quiet_and_takes_the_best_of_its_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    happened: list[str] = []
    monkeypatch.setattr(module, "quiet", lambda limit: happened.append("quiet"))
    rates, clocks = sampled(1.0, 3.0, 2.0), sampled(5.0, 4.0, 6.0)

    def ceiling() -> float:
        happened.append("ceiling")
        return next(rates)

    instruments = CpuInstruments(FP32, ceiling, lambda: next(clocks))
    assert instruments.look() == 3.0
    assert instruments.telemetry().clock_hz == 6.0
    assert happened == ["quiet", "ceiling", "ceiling", "ceiling"]


def test_without_a_ceiling_a_look_still_reads_the_clock() -> None:
    instruments = CpuInstruments(FP32, None, lambda: 3e9)
    assert instruments.look() is None
    assert instruments.telemetry().clock_hz == 3e9


class Counters:
    """Sensors whose readings are written down beforehand."""

    def __init__(self, *readings: CpuReading | GpuReading) -> None:
        self.readings = iter(readings)

    def read(self) -> CpuReading | GpuReading:
        return next(self.readings)


def test_counters_are_summed_over_the_stretches_of_timed_blocks_alone() -> None:
    readings = [
        CpuReading(0.0, 0.0, 0, 100.0),
        CpuReading(10.0, 1.0, 2, 130.0),
        CpuReading(50.0, 9.0, 9, 900.0),  # what happened in between does not count
        CpuReading(60.0, 9.0, 12, 905.0),
    ]
    instruments = CpuInstruments(FP32, None, None, Counters(*readings))  # type: ignore[arg-type]  # a stand-in with what is asked of it
    for _ in range(2):
        instruments.start()
        instruments.stop()
    told = instruments.telemetry()
    assert told.energy_j == 35.0
    assert told.throttled_periods == 5
    assert told.steal_share == pytest.approx(0.05)


def test_absent_sensors_are_absent() -> None:
    instruments = CpuInstruments(FP32, None, None, Counters(*[CpuReading(t, None, None, None) for t in (0.0, 1.0)]))  # type: ignore[arg-type]  # a stand-in with what is asked of it
    instruments.start()
    instruments.stop()
    told = instruments.telemetry()
    assert (told.energy_j, told.throttled_periods, told.steal_share, told.clock_hz) == (None, None, None, None)


def test_a_gpu_tells_every_throttle_reason_and_the_energy_of_its_blocks() -> None:
    readings = [
        GpuReading(energy_j=10.0),
        GpuReading(1.7e9, None, 600.0, 25.0, 60.0, ("sw_power_cap",)),
        GpuReading(energy_j=90.0),
        GpuReading(1.5e9, None, 640.0, 95.0, 66.0, ("hw_thermal_slowdown", "sw_power_cap")),
    ]
    instruments = GpuInstruments(FP32, Counters(*readings))  # type: ignore[arg-type]  # a stand-in with what is asked of it
    for _ in range(2):
        instruments.start()
        instruments.stop()
    told = instruments.telemetry()
    assert told.energy_j == 20.0
    assert (told.clock_min_hz, told.clock_hz, told.clock_max_hz) == (1.5e9, 1.6e9, 1.7e9)
    assert (told.power_w, told.temperature_c) == (620.0, 66.0)
    assert told.throttle_reasons == ["hw_thermal_slowdown", "sw_power_cap"]


def test_a_sensor_that_says_zero_is_absent() -> None:
    readings = [GpuReading(energy_j=5.0), GpuReading(0.0, None, 0.0, 5.0, 40.0, ())]
    instruments = GpuInstruments(FP32, Counters(*readings))  # type: ignore[arg-type]  # a stand-in with what is asked of it
    instruments.start()
    instruments.stop()
    told = instruments.telemetry()
    assert (told.clock_hz, told.power_w, told.energy_j, told.temperature_c) == (None, None, None, 40.0)


def test_energy_of_some_of_the_stretches_is_no_energy() -> None:
    readings = [CpuReading(0.0, None, None, 9.0), CpuReading(1.0, None, None, 10.0)]
    readings += [CpuReading(2.0, None, None, 10.0), CpuReading(3.0, None, None, 1.0)]  # the counter wrapped
    instruments = CpuInstruments(FP32, None, None, Counters(*readings))  # type: ignore[arg-type]  # a stand-in with what is asked of it
    for _ in range(2):
        instruments.start()
        instruments.stop()
    assert instruments.telemetry().energy_j is None


def test_a_silent_gpu_says_nothing() -> None:
    instruments = GpuInstruments(FP32, Counters(GpuReading(), GpuReading()))  # type: ignore[arg-type]  # a stand-in with what is asked of it
    instruments.start()
    instruments.stop()
    told = instruments.telemetry()
    assert (told.energy_j, told.power_w, told.clock_hz, told.throttle_reasons) == (None, None, None, [])


@pytest.mark.process  # the copy of this process in which the loop is tried
def test_a_dtype_without_a_loop_has_a_reason_instead_of_a_ceiling() -> None:
    instruments = cpu_instruments(CPU, DTYPES["fp16"], "FLOP/s")
    assert instruments.ceiling_per_s is None
    said = Said("no_ceiling_loop", {"dtype": "fp16"})
    told = "there is no CPU ceiling loop for fp16"
    assert instruments.ceiling == Ceiling(device="cpu", dtype="fp16", reason=told, reason_said=said)


@pytest.mark.process  # the copy of this process in which the loop is tried
def test_a_rate_that_counts_no_operations_has_a_clock_and_a_reason_instead_of_a_ceiling() -> None:
    instruments = cpu_instruments(CPU, DTYPES["fp32"], "B/s")
    assert instruments.ceiling_per_s is None
    assert instruments.clock_hz is not None
    told = instruments.ceiling
    assert (told.unit, told.instruction, told.reason) == ("B/s", None, "no loop measures a ceiling in B/s yet")


def test_without_llvmlite_the_run_goes_on_without_ceiling_and_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(threads: int) -> float:
        raise Unsupported("llvmlite is missing")

    monkeypatch.setattr(module, "clock_hz", missing)
    instruments = cpu_instruments(CPU, DTYPES["fp32"], "FLOP/s")
    assert instruments.look() is None
    assert (instruments.clock_hz, instruments.ceiling.instruction) == (None, None)
    assert instruments.ceiling.reason == "llvmlite is missing"


@pytest.mark.process  # the copy of this process in which the loop is tried
def test_a_ceiling_that_can_be_measured_says_by_what() -> None:
    told = cpu_instruments(CPU, DTYPES["fp64"], "FLOP/s").ceiling
    assert (told.device, told.dtype, told.unit) == ("cpu", "fp64", "FLOP/s")
    assert (told.reason is None) == bool(told.instruction) == bool(told.method)


@pytest.mark.parametrize(
    ("device", "opened"),
    [(CPU, CpuInstruments), (Device("cuda", 3, "a GPU"), GpuInstruments), (Device("npu", 0, "?"), GpuInstruments)],
)
@pytest.mark.process  # the copy of this process in which the loop is tried
def test_instruments_are_those_of_the_kind_and_name_the_device_in_their_ceiling(device: Device, opened: type) -> None:
    instruments = open_instruments(device, DTYPES["fp16"], "FLOP/s")
    assert type(instruments) is opened
    assert (instruments.ceiling.device, instruments.ceiling.dtype) == (device.id, "fp16")
    assert instruments.ceiling.reason
