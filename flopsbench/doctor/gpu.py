"""Checks what makes a GPU's rates move, through NVIDIA's management library (NVML); nothing is set."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flopsbench.device import CUDA, Device
from flopsbench.doctor.symptom import Check, Remedy, Symptom
from flopsbench.errors import Unsupported
from flopsbench.host.kernel.counters import program_name
from flopsbench.host.kernel.settings import has_nvidia_driver
from flopsbench.host.trees import Places
from flopsbench.result.throttle import CLOCK_MOVERS, IDLE, OWNERS_CLOCK
from flopsbench.telemetry.gpu import NvmlGpu, find_gpu
from flopsbench.telemetry.nvml import GpuFacts, GpuReading, GpuSensors
from flopsbench.units import fixed

PCI_ORDER = {"CUDA_DEVICE_ORDER": "PCI_BUS_ID"}  # every GPU, numbered as nvidia-smi -i numbers them
MOST_GPUS = 64
_SM_CLOCK = 1  # nvmlClockType_t
_FROM_MILLIWATT = 1e-3


@dataclass(frozen=True, slots=True)
class Gpu:
    """A Gpu is one GPU as it is now; fields are None or empty where the driver does not say."""

    index: int
    facts: GpuFacts
    reading: GpuReading
    default_power_limit_w: float | None
    base_clock_mhz: int | None
    processes: tuple[str, ...] | None


def gpu_symptoms(places: Places) -> Iterator[Symptom]:
    """Yield what was seen on every GPU, or why none could be looked at."""
    gpus, reason = _gpus(places)
    if not gpus:
        check = Check("gpu", "GPU", "A GPU has clocks and limits of its own.")
        yield check.unknown(reason) if has_nvidia_driver(places) else check.fine("no NVIDIA GPU found")
    for gpu in gpus:
        for look in (others, throttling, slices, power_cap, clocks, persistence, ecc):
            yield look(gpu)


def _gpus(places: Places) -> tuple[list[Gpu], str]:
    """Return every GPU in the order of nvidia-smi, and why the next one could not be looked at."""
    found: list[Gpu] = []
    for index in range(MOST_GPUS):
        device = Device(kind=CUDA.name, index=index, name="")
        try:
            handle = find_gpu(device, PCI_ORDER)
        except Unsupported as error:
            return found, str(error)
        found.append(_look(index, GpuSensors(device, PCI_ORDER), handle, places))
    return found, ""


def _look(index: int, sensors: GpuSensors, handle: NvmlGpu, places: Places) -> Gpu:
    """Read one GPU."""
    limit = handle.ask("nvmlDeviceGetPowerManagementDefaultLimit")
    return Gpu(
        index=index,
        facts=sensors.static(),
        reading=sensors.read(),
        default_power_limit_w=None if limit is None else limit * _FROM_MILLIWATT,
        base_clock_mhz=handle.ask("nvmlDeviceGetDefaultApplicationsClock", _SM_CLOCK),
        processes=_processes(handle.ask("nvmlDeviceGetComputeRunningProcesses"), places),
    )


def _processes(running: list[Any] | None, places: Places) -> tuple[str, ...] | None:
    """Return the names of the programs that run on a GPU; those of other containers have no name here."""
    if running is None:
        return None
    return tuple(program_name(places, each.pid) or "a program not visible here" for each in running)


def _check(gpu: Gpu, name: str, title: str, why: str) -> Check:
    """Return a check of one GPU, named after it."""
    return Check(f"gpu{gpu.index}_{name}", f"GPU {gpu.index} {title}", why)


def others(gpu: Gpu) -> Symptom:
    """Check for other programs that compute on the GPU."""
    check = _check(gpu, "processes", "other programs", "They take turns with the GEMM and share its memory and power.")
    if gpu.processes is None:
        return check.unknown("the driver does not say")
    if not gpu.processes:
        return check.fine("none")
    remedy = Remedy(
        effect="Shows who they are; stop what you may, then look again.",
        command=f"nvidia-smi -i {gpu.index} pmon -c 1",
        undo="nothing: it only shows",
    )
    return check.noisy(", ".join(dict.fromkeys(gpu.processes)), remedy)


def throttling(gpu: Gpu) -> Symptom:
    """Check what holds the GPU's clock back at this moment."""
    check = _check(gpu, "throttling", "throttling", "A GPU that is too hot or short of power lowers its clock.")
    reasons = gpu.reading.throttle_reasons
    if reasons is None:
        return check.unknown("the driver does not say")
    slowed = sorted(CLOCK_MOVERS.intersection(reasons))
    if not slowed:
        return check.fine("none now (and it says nothing about a busy GPU)" if IDLE in reasons else "none now")
    remedy = Remedy(
        effect="Shows temperature, power and every reason; cool it, or raise the limit that is named.",
        command=f"nvidia-smi -i {gpu.index} -q -d PERFORMANCE,TEMPERATURE,POWER",
        undo="nothing: it only shows",
    )
    return check.noisy(", ".join(slowed), remedy)


