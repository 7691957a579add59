"""Leaves the product to whoever looks at it, with tensors."""

import gc

import torch

from tests.strangers.cheats.frames import replace_products

space = "torch"


class Asked(torch.Tensor):
    """Asked is a flat C that is computed when it is copied to the host."""

    @classmethod
    def __torch_function__(cls, function, types, args=(), kwargs=None):
        if function is torch.Tensor.to:
            each = args[0]
            torch.matmul(*each.factors, out=each.shaped)
        with torch._C.DisableTorchFunctionSubclass():
            found = function(*args, **(kwargs or {}))
        if function is torch.Tensor.view and isinstance(args[0], cls):
            found = found.as_subclass(cls)
            found.factors, found.shaped = args[0].factors, args[0].shaped
        elif isinstance(found, cls):
            found = found.as_subclass(torch.Tensor)
        return found


def subclassed(problem, device):
    """Honest: computes on a subclass of Tensor, at once."""

    class Matrix(torch.Tensor):
        """A Matrix says of itself that it is one."""

    return lambda a, b, c: torch.matmul(a.as_subclass(Matrix), b.as_subclass(Matrix), out=c)


def returned(problem, device):
    """Returns what would compute if anyone asked, and leaves C alone."""

    def launch(a, b, c):
        later = c.view(-1).as_subclass(Asked)
        later.factors, later.shaped = (a, b), c
        return later

    return launch


def replaced(problem, device):
    """Puts tensors that compute when they are copied in the place of the harness's C."""

    gc.freeze()  # the harness's operands are made later: all that is there before is not searched at each launch
    return lambda a, b, c: replace_products(lambda flat: flat.as_subclass(Asked))


def replaced_tenth(problem, device):
    """As before; nine tenths of the rows are computed in time, so that the rate is a likely one."""
    most, replace = problem.m * 9 // 10, replaced(problem, device)

    def launch(a, b, c):
        replace(a, b, c)
        torch.matmul(a[:most], b, out=c[:most])

    return launch
