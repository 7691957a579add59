from flopsbench.backends.torch.gemm import KERNELS, devices

__all__ = ["KERNELS", "devices"]
