"""Limits of the silicon a GEMM runs on: measured by loops on registers, and told by a table of what its units do."""

from flopsbench.ceiling.compute import CpuCeiling, Loop, clock_hz
from flopsbench.ceiling.quiet import quiet

__all__ = ["CpuCeiling", "Loop", "clock_hz", "quiet"]