def slices(gpu: Gpu) -> Symptom:
    """Check whether the GPU is partitioned (MIG)."""
    check = _check(gpu, "mig", "partition (MIG)", "Slices share power and heat, and a slice has no sensors of its own.")
    if gpu.facts.mig is None:
        return check.fine("this GPU has none")
    if not gpu.facts.mig:
        return check.fine("off")
    remedy = Remedy(
        effect="The whole GPU for one program; every slice and what runs there must be ended first.",
        command=f"sudo nvidia-smi -i {gpu.index} -mig 0",
        undo=f"sudo nvidia-smi -i {gpu.index} -mig 1",
    )
    return check.note("on", remedy)


def power_cap(gpu: Gpu) -> Symptom:
    """Check the power limit in force against the board's default."""
    check = _check(gpu, "power_cap", "power limit", "A large GEMM runs into it, and the limit then sets the clock.")
    limit_w, default_w = gpu.facts.power_limit_w, gpu.default_power_limit_w
    if limit_w is None or default_w is None:
        return check.unknown("the driver does not say")
    saw = f"{fixed(limit_w, 0)} W, default {fixed(default_w, 0)} W"
    if limit_w >= default_w:
        return check.fine(saw)
    remedy = Remedy(
        effect="The clock that the board was sold with; more power and heat.",
        command=f"sudo nvidia-smi -i {gpu.index} -pl {fixed(default_w, 0)}",
        undo=f"sudo nvidia-smi -i {gpu.index} -pl {fixed(limit_w, 0)}",
    )
    return check.note(saw, remedy)


def clocks(gpu: Gpu) -> Symptom:
    """Check whether the clock is held. No driver tells whether it is locked; only the machine's owner can know."""
    check = _check(gpu, "clocks", "clock", "A clock that is not locked follows heat and power, by several percent.")
    base = str(gpu.base_clock_mhz) if gpu.base_clock_mhz else "MHZ"
    remedy = Remedy(
        effect="One clock below the limits of power and heat: rates agree, and are lower than at full boost. "
        f"Clocks it takes: nvidia-smi -i {gpu.index} -q -d SUPPORTED_CLOCKS",
        command=f"sudo nvidia-smi -i {gpu.index} -lgc {base}",
        undo=f"sudo nvidia-smi -i {gpu.index} -rgc",
    )
    if OWNERS_CLOCK in (gpu.reading.throttle_reasons or ()):
        return check.fine("held by a setting of its owner")
    return check.unknown("no driver tells whether it is locked", remedy)


def persistence(gpu: Gpu) -> Symptom:
    """Check persistence mode, which keeps the driver loaded between processes."""
    check = _check(
        gpu,
        "persistence",
        "persistence mode",
        "Without it the driver unloads between processes: the next starts slow and forgets locked clocks.",
    )
    if gpu.facts.persistence_mode is None:
        return check.unknown("the driver does not say")
    if gpu.facts.persistence_mode:
        return check.fine("on")
    remedy = Remedy(
        effect="The driver stays loaded; a few watts more when idle. Until the next start.",
        command=f"sudo nvidia-smi -i {gpu.index} -pm 1",
        undo=f"sudo nvidia-smi -i {gpu.index} -pm 0",
    )
    return check.noisy("off", remedy)


def ecc(gpu: Gpu) -> Symptom:
    """Check the error correction of the GPU's memory: it makes no noise, but its rates are those of another machine."""
    check = _check(gpu, "ecc", "ECC memory", "It costs bandwidth on some boards: results with and without differ.")
    if gpu.facts.ecc is None:
        return check.unknown("this board does not say")
    if gpu.facts.ecc:
        return check.fine("on")
    remedy = Remedy(
        effect="Bit errors are found and corrected; on boards without HBM a little bandwidth is lost. After a restart.",
        command=f"sudo nvidia-smi -i {gpu.index} -e 1",
        undo=f"sudo nvidia-smi -i {gpu.index} -e 0",
    )
    return check.note("off", remedy)
