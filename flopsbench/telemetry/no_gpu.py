"""Decides why CUDA finds no GPU here: the one cause that has to go first, with the command that helps.

What is known for certain goes before what follows from something missing: first what NVML, the device files and the
environment say; then what an array library alone can know; then what is not there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from flopsbench.host.kernel.nvidia import AMD, NVIDIA, PciGpu, group_of, is_bound, is_bound_elsewhere
from flopsbench.telemetry.binding import DRIVER_NOT_LOADED, NO_PERMISSION, UNKNOWN, VERSION_MISMATCH, NoAnswer
from flopsbench.telemetry.cuda_error import CONCLUSIVE, MET_DRIVER
from flopsbench.telemetry.situation import SeenGpu, Situation
from flopsbench.words.reason import Reason

VISIBLE = "CUDA_VISIBLE_DEVICES"
HANDED_IN = "NVIDIA_VISIBLE_DEVICES"  # what NVIDIA's container runtime goes by
HIDING = ("", "-1", "none", "void", "nodevfiles")  # the last is Slurm's, for a job without a GPU

Look = Callable[[Situation], Reason | None]


def why_no_gpu(seen: Situation, told: Iterable[Reason] = ()) -> list[Reason]:
    """Return the cause, and behind it what would hide a GPU as well; nothing where no fault is found.

    ``told`` is what the array libraries say.
    """
    told = list(told)
    met_driver = seen.has_driver or any(reason.code in MET_DRIVER for reason in told)
    hidden = hidden_by_variable(seen)
    causes = [
        *_first(_CERTAIN, seen),
        *([hidden] if hidden and met_driver else []),
        *[reason for reason in told if reason.code in CONCLUSIVE][:1],
        *_first(_TRIED if any(reason.code in MET_DRIVER for reason in told) else (), seen),
        *_first(_MISSING, seen),
    ]
    return list(dict.fromkeys([*causes[:1], *([hidden] if hidden else [])]))


def why_fewer_gpus(seen: Situation) -> list[Reason]:
    """Return why some of the GPUs here are out of reach while others are not."""
    silent = [_silent(index, gpu.silence) for index, gpu in enumerate(seen.gpus) if gpu.silence]
    value = seen.environ.get(VISIBLE)
    return [*silent, *([Reason("cuda_sees_some", value=repr(value))] if value is not None else [])]


def _first(looks: Iterable[Look], seen: Situation) -> list[Reason]:
    """Return the first reason that one of these finds, alone in a list."""
    return [reason for look in looks if (reason := look(seen))][:1]


# --- what is certain


def _other_system(seen: Situation) -> Reason | None:
    return None if seen.system in ("linux", "win32") else Reason("no_cuda_for_system", system=seen.system)


def _mismatch(seen: Situation) -> Reason | None:
    if seen.silence is None or seen.silence.code != VERSION_MISMATCH:
        return None
    return Reason("driver_was_updated", version=seen.driver or "?")


def _forbidden(seen: Situation) -> Reason | None:
    """Return that this user may not open the driver, by the files or by what NVML says."""
    files = seen.files.forbidden
    if files:
        named, group = " ".join(map(str, files)), group_of(files[0])
        return Reason("driver_forbidden", files=named, group=group) if group else Reason("driver_of_root", files=named)
    return _forbids(seen.silence) if seen.silence is not None and seen.silence.code == NO_PERMISSION else None


def _forbids(silence: NoAnswer) -> Reason:
    return Reason("driver_forbids", error=str(silence))


def _all_lost(seen: Situation) -> Reason | None:
    if seen.silence is not None and seen.silence.is_loss:
        return _silent(0, seen.silence)
    return None if _answering(seen) else _some_lost(seen)


def _some_lost(seen: Situation) -> Reason | None:
    """Return that a GPU is lost, or another's; CUDA may then start on none, or leave it out."""
    lost = [
        (index, gpu.silence) for index, gpu in enumerate(seen.gpus) if gpu.silence and _is_out_of_reach(gpu.silence)
    ]
    return _silent(*lost[0]) if lost else None


