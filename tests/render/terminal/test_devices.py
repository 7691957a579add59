"""An inventory as it is read: why there is no GPU, why there is no peak, what a sensor does not tell."""

from __future__ import annotations

from rich.console import Console

from flopsbench.backends.no_gpu import NoGpu
from flopsbench.render.terminal.devices import devices
from flopsbench.runs.inventory import FoundDevice, Inventory
from flopsbench.words.reason import Reason
from tests.documents import device

COMMAND = "pip install --index-url https://download.pytorch.org/whl/cu126 torch"
CPU_BUILD = Reason("torch_cpu_build", library="torch 2.13.0+cpu", command=COMMAND)
GPU = FoundDevice(device(id="cuda:0", kind="cuda", name="NVIDIA H200"), [], [], Reason("no_sourced_peak"))


def shown(*found: FoundDevice, no_gpu: NoGpu | None = None) -> list[str]:
    console = Console(width=80, no_color=True, color_system=None, force_terminal=False)
    with console.capture() as capture:
        console.print(devices(Inventory(list(found), {}, no_gpu or NoGpu([], {}))), crop=False)
    return [line.rstrip() for line in capture.get().splitlines()]


def cpu(why: str) -> FoundDevice:
    return FoundDevice(device(), [], [], why)


def test_the_cause_comes_first_and_each_command_stands_in_one_line() -> None:
    lines = shown(no_gpu=NoGpu([Reason("no_gpu_on_bus")], {"torch": CPU_BUILD}))
    assert lines == ["no GPU is in reach:", f"  {Reason('no_gpu_on_bus')}", f"  torch: {CPU_BUILD}"]
    assert any(COMMAND in line for line in lines)


def test_where_a_gpu_is_reached_only_what_is_not_is_told() -> None:
    lines = shown(GPU, no_gpu=NoGpu([], {"torch": CPU_BUILD}))
    assert lines[-2:] == ["not every GPU is in reach:", f"  torch: {CPU_BUILD}"]
    assert not any("reach" in line for line in shown(GPU))


def test_why_there_is_no_peak_is_told() -> None:
    assert "  no sourced peak is known for this device" in shown(GPU)
    needs_clock = Reason("peak_needs_clock", source="Zen 4", why="llvmlite is missing")
    told = " ".join(shown(cpu(needs_clock)))
    assert "its clock could not be seen: llvmlite is missing" in told
    assert "no sourced peak" not in told


def test_what_sensors_do_not_tell_is_told_with_the_reason() -> None:
    blind = FoundDevice(GPU.device, [], [], GPU.no_peak, {"power_limit_w": "NVML says 0 W"})
    assert "  not read: power_limit_w: NVML says 0 W" in shown(blind)
    assert not any("not read" in line for line in shown(GPU))
