"""The fragile kernels on the CPU and on a GPU, in a space of its own: what breaks a GPU breaks it for its process."""

from fragile import KERNELS  # noqa: F401  # a backend is a module with these names

from flopsbench.backend import Device
from flopsbench.backends.numpy.arrays import NumpySpace


class Glass(NumpySpace):
    """numpy's memory on two devices."""

    def devices(self):
        return [Device("cpu", 0, "glass", units=1), Device("cuda", 7, "glass GPU")]

    def formats(self, problem, device):
        return super().formats(problem, Device("cpu", 0, "glass"))


space = Glass()
