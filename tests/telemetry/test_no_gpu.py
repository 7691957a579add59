"""Which situation has which cause: a table, and the sentences that each ends in."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from flopsbench.host.kernel.nvidia import AMD, NVIDIA, DeviceFiles, PciGpu
from flopsbench.telemetry.binding import NoAnswer
from flopsbench.telemetry.cuda_error import Caller, cuda_error
from flopsbench.telemetry.no_gpu import why_fewer_gpus, why_no_gpu
from flopsbench.telemetry.situation import SeenGpu, Situation
from flopsbench.words.reason import Reason

NOT_INSTALLED = NoAnswer("nvidia-ml-py is not installed")
NO_LIBRARY = NoAnswer("NVML does not start: NVML Shared Library Not Found", 12)
NOT_LOADED = NoAnswer("NVML does not start: Driver Not Loaded", 9)
MISMATCH = NoAnswer("NVML does not start: RM has detected an NVML/RM version mismatch.", 18)
FORBIDDEN = NoAnswer("NVML does not start: Insufficient Permissions", 4)
UNKNOWN = NoAnswer("NVML does not start: Unknown Error", 999)
LOST = NoAnswer("GPU is lost", 15)
FAILED = NoAnswer("UnicodeDecodeError: 'utf-8' codec can't decode byte 0xf8")

BOUND, NOUVEAU, VFIO, FREE = (PciGpu("0000:01:00.0", NVIDIA, name) for name in ("nvidia", "nouveau", "vfio-pci", None))
RADEON = PciGpu("0000:02:00.0", AMD, "amdgpu")
CONTROL, MEMORY, FIRST = (Path("/dev", name) for name in ("nvidiactl", "nvidia-uvm", "nvidia0"))
FILES = DeviceFiles((MEMORY, FIRST, CONTROL), (), True, True)
H200 = SeenGpu(name="NVIDIA H200", uuid="GPU-aaaa1111-0000")
SLICED = replace(H200, slices=())

BARE = Situation(boards=[], silence=NO_LIBRARY, has_libcuda=False)  # a machine without a GPU
WELL = Situation(boards=[BOUND], driver="575.57.08", files=FILES, gpus=(H200, H200))
WINDOWS = Situation(system="win32", gpus=(H200,))  # which shows neither a bus nor files

SITUATIONS = {
    # no GPU, no driver
    "a machine without a GPU": (BARE, "no_gpu_on_bus"),
    "the same without the binding": (replace(BARE, silence=NOT_INSTALLED), "no_gpu_on_bus"),
    "a container on a machine without a GPU": (replace(BARE, container="docker"), "no_gpu_on_bus"),
    "a bus that cannot be seen": (replace(BARE, boards=None), "no_trace_of_gpu"),
    "another system": (replace(BARE, system="darwin"), "no_cuda_for_system"),
    "AMD's GPU alone": (replace(BARE, boards=[RADEON]), "amd_alone"),
    "AMD's GPU, closed": (replace(BARE, boards=[RADEON], amd_compute=False), "amd_forbidden"),
    "AMD's GPU beside NVIDIA's": (replace(BARE, boards=[RADEON, FREE]), "driver_missing"),
    "a GPU and no driver": (replace(BARE, boards=[FREE]), "driver_missing"),
    "nouveau": (replace(BARE, boards=[NOUVEAU]), "gpu_of_other_driver"),
    "set aside": (replace(BARE, boards=[VFIO]), "gpu_set_aside"),
    "set aside, driver loaded": (
        replace(BARE, boards=[VFIO], driver="575.57.08", silence=None, has_libcuda=True),
        "gpu_set_aside",
    ),
    "installed, not loaded": (replace(BARE, boards=[FREE], silence=NOT_LOADED, has_libcuda=True), "driver_not_loaded"),
    "files left of a driver that is not loaded": (
        replace(BARE, boards=[FREE], silence=NOT_LOADED, files=FILES),
        "driver_not_loaded",
    ),
    "a driver and no GPU": (replace(BARE, driver="575.57.08", silence=None), "driver_without_gpu"),
    "a GPU that the driver cannot start": (replace(WELL, gpus=()), "driver_starts_no_gpu"),
    "Windows without a driver": (replace(BARE, windows_guest=True), "windows_driver_missing"),
    # containers
    "a container without the runtime": (
        replace(BARE, boards=[BOUND], driver="575.57.08", container="docker"),
        "container_without_gpu",
    ),
    "a pod": (replace(BARE, boards=[BOUND], container="kubernetes"), "container_without_gpu"),
    "a container that sees no bus": (replace(BARE, boards=None, container="podman"), "container_without_gpu"),
    "a container that is told to have none": (
        replace(BARE, boards=[BOUND], container="docker", environ={"NVIDIA_VISIBLE_DEVICES": "void"}),
        "container_hides_gpu",
    ),
    "an unknown sandbox that is told to have none": (
        replace(BARE, boards=[BOUND], driver="575.57.08", environ={"NVIDIA_VISIBLE_DEVICES": "none"}),
        "container_hides_gpu",
    ),
    "a container that asks for all and gets none": (
        replace(BARE, boards=[BOUND], container="docker", environ={"NVIDIA_VISIBLE_DEVICES": "all"}),
        "container_without_gpu",
    ),
    "a sandbox that nobody knows": (replace(BARE, boards=[BOUND], driver="575.57.08"), "device_files_missing"),
    "a sandbox without /proc/driver": (replace(BARE, boards=[BOUND]), "device_files_missing"),
    "a container that lost its GPU": (
        replace(WELL, gpus=(), silence=UNKNOWN, container="docker"),
        "container_lost_gpu",
    ),
    "a container on a machine without its driver": (
        replace(BARE, boards=[NOUVEAU], container="docker"),
        "gpu_of_other_driver",
    ),
    # the driver
    "updated, not restarted": (replace(WELL, gpus=(), silence=MISMATCH), "driver_was_updated"),
    "forbidden, as NVML says": (replace(WELL, gpus=(), silence=FORBIDDEN), "driver_forbids"),
    "files of root": (replace(WELL, files=FILES._replace(forbidden=(MEMORY,))), "driver_of_root"),
    "no libcuda": (replace(WELL, has_libcuda=False), "libcuda_missing"),
    "Windows without its CUDA library": (replace(WINDOWS, has_libcuda=False), "nvcuda_missing"),
    # the GPUs
    "all lost": (replace(WELL, gpus=(SeenGpu(silence=LOST), SeenGpu(silence=LOST))), "gpu_lost"),
    "GPUs that are another's": (replace(WELL, gpus=(SeenGpu(silence=FORBIDDEN),)), "driver_forbids"),
    "unknown to NVML itself": (replace(WELL, gpus=(SeenGpu(silence=UNKNOWN),)), "gpu_untold"),
    "a binding that fails": (
        replace(WELL, gpus=(SeenGpu(silence=FAILED), SeenGpu(silence=FAILED))),
        "nvml_binding_fails",
    ),
    "a binding that fails and no libcuda": (
        replace(WELL, gpus=(SeenGpu(silence=FAILED),), has_libcuda=False),
        "libcuda_missing",
    ),
    "one lost, and a binding that fails at the other": (
        replace(WELL, gpus=(SeenGpu(silence=FAILED), SeenGpu(silence=LOST))),
        "gpu_lost",
    ),
    "lost as NVML starts": (replace(WELL, gpus=(), silence=LOST), "gpu_lost"),
    "MIG without an instance": (replace(WELL, gpus=(SLICED,)), "mig_without_slice"),
    "one lost, the other without an instance": (
        replace(WELL, gpus=(SeenGpu(silence=LOST), SLICED)),
        "mig_without_slice",
    ),
    "compute mode Prohibited": (replace(WELL, gpus=(replace(H200, prohibited=True),)), "cuda_prohibited"),
    # the environment
    "hidden": (replace(WELL, environ={"CUDA_VISIBLE_DEVICES": ""}), "cuda_sees_none"),
    "hidden by -1": (replace(WELL, environ={"CUDA_VISIBLE_DEVICES": "-1"}), "cuda_sees_none"),
    "hidden by Slurm": (replace(WELL, environ={"CUDA_VISIBLE_DEVICES": "NoDevFiles"}), "cuda_sees_none"),
    "hidden, without the binding": (
        replace(WELL, gpus=(), silence=NOT_INSTALLED, environ={"CUDA_VISIBLE_DEVICES": ""}),
        "cuda_sees_none",
    ),
    "a number too high": (replace(WELL, environ={"CUDA_VISIBLE_DEVICES": "7"}), "cuda_sees_no_such"),
    "a number too high comes first": (replace(WELL, environ={"CUDA_VISIBLE_DEVICES": "2,0"}), "cuda_sees_no_such"),
    "a word": (replace(WELL, environ={"CUDA_VISIBLE_DEVICES": "all"}), "cuda_sees_no_such"),
    "a name of torch's": (replace(WELL, environ={"CUDA_VISIBLE_DEVICES": "cuda:0"}), "cuda_sees_no_such"),
    "quotes": (replace(WELL, environ={"CUDA_VISIBLE_DEVICES": '"0"'}), "cuda_sees_no_such"),
    "another machine's UUID": (replace(WELL, environ={"CUDA_VISIBLE_DEVICES": "GPU-cccc"}), "cuda_sees_no_such"),
    "another instance": (
        replace(WELL, gpus=(replace(H200, slices=("MIG-1111",)),), environ={"CUDA_VISIBLE_DEVICES": "MIG-2222"}),
        "cuda_sees_no_such",
    ),
    # nothing is wrong: the libraries are left
    "a machine that is well": (WELL, "gpu_awaits_library"),
    "Windows that is well": (WINDOWS, "gpu_awaits_library"),
    "a system whose CUDA library has no known name": (replace(WELL, has_libcuda=None), "gpu_awaits_library"),
    "a binding that fails at one of two": (
        replace(WELL, gpus=(SeenGpu(silence=FAILED), H200)),
        "gpu_awaits_library",
    ),
    "an instance": (replace(WELL, gpus=(replace(H200, slices=("MIG-1111",)),)), "gpu_awaits_library"),
    "one of two lost": (replace(WELL, gpus=(SeenGpu(silence=LOST), H200)), "gpu_awaits_library"),
    "CUDA's own file is made when CUDA starts": (
        replace(WELL, files=FILES._replace(has_memory=False)),
        "gpu_awaits_library",
    ),
    "well without the binding": (replace(WELL, gpus=(), silence=NOT_INSTALLED), None),
    "a GPU on the chip": (
        replace(BARE, files=DeviceFiles((), (), True, True), driver=None, silence=NO_LIBRARY, has_libcuda=True),
        None,
    ),
    "Windows with a driver": (replace(BARE, windows_guest=True, has_libcuda=True), None),
}


@pytest.mark.parametrize(("seen", "code"), SITUATIONS.values(), ids=SITUATIONS)
def test_each_situation_has_its_cause(seen: Situation, code: str | None) -> None:
    found = why_no_gpu(seen)
    assert [reason.code for reason in found[:1]] == [code][: len(found[:1])]
    assert bool(found) == (code is not None)


def test_every_cause_of_the_machine_is_in_the_table() -> None:
    """But for two that have tests of their own below."""
    decided = {code for _, code in SITUATIONS.values() if code}
    source = Path(why_no_gpu.__code__.co_filename).read_text()
    written = {part.partition('"')[0] for part in source.split('Reason("')[1:]}
    assert written - decided == {"cuda_sees_some", "uvm_missing", "driver_forbidden"}


VISIBLE = ["0", "1", " 1 ", "0,7", "GPU-aaaa", "GPU-AAAA1111", "MIG-GPU-aaaa1111-0000/1/0"]


@pytest.mark.parametrize("value", VISIBLE)
def test_a_variable_that_names_a_gpu_is_no_cause(value: str) -> None:
    (found,) = why_no_gpu(replace(WELL, environ={"CUDA_VISIBLE_DEVICES": value}))
    assert found.code == "gpu_awaits_library"


def test_files_of_a_group_name_the_command_that_lets_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flopsbench.telemetry.no_gpu.group_of", lambda file: "video")
    (found,) = why_no_gpu(replace(WELL, files=FILES._replace(forbidden=(CONTROL, FIRST))))
    assert found == (
        "this user may not open /dev/nvidiactl /dev/nvidia0: sudo usermod -aG video $USER, then log in again"
    )


# What libraries say decides where the machine alone would be guessing.

TORCH = Caller("torch 2.8.0+cu126", 12060, None, ((12000, "pip install older"),))
TOO_OLD = cuda_error(TORCH, "The NVIDIA driver on your system is too old (found version 11040). Please update")
NO_DEVICE = cuda_error(TORCH, "No CUDA GPUs are available")
NO_DRIVER = cuda_error(TORCH, "Found no NVIDIA driver on your system. Please check that you have an NVIDIA GPU")
UNKNOWN_ERROR = cuda_error(TORCH, "CUDA unknown error - this may be due to an incorrectly set up environment")
CPU_BUILD = Reason("torch_cpu_build", library="torch 2.13.0+cpu", command="pip install torch")
HIDDEN = {"CUDA_VISIBLE_DEVICES": ""}


@pytest.mark.parametrize(
    ("seen", "told", "codes"),
    [
        (WELL, [TOO_OLD], ["driver_too_old"]),
        (BARE, [CPU_BUILD, TOO_OLD], ["driver_too_old"]),  # who met a driver knows better than an empty bus
        (replace(WELL, environ=HIDDEN), [TOO_OLD], ["cuda_sees_none"]),
        (BARE, [NO_DRIVER], ["no_gpu_on_bus"]),
        (BARE, [CPU_BUILD], ["no_gpu_on_bus"]),
        (WELL, [CPU_BUILD], ["gpu_awaits_library"]),
        (replace(BARE, environ=HIDDEN), [NO_DRIVER], ["no_gpu_on_bus", "cuda_sees_none"]),
        (replace(BARE, environ=HIDDEN), [NO_DEVICE], ["cuda_sees_none"]),
        (replace(WELL, gpus=(), silence=NOT_INSTALLED), [NO_DEVICE], []),
        (replace(WELL, files=FILES._replace(has_memory=False)), [UNKNOWN_ERROR], ["uvm_missing"]),
        (replace(WELL, files=FILES._replace(has_memory=False)), [CPU_BUILD], ["gpu_awaits_library"]),
        (replace(WELL, gpus=(H200, SeenGpu(silence=LOST))), [UNKNOWN_ERROR], ["gpu_lost"]),  # one takes all with it
        (replace(WELL, gpus=(H200, SeenGpu(silence=LOST))), [CPU_BUILD], ["gpu_awaits_library"]),
        (replace(WELL, gpus=(SeenGpu(silence=FAILED),)), [TOO_OLD], ["driver_too_old"]),  # the binding knows nothing
        (replace(WELL, gpus=(SeenGpu(silence=FAILED),)), [UNKNOWN_ERROR], ["nvml_binding_fails"]),
        (WINDOWS, [CPU_BUILD], ["gpu_awaits_library"]),
    ],
)
def test_what_libraries_say_takes_its_place(seen: Situation, told: list[Reason], codes: list[str]) -> None:
    assert [reason.code for reason in why_no_gpu(seen, told)] == codes


def test_where_some_gpus_are_in_reach_those_that_are_not_are_told() -> None:
    seen = replace(WELL, gpus=(H200, SeenGpu(silence=LOST)), environ={"CUDA_VISIBLE_DEVICES": "0"})
    assert [reason.code for reason in why_fewer_gpus(seen)] == ["gpu_lost", "cuda_sees_some"]
    assert why_fewer_gpus(WELL) == []


@pytest.mark.parametrize(("seen", "code"), SITUATIONS.values(), ids=SITUATIONS)
def test_each_cause_says_what_to_do(seen: Situation, code: str | None) -> None:
    for reason in why_no_gpu(seen):
        assert reason.isprintable()
        assert reason.text("zh") != reason
        assert code in ("no_cuda_for_system", "no_trace_of_gpu", "gpu_awaits_library") or any(
            command in reason
            for command in ("sudo", "pip", "docker", "restart", "unset", "install", "lspci", "start it anew")
        )
