"""Says in which storage formats a dtype's A, B and C lie. It loads no array library."""

from __future__ import annotations

from flopsbench.backend import Formats

# The dtypes whose three matrices are not all stored in the format of the dtype's name. cuBLAS multiplies e5m2 by e4m3,
# never e5m2 by e5m2.
_MIXED = {
    "tf32": Formats("fp32", "fp32", "fp32"),
    "fp8_e4m3": Formats("fp8_e4m3", "fp8_e4m3", "bf16"),
    "fp8_e5m2": Formats("fp8_e5m2", "fp8_e4m3", "bf16"),
    "int8": Formats("int8", "int8", "int32"),
}


def usual_formats(dtype_name: str) -> Formats:
    """Return the storage formats in which libraries of GPUs multiply a dtype."""
    return _MIXED.get(dtype_name, Formats(dtype_name, dtype_name, dtype_name))
