"""Lists the number formats a GEMM can be asked for: storage, arithmetic and the unit of the rate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, get_args

from flopsbench.errors import UsageError
from flopsbench.words.reason import Reason

Unit = Literal["FLOP/s", "OP/s", "B/s", "call/s"]
# Several numbers share a byte; each block of numbers has a scale; a product of two numbers is four; nobody has made
# operands and a proof.
Obstacle = Literal["packed", "scaled", "complex", "unproven"]
PACKED, SCALED, COMPLEX, UNPROVEN = get_args(Obstacle)
UNITS: tuple[Unit, ...] = get_args(Unit)
# The very object that the Literal holds: msgspec leaves out a default only where it is the same object.
FLOP_PER_S: Final[Unit] = UNITS[0]
BYTES_PER_SECOND: Final[Unit] = UNITS[2]
CALLS_PER_SECOND: Final[Unit] = UNITS[3]  # of work whose amount nobody has said: its time is all that is known

INT8_STEPS = 32  # per standard deviation of N(0,1): 127 steps are 4 of them
INT8_MOST = 127


@dataclass(frozen=True, slots=True)
class DType:
    """A DType is one row of the table of number formats.

    ``name`` is the name used everywhere (command line, document, tables). ``operand_bytes`` is the storage of one
    element of A or B, ``output_bytes`` that of C. ``accumulate`` is the format of the sums. ``unit`` is ``FLOP/s``, or
    ``OP/s`` for integers, whose rate is never called FLOPS. ``math`` is the mode of the arithmetic, as a document names
    it. ``unmeasured`` is what keeps a format from being measured yet; None where it is.
    """

    name: str
    operand_bytes: int
    output_bytes: int
    accumulate: str
    unit: Unit = FLOP_PER_S
    math: str = "ieee"
    unmeasured: Obstacle | None = None

    @property
    def is_integer(self) -> bool:
        """Return whether products are exact integers, so that the proof demands equality."""
        return self.unit == "OP/s"


INT32 = "int32"  # sums of int8: measured as a format of C alone

DTYPES = {
    dtype.name: dtype
    for dtype in (
        DType("fp64", 8, 8, "fp64"),
        DType("fp32", 4, 4, "fp32"),
        DType("tf32", 4, 4, "fp32", math="tf32"),  # float32 storage, products of 10-bit mantissas
        DType("bf16", 2, 2, "fp32"),
        DType("fp16", 2, 2, "fp32"),
        DType("fp8_e4m3", 1, 2, "fp32"),
        DType("fp8_e5m2", 1, 2, "fp32"),
        DType("int8", 1, 4, INT32, unit="OP/s"),
    )
}

# Formats of the field that have a name here, and no operands, product and proof yet. Bytes are those of a number alone,
# rounded up.
UNMEASURED = {
    dtype.name: dtype
    for dtype in (
        *(DType(name, 1, 2, "fp32", unmeasured=PACKED) for name in ("fp6", "fp6_e2m3", "fp6_e3m2", "fp4", "fp4_e2m1")),
        *(DType(name, 1, 4, INT32, unit="OP/s", unmeasured=PACKED) for name in ("int4", "uint4", "int2", "int1")),
        *(DType(name, 1, 2, "fp32", unmeasured=SCALED) for name in ("mxfp8", "mxfp6", "mxfp4", "mxint8", "nvfp4")),
        *(DType(name, 1, 2, "fp32", unmeasured=UNPROVEN) for name in ("fp8_e4m3fnuz", "fp8_e5m2fnuz")),
        DType("uint8", 1, 4, INT32, unit="OP/s", unmeasured=UNPROVEN),
        DType("int16", 2, 4, INT32, unit="OP/s", unmeasured=UNPROVEN),
        DType(INT32, 4, 4, INT32, unit="OP/s", unmeasured=UNPROVEN),
        DType("complex", 8, 8, "complex64", unmeasured=COMPLEX),
        DType("complex32", 4, 4, "complex32", unmeasured=COMPLEX),
        DType("complex64", 8, 8, "complex64", unmeasured=COMPLEX),
        DType("complex128", 16, 16, "complex128", unmeasured=COMPLEX),
    )
}
NAMED = {**DTYPES, **UNMEASURED}

# What numpy, torch, BLAS, C and LLVM call these formats. FP8 alone is the format of weights and activations, e4m3.
_ALSO_CALLED = {
    "fp64": "float64 double f64",
    "fp32": "float32 float single f32",
    "tf32": "tfloat32 tensorfloat32",
    "bf16": "bfloat16",
    "fp16": "float16 half f16",
    "fp8_e4m3": "fp8 e4m3 fp8_e4m3fn float8_e4m3 float8_e4m3fn",
    "fp8_e5m2": "e5m2 float8_e5m2",
    "fp8_e4m3fnuz": "float8_e4m3fnuz",
    "fp8_e5m2fnuz": "float8_e5m2fnuz",
    "fp4_e2m1": "e2m1 float4_e2m1fn",
    "int8": "int8_t i8 s8",
    "uint8": "uint8_t u8",
    "int4": "i4 s4",
    "uint4": "u4",
    "int16": "int16_t i16 s16",
    INT32: "int32_t i32 s32",
    "complex64": "cfloat",
    "complex128": "cdouble",
}
_ALIASES = {alias: NAMED[name] for name, aliases in _ALSO_CALLED.items() for alias in aliases.split()}


def order(name: str) -> int:
    """Return the place of a dtype in the table; an unknown one, from a newer version, comes last."""
    return list(NAMED).index(name) if name in NAMED else len(NAMED)


def parse_dtype(name: str) -> DType:
    """Return the dtype of that name, which is measured; raise UsageError naming those that are."""
    dtype = parse_named_dtype(name)
    if dtype.unmeasured:
        raise UsageError(Reason("dtype_not_measured", dtype=dtype.name, known=", ".join(DTYPES)))
    return dtype


def parse_named_dtype(name: str) -> DType:
    """Return the dtype of that name or alias, measured or not; raise UsageError naming those that are."""
    called = name.strip().lower()
    try:
        return NAMED.get(called) or _ALIASES[called]
    except KeyError:
        raise UsageError(Reason("dtype_unknown", name=repr(name), known=", ".join(DTYPES))) from None


def mode_of(math: str) -> str:
    """Return the mode of an arithmetic; what follows a comma changes no digit."""
    return math.partition(",")[0]
