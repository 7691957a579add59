from flopsbench.backends.torch.devices import devices
from flopsbench.backends.torch.gemm import KERNELS

__all__ = ["KERNELS", "devices"]
