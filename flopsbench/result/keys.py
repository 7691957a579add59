"""Builds and parses the names of a case: its key, under which it is tracked, and its id within one document."""

from __future__ import annotations

from flopsbench.device import kind_name
from flopsbench.errors import DocumentRejected
from flopsbench.result.types import Case

KEY_FIELDS = ("op", "dtype", "shape", "layout", "backend", "kernel", "device kind", "regime")


def case_key(case: Case) -> str:
    """Return the name a case is tracked under, "gemm/fp32/2048x2048x2048/nn/numpy/blas/cpu/burst"."""
    shape = f"{case.m}x{case.n}x{case.k}"
    kind = kind_name(case.device)
    return "/".join((case.op, case.dtype, shape, case.layout, case.backend, case.kernel, kind, case.regime))


def case_id(case: Case) -> str:
    """Return the key with the device's id before it, which is unique within a document."""
    return f"{case.device} {case.case}"


def parse_case_key(key: str) -> dict[str, str]:
    """Return the fields of a case key by the names in KEY_FIELDS; raise DocumentRejected when it is not one."""
    parts = key.split("/")
    if len(parts) != len(KEY_FIELDS) or not all(parts):
        raise DocumentRejected(f"{key!r} is not a case: expected {'/'.join(KEY_FIELDS)}")
    return dict(zip(KEY_FIELDS, parts, strict=True))
