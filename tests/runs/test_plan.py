"""From a request to cases: the right ones, in a fixed order, or the sentence why there are none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import pytest

from flopsbench.backend import Prepared
from flopsbench.backends import no_gpu
from flopsbench.backends.installed import Absent, Broken, load_backends
from flopsbench.device import UNMEASURED_KINDS, Device, device_forms
from flopsbench.dtype import DTYPES, UNMEASURED
from flopsbench.errors import FlopsbenchError, NothingMeasurable, Unsupported, UsageError
from flopsbench.problem import Problem
from flopsbench.result.keys import case_key
from flopsbench.result.types import Options
from flopsbench.runs.plan import (
    AUTO_MEMORY_SHARE,
    auto_edge,
    check_device_names,
    check_kernels,
    choose_backends,
    choose_devices,
    plan,
    usual_layout,
)
from flopsbench.runs.request import options_of
from flopsbench.telemetry.binding import NoAnswer
from flopsbench.telemetry.situation import SeenGpu, Situation
from flopsbench.words.reason import Reason

CPU = Device("cpu", 0, "a CPU", units=4, memory_bytes=64 << 30)
GPUS = [Device("cuda", index, "a GPU", units=132, memory_bytes=80 << 30) for index in (0, 1)]
MISSING = Absent("cupy", "pip install 'flopsbench[cuda12]'")


def no_kernel(problem: Problem, device: Device) -> Prepared:
    raise Unsupported("planning prepares nothing")


@dataclass(frozen=True)
class Reaches:
    """A space that reaches these devices; planning asks nothing else of it."""

    reach: Sequence[Device]

    def devices(self) -> Sequence[Device]:
        return self.reach


@dataclass(frozen=True)
class Library:
    """A backend of so many kernels in a space of its own."""

    space: Any
    names: Sequence[str] = ("blas",)
    KERNELS: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "KERNELS", dict.fromkeys(self.names, no_kernel))


ONE = Library(Reaches([CPU]))
BOTH = Library(Reaches([CPU, *GPUS]), ("matmul", "tiled"))
HERE = {"absent": MISSING, "one": ONE, "two": BOTH}


def keys(backends: Any = None, **options: Any) -> list[str]:
    wanted = Options(**{"devices": ["cpu"], "dtypes": ["fp32"], "sizes": ["64"]} | options)
    return [f"{case.device.id} {case.record('burst').case}" for case in plan(wanted, backends or HERE, seed=3)]


def test_every_installed_backend_that_reaches_the_device_has_a_case():
    assert keys() == [
        "cpu gemm/fp32/64x64x64/nn/one/blas/cpu/burst",
        "cpu gemm/fp32/64x64x64/nn/two/matmul/cpu/burst",
    ]


def test_cases_are_the_product_of_what_was_asked_in_its_order():
    found = keys(
        backends={"two": BOTH}, dtypes=["int8", "fp32"], sizes=["64,32", "8x16x4"], kernels=["tiled", "matmul"]
    )
    expected = [
        f"cpu gemm/{dtype}/{shape}/{layout}/two/{kernel}/cpu/burst"
        for kernel, (dtype, layout), shape in product(
            ["tiled", "matmul"], [("int8", "nt"), ("fp32", "nn")], ["64x64x64", "32x32x32", "8x16x4"]
        )
    ]
    assert found == expected


def test_a_named_backend_is_alone():
    chosen = plan(Options(devices=["cpu"], dtypes=["fp32"], backends=["two"]), HERE, seed=0)
    assert {case.backend for case in chosen} == {"two"}


def test_a_case_carries_kernel_device_and_seed():
    (case,) = plan(Options(devices=["cpu"], dtypes=["fp64"], sizes=["8"]), {"one": ONE}, seed=42)
    assert case.problem == Problem(8, 8, 8, DTYPES["fp64"], "nn", seed=42)
    assert (case.device, case.candidate.kernel, case.candidate.space) == (CPU, no_kernel, ONE.space)


def test_a_space_that_a_backend_brings_is_foreign_and_one_that_it_names_is_not():
    options = Options(devices=["cpu"], dtypes=["fp64"], sizes=["8"])
    cases = plan(options, {"one": ONE, "named": Library("numpy")}, seed=0)
    assert {case.backend: case.candidate.foreign for case in cases} == {"one": True, "named": False}


def test_a_backend_whose_space_nobody_has_is_one_row_with_those_there_are():
    cases = plan(Options(devices=["cpu"], sizes=["8,16"]), {"one": Library("jax"), "two": BOTH}, seed=0)
    assert [(case.backend, case.kernel_name, case.device.id) for case in cases if case.broken] == [
        ("one", "default", "cpu")
    ]
    assert {case.backend for case in cases if not case.broken} == {"two"}
    (broken,) = [case for case in cases if case.broken]
    with pytest.raises(FlopsbenchError, match="unknown space 'jax': flopsbench has numpy, torch, cupy"):
        broken.candidate.kernel(broken.problem, broken.device)


@pytest.mark.parametrize(
    ("devices", "kernels", "planned"),
    [
        (["cpu"], [], [("default", "cpu", "fp64")]),
        (["auto"], [], [("default", "cpu", "fp64")]),
        (["cpu"], ["fast", "slow"], [("fast", "cpu", "fp64")]),
    ],
)
def test_a_broken_backend_alone_has_a_row_on_the_cpu(devices, kernels, planned):
    options = Options(devices=devices, backends=["one"], kernels=kernels, dtypes=["fp64", "fp32"])
    cases = plan(options, {"one": Broken("one", "it is no good")}, seed=0)
    assert [(case.kernel_name, case.device.id, case.problem.dtype.name) for case in cases] == planned


def test_a_broken_backend_has_its_row_on_the_first_device_of_the_others():
    options = Options(devices=["cuda:1", "cpu"], dtypes=["fp64"])
    cases = plan(options, {"one": Broken("one", "it is no good"), "two": BOTH}, seed=0)
    assert [case.device.id for case in cases if case.broken] == ["cuda:1"]


def test_where_a_device_is_not_here_what_is_wrong_with_a_backend_is_told():
    with pytest.raises(NothingMeasurable) as caught:
        plan(Options(devices=["cuda"]), {"one": Broken("one", "it is no good")}, seed=0)
    first, *_, last = str(caught.value).splitlines()
    assert (first, last) == ("no device 'cuda' here; there are: cpu", "  one: it is no good")


def test_a_kernel_that_only_a_broken_backend_might_have_is_not_called_unknown():
    check_kernels(["fast"], {"one": ONE, "two": Broken("two", "it is no good")})


def test_each_backend_is_named_before_its_devices_are_listed():
    named = list[str]()
    plan(Options(devices=["cpu"]), {"one": ONE, "two": BOTH, "bad": Broken("bad", "")}, 0, named.append)
    assert named == ["one", "two"]


@pytest.mark.parametrize("regime", ["burst", "sustained"])
def test_a_case_not_reached_yet_is_recorded_as_skipped_under_its_key(regime):
    (case,) = plan(Options(devices=["cpu"], dtypes=["int8"], sizes=["8x16x4"]), {"one": ONE}, seed=0)
    record = case.record(regime)
    assert record.case == case_key(record) == f"gemm/int8/8x16x4/nt/one/blas/cpu/{regime}"
    assert (record.status, record.reason) == ("skipped", "not reached")
    assert record.flop_per_launch == 2 * 8 * 16 * 4
    assert (record.m, record.n, record.k, record.regime) == (8, 16, 4, regime)


def test_the_plan_is_the_same_every_time():
    options = Options(devices=["all"])
    assert [case.problem for case in plan(options, HERE, 1)] == [case.problem for case in plan(options, HERE, 1)]


def test_a_cpu_is_asked_for_its_usual_dtypes_and_a_gpu_for_all():
    cases = plan(Options(devices=["all"]), {"two": BOTH}, seed=0)
    asked = {
        device.id: [case.problem.dtype.name for case in cases if case.device == device]
        for device in BOTH.space.devices()
    }
    assert asked == {"cpu": ["fp64", "fp32", "bf16", "fp16", "int8"], "cuda:0": list(DTYPES), "cuda:1": list(DTYPES)}


def test_a_kernel_is_taken_from_the_backends_that_have_it():
    assert keys(kernels=["blas"]) == ["cpu gemm/fp32/64x64x64/nn/one/blas/cpu/burst"]


def test_a_kernel_that_no_chosen_backend_has_leaves_nothing_to_measure():
    with pytest.raises(NothingMeasurable, match="no chosen backend has nothing on cpu"):
        keys(kernels=["nothing"])


# --- devices


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (["cpu"], ["cpu"]),
        (["cuda"], ["cuda:0"]),
        (["cuda:1"], ["cuda:1"]),
        (["auto"], ["cuda:0"]),
        (["all"], ["cpu", "cuda:0", "cuda:1"]),
        (["cuda", "cpu", "cuda:0"], ["cuda:0", "cpu"]),
    ],
)
def test_devices_are_chosen_by_name_each_once(wanted, found):
    reach = {"one": ONE.space.devices(), "two": BOTH.space.devices()}
    assert [device.id for device in choose_devices(wanted, reach, HERE)] == found


def test_auto_is_the_cpu_where_there_is_no_gpu():
    assert choose_devices(["auto"], {"one": [CPU]}, {"one": ONE}) == [CPU]


def refusal(wanted: str, reach: Any, backends: Any) -> list[str]:
    with pytest.raises(NothingMeasurable) as caught:
        choose_devices([wanted], reach, backends)
    return str(caught.value).splitlines()


def test_a_device_that_is_not_here_is_told_with_those_that_are_and_what_is_not_installed(monkeypatch):
    monkeypatch.setattr(no_gpu, "situation", lambda: Situation(gpus=(SeenGpu(), SeenGpu())))
    assert refusal("cuda:7", {"two": BOTH.space.devices()}, HERE) == [
        "no device 'cuda:7' here; there are: cpu, cuda:0, cuda:1",
        "  cupy: not installed: pip install 'flopsbench[cuda12]'",
    ]


def test_why_a_gpu_is_not_here_is_told_by_the_machine_and_then_by_each_library(monkeypatch):
    silent = Situation(boards=[], silence=NoAnswer("nvidia-ml-py is not installed"))
    monkeypatch.setattr(no_gpu, "situation", lambda: silent)
    mute, frank, lost = (Library(Reaches([CPU])) for _ in range(3))
    object.__setattr__(frank, "space", Says("it is a build for the CPU"))
    object.__setattr__(lost, "space", Says(RuntimeError("the driver is gone")))
    told = refusal("cuda", {"mute": [CPU]}, {"absent": MISSING, "frank": frank, "lost": lost, "mute": mute})
    assert told == [
        "no device 'cuda' here; there are: cpu",
        f"  {Reason('no_gpu_on_bus')}",
        "  frank: it is a build for the CPU",
        "  lost: RuntimeError: the driver is gone",
        "  cupy: not installed: pip install 'flopsbench[cuda12]'",
    ]


@dataclass(frozen=True)
class Says:
    """A space without a GPU that says why, or raises."""

    told: str | Exception

    def devices(self) -> Sequence[Device]:
        return [CPU]

    def why_no_gpu(self) -> str:
        if isinstance(self.told, Exception):
            raise self.told
        return self.told


@pytest.mark.parametrize("wanted", ["cpu", "all", "auto"])
def test_where_no_gpu_is_asked_for_nobody_looks_for_one(monkeypatch, wanted):
    monkeypatch.setattr(no_gpu, "situation", lambda: pytest.fail("looked"))
    assert choose_devices([wanted], {"one": [CPU]}, {"one": Library(Says(RuntimeError("asked")))}) == [CPU]
    (told,) = refusal(wanted, {}, {"one": Library(Says(RuntimeError("asked")))})
    assert told == f"no device {wanted!r} here; there are: none"


def test_without_any_device_that_is_told():
    with pytest.raises(NothingMeasurable, match="no device 'auto' here; there are: none"):
        choose_devices(["auto"], {}, {})


@pytest.mark.parametrize("name", ["cpu", "cuda", "cuda:0", "cuda:12", "all", "auto"])
def test_device_names_that_some_machine_has_are_good(name):
    check_device_names([name])


@pytest.mark.parametrize(
    "name", ["", "gpu", "cpu:0", "cuda:", "cuda:x", "cuda:-1", "cuda:1:2", "all:1", "auto:0", "CUDA"]
)
def test_device_names_that_no_machine_has_are_refused(name):
    with pytest.raises(UsageError, match=f"write {device_forms()}, all or auto"):
        check_device_names(["cpu", name])


# --- backends and kernels


def test_all_installed_backends_are_chosen_unless_named():
    assert list(choose_backends([], HERE)) == ["one", "two"]
    assert list(choose_backends(["two"], HERE)) == ["two"]


def test_an_unknown_backend_is_refused_with_those_that_are_registered():
    with pytest.raises(UsageError, match=r"unknown backend 'jax': registered are .*numpy, torch"):
        load_backends(["numpy", "jax"])


def test_a_backend_whose_library_is_missing_is_refused_with_the_command_that_installs_it():
    with pytest.raises(NothingMeasurable) as caught:
        choose_backends(["one", "absent"], HERE)
    assert str(caught.value) == "cupy is not installed: pip install 'flopsbench[cuda12]'"


def test_an_unknown_kernel_is_refused_with_those_there_are():
    check_kernels(["blas", "tiled"], {"one": ONE, "two": BOTH})
    with pytest.raises(UsageError, match="unknown kernel 'fast': the installed backends have blas, matmul, tiled"):
        check_kernels(["blas", "fast"], {"one": ONE, "two": BOTH})


# --- sizes and layouts


@pytest.mark.parametrize(
    ("device", "edge"),
    [
        (Device("cpu", 0, "", units=1), 2048),
        (Device("cpu", 0, "", units=8), 2048),
        (Device("cpu", 0, "", units=9), 4096),
        (Device("cpu", 0, "", units=33), 8192),
        (Device("cpu", 0, "", units=None), 2048),
        (Device("cuda", 0, "", units=48), 4096),
        (Device("cuda", 0, "", units=49), 8192),
        (Device("tpu", 0, "", units=49), 8192),
    ],
)
def test_the_usual_size_grows_with_the_device(device, edge):
    assert auto_edge(device, DTYPES["fp32"]) == edge


@pytest.mark.parametrize("memory_bytes", [1 << 28, 1 << 30, 1 << 34, 1 << 38])
@pytest.mark.parametrize("dtype", DTYPES.values(), ids=lambda dtype: dtype.name)
def test_the_usual_size_fits_an_eighth_of_the_memory_and_no_smaller_than_needed(memory_bytes, dtype):
    edge = auto_edge(Device("cuda", 0, "", units=132, memory_bytes=memory_bytes), dtype)
    assert Problem(edge, edge, edge, dtype).amount.bytes * AUTO_MEMORY_SHARE <= memory_bytes
    doubled = Problem(2 * edge, 2 * edge, 2 * edge, dtype).amount.bytes
    assert edge == 8192 or doubled * AUTO_MEMORY_SHARE > memory_bytes


def test_auto_may_stand_among_other_sizes():
    found = keys(backends={"one": ONE}, sizes=["16", "auto"])
    assert [key.split("/")[2] for key in found] == ["16x16x16", "2048x2048x2048"]


def test_only_8_bit_operands_lie_as_their_libraries_want_them():
    assert {name for name, dtype in DTYPES.items() if usual_layout(dtype) == "nt"} == {"fp8_e4m3", "fp8_e5m2", "int8"}


@pytest.mark.parametrize("op", ["conv", ["gemm"], {}, 7, None])
def test_a_backend_with_a_kernel_of_an_operation_that_nobody_knows_is_a_row(op: Any) -> None:
    def kernel(problem: Problem, device: Device) -> Prepared:
        raise AssertionError

    kernel.op = op  # type: ignore[attr-defined]  # as a stranger names it
    library = Library(Reaches([CPU]))
    library.KERNELS["blas"] = kernel
    (case,) = plan(Options(devices=["cpu"]), {"one": library}, seed=0)
    assert case.broken
    with pytest.raises(FlopsbenchError, match=r"kernel 'blas' does .*, and flopsbench measures gemm"):
        case.candidate.kernel(case.problem, case.device)


# --- what has a name in the field and is not measured yet


def test_a_format_that_is_not_measured_yet_is_a_case_with_the_reason():
    options = Options(devices=["cpu"], dtypes=["fp4", "fp64", "complex64"], sizes=["8"])
    cases = plan(options, {"one": Library(Reaches([CPU]))}, seed=1)
    assert [(each.problem.dtype.name, str(each.unmeasured or "")[:26]) for each in cases] == [
        ("fp4", "fp4 is not measured yet: s"),
        ("fp64", ""),
        ("complex64", "complex64 is not measured "),
    ]


@pytest.mark.parametrize("name", UNMEASURED)
def test_every_format_that_is_not_measured_yet_has_a_reason(name):
    (case,) = plan(Options(devices=["cpu"], dtypes=[name], sizes=["8"]), {"one": Library(Reaches([CPU]))}, seed=1)
    assert str(case.unmeasured).startswith(f"{name} is not measured yet: ")


def test_a_case_has_the_dtype_by_its_own_name_whatever_it_was_called():
    (case,) = plan(options_of(["cpu"], dtypes=["fp8"], sizes=["8"]), {"one": Library(Reaches([CPU]))}, seed=1)
    assert case.problem.dtype.name == "fp8_e4m3"


@pytest.mark.parametrize("name", ["int4", "uint4", "int1", "int16", "int32", "uint8", "complex", "complex32"])
def test_the_formats_that_people_ask_for_are_known(name):
    assert name in UNMEASURED


@pytest.mark.parametrize("name", UNMEASURED_KINDS)
def test_every_kind_that_the_field_has_is_a_case_with_a_reason(name):
    check_device_names([name, f"{name}:3"])
    (case,) = plan(Options(devices=[name]), {"one": Library(Reaches([CPU]))}, seed=1)
    assert case.device.id == f"{name}:0"
    assert "measured yet" in str(case.unmeasured)


def test_the_kinds_that_people_ask_for_are_known():
    asked = {"tpu", "metal", "musa", "npu", "cann", "hpu", "mlu", "dcu", "dml", "vulkan", "opencl", "sycl", "xla"}
    assert asked <= UNMEASURED_KINDS.keys()


def test_a_kind_of_device_that_is_not_measured_yet_is_a_case_with_the_reason():
    backends = {"one": Library(Reaches([CPU])), "two": Library(Reaches([CPU]))}
    for name, why in (
        ("mps", "devices of the kind mps"),
        ("xpu:1", "devices of the kind xpu"),
        ("rocm", "torch built for it shows its GPUs as cuda"),
    ):
        check_device_names([name])
        (case,) = plan(Options(devices=[name]), backends, seed=1)
        assert case.device.id == (name if ":" in name else f"{name}:0")
        assert why in str(case.unmeasured)
    cases = plan(Options(devices=["cpu", "mps"], dtypes=["fp64", "fp4"], sizes=["8"]), backends, seed=1)
    assert [
        (each.device.id, each.backend) for each in cases if each.unmeasured and each.problem.dtype.name == "fp64"
    ] == [("mps:0", "one")]
    assert len(cases) == 6


def test_a_backend_may_bring_a_kind_that_is_not_measured_yet():
    own = Device("xpu", 0, "an accelerator")
    cases = plan(Options(devices=["xpu"], dtypes=["fp64"], sizes=["8"]), {"own": Library(Reaches([own]))}, seed=1)
    assert [(each.device, each.unmeasured) for each in cases] == [(own, None)]
