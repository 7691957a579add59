"""Steps that end badly, each in its own way, and one that does not: for the tests of how that is told."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

from tests.gpu.acceptance.report.journal import Finding
from tests.gpu.acceptance.steps import Context


def finds(context: Context) -> Iterator[Finding]:
    """Find something."""
    yield Finding("device", "confirmed", "a GPU", "finds")


def raises(context: Context) -> Iterator[Finding]:
    """Find something, then raise."""
    yield Finding("dtypes", "instead", "half of it", "raises")
    raise RuntimeError("an unspecified launch failure")


def dies(context: Context) -> Iterator[Finding]:
    """Find something, then take the process along."""
    yield Finding("layouts", "instead", "the first of it", "dies")
    os.abort()


def hangs(context: Context) -> Iterator[Finding]:
    """Find something, then nothing any more."""
    yield Finding("products", "confirmed", "before it hung", "hangs")
    time.sleep(600)
