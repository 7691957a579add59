"""Checks what makes a GPU's rates move, through NVIDIA's management library (NVML); nothing is set."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from flopsbench.doctor.symptom import Check, Remedy, Symptom
from flopsbench.errors import Unsupported
from flopsbench.host.kernel.counters import program_name
from flopsbench.host.kernel.settings import has_nvidia_driver
from flopsbench.host.trees import Places
from flopsbench.result.throttle import CLOCK_MOVERS, IDLE, OWNERS_CLOCK
from flopsbench.telemetry.binding import NoAnswer
from flopsbench.telemetry.gpu import NvmlGpu, all_gpus
from flopsbench.telemetry.nvml import GpuFacts, GpuReading, GpuSensors
from flopsbench.units import fixed
from flopsbench.words.reason import Reason

_MEGA = 1e6


@dataclass(frozen=True, slots=True)
class Gpu:
    """A Gpu is one GPU as it is now; fields are None where the driver does not say.

    ``absent`` says why, by the name of the reading.
    """

    index: int
    facts: GpuFacts
    reading: GpuReading
    default_power_limit_w: float | None
    base_clock_hz: float | None
    processes: tuple[str, ...] | None
    absent: Mapping[str, str]

    def why_not(self, *names: str) -> str:
        """Return why one of these readings is not there."""
        return next((self.absent[name] for name in names if name in self.absent), Reason("driver_silent"))


def gpu_symptoms(places: Places) -> Iterator[Symptom]:
    """Yield what was seen on every GPU, or why it could not be looked at; one that is lost hides no other."""
    reason: str = Reason("driver_finds_no_gpu")
    try:
        gpus = all_gpus()
    except Unsupported as error:
        gpus, reason = [], error.reason
    if not gpus:
        check = Check("gpu", "GPU", Reason("gpu_why"))
        is_there = has_nvidia_driver(places) or sys.platform == "win32"  # where no file tells of a driver
        yield check.unknown(reason) if is_there else check.fine(Reason("no_nvidia_gpu"))
    for index, found in enumerate(gpus):
        if isinstance(found, NvmlGpu):
            gpu = _look(index, GpuSensors(found), places)
            yield from (look(gpu) for look in (others, throttling, slices, power_cap, clocks, persistence, ecc))
        else:
            yield silent(index, found)


def _look(index: int, sensors: GpuSensors, places: Places) -> Gpu:
    """Read one GPU."""
    numbers = sensors.value("processes")
    return Gpu(
        index=index,
        facts=sensors.static(),
        reading=sensors.read(),
        default_power_limit_w=sensors.value("default_power_limit_w"),
        base_clock_hz=sensors.value("base_clock_hz"),
        processes=None if numbers is None else tuple(_program(places, number) for number in numbers),
        absent=sensors.absent,
    )


def _program(places: Places, number: int) -> str:
    """Return the name of a program that runs on a GPU; those of other containers have no name here."""
    return program_name(places, number) or Reason("program_unseen")


def silent(index: int, why: NoAnswer) -> Symptom:
    """Return the symptom of a GPU that NVML tells nothing of; only one that is lost is known to disturb anything."""
    title = Reason("gpu_numbered", index=index)
    if not why.is_loss:
        return Check(f"gpu{index}", title, Reason("gpu_why")).unknown(why.reason)
    check = Check(f"gpu{index}", title, Reason("lost_gpu_why"))
    remedy = Remedy(
        effect=Reason("lost_gpu_effect"),
        command="sudo dmesg | grep -E 'NVRM|Xid'",
        undo=Reason("only_shows"),
    )
    return check.noisy(Reason("gpu_silent", reason=why), remedy)


def _check(gpu: Gpu, name: str, title: str, why: str) -> Check:
    """Return a check of one GPU, named after it."""
    return Check(f"gpu{gpu.index}_{name}", Reason("gpu_check", index=gpu.index, title=title), why)


def others(gpu: Gpu) -> Symptom:
    """Check for other programs that compute on the GPU."""
    check = _check(gpu, "processes", Reason("others_title"), Reason("gpu_others_why"))
    if gpu.processes is None:
        return check.unknown(gpu.why_not("processes"))
    if not gpu.processes:
        return check.fine(Reason("none"))
    remedy = Remedy(
        effect=Reason("gpu_others_effect"),
        command=f"nvidia-smi -i {gpu.index} pmon -c 1",
        undo=Reason("only_shows"),
    )
    return check.noisy(", ".join(dict.fromkeys(gpu.processes)), remedy)


def throttling(gpu: Gpu) -> Symptom:
    """Check what holds the GPU's clock back at this moment."""
    check = _check(gpu, "throttling", Reason("throttling_title"), Reason("throttling_why"))
    reasons = gpu.reading.throttle_reasons
    if reasons is None:
        return check.unknown(gpu.why_not("throttle_reasons"))
    slowed = sorted(CLOCK_MOVERS.intersection(reasons))
    if not slowed:
        return check.fine(Reason("none_now_idle") if IDLE in reasons else Reason("none_now"))
    remedy = Remedy(
        effect=Reason("throttling_effect"),
        command=f"nvidia-smi -i {gpu.index} -q -d PERFORMANCE,TEMPERATURE,POWER",
        undo=Reason("only_shows"),
    )
    return check.noisy(", ".join(slowed), remedy)


