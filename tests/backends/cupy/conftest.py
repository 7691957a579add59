"""A fake GPU in the place of a real one, for the tests of this folder."""

from __future__ import annotations

import pytest

from tests.backends.cupy.fake_cupy import FakeGpu, install


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> FakeGpu:
    """A GPU that cupy reaches."""
    gpu = FakeGpu()
    install(gpu, monkeypatch)
    return gpu
