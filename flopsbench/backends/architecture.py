"""Checks whether the architecture of a GPU computes in a dtype."""

from __future__ import annotations

from flopsbench.errors import Unsupported
from flopsbench.peaks.first_sm import sm_needed
from flopsbench.words.reason import Reason


def require_sm(dtype_name: str, arch: str | None) -> None:
    """Raise Unsupported where an architecture ("sm_90") is older than the first that computes in the dtype."""
    if first := sm_needed(dtype_name, arch):
        raise Unsupported(Reason("needs_newer_sm", dtype=dtype_name, first=first, arch=arch or "unknown"))
