"""Plans which cases a request means on this machine: devices x backends x dtypes x shapes x kernels."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import replace as dataclass_replace
from itertools import islice

from msgspec.structs import replace

from flopsbench.backend import Backend
from flopsbench.backends.candidate import Candidate
from flopsbench.backends.installed import Absent, Broken, Loaded, devices_of, ignore_import, space_of
from flopsbench.backends.no_gpu import look_for_gpu
from flopsbench.device import KINDS, UNMEASURED_KINDS, Device, device_forms, kind_name, kind_of
from flopsbench.dtype import (
    COMPLEX,
    DTYPES,
    PACKED,
    SCALED,
    UNPROVEN,
    DType,
    Obstacle,
    parse_named_dtype,
)
from flopsbench.errors import NothingMeasurable, UsageError
from flopsbench.host.cpu.device import cpu_device
from flopsbench.problem import GEMM, OPS, Layout, Op, Problem, Shape, parse_sizes
from flopsbench.result.keys import case_id, case_key
from flopsbench.result.said import sentence_fields
from flopsbench.result.types import NOT_REACHED, Case, Options, Regime
from flopsbench.words.reason import Reason, joined

AUTO_MEMORY_SHARE = 8  # one set of operands takes at most this part of the device's memory
Backends = Mapping[str, Loaded]


@dataclass(frozen=True, slots=True)
class Planned:
    """A Planned is a case that is yet to be run: a kernel of a backend on a device, and its problem.

    A ``broken`` one tells only why its backend cannot be used, which takes no time; one that is ``unmeasured`` only why
    flopsbench measures nothing like it yet.
    """

    backend: str
    kernel_name: str
    candidate: Candidate
    broken: bool = False
    unmeasured: Reason | None = None

    @property
    def device(self) -> Device:
        """Return the device that it is to run on."""
        return self.candidate.device

    @property
    def problem(self) -> Problem:
        """Return what is to be computed."""
        return self.candidate.problem

    def record(self, regime: Regime) -> Case:
        """Return the case as a document shows it before it is reached."""
        problem = self.problem
        record = Case(
            case="",
            op=problem.op.name,
            m=problem.m,
            n=problem.n,
            k=problem.k,
            layout=problem.layout,
            dtype=problem.dtype.name,
            backend=self.backend,
            kernel=self.kernel_name,
            device=self.device.id,
            regime=regime,
            data="normal",
            flop_per_launch=problem.amount.count,
            status="skipped",
            **sentence_fields(reason=NOT_REACHED),
        )
        return replace(record, case=case_key(record))


def plan(
    options: Options, backends: Backends, seed: int, on_devices: Callable[[str], None] = ignore_import
) -> list[Planned]:
    """Return every case of the request once, in a fixed order; raise NothingMeasurable when there is none.

    ``on_devices`` is called with the name of each backend before its devices are listed. One that is broken has one
    case, which fails with the reason, on the first device that is asked for.
    """
    chosen: dict[str, Backend | Broken] = {}
    reach: dict[str, list[Device]] = {}
    for name, backend in choose_backends(options.backends, backends).items():
        chosen[name], reach[name] = _asked(name, backend, options, on_devices)
    broken = {name: backend for name, backend in chosen.items() if isinstance(backend, Broken)}
    known = reach if any(reach.values()) or not broken else {name: [cpu_device()] for name in broken}
    devices = choose_devices(options.devices, known, {**backends, **broken})
    cases = [
        Planned(
            name, kernel_name, _candidate(chosen[name], kernel_name, problem, own), unmeasured=_why_not(problem.dtype)
        )
        for device in devices
        for name in chosen
        for own in reach[name]
        if own.id == device.id
        for kernel_name in _kernels(chosen[name], options.kernels)
        for problem in _problems(op_of(chosen[name], kernel_name), options, own, seed)
    ]
    cases += [
        Planned(name, kernel_name, _candidate(backend, kernel_name, problem, devices[0]), broken=True)
        for name, backend in broken.items()
        for kernel_name in _kernels(backend, options.kernels)
        for problem in islice(_problems(GEMM, options, devices[0], seed), 1)
    ]
    kernels = [(name, kernel_name) for name in chosen for kernel_name in _kernels(chosen[name], options.kernels)]
    cases += [
        Planned(name, kernel_name, _candidate(chosen[name], kernel_name, problem, device), unmeasured=_no_kind(device))
        for device in devices
        if _is_named_alone(device, reach)
        for name, kernel_name in kernels[:1]
        for problem in islice(_problems(GEMM, options, device, seed), None if options.dtypes else 1)
    ]
    if not cases:
        raise NothingMeasurable(
            Reason("no_backend_has_kernel", kernels=", ".join(options.kernels), devices=", ".join(options.devices))
        )
    return list({case_id(case.record("burst")): case for case in cases}.values())


def _why_not(dtype: DType) -> Reason | None:
    """Return why a dtype is not measured yet; None where it is."""
    why: dict[Obstacle | None, Reason] = {
        PACKED: Reason("packed_not_measured", dtype=dtype.name),
        SCALED: Reason("block_scales_not_measured", dtype=dtype.name),
        COMPLEX: Reason("complex_not_measured", dtype=dtype.name),
        UNPROVEN: Reason("unproven_not_measured", dtype=dtype.name),
    }
    return why.get(dtype.unmeasured)


def _no_kind(device: Device) -> Reason:
    """Return why a kind of device is not measured yet."""
    shown_as = UNMEASURED_KINDS[device.kind]
    if shown_as:
        return Reason("shown_as_another_kind", kind=device.kind, other=shown_as)
    return Reason("kind_not_measured", kind=device.kind)


def _is_named_alone(device: Device, reach: Mapping[str, Sequence[Device]]) -> bool:
    """Return whether a device is of a kind that is not measured yet, and no backend brings it."""
    reached = {each.id for devices in reach.values() for each in devices}
    return device.kind in UNMEASURED_KINDS and device.id not in reached


def _asked(
    name: str, backend: Backend, options: Options, on_devices: Callable[[str], None]
) -> tuple[Backend | Broken, list[Device]]:
    """Return a backend with the devices it reaches; a broken one has none, and the kernels of the request if named."""
    if not isinstance(backend, Broken):
        on_devices(name)
        found = _unknown_op(name, backend) or devices_of(name, backend)
        if not isinstance(found, Broken):
            return backend, found
        backend = found
    named = name in options.backends and options.kernels and not backend.kernels
    return (dataclass_replace(backend, kernels=tuple(options.kernels[:1])) if named else backend), []


def _unknown_op(name: str, backend: Backend) -> Broken | None:
    """Return a backend as broken of which a kernel does what nobody can count."""
    try:
        for kernel_name in backend.KERNELS:
            op_of(backend, kernel_name)
    except UsageError as error:
        return Broken(name, Reason("unknown_op", error=str(error)))
    return None


def _candidate(backend: Backend, kernel_name: str, problem: Problem, device: Device) -> Candidate:
    """Return a kernel of a backend on a problem; a space that the backend brings itself is foreign."""
    foreign = not isinstance(backend.space, str)
    return Candidate(space_of(backend), backend.KERNELS[kernel_name], problem, device, foreign)


def choose_backends(names: Sequence[str], backends: Backends) -> dict[str, Backend]:
    """Return the named backends, or all that are installed.

    Raise NothingMeasurable with the command that installs it where a named one is absent.
    """
    for name in names:
        if isinstance(absent := backends[name], Absent):
            raise NothingMeasurable(Reason("library_not_installed", library=absent.library, install=absent.install))
    return {
        name: backend
        for name, backend in backends.items()
        if not isinstance(backend, Absent) and (not names or name in names)
    }


def choose_devices(wanted: Sequence[str], reach: Mapping[str, Sequence[Device]], backends: Backends) -> list[Device]:
    """Return the devices for "cpu", "cuda" (the first), "cuda:N", "all" or "auto", each once.

    "auto" is the first GPU, else the CPU. A kind that is not measured yet has one where no backend brings any. Raise
    NothingMeasurable where one is not here.
    """
    found: dict[str, Device] = {}
    for device in (device for devices in reach.values() for device in devices):
        found.setdefault(device.id, device)
    chosen: dict[str, Device] = {}
    for name in wanted:
        matching = _matching(name, found) or _named_alone(name)
        if not matching:
            raise NothingMeasurable(_no_device(name, found, backends))
        chosen |= {device.id: device for device in matching}
    return list(chosen.values())


def _named_alone(name: str) -> list[Device]:
    """Return the device that a name of a kind stands for which is not measured yet; nothing for another name."""
    kind, _, index = name.partition(":")
    return [Device(kind, int(index or 0), kind)] if kind in UNMEASURED_KINDS else []


def _matching(name: str, found: Mapping[str, Device]) -> list[Device]:
    """Return the found devices that a name on the command line means."""
    if name == "all":
        return list(found.values())
    if name == "auto":
        boards = [device for device in found.values() if not device.is_host]
        return boards[:1] or list(found.values())[:1]
    return [device for device in found.values() if device.id == name or device.id == f"{name}:0"]


def _no_device(name: str, found: Mapping[str, Device], backends: Backends) -> str:
    """Return that a device is not here, and why: of a board the cause, then what each library says, a line each."""
    kind = KINDS.get(kind_name(name))
    boards = [device for device in found.values() if not device.is_host]
    why = list(look_for_gpu(backends, reaches_some=bool(boards)).lines()) if kind and not kind.is_host else []
    why += [
        Reason("library_absent", library=absent.library, install=absent.install)
        for absent in backends.values()
        if isinstance(absent, Absent)
    ]
    why += [
        Reason("name_and_reason", name=broken.name, reason=broken.why)
        for broken in backends.values()
        if isinstance(broken, Broken)
    ]
    here = Reason("no_device_here", name=repr(name), found=", ".join(found) or Reason("none"))
    return joined([here, *why], "sentences_listed")


def check_device_names(names: Sequence[str]) -> None:
    """Raise UsageError for a name no machine could have, before anything is started."""
    numbered = [*(kind.name for kind in KINDS.values() if not kind.is_host), *UNMEASURED_KINDS]
    for name in names:
        kind, _, index = name.partition(":")
        if name not in (*KINDS, *UNMEASURED_KINDS, "all", "auto") and not (index.isdigit() and kind in numbered):
            raise UsageError(Reason("device_unknown", name=repr(name), known=device_forms()))


def check_kernels(names: Sequence[str], backends: Mapping[str, Backend]) -> None:
    """Raise UsageError for a kernel that no installed backend has; what a broken one has, nobody knows."""
    if any(isinstance(backend, Broken) for backend in backends.values()):
        return
    known = sorted({kernel for backend in backends.values() for kernel in backend.KERNELS})
    for name in names:
        if name not in known:
            raise UsageError(Reason("kernel_unknown", name=repr(name), known=", ".join(known)))


def _kernels(backend: Backend, wanted: Sequence[str]) -> Iterator[str]:
    """Yield the default kernel, or those asked for that this backend has."""
    if not wanted:
        yield next(iter(backend.KERNELS))
    yield from (name for name in wanted if name in backend.KERNELS)


def op_of(backend: Backend, kernel_name: str) -> Op:
    """Return the operation that a kernel does: the one it names, else a GEMM; raise UsageError for an unknown one."""
    name = getattr(backend.KERNELS[kernel_name], "op", GEMM.name)
    for op in OPS.values():
        if op.name == name:
            return op
    raise UsageError(Reason("kernel_does_unknown", kernel=repr(kernel_name), op=repr(name), known=", ".join(OPS)))


def _problems(op: Op, options: Options, device: Device, seed: int) -> Iterator[Problem]:
    """Yield the problems of a request on a device: dtypes x shapes. What it cannot run becomes a row with a reason."""
    for name in options.dtypes or kind_of(device.kind).dtypes or DTYPES:
        dtype = parse_named_dtype(name)
        for m, n, k in _shapes(op, options.sizes, device, dtype):
            yield Problem(m, n, k, dtype, layout=usual_layout(dtype), seed=seed, op=op)


def usual_layout(dtype: DType) -> Layout:
    """Return the layout a dtype is measured in: 8-bit matrix units take B as n x k, as do the libraries for them."""
    return "nt" if dtype.operand_bytes == 1 else "nn"


def _shapes(op: Op, sizes: Sequence[str], device: Device, dtype: DType) -> Iterator[Shape]:
    """Yield (m, n, k) for each size asked for."""
    for size in sizes or ("auto",):
        if size == "auto":
            yield op.shape(auto_edge(device, dtype, op))
        else:
            yield from parse_sizes(size, op.shape)


def auto_edge(device: Device, dtype: DType, op: Op = GEMM) -> int:
    """Return the size that ``--size auto`` stands for, from the device's cores and memory alone."""
    steps = kind_of(device.kind).edges
    edge = next(edge for most, edge in steps if most is None or (device.units or 0) <= most)
    while device.memory_bytes and op.amount(*op.shape(edge), dtype).bytes * AUTO_MEMORY_SHARE > device.memory_bytes:
        edge //= 2
    return edge
