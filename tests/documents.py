"""Parts of Results for tests: plausible, without a machine's name, and small enough to be read."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from flopsbench.dtype import DTYPES
from flopsbench.result.keys import case_key
from flopsbench.result.types import (
    BLANK_ID,
    LICENSE,
    METHOD_VERSION,
    SCHEMA_VERSION,
    Call,
    Case,
    Cpu,
    DeviceRecord,
    Host,
    Memory,
    Options,
    Policy,
    Process,
    Proof,
    Rate,
    Result,
    Software,
    Stats,
    Telemetry,
    Tool,
)


def process(block_s: list[float] | None = None, **fields: Any) -> Process:
    """One process; by default ten blocks of 0.1 s, ten launches each."""
    blocks = [0.1] * 10 if block_s is None else block_s
    known = {
        "order": 0,
        "position": 0,
        "loops": 10,
        "blocks_total": len(blocks),
        "first_launch_s": 0.02,
        "stop_reason": "interval within 1.0%",
        "wall_s": 3.5,
    }
    return Process(**known | {"block_s": blocks} | fields)


def stats(median: float = 1e12, low: float = 0.99e12, high: float = 1.01e12, **fields: Any) -> Stats:
    """Figures around 1 TFLOPS."""
    rate = Rate(median=median, low=low, high=high, best=high, basis="blocks")
    return Stats(**{"unit": "FLOP/s", "rate": rate} | fields)


def case(status: str = "ok", dtype: str = "fp32", edge: int = 1024, **fields: Any) -> Case:
    """One case whose key fits its fields; measured unless ``status`` says otherwise."""
    measured = {
        "processes": [process()],
        "proof": Proof(method="Freivalds", passed=True, bound=1e-4, checked="after timing", max_residual=9e-7),
        "stats": stats(unit=DTYPES[dtype].unit),
        "grade": "A",
    }
    known = {
        "case": "",
        "op": "gemm",
        "m": edge,
        "n": edge,
        "k": edge,
        "layout": "nn",
        "dtype": dtype,
        "backend": "numpy",
        "kernel": "blas",
        "device": "cpu",
        "regime": "burst",
        "data": "normal",
        "status": status,
    }
    every = known | (measured if status == "ok" else {"reason": "not reached"}) | fields
    made = Case(**{"flop_per_launch": 2 * every["m"] * every["n"] * every["k"]} | every)
    return replace(made, case=fields.get("case") or case_key(made))


def call(name: str = "tests/test_mul.py::test_small", **fields: Any) -> Call:
    """One call of a project's own code, measured unless ``status`` says otherwise."""
    measured = (
        {"status": "ok", "processes": [process()], "stats": stats()} if fields.get("status", "ok") == "ok" else {}
    )
    return Call(**{"name": name, "unit": "FLOP/s", "amount": 10**9} | measured | fields)


def host(**fields: Any) -> Host:
    """A machine of eight cores."""
    known = {
        "hardware_key": "0123456789abcdef",
        "os": "Linux",
        "kernel": "6.8.0",
        "arch": "x86_64",
        "cpu": Cpu(model="AMD EPYC 9B14", logical=8, usable=8),
        "memory": Memory(total_bytes=32 << 30, available_bytes=30 << 30),
    }
    return Host(**known | fields)


def device(**fields: Any) -> DeviceRecord:
    """The CPU of that machine."""
    return DeviceRecord(**{"id": "cpu", "kind": "cpu", "index": 0, "name": "AMD EPYC 9B14", "units": 8} | fields)


def result(*cases: Case, **fields: Any) -> Result:
    """A document of these cases, or of one."""
    known = {
        "schema": "flopsbench.result",
        "schema_version": SCHEMA_VERSION,
        "method_version": METHOD_VERSION,
        "id": BLANK_ID,
        "created": "2026-08-01T12:00:00Z",
        "license": LICENSE,
        "tool": Tool(name="flopsbench", version="0.1.0", profile="quick", options=Options(devices=["cpu"])),
        "host": host(),
        "devices": [device()],
        "software": Software(python="3.12.4", versions={"numpy": "2.1.0"}),
        "policy": Policy(
            processes=1,
            min_blocks=10,
            max_blocks=60,
            target_half_width=0.01,
            block_s=0.1,
            warmup_s=0.5,
            blocks_a_bracket=5,
            case_time_s=6.0,
            seed=7,
        ),
        "cases": list(cases) or [case()],
    }
    return Result(**known | fields)


def telemetry(**fields: Any) -> Telemetry:
    """What the sensors said; nothing, unless told."""
    return Telemetry(**fields)
