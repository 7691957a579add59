"""What can be found out of a device that is no trial launch: its clock, its peaks, and why they are not there."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from types import SimpleNamespace

import msgspec
import pytest

from flopsbench.backends.installed import Broken
from flopsbench.device import Device
from flopsbench.errors import Unsupported
from flopsbench.host.cpu.kinds import KindOfCore
from flopsbench.result.types import Cpu
from flopsbench.runs import inventory as module
from flopsbench.runs.inventory import FoundDevice, inventory
from flopsbench.words.reason import Reason, plain
from tests.telemetry.fake_pynvml import install

CPU = Device("cpu", 0, "a CPU", vendor="AMD", arch="x86_64", units=2)
GPU = Device("cuda", 0, "NVIDIA Test", vendor="NVIDIA", arch="sm_90", units=132, uuid="aaaa1111-0000")
NO_LOOP = Reason("llvmlite_missing", error="No module named 'llvmlite'")


def found(device: Device, monkeypatch: pytest.MonkeyPatch, core: str | None = "Zen 4") -> FoundDevice:
    """The one device of a machine whose only backend cannot run anything."""
    space = SimpleNamespace(devices=lambda: [device], why_no_gpu=lambda: None)
    backend = SimpleNamespace(space=space, KERNELS={"none": _refuse})
    monkeypatch.setattr(module, "load_backends", lambda **_: {"one": backend})
    monkeypatch.setattr(module, "processor", lambda: Cpu("a CPU", logical=2, usable=2, microarchitecture=core))
    monkeypatch.setattr(module, "kinds_of_core", lambda: [KindOfCore("", None, None, (0, 1))])
    (one,) = inventory().devices
    return one


def _refuse(*_: object) -> None:
    raise Unsupported("nothing runs here")


def blind(threads: int) -> float:
    raise Unsupported(NO_LOOP)


def test_each_step_is_told_before_it_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[str] = []
    space = SimpleNamespace(devices=lambda: steps.append("lists") or [CPU], why_no_gpu=lambda: steps.append("doubts"))
    backend = SimpleNamespace(space=space, KERNELS={"none": lambda *_: steps.append("tries")})
    monkeypatch.setattr(module, "load_backends", lambda **_: {"one": backend})
    monkeypatch.setattr(module, "clock_hz", lambda threads: steps.append("clock") or 3e9)
    inventory(on_step=lambda name: steps.append(f"<{name}>"))
    assert [step for step, after in pairwise([*steps, ""]) if step != after] == [
        *("<one>", "lists", "<>", "clock", "<one>", "tries", "<one>", "doubts", "<>")
    ]


def test_a_clock_that_is_seen_makes_the_peaks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "clock_hz", lambda threads: 3e9)
    one = found(CPU, monkeypatch)
    assert one.peaks
    assert one.no_peak is None


def test_a_clock_that_is_not_seen_is_the_reason_and_not_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "clock_hz", blind)
    one = found(CPU, monkeypatch)
    assert one.peaks == []
    assert one.no_peak is not None
    assert one.no_peak.endswith(f"its clock could not be seen: {NO_LOOP}")
    assert "Zen 4" in one.no_peak


@pytest.mark.parametrize("clock", [lambda threads: 3e9, blind])
def test_a_core_of_no_table_has_no_sourced_peak(monkeypatch: pytest.MonkeyPatch, clock: object) -> None:
    monkeypatch.setattr(module, "clock_hz", clock)
    assert found(CPU, monkeypatch, core=None).no_peak == "no sourced peak is known for this device"


@pytest.mark.parametrize("limit", [0, 2**32 - 1])
def test_what_a_gpu_does_not_tell_is_listed_and_ends_nothing(monkeypatch: pytest.MonkeyPatch, limit: int) -> None:
    install(monkeypatch).values |= {"nvmlDeviceGetEnforcedPowerLimit": limit, "nvmlDeviceGetMaxClockInfo": {1: 0}}
    one = found(GPU, monkeypatch)
    assert (one.device.power_limit_w, one.device.clock_max_hz, one.device.driver) == (None, None, "575.57.08")
    assert one.unread.keys() == {"power_limit_w", "clock_max_hz"}
    assert one.no_peak is not None
    assert one.unread["clock_max_hz"] in one.no_peak


def test_a_gpu_that_tells_everything_lists_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch)
    one = found(GPU, monkeypatch)
    assert (one.unread, one.device.clock_max_hz) == ({}, 1.98e9)
    assert one.peaks


def test_a_gpu_that_nvml_does_not_know_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch)
    one = found(replace(GPU, uuid="cccc"), monkeypatch)
    assert one.unread == {"sensors": "NVML knows 0 GPUs of that UUID"}


def test_an_inventory_is_json_whatever_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    """A Reason is a text that knows more than one, which JSON does not."""
    space = SimpleNamespace(devices=lambda: [CPU], why_no_gpu=lambda: NO_LOOP)
    backends = {"one": SimpleNamespace(space=space, KERNELS={"none": _refuse}), "two": Broken("two", NO_LOOP)}
    monkeypatch.setattr(module, "load_backends", lambda **_: backends)
    monkeypatch.setattr(module, "clock_hz", blind)
    told = msgspec.json.decode(msgspec.json.encode(inventory(), enc_hook=plain))
    assert told["absent"] == {"two": NO_LOOP}
    assert told["no_gpu"]["libraries"] == {"one": NO_LOOP}
    assert told["devices"][0]["no_peak"]
