"""The loops really do the work they are counted for: what they write back is what numpy computes."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np
import pytest

from flopsbench.ceiling.instruction import Instruction, select
from flopsbench.ceiling.native import Native
from flopsbench.ceiling.operands import buffer, random_operands
from flopsbench.ceiling.source import chain_source, loop_source
from flopsbench.ceiling.target import llvm, this_host
from flopsbench.dtype import parse_dtype
from flopsbench.errors import Unsupported

ITERATIONS = 5


def compiled(dtype: str) -> tuple[Instruction, Native]:
    try:
        instruction = select(parse_dtype(dtype), this_host())
    except Unsupported as reason:
        pytest.skip(str(reason))
    return instruction, Native(loop_source(instruction, llvm().llvm_version_info[0]), this_host())


def run(native: Native, operands: Any) -> Any:
    memory = buffer(operands.tobytes())
    native(ITERATIONS, memory)
    return np.frombuffer(memory.raw, operands.dtype).reshape(operands.shape)


@pytest.mark.parametrize(("dtype", "kind"), [("fp64", np.float64), ("fp32", np.float32)])
def test_fused_multiply_adds(dtype: str, kind: type) -> None:
    instruction, native = compiled(dtype)
    lanes = instruction.bits // 8 // np.dtype(kind).itemsize
    operands: Any = np.random.default_rng(0).integers(-8, 9, (instruction.accumulators + 3, lanes)).astype(kind)
    *accumulators, x, y, z = operands
    after = run(native, operands)
    assert np.array_equal(after[:-3], np.array(accumulators) + ITERATIONS * (x * y + x * z))
    assert np.array_equal(after[-3:], operands[-3:])


def test_dot_products_of_bytes() -> None:
    instruction, native = compiled("int8")
    if "vpdpbusd" not in instruction.name:
        pytest.skip(f"this CPU has {instruction.name}, which adds up other lanes")
    rng = np.random.default_rng(0)
    operands = rng.integers(-1000, 1000, (instruction.accumulators + 3, instruction.bits // 32), np.int32)
    signed = operands.view(np.int8).astype(np.int32)
    x, y, z = signed[-3] % 256, signed[-2], signed[-1]  # the first factor is unsigned
    step = (x * y + x * z).reshape(-1, 4).sum(axis=1)
    assert np.array_equal(run(native, operands)[:-3], operands[:-3] + ITERATIONS * step)


def test_dot_products_of_bfloat16() -> None:
    instruction, native = compiled("bf16")
    if "vdpbf16ps" not in instruction.name:
        pytest.skip(f"this CPU has {instruction.name}, which adds up other lanes")
    shape = (instruction.accumulators + 3, instruction.bits // 16)
    values = np.random.default_rng(0).integers(-8, 9, shape).astype(np.float32)
    halves = (values.view(np.uint32) >> 16).astype(np.uint16)
    halves[:-3] = 0
    x, y, z = values[-3:]
    step = (x * y + x * z).reshape(-1, 2).sum(axis=1)
    after = run(native, halves.view(np.float32))
    assert np.array_equal(after[:-3], np.broadcast_to(ITERATIONS * step, after[:-3].shape))


@pytest.mark.parametrize(("dtype", "kind"), [("fp64", np.float64), ("fp32", np.float32), ("bf16", np.float32)])
def test_a_long_loop_stays_on_normal_numbers(dtype: str, kind: type) -> None:
    instruction, native = compiled(dtype)
    memory = random_operands(instruction, dtype)
    native(1_000_000, memory)
    lanes: Any = np.frombuffer(memory.raw, kind)[: -3 * instruction.bits // 8 // np.dtype(kind).itemsize]
    assert np.all(np.isfinite(lanes))
    assert np.all(np.abs(lanes) < 100)
    assert np.count_nonzero(np.abs(lanes) < np.finfo(kind).tiny) == 0


def test_threads_start_from_different_operands() -> None:
    instruction, _ = compiled("fp32")
    assert random_operands(instruction, "fp32", 0).raw == random_operands(instruction, "fp32", 0).raw
    assert random_operands(instruction, "fp32", 0).raw != random_operands(instruction, "fp32", 1).raw


def test_the_chain_adds_and_mixes() -> None:
    native = Native(chain_source(llvm().llvm_version_info[0]), this_host())
    memory = (ctypes.c_int64 * 3)(1, 3, 5)
    native(2, memory)
    expected = 1
    for _ in range(16):
        expected = (expected + 3) ^ 5
    assert list(memory) == [expected, 3, 5]
