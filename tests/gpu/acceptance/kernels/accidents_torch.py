"""Kernels on torch's arrays: one that multiplies, and two to which something happens on the GPU."""

import torch

space = "torch"
TOO_MUCH = 1 << 50  # bytes
BEYOND = 1 << 20  # the index of a number that is not there: the GPU asserts, and is broken for the process


def honest(problem, device):
    return lambda a, b, c: torch.mm(a, b, out=c)


def greedy(problem, device):
    return lambda a, b, c: torch.empty(TOO_MUCH, dtype=torch.uint8, device=a.device)


def sticky(problem, device):
    def launch(a, b, c):
        torch.zeros(1, device=a.device)[torch.full((1,), BEYOND, device=a.device)]

    return launch
