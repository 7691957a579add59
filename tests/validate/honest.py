"""An honest Result of a registry run, as flopsbench itself would have written it: every figure follows from its blocks.

It has every part that a Result may have, on a CPU and on a GPU, so that each of them can be made wrong.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
from statistics import median

from msgspec.structs import replace

from flopsbench.analysis.figures import with_figures
from flopsbench.analysis.limits import limits, peak_records
from flopsbench.dtype import DTYPES
from flopsbench.proof import bands
from flopsbench.result.said import sentence_fields
from flopsbench.result.types import (
    METHOD_VERSION,
    SCHEMA_VERSION,
    Blas,
    Case,
    CasePolicy,
    Ceiling,
    ComputeRecord,
    CoreKind,
    Cpu,
    DeviceRecord,
    Host,
    Memory,
    MemoryNode,
    Options,
    Policy,
    Process,
    Proof,
    Regime,
    Result,
    Software,
    Source,
    Telemetry,
    Tool,
    Virtualisation,
    significant,
)
from flopsbench.words.reason import Reason
from tests import documents

CREATED = "2026-08-01T12:00:00Z"
CPU = DeviceRecord(
    id="cpu",
    kind="cpu",
    index=0,
    name="AMD EPYC 9B14",
    vendor="AuthenticAMD",
    arch="x86_64",
    units=8,
    memory_bytes=32 << 30,
)
GPU = DeviceRecord(
    id="cuda:0",
    kind="cuda",
    index=0,
    name="NVIDIA H200",
    vendor="NVIDIA",
    arch="sm_90",
    units=132,
    memory_bytes=150_109_880_320,
    driver="570.124.06",
    power_limit_w=700.0,
    clock_max_hz=1.98e9,
    ecc=True,
    mig=False,
    persistence=True,
)
PROCESSES = 5
ORDERS = {"burst": range(PROCESSES), "sustained": [PROCESSES]}  # the last process is there for the sustained regime


@dataclass(frozen=True, slots=True)
class Measured:
    """A case to be made up: what ran, at which rate, and the error of its product."""

    device: DeviceRecord
    dtype: str
    backend: str
    kernel: str
    library: str
    per_s: float
    error: float
    clock_hz: float
    power_w: float | None = None
    regime: Regime = "burst"
    ceiling_per_s: float | None = None


CUBLAS, ONEDNN, OPENBLAS = "cuBLAS, CUDA 12.6", "oneDNN 3.12.0", "OpenBLAS 0.3.30 SkylakeX"
SCHEMAS = {1: "1.3", 2: SCHEMA_VERSION}  # which versions of the method wrote last

MEASURED = (
    Measured(CPU, "fp64", "numpy", "blas", OPENBLAS, 3.9e11, 5e-16, 3.5e9, ceiling_per_s=4.4e11),
    Measured(CPU, "fp32", "numpy", "blas", OPENBLAS, 7.6e11, 2.6e-7, 3.5e9, ceiling_per_s=8.8e11),
    Measured(CPU, "bf16", "torch", "matmul", ONEDNN, 1.5e12, 1.6e-3, 3.5e9, ceiling_per_s=1.75e12),
    Measured(CPU, "int8", "torch", "matmul", ONEDNN, 2.9e12, 0.0, 3.5e9, ceiling_per_s=3.5e12),
    Measured(CPU, "fp32", "numpy", "blas", OPENBLAS, 7.4e11, 2.6e-7, 3.4e9, None, "sustained", 8.8e11),
    Measured(GPU, "fp64", "torch", "matmul", CUBLAS, 5.9e13, 1.6e-15, 1.95e9, 612.0),
    Measured(GPU, "fp32", "torch", "matmul", CUBLAS, 5.1e13, 2.4e-7, 1.95e9, 580.0),
    Measured(GPU, "tf32", "torch", "matmul", CUBLAS, 4.2e14, 3e-4, 1.62e9, 696.0),
    Measured(GPU, "bf16", "torch", "matmul", CUBLAS, 7.4e14, 1.65e-3, 1.5e9, 698.0),
    Measured(GPU, "fp8_e4m3", "torch", "matmul", CUBLAS, 1.32e15, 1.7e-3, 1.41e9, 698.0),
    Measured(GPU, "bf16", "torch", "matmul", CUBLAS, 7.1e14, 1.65e-3, 1.44e9, 698.0, "sustained"),
)
# Own kernels beside the vendor's: one of this project, and one that somebody brought.
OWN = (
    Measured(CPU, "fp32", "mine", "prepare", "unnamed", 5.7e11, 2.6e-7, 3.5e9, ceiling_per_s=8.8e11),
    Measured(GPU, "fp32", "cupy", "tiled_sgemm", "tiled_sgemm.cu", 3.4e13, 2.7e-7, 1.95e9, 560.0),
)
BLOCK_S = {"cpu": 0.1, "cuda": 0.025}
SUSTAINED_BLOCK_S = 0.5
WARMUP_S = {"cpu": 0.5, "cuda": 1.0}
EDGE = {"cpu": 2048, "cuda": 8192}
INSTRUCTION = {"bf16": "avx512_bf16 vdpbf16ps 512-bit", "int8": "avx512_vnni vpdpbusd 512-bit"}
LAYOUT = {"int8": "nt", "fp8_e4m3": "nt"}


def honest(
    seed: int = 1,
    created: str = CREATED,
    quota_cpus: float | None = None,
    measured: Sequence[Measured] = MEASURED,
    method: int = METHOD_VERSION,
) -> Result:
    """The Result, without its id; another ``seed`` is another run of the same machine."""
    draw = random.Random(seed)
    cases = [_case(draw, position, each, method) for position, each in enumerate(measured)]
    return refigured(
        documents.result(
            *cases,
            _not_measured(),
            schema_version=SCHEMAS[method],
            method_version=method,
            created=created,
            tool=Tool(
                name="flopsbench",
                version="0.1.0",
                profile="registry",
                options=Options(
                    devices=["all"],
                    dtypes=["fp64", "fp32", "tf32", "bf16", "fp16", "fp8_e4m3", "int8"],
                    backends=["numpy", "torch"],
                    kernels=["blas", "matmul"],
                    sizes=["auto"],
                ),
                git_commit="8d0f6c1a0d3c7b1f6f1b1c0a9e2d4f5a6b7c8d9e",
            ),
            host=_host(quota_cpus),
            devices=[each for each in (CPU, GPU) if each.id in {case.device for case in cases}],
            software=Software(
                python="3.12.4",
                versions={"numpy": "2.1.0", "torch": "2.6.0", "nvidia-ml-py": "12.560.30"},
                blas=[Blas(library="openblas", version="0.3.30", kernel="SkylakeX", threads=8)],
                env={"CUDA_VISIBLE_DEVICES": "0", "OMP_NUM_THREADS": "8"},
            ),
            policy=Policy(
                processes=PROCESSES,
                min_blocks=10,
                max_blocks=60,
                target_half_width=0.005,
                block_s=0.1,
                warmup_s=0.5,
                blocks_a_bracket=1,
                case_time_s=15.0,
                seed=1055356058,
            ),
            ceilings=list(_ceilings(measured)),
            source=Source(
                repository="octo/gemm-tests",
                commit="0b8f5c1a0d3c7b1f6f1b1c0a9e2d4f5a6b7c8d9e",
                branch="main",
                ci="github-actions",
            ),
            submitter="octo-cat",
        )
    )


def _host(quota_cpus: float | None) -> Host:
    return documents.host(
        cpu=Cpu(
            model=CPU.name,
            logical=16,
            usable=8,
            physical=8,
            vendor="AuthenticAMD",
            microarchitecture="Zen 4",
            cache_bytes=32 << 20,
            kinds=[CoreKind("cpu_core", 8, "Zen 4")],
        ),
        memory=Memory(total_bytes=32 << 30, available_bytes=30 << 30, nodes=[MemoryNode(0, 8, 32 << 30)]),
        machine_id="f88e6083d4ef7d22",
        virtualisation=Virtualisation(hypervisor="QEMU", container="docker", quota_cpus=quota_cpus, affinity=16),
        busy_share=0.02,
        on_battery=False,
    )


def _case(draw: random.Random, position: int, measured: Measured, method: int) -> Case:
    device, dtype = measured.device, DTYPES[measured.dtype]
    storage = "fp32" if measured.dtype == "tf32" else measured.dtype
    output = {"int8": "int32", "fp8_e4m3": "bf16"}.get(measured.dtype, storage)
    math = {"tf32": "tf32", "fp8_e4m3": "ieee, fast accumulation off"}.get(measured.dtype, "ieee")
    edge = EDGE[device.kind]
    known = bands.band_of(storage, math, output, edge**2, edge) if method == 1 else None
    band = known or bands.band_of_products(storage, math, output, edge, edge, edge)
    assert band is not None
    sustained = measured.regime == "sustained"
    return documents.case(
        policy=CasePolicy(
            block_s=SUSTAINED_BLOCK_S if sustained else BLOCK_S[measured.device.kind],
            warmup_s=WARMUP_S[measured.device.kind],
            sustained_s=30.0 if sustained else None,
        ),
        dtype=measured.dtype,
        edge=edge,
        layout=LAYOUT.get(measured.dtype, "nn"),
        backend=measured.backend,
        kernel=measured.kernel,
        device=device.id,
        regime=measured.regime,
        compute=ComputeRecord(
            a=storage,
            b=storage,
            c=output,
            accumulate=dtype.accumulate,
            library=measured.library,
            math=math,
            threads=8 if device is CPU else None,
            operand_sets=3,
        ),
        processes=[_process(draw, measured, order, position, method) for order in ORDERS[measured.regime]],
        proof=Proof(
            method="Freivalds, 4 or more sign vectors; 8 or more rows in float64",
            passed=True,
            bound=band.residual,
            checked="after timing; C was overwritten before every timed block",
            max_residual=4.5 * measured.error,
            rms_error=measured.error,
            rms_band=(band.rms_low, band.rms_high),
        ),
    )


def _process(draw: random.Random, measured: Measured, order: int, position: int, method: int) -> Process:
    """One process: its own level, and around it blocks that jitter as those of a quiet machine do."""
    kind, sustained = measured.device.kind, measured.regime == "sustained"
    launch_s = 2 * EDGE[kind] ** 3 / measured.per_s * draw.gauss(1, 0.003)
    loops = max(1, -int(-(SUSTAINED_BLOCK_S if sustained else BLOCK_S[kind]) // launch_s))
    blocks = [significant(loops * launch_s * draw.gauss(1, 0.002)) for _ in range(20 if sustained else 12)]
    clocks = [significant(measured.clock_hz * share) for share in (1, 0.99, 1.01)]
    return Process(
        order=order,
        position=position,
        loops=loops,
        blocks_total=len(blocks),
        first_launch_s=significant(1.4 * launch_s + 0.01),
        block_s=blocks,
        **sentence_fields(
            stop_reason=Reason("sustained_time_reached") if sustained else Reason("interval_within", half_width="0.5%")
        ),
        wall_s=significant((31.0 if sustained else sum(blocks)) + draw.uniform(2.0, 3.0)),
        warmup_block_s=[significant(launch_s * draw.gauss(1.02, 0.004)) for _ in range(6)],
        host_block_s=[significant(seconds + draw.uniform(2e-5, 4e-5)) for seconds in blocks] if kind == "cuda" else [],
        block_ceilings=_brackets(draw, measured, len(blocks)),
        telemetry=Telemetry(
            clock_hz=clocks[0],
            clock_min_hz=clocks[1],
            clock_max_hz=clocks[2],
            power_w=measured.power_w,
            energy_j=significant(measured.power_w * sum(blocks)) if measured.power_w else None,
            temperature_c=61.0 if kind == "cuda" else None,
            throttle_reasons=["sw_power_cap"] if (measured.power_w or 0) > 690 else [],
            steal_share=0.0 if kind == "cpu" else None,
            throttled_periods=0 if kind == "cpu" else None,
            load=significant(draw.uniform(7.5, 8.0)) if kind == "cpu" else None,
        ),
        **({} if method == 1 else {"threads": 9, "processor_s": significant(sum(blocks)), "processor_after_s": 0.02}),
    )


def _brackets(draw: random.Random, measured: Measured, blocks: int) -> list[tuple[float, float]]:
    """The ceiling before and after each block; a sustained run has one pair, around all of them."""
    if measured.ceiling_per_s is None:
        return []
    looks = [significant(measured.ceiling_per_s * draw.gauss(1, 0.004)) for _ in range(blocks + 1)]
    return [(looks[0], looks[-1])] * blocks if measured.regime == "sustained" else list(pairwise(looks))


def _not_measured() -> Case:
    return documents.case(
        "unsupported", "fp16", edge=2048, **sentence_fields(reason=Reason("numpy_no_blas", dtype="fp16"))
    )


def _ceilings(measured: Iterable[Measured]) -> Iterator[Ceiling]:
    for device, dtype in dict.fromkeys((each.device.id, each.dtype) for each in measured):
        if device == "cpu":
            yield Ceiling(
                device=device,
                dtype=dtype,
                unit=DTYPES[dtype].unit,
                instruction=INSTRUCTION.get(dtype, "avx512 fma 512-bit"),
                method="register-resident loop on every core, before and after the blocks; median of all samples",
            )
        else:
            yield Ceiling(device=device, dtype=dtype, **sentence_fields(reason=Reason("no_gpu_ceiling")))


def refigured(result: Result) -> Result:
    """The same observations with every figure that follows from them computed anew, as a run computes them."""
    known = limits(result.cases, {device.id: device for device in result.devices}, result.host)
    return replace(
        result,
        cases=with_figures(result.cases, known, result.host),
        ceilings=[replace(each, rate_per_s=_ceiling_rate(each, result.cases)) for each in result.ceilings],
        peaks=list(peak_records(known.values())),
    )


def _ceiling_rate(ceiling: Ceiling, cases: Iterable[Case]) -> float | None:
    samples = [
        sample
        for case in cases
        if (case.device, case.dtype) == (ceiling.device, ceiling.dtype)
        for process in case.processes
        for sample in chain.from_iterable(process.block_ceilings)
    ]
    return median(samples) if samples else None
