"""What every test of this folder needs: a GPU that an installed backend reaches. Elsewhere it is skipped."""

from __future__ import annotations

from contextlib import suppress
from typing import NamedTuple

import pytest

from flopsbench.backend import Backend, Kernel, Space
from flopsbench.backends.installed import Absent, load_backends, space_of
from flopsbench.device import Device

with suppress(ImportError):
    import torch  # noqa: F401  # its first import asks ldconfig, a process, which no fast test may start

GPU_BACKENDS = ("cupy", "torch")


class Reached(NamedTuple):
    """A backend, its space, and its first GPU."""

    name: str
    backend: Backend
    space: Space
    gpu: Device

    @property
    def kernel(self) -> Kernel:
        """The backend's default kernel."""
        return next(iter(self.backend.KERNELS.values()))


def reach_gpu(name: str) -> Reached:
    """That backend and its first GPU; skip the test, with the reason, where there is none."""
    backend = load_backends([name])[name]
    if isinstance(backend, Absent):
        pytest.skip(f"{name} is not installed: {backend.install}")
    space = space_of(backend)
    gpus = [device for device in space.devices() if device.kind == "cuda"]
    if not gpus:
        pytest.skip(f"{name} reaches no GPU here")
    return Reached(name, backend, space, gpus[0])


@pytest.fixture(params=GPU_BACKENDS)
def reached(request: pytest.FixtureRequest) -> Reached:
    """Each backend with its first GPU."""
    return reach_gpu(request.param)


@pytest.fixture
def cupy_reached() -> Reached:
    """cupy with its first GPU."""
    return reach_gpu("cupy")