def slices(gpu: Gpu) -> Symptom:
    """Check whether the GPU is partitioned (MIG)."""
    check = _check(gpu, "mig", Reason("mig_title"), Reason("mig_why"))
    if gpu.facts.mig is None:
        return check.fine(Reason("gpu_without_it"))
    if not gpu.facts.mig:
        return check.fine(Reason("off"))
    remedy = Remedy(
        effect=Reason("mig_effect"),
        command=f"sudo nvidia-smi -i {gpu.index} -mig 0",
        undo=f"sudo nvidia-smi -i {gpu.index} -mig 1",
    )
    return check.note(Reason("on"), remedy)


def power_cap(gpu: Gpu) -> Symptom:
    """Check the power limit in force against the board's default."""
    check = _check(gpu, "power_cap", Reason("power_cap_title"), Reason("power_cap_why"))
    limit_w, default_w = gpu.facts.power_limit_w, gpu.default_power_limit_w
    if limit_w is None or default_w is None:
        return check.unknown(gpu.why_not("power_limit_w", "default_power_limit_w"))
    saw = Reason("power_limit_seen", limit=fixed(limit_w, 0), default=fixed(default_w, 0))
    if limit_w >= default_w:
        return check.fine(saw)
    remedy = Remedy(
        effect=Reason("power_cap_effect"),
        command=f"sudo nvidia-smi -i {gpu.index} -pl {fixed(default_w, 0)}",
        undo=f"sudo nvidia-smi -i {gpu.index} -pl {fixed(limit_w, 0)}",
    )
    return check.note(saw, remedy)


def clocks(gpu: Gpu) -> Symptom:
    """Check whether the clock is held. No driver tells whether it is locked; only the machine's owner can know."""
    check = _check(gpu, "clocks", Reason("gpu_clock_title"), Reason("gpu_clock_why"))
    base = fixed(gpu.base_clock_hz / _MEGA, 0) if gpu.base_clock_hz else "MHZ"
    remedy = Remedy(
        effect=Reason("gpu_clock_effect", index=gpu.index),
        command=f"sudo nvidia-smi -i {gpu.index} -lgc {base}",
        undo=f"sudo nvidia-smi -i {gpu.index} -rgc",
    )
    if OWNERS_CLOCK in (gpu.reading.throttle_reasons or ()):
        return check.fine(Reason("held_by_owner"))
    return check.unknown(Reason("lock_untold"), remedy)


def persistence(gpu: Gpu) -> Symptom:
    """Check persistence mode, which keeps the driver loaded between processes."""
    check = _check(
        gpu,
        "persistence",
        Reason("persistence_title"),
        Reason("persistence_why"),
    )
    if gpu.facts.persistence_mode is None:
        return check.unknown(gpu.why_not("persistence_mode"))
    if gpu.facts.persistence_mode:
        return check.fine(Reason("on"))
    remedy = Remedy(
        effect=Reason("persistence_effect"),
        command=f"sudo nvidia-smi -i {gpu.index} -pm 1",
        undo=f"sudo nvidia-smi -i {gpu.index} -pm 0",
    )
    return check.noisy(Reason("off"), remedy)


def ecc(gpu: Gpu) -> Symptom:
    """Check the error correction of the GPU's memory: it makes no noise, but its rates are those of another machine."""
    check = _check(gpu, "ecc", Reason("ecc_title"), Reason("ecc_why"))
    if gpu.facts.ecc is None:
        return check.unknown(gpu.why_not("ecc"))
    if gpu.facts.ecc:
        return check.fine(Reason("on"))
    remedy = Remedy(
        effect=Reason("ecc_effect"),
        command=f"sudo nvidia-smi -i {gpu.index} -e 1",
        undo=f"sudo nvidia-smi -i {gpu.index} -e 0",
    )
    return check.note(Reason("off"), remedy)
