"""Defines what is to be measured, before anything of it is made. It loads no array library."""

from __future__ import annotations

from dataclasses import dataclass

from flopsbench.backend import Kernel, Space
from flopsbench.device import Device
from flopsbench.problem import Problem


@dataclass(frozen=True, slots=True)
class Candidate:
    """A Candidate is what is to be measured: a kernel on a problem, on a device of a space.

    ``foreign`` is a space that flopsbench does not own: what it says of memory and time is marked, not believed.
    """

    space: Space
    kernel: Kernel
    problem: Problem
    device: Device
    foreign: bool = False