def _is_out_of_reach(silence: NoAnswer) -> bool:
    """Return whether CUDA does not reach a GPU either of which NVML does not tell, for this reason."""
    return silence.is_loss or silence.code == NO_PERMISSION


def _silent(index: int, why: NoAnswer) -> Reason:
    """Return why NVML tells nothing of a GPU, and what helps; only one that is lost has to be reset."""
    if why.code == NO_PERMISSION:
        return _forbids(why)
    if why.code is None:
        return Reason("nvml_binding_fails", index=index, error=why)
    return Reason("gpu_lost", index=index, error=why) if why.is_loss else Reason("gpu_untold", index=index, error=why)


def hidden_by_variable(seen: Situation) -> Reason | None:
    """Return that CUDA_VISIBLE_DEVICES leaves no GPU; CUDA reads it up to the first entry that names none."""
    value = seen.environ.get(VISIBLE)
    if value is None:
        return None
    first = value.partition(",")[0].strip()
    if first.lower() in HIDING:
        return Reason("cuda_sees_none", value=repr(value))
    if _names_gpu(first, seen):
        return None
    known = [str(index) for index, _ in enumerate(seen.gpus)] or ["0"]
    return Reason("cuda_sees_no_such", value=repr(value), entry=repr(first), known=", ".join(known))


def _names_gpu(entry: str, seen: Situation) -> bool:
    """Return whether an entry may name a GPU; without NVML any number and any UUID may."""
    if entry.isdecimal():
        return seen.silence is not None or int(entry) < len(seen.gpus)
    if not entry.startswith(("GPU-", "MIG-")):
        return False
    uuids = [name for gpu in seen.gpus for name in (gpu.uuid, *(gpu.slices or ())) if name]
    return not uuids or entry.startswith("MIG-GPU-") or any(name.lower().startswith(entry.lower()) for name in uuids)


def _answering(seen: Situation) -> list[tuple[int, SeenGpu]]:
    """Return the GPUs that answer, with their numbers."""
    return [(index, gpu) for index, gpu in enumerate(seen.gpus) if not gpu.silence]


def _no_slice(seen: Situation) -> Reason | None:
    gpus = _answering(seen)
    return Reason("mig_without_slice", index=gpus[0][0]) if gpus and all(g.slices == () for _, g in gpus) else None


def _prohibited(seen: Situation) -> Reason | None:
    gpus = _answering(seen)
    return Reason("cuda_prohibited", index=gpus[0][0]) if gpus and all(g.prohibited for _, g in gpus) else None


def _no_libcuda(seen: Situation) -> Reason | None:
    if not seen.gpus or seen.has_libcuda is not False:
        return None
    return Reason("nvcuda_missing") if seen.system == "win32" else Reason("libcuda_missing")


def _no_memory_file(seen: Situation) -> Reason | None:
    """Return that the file of CUDA's own part of the driver is missing, beside those of the GPUs."""
    files = seen.files
    return Reason("uvm_missing") if files.has_gpu and not files.has_memory and not seen.windows_guest else None


def _hidden(seen: Situation) -> Reason | None:
    """Return that the variable hides what NVML has shown to be there."""
    return hidden_by_variable(seen) if seen.gpus else None


_CERTAIN: tuple[Look, ...] = (
    _other_system,
    _mismatch,
    _forbidden,
    _all_lost,
    _hidden,
    _no_slice,
    _prohibited,
    _no_libcuda,
)
# What tells something once a library has tried to start CUDA, which makes that file.
_TRIED: tuple[Look, ...] = (_some_lost, _no_memory_file)


# --- what is missing


def _boards(seen: Situation, vendor: str = NVIDIA) -> list[PciGpu]:
    return [board for board in seen.boards or () if board.vendor == vendor]


def _windows(seen: Situation) -> Reason | None:
    return Reason("windows_driver_missing") if seen.windows_guest and not seen.has_libcuda else None


