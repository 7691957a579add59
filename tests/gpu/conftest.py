"""What every test of this folder needs: a GPU that an installed backend reaches. Elsewhere it is skipped."""

from __future__ import annotations

import pytest

from flopsbench.backend import Backend
from flopsbench.backends.installed import Absent, load_backends
from flopsbench.device import Device

GPU_BACKENDS = ("cupy", "torch")

Reached = tuple[Backend, Device]


def reach_gpu(name: str) -> Reached:
    """That backend and its first GPU; skip the test, with the reason, where there is none."""
    backend = load_backends()[name]
    if isinstance(backend, Absent):
        pytest.skip(f"{name} is not installed: {backend.install}")
    gpus = [device for device in backend.devices() if device.kind == "cuda"]
    if not gpus:
        pytest.skip(f"{name} reaches no GPU here")
    return backend, gpus[0]


@pytest.fixture(params=GPU_BACKENDS)
def reached(request: pytest.FixtureRequest) -> Reached:
    """Each backend with its first GPU."""
    return reach_gpu(request.param)


@pytest.fixture
def cupy_reached() -> Reached:
    """cupy with its first GPU."""
    return reach_gpu("cupy")
