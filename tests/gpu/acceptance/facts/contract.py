"""Tries each dtype and each kernel of a backend by the contract: prepared, launched, its product compared."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from flopsbench.backend import Kernel, Unsupported
from flopsbench.dtype import DTYPES, DType
from flopsbench.peaks.datasheet import find_accelerator
from flopsbench.problem import Layout, Problem, Shape, shape_text
from flopsbench.result.keys import is_vendor
from flopsbench.runs.plan import usual_layout
from flopsbench.telemetry.nvml import GpuSensors
from flopsbench.text import error_line
from flopsbench.units import general
from tests.backends.product import BOUNDS, Product
from tests.gpu.acceptance.report.journal import Finding, verdict_of
from tests.gpu.acceptance.steps import Context
from tests.gpu.reached import Reached, reached_by

OFFERED = {"torch": set(DTYPES), "cupy": {"fp64", "fp32", "tf32", "bf16", "fp16"}}
LAYOUTS: tuple[Layout, ...] = ("nn", "nt", "tn")
STEP = 32  # of shapes that 8-bit dtypes take


def of_backend(name: str, context: Context) -> Iterator[Finding]:
    """What a backend reaches, which dtypes it takes and refuses, and whether its products are right."""
    reached = reached_by(name)
    if isinstance(reached, str):
        for guess in ("device", "dtypes", "products", "layouts", "own_kernels"):
            yield Finding(guess, "not reached", reached, name)
        return
    yield _of_device(reached)
    for dtype in DTYPES.values():
        yield from _of_dtype(reached, dtype, context.scale.shapes)
    for kernel_name, kernel in reached.backend.KERNELS.items():
        if not is_vendor(name, kernel_name):
            yield _of_own(reached, kernel_name, kernel, context.scale.shapes)


of_torch, of_cupy = partial(of_backend, "torch"), partial(of_backend, "cupy")


def _of_device(reached: Reached) -> Finding:
    """What the library says of the GPU, beside the datasheet's row and NVML."""
    gpu, sensors = reached.gpu, GpuSensors(reached.gpu)
    row = find_accelerator(gpu.name)
    mib, gib = (gpu.cache_bytes or 0) / 2**20, (gpu.memory_bytes or 0) / 2**30
    told = f"{gpu.name}, {gpu.arch}, {gpu.units} SMs, cache {mib:.0f} MiB, memory {gib:.0f} GiB"
    as_listed = row is not None and (row.units, row.last_level_cache_mib) == (gpu.units, round(mib))
    listed = f"row {row.id}: {row.units} SMs, {row.last_level_cache_mib} MiB" if row else "no row"
    found = f"NVML: {sensors.reason}" if sensors.reason else "found in NVML" + ("" if gpu.uuid else ", without a UUID")
    right = as_listed and not sensors.reason and bool(gpu.uuid)
    return Finding("device", "confirmed" if right else "instead", f"{told}; {listed}; {found}", reached.name)


def _of_dtype(reached: Reached, dtype: DType, shapes: Sequence[Shape]) -> Iterator[Finding]:
    """Whether a dtype is taken, in which layouts, and whether its products are right."""
    subject, layout = f"{reached.name} {dtype.name}", usual_layout(dtype)
    told = {each: tried(reached, reached.kernel, Problem(*shapes[0], dtype, each)) for each in LAYOUTS}
    as_told = "right" if dtype.name in OFFERED[reached.name] else "refused"
    yield Finding("dtypes", verdict_of(told[layout].startswith(as_told)), told[layout], subject)
    if not told[layout].startswith("right"):
        return
    as_guessed = {"nt"} if dtype.name.startswith("fp8") else set(LAYOUTS)
    runs = {each for each in LAYOUTS if told[each].startswith("right")}
    seen = "; ".join(f"{each}: {told[each]}" for each in LAYOUTS)
    yield Finding("layouts", verdict_of(runs == as_guessed), seen, subject)
    for shape in shapes[1:]:
        seen = tried(reached, reached.kernel, Problem(*shape, dtype, layout))
        as_told = "refused" if dtype.operand_bytes == 1 and any(size % STEP for size in shape) else "right"
        yield Finding("products", verdict_of(seen.startswith(as_told)), seen, f"{subject} {shape_text(*shape)}")


def _of_own(reached: Reached, name: str, kernel: Kernel, shapes: Sequence[Shape]) -> Finding:
    """Whether an own kernel takes some dtype, and whether its products of that are right."""
    for dtype in DTYPES.values():
        told = [tried(reached, kernel, Problem(*shape, dtype, usual_layout(dtype))) for shape in shapes]
        if not all(each.startswith("refused") for each in told):
            verdict = verdict_of(all(each.startswith("right") for each in told))
            return Finding("own_kernels", verdict, f"{dtype.name}: {'; '.join(told)}", f"{reached.name} {name}")
    return Finding("own_kernels", "instead", f"no dtype is taken: {told[0]}", f"{reached.name} {name}")


def tried(reached: Reached, kernel: Kernel, problem: Problem) -> str:
    """What comes of one launch: "right", "wrong", "refused" or "failed", and how far off or why."""
    try:
        product = Product(reached.space, kernel, problem, reached.gpu)
        product.space.clock(product.device).time(product.launch, 1)
        deviation, bound = product.deviation(), BOUNDS[problem.dtype.name]
    except Unsupported as error:
        return f"refused: {error}"
    except Exception as error:  # what CUDA raises is the finding
        return f"failed: {error_line(error)}"
    return f"{'right' if deviation <= bound else 'wrong'}, off by {general(deviation, 2)} of {general(bound)}"