def _amd(seen: Situation) -> Reason | None:
    """Return what AMD's GPU needs where there is no other."""
    if seen.has_driver or _boards(seen) or not _boards(seen, AMD):
        return None
    return Reason("amd_forbidden") if seen.amd_compute is False else Reason("amd_alone")


def _no_board(seen: Situation) -> Reason | None:
    """Return that there is no GPU, with a driver for one or without."""
    if seen.boards is None or _boards(seen) or seen.files.has_gpu or seen.gpus or seen.windows_guest:
        return None
    return Reason("driver_without_gpu") if seen.has_driver else Reason("no_gpu_on_bus")


def _not_handed_in(seen: Situation) -> Reason | None:
    """Return that a container was started without the GPU that its machine has."""
    if seen.files.has_gpu or seen.gpus or seen.windows_guest:
        return None
    if any(is_bound_elsewhere(board) for board in _boards(seen)):
        return None
    value = seen.environ.get(HANDED_IN)
    if value is not None and value.lower() in HIDING and (seen.container or seen.driver is not None):
        return Reason("container_hides_gpu", value=repr(value))
    return Reason("container_without_gpu", container=seen.container) if seen.container else None


def _lost_to_container(seen: Situation) -> Reason | None:
    lost = seen.container and seen.silence is not None and seen.silence.code == UNKNOWN
    return Reason("container_lost_gpu", error=str(seen.silence)) if lost else None


def _other_driver(seen: Situation) -> Reason | None:
    """Return that other drivers hold every board of NVIDIA's."""
    boards = _boards(seen)
    if seen.gpus or not boards or not all(map(is_bound_elsewhere, boards)):
        return None
    address, driver = boards[0].address, boards[0].driver or ""
    if driver.startswith(("vfio", "pci-stub", "pciback")):
        return Reason("gpu_set_aside", address=address, driver=driver)
    return Reason("gpu_of_other_driver", address=address, driver=driver)


def _not_started(seen: Situation) -> Reason | None:
    """Return that the driver runs, holds a board and counts no GPU: it could not start it."""
    held = [board for board in _boards(seen) if is_bound(board)]
    silent = seen.silence is None and not seen.gpus
    return Reason("driver_starts_no_gpu", address=held[0].address) if held and silent else None


def _no_files(seen: Situation) -> Reason | None:
    """Return that a driver is loaded, and nothing to open it by is there."""
    loaded = seen.driver is not None or any(map(is_bound, _boards(seen)))
    return Reason("device_files_missing") if loaded and not seen.files.has_gpu and not seen.gpus else None


def _no_driver(seen: Situation) -> Reason | None:
    """Return that a GPU is here and its driver is not loaded, or not installed."""
    boards = _boards(seen)
    if seen.has_driver or not (boards or seen.boards is None):
        return None
    if seen.silence is not None and seen.silence.code == DRIVER_NOT_LOADED:
        return Reason("driver_not_loaded")
    return Reason("driver_missing", address=boards[0].address) if boards else None


def _nothing(seen: Situation) -> Reason | None:
    return None if seen.has_driver or seen.boards is not None else Reason("no_trace_of_gpu")


def _healthy(seen: Situation) -> Reason | None:
    """Return that nothing is missing but a library that uses the GPU."""
    gpus = [gpu for _, gpu in _answering(seen)]
    if not gpus:
        return None
    driver = gpus[0].driver or seen.driver or "?"  # a guest of Windows has no module whose version could be read
    return Reason("gpu_awaits_library", name=gpus[0].name or "?", driver=driver)


def _untold(seen: Situation) -> Reason | None:
    """Return why NVML tells of no GPU that it counts, where nothing says that CUDA does not reach them."""
    return next((_silent(index, gpu.silence) for index, gpu in enumerate(seen.gpus) if gpu.silence), None)


_MISSING: tuple[Look, ...] = (
    _windows,
    _amd,
    _no_board,
    _other_driver,
    _not_handed_in,
    _lost_to_container,
    _not_started,
    _no_files,
    _no_driver,
    _nothing,
    _healthy,
    _untold,
)
