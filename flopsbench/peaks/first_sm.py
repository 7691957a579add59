"""The first architecture of NVIDIA that computes in a dtype, as its libraries offer it."""

from __future__ import annotations

import re

# The "sm_" number. fp16 sums of products need sm_53; int8, tf32, bf16 and fp8 came to the tensor cores with Turing,
# Ampere and Ada: https://docs.nvidia.com/cuda/cuda-c-programming-guide/, "Compute Capabilities".
FIRST_SM = {
    "fp64": 50,
    "fp32": 50,
    "fp16": 53,
    "int8": 75,
    "tf32": 80,
    "bf16": 80,
    "fp8_e4m3": 89,
    "fp8_e5m2": 89,
}


def sm_of(arch: str | None) -> int:
    """The number of an architecture, 90 for "sm_90" and for "sm_90a"; 0 for one that is not NVIDIA's."""
    match = re.fullmatch(r"sm_(\d+)[a-z]?", arch or "")
    return int(match[1]) if match else 0
