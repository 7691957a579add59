"""Finds what this machine could measure: devices, who reaches them, the dtypes each can run, what is absent."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from flopsbench.analysis.limits import limits_of, peak_records
from flopsbench.backend import Backend
from flopsbench.backends.candidate import Candidate
from flopsbench.backends.installed import Absent, Broken, devices_of, load_backends, space_of
from flopsbench.ceiling.compute import clock_hz, kind_clocks_hz
from flopsbench.device import Device
from flopsbench.dtype import DTYPES, DType
from flopsbench.errors import Unsupported
from flopsbench.host.cpu.kinds import at_work, counted, cpus_of, kinds_of_core
from flopsbench.host.environment import processor
from flopsbench.measure.case import prepare
from flopsbench.measure.referee import OwnReferee
from flopsbench.peaks.per_clock import mean_clock_hz
from flopsbench.problem import Problem
from flopsbench.result.types import DeviceRecord, PeakRecord
from flopsbench.runs.plan import op_of, usual_layout
from flopsbench.telemetry.device import device_record
from flopsbench.text import error_line, first_line

TRIAL_EDGE = 64


class Reach(msgspec.Struct, frozen=True):
    """A Reach is one backend on one device: dtypes whose trial launch succeeded, and the reasons against the others."""

    backend: str
    kernels: list[str]
    dtypes: list[str]
    unsupported: dict[str, str]


class FoundDevice(msgspec.Struct, frozen=True):
    """A FoundDevice is one device with the backends that reach it and its theoretical limits."""

    device: DeviceRecord
    reach: list[Reach]
    peaks: list[PeakRecord]


class Inventory(msgspec.Struct, frozen=True):
    """An Inventory is everything that was found; ``absent`` maps what cannot be used to how to install it, or why."""

    devices: list[FoundDevice]
    absent: dict[str, str]


def inventory() -> Inventory:
    """Look at this machine. Every dtype is tried on a tiny problem, so this loads the array libraries."""
    backends = load_backends()
    installed: dict[str, Backend] = {}
    reached: dict[str, list[tuple[str, Device]]] = {}
    absent = {name: each.install for name, each in backends.items() if isinstance(each, Absent)}
    for name, backend in backends.items():
        if isinstance(backend, Absent):
            continue
        found = backend if isinstance(backend, Broken) else devices_of(name, backend)
        if isinstance(found, Broken):
            absent[name] = found.why
            continue
        installed[name] = backend
        for device in found:
            reached.setdefault(device.id, []).append((name, device))
    return Inventory(devices=[_found(owners, installed) for owners in reached.values()], absent=absent)


def _found(owners: list[tuple[str, Device]], installed: Mapping[str, Backend]) -> FoundDevice:
    device = owners[0][1]
    record = device_record(device)
    clocks, cpu = _clocks_now(device), processor()
    known = [limits_of(record, cpu, dtype, clocks.get(dtype, record.clock_max_hz)) for dtype in DTYPES]
    return FoundDevice(
        device=record,
        reach=[_reach(name, installed[name], own) for name, own in owners],
        peaks=list(peak_records(known)),
    )


def _clocks_now(device: Device) -> dict[str, float]:
    """Return the clock really running on the CPU in Hz, by dtype; nothing elsewhere and where it cannot be seen.

    Where cores differ, it is their mean, which depends on what each does of a dtype.
    """
    cores = device.units or 1
    if not device.is_host:
        return {}
    kinds = at_work(kinds_of_core(), cores)
    try:
        clocks = kind_clocks_hz(cpus_of(kinds)) if len(kinds) > 1 else [clock_hz(cores)]
    except Unsupported:
        return {}
    return {dtype: mean_clock_hz(counted(kinds), clocks, dtype) for dtype in DTYPES}


def _reach(name: str, backend: Backend, device: Device) -> Reach:
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
        return first_line(error.reason)
    except BaseException as error:  # whatever a library says here is the reason
        return error_line(error)
    return None
