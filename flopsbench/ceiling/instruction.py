"""Lists the instructions that ceiling loops are made of, by dtype with the widest first, and chooses one for a CPU."""

from __future__ import annotations

from dataclasses import dataclass

from flopsbench.ceiling.target import Target
from flopsbench.dtype import DType
from flopsbench.errors import Unsupported
from flopsbench.words.reason import Reason


@dataclass(frozen=True, slots=True)
class Instruction:
    """An Instruction is a multiply-accumulate on registers of ``bits``, with what its loop is written from.

    ``name`` is what a document calls it; ``features`` are LLVM's names of what the host must have. ``template`` is the
    file in kernels/llvm, ``intrinsic`` the function called there, ``vector`` the type of an accumulator, ``factor``
    the type of what is multiplied. ``operations`` counts one instruction, 2 per multiply-add. ``accumulators`` is the
    number of independent chains that fill the units.
    """

    name: str
    features: tuple[str, ...]
    bits: int
    template: str
    intrinsic: str
    vector: str
    factor: str
    operations: int
    accumulators: int


# Enough chains to hide the latency of all units, few enough to stay in registers beside three factors. On Zen 4
# 12 fill the fused multiply-add units, 8 leave 7 % behind; dot products want 16, which only the 32 registers of
# AVX-512 hold. Arm cores have up to four 128-bit units of four clocks (16), and 32 registers.
_FMA_CHAINS, _DOT_CHAINS, _NEON_CHAINS = 12, 16, 24


def _fma(name: str, features: str, bits: int, chains: int, lane: str, lane_bits: int) -> Instruction:
    """Return a fused multiply-add on registers of ``bits``, each lane of ``lane_bits``."""
    lanes = bits // lane_bits
    vector = f"<{lanes} x {lane}>"
    intrinsic = f"llvm.fma.v{lanes}f{lane_bits}"
    return Instruction(name, tuple(features.split()), bits, "fma", intrinsic, vector, vector, 2 * lanes, chains)


def _fmas(lane: str, lane_bits: int) -> tuple[Instruction, ...]:
    """Return the fused multiply-adds of all architectures for one type of lane, widest first."""
    return (
        _fma("avx512 fma 512-bit", "avx512f", 512, _FMA_CHAINS, lane, lane_bits),
        _fma("avx2 fma 256-bit", "avx2 fma", 256, _FMA_CHAINS, lane, lane_bits),
        _fma("neon fmla 128-bit", "neon", 128, _NEON_CHAINS, lane, lane_bits),
    )


def _dot(
    name: str, features: str, bits: int, chains: int, intrinsic: str, lane: str, factor: str, operations: int
) -> Instruction:
    """Return a dot product that adds to accumulators of 32-bit lanes."""
    vector = f"<{bits // 32} x {lane}>"
    return Instruction(name, tuple(features.split()), bits, "dot", intrinsic, vector, factor, operations, chains)


_BF16_512, _INT8_512 = "llvm.x86.avx512bf16.dpbf16ps.512", "llvm.x86.avx512.vpdpbusd.512"
_INT8_256 = "llvm.x86.avx512.vpdpbusd.256"
_BFMMLA, _SMMLA = "llvm.aarch64.neon.bfmmla", "llvm.aarch64.neon.smmla.v4i32.v16i8"
_SDOT = "llvm.aarch64.neon.sdot.v4i32.v16i8"

# x86 factors are declared as 32-bit lanes: LLVM changed their types over the years, and upgrades these everywhere.
# Every CPU with Arm's BF16 has bfmmla, which does twice the work of bfdot and is what fast libraries use; likewise
# every CPU with I8MM has smmla, which does twice the work of sdot.
INSTRUCTIONS: dict[str, tuple[Instruction, ...]] = {
    "fp64": _fmas("double", 64),
    "fp32": _fmas("float", 32),
    "bf16": (
        _dot("avx512_bf16 vdpbf16ps 512-bit", "avx512bf16", 512, _DOT_CHAINS, _BF16_512, "float", "<16 x i32>", 64),
        _dot("neon bfmmla 128-bit", "bf16 neon", 128, _NEON_CHAINS, _BFMMLA, "float", "<8 x bfloat>", 32),
    ),
    "int8": (
        _dot("avx512_vnni vpdpbusd 512-bit", "avx512vnni", 512, _DOT_CHAINS, _INT8_512, "i32", "<16 x i32>", 128),
        _dot("avx_vnni vpdpbusd 256-bit", "avxvnni", 256, _FMA_CHAINS, _INT8_256, "i32", "<8 x i32>", 64),
        _dot("neon smmla 128-bit", "i8mm neon", 128, _NEON_CHAINS, _SMMLA, "i32", "<16 x i8>", 64),
        _dot("neon sdot 128-bit", "dotprod neon", 128, _NEON_CHAINS, _SDOT, "i32", "<16 x i8>", 32),
    ),
}

_AMX = {"bf16": "amx-bf16", "int8": "amx-int8"}


def select(dtype: DType, host: Target) -> Instruction:
    """Return the widest instruction ``host`` has for ``dtype``; raise Unsupported where no loop would be a ceiling."""
    _refuse_matrix_units(dtype, host)
    known = INSTRUCTIONS.get(dtype.name)
    if known is None:
        raise Unsupported(Reason("no_ceiling_loop", dtype=dtype.name))
    for instruction in known:
        if host.has(*instruction.features):
            return instruction
    names = ", ".join(instruction.name for instruction in known)
    raise Unsupported(Reason("no_ceiling_instruction", dtype=dtype.name, instructions=names))


def _refuse_matrix_units(dtype: DType, host: Target) -> None:
    """Raise Unsupported where a library may use a matrix unit: a rate that a GEMM can exceed is no ceiling."""
    if host.is_apple_arm:
        raise Unsupported(Reason("accelerate_beyond_ceiling"))
    if dtype.name in _AMX and host.has(_AMX[dtype.name]):
        raise Unsupported(Reason("amx_beyond_ceiling"))
