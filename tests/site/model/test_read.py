"""From Results to Entries: what is a device, what is a figure."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from flopsbench.result.files import load
from flopsbench.result.types import DeviceRecord, Host, Proof
from flopsbench.site.model.read import page_of, read_entry, slug
from tests.documents import case, device, host, process, result, stats, telemetry

PUBLISHED = sorted((Path(__file__).parents[3] / "results" / "v1").rglob("*.json"))


def cpu_with(cores: int, microarchitecture: str | None = "Zen 4") -> Host:
    return host(cpu=replace(host().cpu, usable=cores, microarchitecture=microarchitecture))


def gpu(name: str = "NVIDIA H200", id: str = "cuda:0") -> DeviceRecord:
    return device(id=id, kind="cuda", name=name, driver="570.1")


def test_a_cpu_is_named_by_model_core_and_number_of_cores() -> None:
    assert slug(device(), cpu_with(2)) == "amd-epyc-9b14-zen-4-2-cores"
    assert slug(device(), cpu_with(8, None)) == "amd-epyc-9b14-8-cores"


def test_two_cores_of_a_chip_and_all_of_them_are_two_devices() -> None:
    assert slug(device(), cpu_with(2)) != slug(device(), cpu_with(8))


def test_names_of_one_board_are_one_device() -> None:
    assert slug(gpu("NVIDIA B300"), host()) == slug(gpu("NVIDIA B300 SXM6 AC"), host()) == "b300-sxm"


def test_a_name_that_many_boards_share_is_not_one_device() -> None:
    assert slug(gpu("AMD Radeon Graphics"), host()) != slug(replace(gpu("AMD Radeon Graphics"), units=304), host())


@pytest.mark.parametrize("name", ["NVIDIA H200 MIG 1g.18gb", "NVIDIA H200 NVL", "Some New GPU"])
def test_a_slice_and_an_unknown_board_are_devices_of_their_own(name: str) -> None:
    assert slug(gpu(name), host()) not in {slug(gpu(), host()), slug(gpu("Some Old GPU"), host())}


def test_names_without_plain_letters_are_told_apart() -> None:
    one, other = slug(gpu("显卡"), host()), slug(gpu("处理器"), host())
    assert one != other
    assert one.startswith("cuda-")


def test_the_page_is_named_as_the_file_is() -> None:
    assert page_of("sha256:" + "0123456789abcdef" * 4) == "0123456789abcdef"


@pytest.mark.parametrize("path", PUBLISHED, ids=lambda path: path.stem)
def test_every_published_result_has_machines_and_figures(path: Path) -> None:
    read = read_entry(load(path), path.name)
    assert read.page == path.stem
    assert {figure.device for figure in read.figures} == {machine.slug for machine in read.machines} != set()


def test_a_figure_says_what_ran_and_how_fast() -> None:
    (figure,) = read_entry(result(case(edge=512)), "v1/x.json").figures
    assert (figure.dtype, figure.shape, figure.regime, figure.median) == ("fp32", (512, 512, 512), "burst", 1e12)


def test_power_and_clock_are_medians_over_processes() -> None:
    processes = [process(telemetry=telemetry(power_w=watts, clock_hz=1e9)) for watts in (300.0, 500.0, 310.0)]
    (figure,) = read_entry(result(case(processes=[*processes, process()])), "").figures
    assert (figure.watts, figure.clock_hz) == (310.0, 1e9)
    (unknown,) = read_entry(result(case()), "").figures
    assert (unknown.watts, unknown.clock_hz) == (None, None)


@pytest.mark.parametrize("proof", [None, Proof(method="Freivalds", passed=False, bound=1e-4, checked="", reason="off")])
def test_without_a_passed_proof_there_is_no_figure(proof: Proof | None) -> None:
    assert read_entry(result(case(proof=proof)), "").figures == []


@pytest.mark.parametrize("not_measured", [lambda: case("failed", device="cuda:0"), lambda: case(edge=64)])
def test_a_device_that_measured_nothing_is_not_listed(not_measured: Callable[[], object]) -> None:
    read = read_entry(result(case(), not_measured(), devices=[device(), gpu()]), "")  # type: ignore[arg-type]  # a stand-in with what is asked of it
    assert [machine.kind for machine in read.machines] == ["cpu"]


def test_equal_gpus_of_one_machine_are_one_device() -> None:
    cases = [case(device=f"cuda:{index}", stats=stats(median=index * 1e12)) for index in (1, 2)]
    read = read_entry(result(*cases, devices=[gpu(id="cuda:1"), gpu(id="cuda:2")]), "")
    assert [machine.slug for machine in read.machines] == ["h200-sxm"]
    assert [figure.median for figure in read.figures] == [1e12, 2e12]


def test_a_machine_carries_what_its_page_shows() -> None:
    (known,) = read_entry(result(case(device="cuda:0"), devices=[gpu()]), "").machines
    assert (known.accelerator, known.driver, known.cores) == ("h200-sxm", "570.1", None)
    (cpu,) = read_entry(result(host=cpu_with(2)), "").machines
    assert (cpu.name, cpu.cores, cpu.accelerator) == ("AMD EPYC 9B14 Zen 4", 2, None)
