"""Lists the first NVIDIA architecture whose hardware computes in each dtype, as NVIDIA's libraries offer it."""

from __future__ import annotations

import re

# Compute capability, as the number behind "sm_". fp64 and fp32: 5.0 is the oldest that CUDA 12 supports. fp16: 5.3 is
# the first with arithmetic on it. int8 came to the tensor cores of boards with 7.5 (Turing), tf32 and bf16 with 8.0:
# https://docs.nvidia.com/cuda/cuda-c-programming-guide/, "Compute Capabilities". fp8 came with 8.9 (Ada):
# https://nvidia.github.io/TransformerEngine/support_matrix.html, which says 8.0 for bf16 too.
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


def sm_needed(dtype_name: str, arch: str | None) -> str | None:
    """Return the first architecture that computes in the dtype where ``arch`` ("sm_90") is older, else None.

    An architecture that is unknown, or not NVIDIA's, counts as older.
    """
    first = FIRST_SM[dtype_name]
    return f"sm_{first}" if _sm_number(arch) < first else None


def _sm_number(arch: str | None) -> int:
    """Return the number of an architecture, 90 for "sm_90" and for "sm_90a"; 0 for one that is not NVIDIA's."""
    match = re.fullmatch(r"sm_(\d+)[a-z]?", arch or "")
    return int(match[1]) if match else 0
