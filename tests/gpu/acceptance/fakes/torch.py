"""Stands in the place of torch: the real one, whose CPU plays a GPU that it calls cuda."""

import sys
from contextlib import nullcontext
from importlib import import_module
from pathlib import Path
from time import perf_counter
from types import SimpleNamespace

import board
import pynvml  # noqa: F401  # the fake one, before torch finds the real one behind this folder

HERE = str(Path(__file__).parent)
TEN_BITS = ~0x1FFF  # of a float32's mantissa, as TF32 has


def the_real_one():
    """torch itself, which lies behind this folder."""
    place = sys.path.index(HERE)
    del sys.path[place], sys.modules["torch"]
    try:
        return import_module("torch")
    finally:
        sys.path.insert(place, HERE)


torch = the_real_one()


class Ticks:
    """An event, whose launches were done when they returned."""

    def __init__(self, enable_timing=False):
        self.seconds = 0.0

    def record(self, stream=None):
        self.seconds = perf_counter()

    def elapsed_time(self, later):
        return 1e3 * (later.seconds - self.seconds)


def on_the_cpu(make):
    """A function that makes tensors of a GPU in the machine's memory."""

    def made(*arguments, device=None, **named):
        return make(*arguments, device="cpu" if str(device).startswith("cuda") else device, **named)

    return made


def cut(values):
    """float32 with ten bits of mantissa, where TF32 is on."""
    if values.dtype != torch.float32 or torch.get_float32_matmul_precision() == "highest":
        return values
    return (values.contiguous().view(torch.int32) & TEN_BITS).view(torch.float32)


def in_tf32(multiply):
    """The product of what the matrix units see of its operands."""

    def mm(a, b, *, out=None):
        return multiply(cut(a), cut(b), out=out)

    return mm


def scaled(a, b, scale_a, scale_b, *, out_dtype, out):
    """FP8, as cuBLAS multiplies it: B by columns."""
    if b.stride(0) != 1:
        raise RuntimeError("mat2 must be col_major")
    out.copy_(torch.mm(a.to(torch.float32), b.to(torch.float32)) * (scale_a * scale_b))


cuda = torch.cuda
cuda.is_available, cuda.device_count = lambda: True, lambda: 1
cuda.get_arch_list, cuda.init = lambda: ["sm_90"], lambda: None
cuda.get_device_properties = lambda index: SimpleNamespace(
    name=board.NAME,
    major=board.MAJOR,
    minor=board.MINOR,
    multi_processor_count=board.UNITS,
    total_memory=board.MEMORY_BYTES,
    L2_cache_size=board.CACHE_BYTES,
    uuid=board.UUID,
)
cuda.empty_cache, cuda.synchronize = lambda: None, lambda index=None: None
cuda.mem_get_info = lambda index=None: (board.FREE_BYTES, board.MEMORY_BYTES)
cuda.device, cuda.stream, cuda.Stream = (lambda index: nullcontext() for _ in range(3))
cuda.current_stream, cuda.Event = lambda: None, Ticks
torch.version.cuda = "13.0"
torch.empty, torch.tensor, torch.zeros = map(on_the_cpu, (torch.empty, torch.tensor, torch.zeros))
torch.mm, torch._scaled_mm = in_tf32(torch.mm), scaled
