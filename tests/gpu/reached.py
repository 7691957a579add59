"""Finds the GPU that an installed backend reaches, or says why there is none."""

from __future__ import annotations

from contextlib import suppress
from typing import NamedTuple

from flopsbench.backend import Backend, Kernel, Space
from flopsbench.backends.installed import Absent, Broken, load_backends, space_of
from flopsbench.device import Device

with suppress(ImportError):
    import torch  # noqa: F401  # its first import asks ldconfig, a process, which no fast test may start

GPU_BACKENDS = ("torch", "cupy")


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


def reached_by(name: str) -> Reached | str:
    """That backend and its first GPU, or why there is none."""
    backend = load_backends([name])[name]
    if isinstance(backend, Absent):
        return f"{name} is not installed: {backend.install}"
    if isinstance(backend, Broken):
        return f"{name}: {backend.why}"
    space = space_of(backend)
    gpus = [device for device in space.devices() if device.kind == "cuda"]
    return Reached(name, backend, space, gpus[0]) if gpus else f"{name} reaches no GPU here"
