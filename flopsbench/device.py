"""Describes the devices that work runs on, as the software sees them, and what each kind of device has of its own."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    """A Kind is everything by which one kind of device differs from another. A new kind is one row of KINDS.

    ``is_host``: it is the machine's own cores: there is one of it, and it shares the host's quota and memory.
    ``has_clock``: its blocks are timed by the device itself, with the host's clock beside it.
    ``block_s`` and ``warmup_s`` are the shortest block and warm-up in seconds. ``dtypes`` are asked for by default,
    every one where there are none. ``units`` is what its cores are called. ``edges`` are the square sizes of
    ``--size auto``, by the most cores they serve, smallest devices first. ``instruments`` names the function,
    "module:name", that opens its instruments.
    """

    name: str
    block_s: float
    warmup_s: float
    edges: tuple[tuple[int | None, int], ...]
    instruments: str
    is_host: bool = False
    has_clock: bool = True
    dtypes: tuple[str, ...] = ()
    units: str = "SMs"


# A block covers at least one period of a CPU quota (100 ms); a GPU has none, and finer telemetry. The sizes keep a
# device busy and bound by compute. They depend on nothing that is measured: a case must have the same shape each time
# the same machine runs it.
CPU = Kind(
    "cpu",
    block_s=0.1,
    warmup_s=0.5,
    edges=((8, 2048), (32, 4096), (None, 8192)),
    instruments="flopsbench.measure.cpu:cpu_instruments",
    is_host=True,
    has_clock=False,
    dtypes=("fp64", "fp32", "bf16", "fp16", "int8"),
    units="cores",
)
CUDA = Kind(
    "cuda",
    block_s=0.025,
    warmup_s=1.0,
    edges=((48, 4096), (None, 8192)),
    instruments="flopsbench.measure.gpu:gpu_instruments",
)

KINDS = {kind.name: kind for kind in (CPU, CUDA)}

# Kinds of the field that have a name here and no row yet: those whose devices torch shows as another kind, then makers'
# own kinds, then the interfaces by which devices of several makers are programmed.
UNMEASURED_KINDS: dict[str, str | None] = {
    **dict.fromkeys(("rocm", "hip", "dcu", "maca", "corex"), CUDA.name),
    **dict.fromkeys(("mps", "metal", "ane", "xpu", "hpu", "gaudi", "tpu", "xla", "ipu", "neuron"), None),
    **dict.fromkeys(("npu", "cann", "ascend", "musa", "mlu", "gcu"), None),
    **dict.fromkeys(("dml", "directml", "vulkan", "opencl", "sycl", "level_zero", "webgpu"), None),
}


def kind_of(device_id: str) -> Kind:
    """Return the kind of a device; what no row knows is taken for a GPU: a board with a clock of its own."""
    return KINDS.get(kind_name(device_id), CUDA)


def kind_name(device_id: str) -> str:
    """Return the name of a device's kind: "cuda" of "cuda:0"."""
    return device_id.partition(":")[0]


def device_forms() -> str:
    """Return how single devices are named on a command line: "cpu, cuda, cuda:N"."""
    numbered = [f"{kind.name}:N" for kind in KINDS.values() if not kind.is_host]
    return ", ".join((*KINDS, *numbered))


@dataclass(frozen=True, slots=True)
class Device:
    """A Device is the CPU (all cores this process may use) or one GPU.

    ``kind`` is the name of its Kind; ``index`` counts within the kind. ``units`` is the number of cores or SMs that can
    be used, whatever a variable asks for, ``memory_bytes`` the device's memory, ``cache_bytes`` its last-level cache.
    ``arch`` is "x86_64", "sm_90", ...
    ``uuid`` finds the GPU in NVML; it identifies one machine and is never written to a document. Fields are None where
    the software does not say.
    """

    kind: str
    index: int
    name: str
    vendor: str | None = None
    arch: str | None = None
    units: int | None = None
    memory_bytes: int | None = None
    cache_bytes: int | None = None
    clock_max_hz: float | None = None
    uuid: str | None = None

    @property
    def id(self) -> str:
        """Return the name that ``--device`` takes: "cpu", "cuda:0"."""
        return id_of(self.kind, self.index)

    @property
    def is_host(self) -> bool:
        """Return whether the device is the machine's own cores."""
        return kind_of(self.kind).is_host


def id_of(kind: str, index: int) -> str:
    """Return the id of a device: its kind, and its index where there can be several."""
    return kind if kind_of(kind).is_host else f"{kind}:{index}"
