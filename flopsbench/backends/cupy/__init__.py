from flopsbench.backends.cupy.devices import KERNELS, devices

__all__ = ["KERNELS", "devices"]
