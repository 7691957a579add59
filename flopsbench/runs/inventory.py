"""Finds what this machine could measure: devices, who reaches them, the dtypes each can run, what is absent."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

import msgspec

from flopsbench.analysis.limits import Limits, limits_of, peak_records
from flopsbench.backend import Backend
from flopsbench.backends.candidate import Candidate
from flopsbench.backends.installed import Absent, Broken, devices_of, ignore_import, load_backends, space_of
from flopsbench.backends.no_gpu import NoGpu, look_for_gpu
from flopsbench.ceiling.compute import clock_hz, kind_clocks_hz
from flopsbench.device import Device, kind_of
from flopsbench.dtype import DTYPES, DType
from flopsbench.errors import Unsupported
from flopsbench.host.cpu.kinds import at_work, counted, cpus_of, kinds_of_core
from flopsbench.host.environment import processor
from flopsbench.measure.case import prepare
from flopsbench.measure.referee import OwnReferee
from flopsbench.peaks.per_clock import mean_clock_hz
from flopsbench.problem import Problem
from flopsbench.result.said import given
from flopsbench.result.types import DeviceRecord, PeakRecord
from flopsbench.runs.plan import op_of, usual_layout
from flopsbench.telemetry.device import device_record, unread
from flopsbench.text import error_line
from flopsbench.words.reason import Reason

TRIAL_EDGE = 64


class Reach(msgspec.Struct, frozen=True):
    """A Reach is one backend on one device: dtypes whose trial launch succeeded, and the reasons against the others."""

    backend: str
    kernels: list[str]
    dtypes: list[str]
    unsupported: dict[str, str]


class FoundDevice(msgspec.Struct, frozen=True):
    """A FoundDevice is one device with the backends that reach it and its theoretical limits.

    ``no_peak`` says why there are none. ``unread`` is what its sensors do not tell, with the reasons.
    """

    device: DeviceRecord
    reach: list[Reach]
    peaks: list[PeakRecord]
    no_peak: str | None = None
    unread: dict[str, str] = {}


class Inventory(msgspec.Struct, frozen=True):
    """An Inventory is everything that was found; ``absent`` maps what cannot be used to how to install it, or why.

    ``no_gpu`` says why no GPU is among the devices, or what keeps single libraries from those that are.
    """

    devices: list[FoundDevice]
    absent: dict[str, str]
    no_gpu: NoGpu


def inventory(
    broken: Mapping[str, Broken] = MappingProxyType({}), on_step: Callable[[str], None] = ignore_import
) -> Inventory:
    """Look at this machine. Every dtype is tried on a tiny problem, so this loads the array libraries.

    Backends in ``broken`` are left alone; ``on_step`` is called with the name of each other one before it is turned to,
    and with "" before the sensors.
    """
    backends = load_backends(broken=broken, on_import=on_step)
    installed: dict[str, Backend] = {}
    reached: dict[str, list[tuple[str, Device]]] = {}
    absent = {name: each.install for name, each in backends.items() if isinstance(each, Absent)}
    for name, backend in backends.items():
        if isinstance(backend, Absent):
            continue
        on_step(name)
        found = backend if isinstance(backend, Broken) else devices_of(name, backend)
        if isinstance(found, Broken):
            absent[name] = found.why
            continue
        installed[name] = backend
        for device in found:
            reached.setdefault(device.id, []).append((name, device))
    boards = [name for name in reached if not kind_of(name).is_host]
    return Inventory(
        devices=[_found(owners, installed, on_step) for owners in reached.values()],
        absent=absent,
        no_gpu=look_for_gpu(installed, reaches_some=bool(boards), on_step=on_step),
    )


def _found(
    owners: list[tuple[str, Device]], installed: Mapping[str, Backend], on_step: Callable[[str], None]
) -> FoundDevice:
    device = owners[0][1]
    on_step("")
    record = device_record(device)
    silent = unread(device)
    clocks, why_not = _clocks(device, record, silent)
    cpu = processor()
    known = [limits_of(record, cpu, dtype, clocks.get(dtype)) for dtype in DTYPES]
    peaks = list(peak_records(known))
    return FoundDevice(
        device=record,
        reach=[_reach(name, installed[name], own, on_step) for name, own in owners],
        peaks=peaks,
        no_peak=None if peaks else _no_peak(known, why_not),
        unread=silent,
    )


def _clocks(device: Device, record: DeviceRecord, silent: Mapping[str, str]) -> tuple[Mapping[str, float | None], str]:
    """Return the clock in Hz by dtype, of the CPU the one really running; none where none is seen, with the reason.

    Where cores differ, it is their mean, which depends on what each does of a dtype.
    """
    untold = silent.get("clock_max_hz") or silent.get("sensors") or Reason("clock_untold")
    if not device.is_host:
        return dict.fromkeys(DTYPES, record.clock_max_hz), untold
    cores = device.units or 1
    kinds = at_work(kinds_of_core(), cores)
    try:
        clocks = kind_clocks_hz(cpus_of(kinds)) if len(kinds) > 1 else [clock_hz(cores)]
    except Unsupported as error:
        return {}, given(error)
    return {dtype: mean_clock_hz(counted(kinds), clocks, dtype) for dtype in DTYPES}, untold


def _no_peak(known: Sequence[Limits], why_not: str) -> Reason:
    """Return why there is no peak: nobody has published one, or the clock is missing that it follows from."""
    source = next((limit.flop_per_hz_source for limit in known if limit.flop_per_hz), None)
    return Reason("peak_needs_clock", source=source, why=why_not) if source else Reason("no_sourced_peak")


def _reach(name: str, backend: Backend, device: Device, on_step: Callable[[str], None]) -> Reach:
    on_step(name)
    tried = {dtype.name: _reason_against(backend, device, dtype) for dtype in DTYPES.values()}
    return Reach(
        backend=name,
        kernels=list(backend.KERNELS),
        dtypes=[dtype for dtype, reason in tried.items() if reason is None],
        unsupported={dtype: reason for dtype, reason in tried.items() if reason is not None},
    )


def _reason_against(backend: Backend, device: Device, dtype: DType) -> str | None:
    """Return why the backend's default kernel cannot run the dtype; None when a trial launch succeeded."""
    name, kernel = next(iter(backend.KERNELS.items()))
    try:
        op = op_of(backend, name)
        problem = Problem(*op.shape(TRIAL_EDGE), dtype, layout=usual_layout(dtype), op=op)
        work = prepare(Candidate(space_of(backend), kernel, problem, device), OwnReferee())
        work.clock.time(work.launch, 1)
    except Unsupported as error:
        return given(error)
    except BaseException as error:  # whatever a library says here is the reason
        return error_line(error)
    return None
