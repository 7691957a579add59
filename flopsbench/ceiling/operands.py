"""Draws random numbers for a loop to work on: a loop on zeros runs cooler, and so faster, than real work can."""

from __future__ import annotations

import ctypes
import random
import struct
from collections.abc import Callable

from flopsbench.ceiling.instruction import Instruction
from flopsbench.dtype import INT8_MOST, INT8_STEPS

_PACK: dict[str, Callable[[float], bytes]] = {
    "fp64": struct.Struct("<d").pack,
    "fp32": struct.Struct("<f").pack,
    "bf16": lambda value: struct.pack("<f", value)[2:],
    "int8": lambda value: struct.pack("<b", max(-INT8_MOST, min(INT8_MOST, round(INT8_STEPS * value)))),
}


def random_operands(instruction: Instruction, dtype_name: str, seed: int = 0) -> ctypes.Array[ctypes.c_char]:
    """Return what a loop of ``instruction`` starts from: its accumulators, then x, y and z = -y, all of N(0,1).

    Accumulators are filled like factors: the bits of two bf16 make a usable float, those of four int8 an int32.
    """
    pack = _PACK[dtype_name]
    lanes = instruction.bits // 8 // len(pack(0.0))
    draw = random.Random(seed).gauss
    *accumulators_and_x, y = ([draw(0, 1) for _ in range(lanes)] for _ in range(instruction.accumulators + 2))
    registers = (*accumulators_and_x, y, [-value for value in y])
    return buffer(b"".join(pack(value) for register in registers for value in register))


def buffer(content: bytes) -> ctypes.Array[ctypes.c_char]:
    """Return memory with this content that machine code may write to."""
    return ctypes.create_string_buffer(content, len(content))
