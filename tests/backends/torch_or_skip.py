"""Skips what needs torch where there is none."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest

with suppress(ImportError):
    import torch  # noqa: F401  # its first import asks ldconfig, a process, which no fast test may start


def torch_or_skip() -> Any:
    """Return torch; skip where it is not installed: it has no release for the newest Python, or was left out."""
    return pytest.importorskip("torch", reason="torch is not installed: no release for this Python yet, or left out")
